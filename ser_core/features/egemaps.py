"""Compute eGeMAPS by openSMILE, an optional package under a non-commercial licence."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.errors import AudioError, ParameterError
from ser_core.features.egemaps_set import Egemaps

_SHORTEST_S: Final = 0.06


def compute(
    y: npt.NDArray[np.float32], feature_set: Egemaps
) -> npt.NDArray[np.float32]:
    """Compute the functionals of one clip.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32, in [-1, 1]
        At the rate of the set.
    feature_set : Egemaps

    Returns
    -------
    values : ndarray of shape (88,), float32

    Raises
    ------
    AudioError
        The clip is shorter than openSMILE's frames.
    ParameterError
        openSMILE is not installed.

    References
    ----------
    F. Eyben et al., "The Geneva minimalistic acoustic parameter set (GeMAPS) for voice
    research and affective computing", IEEE Trans. Affective Computing 7(2), 2016, doi
    10.1109/TAFFC.2015.2457417.

    """
    missing = feature_set.missing()
    if missing is not None:
        raise ParameterError(f"features = {feature_set.label!r}: {missing}")
    duration_s = len(y) / feature_set.sample_rate
    if duration_s < _SHORTEST_S:
        raise AudioError(
            f"{duration_s:.3f} s are too short for eGeMAPS, whose frames are "
            f"{_SHORTEST_S} s long; leave the recording out"
        )
    table = _smile(feature_set.release).process_signal(y, feature_set.sample_rate)
    values: npt.NDArray[np.float32] = table.to_numpy(dtype=np.float32)[0]
    return values


@cache
def _smile(release: str) -> Any:
    """Return openSMILE with its functionals; each call of it is a fresh analysis."""
    import opensmile

    return opensmile.Smile(
        feature_set=opensmile.FeatureSet[release],
        feature_level=opensmile.FeatureLevel.Functionals,
    )
