"""Compute cepstra with their deltas over a fixed time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from librosa.feature import delta, mfcc

from ser_core.audio.preprocess import scaled_to_peak
from ser_core.features.delta_set import MfccDeltas


def compute(
    y: npt.NDArray[np.float32], feature_set: MfccDeltas
) -> npt.NDArray[np.float32]:
    """Compute cepstra, deltas and delta-deltas of one clip.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32
        At the rate of the set.
    feature_set : MfccDeltas

    Returns
    -------
    values : ndarray of shape (3 x n_mfcc, n_frames), float32

    Notes
    -----
    The whole clip is scaled to a peak of 1, then cut or filled up, then analysed:
    ``librosa.feature.mfcc`` and ``librosa.feature.delta`` of orders 1 and 2, which fit
    a line (a parabola) to `delta_width` frames and to the outermost ones at the ends.

    """
    cepstra = mfcc(
        y=_of_length(scaled_to_peak(y), feature_set),
        sr=feature_set.sample_rate,
        n_mfcc=feature_set.n_mfcc,
        n_fft=feature_set.n_fft,
        hop_length=feature_set.hop_length,
        n_mels=feature_set.n_mels,
        window=feature_set.preprocessing.scipy_window,
    )
    width = feature_set.delta_width
    parts = [cepstra, *(delta(cepstra, width=width, order=k) for k in (1, 2))]
    return np.concatenate(parts).astype(np.float32)


def _of_length(
    y: npt.NDArray[np.float32], feature_set: MfccDeltas
) -> npt.NDArray[np.float32]:
    """Cut a clip or fill it up."""
    n_samples = feature_set.n_samples
    if len(y) >= n_samples:
        return y[:n_samples]
    if feature_set.fill == "loop":
        return np.resize(y, n_samples)
    return np.pad(y, (0, n_samples - len(y)))
