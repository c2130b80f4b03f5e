"""The vector of one clip, put together in the order of the columns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ser_core.errors import ParameterError
from ser_core.features.functionals.columns import (
    MODULATED,
    N_MODULATED_BANDS,
    SPEECH_CONTOURS,
    VOICED_CONTOURS,
)
from ser_core.features.functionals.contours import Contours, find_contours
from ser_core.features.functionals.covariance import log_covariance
from ser_core.features.functionals.frames import SAMPLE_RATE, Array
from ser_core.features.functionals.modulation import modulation
from ser_core.features.functionals.rhythm import rhythm
from ser_core.features.functionals.statistics import statistics


def vector(y: npt.NDArray[np.float32], *, sample_rate: int) -> npt.NDArray[np.float32]:
    """Compute the functionals of a mono signal; see `functionals`."""
    if sample_rate != SAMPLE_RATE:
        raise ParameterError(
            f"sample_rate = {sample_rate} Hz does not fit the functionals, which are "
            f"defined at {SAMPLE_RATE} Hz; resample the signal first"
        )
    if y.ndim != 1 or len(y) == 0:
        raise ParameterError(
            f"y has the shape {y.shape}, and a mono signal of one sample or more is "
            "needed; average the channels first"
        )
    contours = find_contours(y)
    voiced = contours.stack(VOICED_CONTOURS)[:, contours.voiced]
    parts = [
        statistics(contours.stack(SPEECH_CONTOURS)).ravel(),
        statistics(voiced).ravel(),
        rhythm(
            contours.values["level"],
            contours.voiced,
            clip_frames=contours.clip_frames,
        ),
        modulation(_modulated(contours)).ravel(),
        log_covariance(contours.mfcc.T),
    ]
    return np.concatenate(parts).astype(np.float32)


def _modulated(contours: Contours) -> Array:
    """Stack the contours whose modulation is measured, as `MODULATED` names them."""
    wide = contours.mel_db.T.reshape(N_MODULATED_BANDS, -1, len(contours.mel_db))
    others = contours.stack(MODULATED[N_MODULATED_BANDS:])
    return np.concatenate([wide.mean(axis=1), others])
