"""Put the parts of prosody together, in the order of their columns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ser_core.features.functionals.pitch import track_pitch
from ser_core.features.prosody.level import (
    follow_levels,
    intensity_values,
    loudness_values,
)
from ser_core.features.prosody.melody import melody_values
from ser_core.features.prosody.rhythm import rhythm_values
from ser_core.features.prosody.voice import voice_values
from ser_core.features.prosody_set import PROSODY_COLUMNS, Prosody


def compute(
    y: npt.NDArray[np.float32], feature_set: Prosody
) -> npt.NDArray[np.float32]:
    """Measure the prosody of one clip.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32, in [-1, 1]
        At 16 kHz.
    feature_set : Prosody

    Returns
    -------
    values : ndarray of shape (n_columns,), float32
        In the order of `PROSODY_COLUMNS`, always finite.

    Notes
    -----
    Everything is followed in frames 10 ms apart, centred, with zeros around the clip.
    Pitch is that of `ser_core.features.functionals.pitch`. What needs a voice is 0
    where there is none, and ``voiced`` or ``periodic`` is 0 then; what needs sound is 0
    where there is none (levels: their floor), and ``sounding`` is 0 then.

    """
    pitch = track_pitch(y)
    levels = follow_levels(y, silence_db=feature_set.silence_db)
    values = {
        **melody_values(pitch),
        **intensity_values(y, levels, pitch.voiced),
        **loudness_values(y, levels),
        **rhythm_values(
            levels,
            pitch.voiced,
            n_samples=len(y),
            min_pause_s=feature_set.min_pause_s,
            min_dip_db=feature_set.min_dip_db,
        ),
        **voice_values(y, pitch),
    }
    return np.array([values[c.name] for c in PROSODY_COLUMNS], dtype=np.float32)
