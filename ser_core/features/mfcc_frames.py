"""Compute cepstral coefficients of a fixed number of frames."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from librosa.feature import mfcc

from ser_core.features.feature_set import MfccFrames


def compute(
    y: npt.NDArray[np.float32], feature_set: MfccFrames
) -> npt.NDArray[np.float32]:
    """Compute the cepstra of one clip.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32
        At the rate of the set.
    feature_set : MfccFrames

    Returns
    -------
    values : ndarray of shape (n_frames, n_mfcc), float32

    Notes
    -----
    ``librosa.feature.mfcc``, cut or padded with zeros to the frames of the set and
    transposed: frames centred with zeros around the signal, Slaney mel bands of the
    power spectrum, ``power_to_db`` with ref 1.0, amin 1e-10 and top_db 80, orthonormal
    DCT-II.

    """
    cepstra = mfcc(
        y=y,
        sr=feature_set.sample_rate,
        n_mfcc=feature_set.n_mfcc,
        n_fft=feature_set.n_fft,
        hop_length=feature_set.hop_length,
        n_mels=feature_set.n_mels,
        window=feature_set.preprocessing.scipy_window,
    )
    values = np.zeros(feature_set.shape, dtype=np.float32)
    n_kept = min(cepstra.shape[1], feature_set.n_frames)
    values[:n_kept] = cepstra[:, :n_kept].T
    return values
