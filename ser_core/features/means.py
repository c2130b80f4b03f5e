"""Compute means over time of cepstra, pitch classes and mel bands."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from librosa import power_to_db, stft
from librosa.feature import chroma_stft, melspectrogram, mfcc

from ser_core.features.mean_set import SpectralMeans


def compute(
    y: npt.NDArray[np.float32], feature_set: SpectralMeans
) -> npt.NDArray[np.float32]:
    """Compute the means of one clip.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32
        At the rate of the set.
    feature_set : SpectralMeans

    Returns
    -------
    values : ndarray of shape (n_mfcc + 12 + n_mels,), float32

    Notes
    -----
    Equal to the means over frames of ``librosa.feature.mfcc``, of ``chroma_stft`` of
    the magnitude spectrum (its own tuning estimate, each frame scaled to a maximum of
    1) and of ``melspectrogram`` (power), each with librosa's defaults. One short-time
    transform serves all three.

    """
    rate = feature_set.sample_rate
    magnitude = np.abs(
        stft(
            y,
            n_fft=feature_set.n_fft,
            hop_length=feature_set.hop_length,
            window=feature_set.preprocessing.scipy_window,
        )
    )
    mel = melspectrogram(S=magnitude**2, sr=rate, n_mels=feature_set.n_mels)
    cepstra = mfcc(S=power_to_db(mel), sr=rate, n_mfcc=feature_set.n_mfcc)
    # silence has no tuning, and librosa warns when it is asked for it
    tuning = None if magnitude.any() else 0.0
    chroma = chroma_stft(S=magnitude, sr=rate, n_fft=feature_set.n_fft, tuning=tuning)
    return np.concatenate(
        [np.mean(part.T, axis=0) for part in (cepstra, chroma, mel)]
    ).astype(np.float32)
