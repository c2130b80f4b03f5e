"""Rhythm: syllable nuclei, the time between them, and pauses."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.signal import find_peaks

from ser_core.features.functionals.frames import (
    FRAMES_PER_SECOND,
    SAMPLE_RATE,
    Array,
)
from ser_core.features.prosody.contour import Flags, mean_or_zero, runs
from ser_core.features.prosody.level import Levels


def syllable_nuclei(
    levels: Levels, voiced: Flags, *, min_dip_db: float
) -> npt.NDArray[np.intp]:
    """Find the frames of syllable nuclei.

    Parameters
    ----------
    levels : Levels
    voiced : ndarray of shape (n_frames,), bool
    min_dip_db : float
        How far the intensity falls on both sides of a nucleus before it is exceeded.

    Returns
    -------
    frames : ndarray of shape (n_nuclei,), intp
        Rising.

    Notes
    -----
    The idea of de Jong and Wempe: maxima of the intensity that sound, are voiced and
    stand out from the dips around them. Here the dip counts on both sides.

    References
    ----------
    N. H. de Jong, T. Wempe, "Praat script to detect syllable nuclei and measure speech
    rate automatically", Behavior Research Methods 41(2), 2009, doi
    10.3758/BRM.41.2.385.

    """
    peaks, _ = find_peaks(
        levels.intensity_db, height=levels.threshold_db, prominence=min_dip_db
    )
    nuclei: npt.NDArray[np.intp] = peaks[voiced[peaks]]
    return nuclei


def rhythm_values(
    levels: Levels,
    voiced: Flags,
    *,
    n_samples: int,
    min_pause_s: float,
    min_dip_db: float,
) -> dict[str, float]:
    """Describe the rhythm of a clip; the names are those of `PROSODY_COLUMNS`."""
    sounding = np.flatnonzero(levels.sounding)
    n_speech = int(sounding[-1] - sounding[0]) + 1 if sounding.size else 0
    speech_s = n_speech / FRAMES_PER_SECOND
    nuclei = syllable_nuclei(levels, voiced, min_dip_db=min_dip_db)
    at_nuclei = levels.intensity_db[nuclei]
    return {
        "duration": n_samples / SAMPLE_RATE,
        "speech": speech_s,
        "sounding_share": _ratio(len(sounding), n_speech),
        "nuclei": float(len(nuclei)),
        "speech_rate": _ratio(len(nuclei), speech_s),
        "articulation_rate": _ratio(len(nuclei), len(sounding) / FRAMES_PER_SECOND),
        **_interval_values(np.diff(nuclei) / FRAMES_PER_SECOND),
        "nucleus_level_std": float(at_nuclei.std()) if at_nuclei.size else 0.0,
        **_pause_values(levels.sounding, speech_s, min_pause_s),
    }


def _interval_values(intervals_s: Array) -> dict[str, float]:
    """Describe the times between nuclei."""
    first, second = intervals_s[:-1], intervals_s[1:]
    unevenness = np.abs(second - first) / ((second + first) / 2)
    return {
        "nucleus_interval_mean": mean_or_zero(intervals_s),
        "nucleus_interval_std": float(intervals_s.std()) if intervals_s.size else 0.0,
        "nucleus_interval_npvi": mean_or_zero(unevenness),
    }


def _pause_values(
    sounding: Flags, speech_s: float, min_pause_s: float
) -> dict[str, float]:
    """Describe the silences between the first and the last sound."""
    stretches = runs(sounding)
    gaps_s = np.array(
        [
            (begin - end) / FRAMES_PER_SECOND
            for (_, end), (begin, _) in pairwise(stretches)
        ]
    )
    pauses_s = gaps_s[gaps_s >= min_pause_s] if gaps_s.size else gaps_s
    return {
        "pauses": _ratio(len(pauses_s), speech_s),
        "pause_share": _ratio(float(pauses_s.sum()), speech_s),
        "pause_mean": mean_or_zero(pauses_s),
        "pause_longest": float(pauses_s.max(initial=0.0)),
    }


def _ratio(part: float, whole: float) -> float:
    """Divide, with 0 for a part of nothing."""
    return part / whole if whole > 0 else 0.0
