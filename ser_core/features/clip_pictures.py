"""Everything of one recording that is looked at on one axis of time."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ser_core.errors import AudioError, ParameterError
from ser_core.features.functionals.frames import (
    FRAMES_PER_SECOND,
    SAMPLE_RATE,
    n_frames,
)
from ser_core.features.picture import MelPicture, mel_picture

LONGEST_S: Final = 60.0
"""Longest recording that is drawn; of a longer one, a part."""

N_MFCC: Final = 13


@dataclass(frozen=True, kw_only=True)
class ClipPictures:
    """Mel spectrogram, cepstra and pitch of one recording.

    Attributes
    ----------
    mel : MelPicture
    mfcc : ndarray of shape (13, n_frames), float32
        Cepstral coefficients of the columns of `mel`, the first one their level.
    mfcc_times_s : ndarray of shape (n_frames,), float64
        Centres of the frames in seconds: those of `mel`.
    f0_hz : ndarray of shape (n_f0_frames,), float64
        Pitch in Hz, NaN where no voice is heard.
    f0_times_s : ndarray of shape (n_f0_frames,), float64
        Centres of the pitch frames in seconds, 10 ms apart.

    """

    mel: MelPicture
    mfcc: npt.NDArray[np.float32]
    mfcc_times_s: npt.NDArray[np.float64]
    f0_hz: npt.NDArray[np.float64]
    f0_times_s: npt.NDArray[np.float64]


def clip_pictures(y: npt.NDArray[np.float32], *, sample_rate: int) -> ClipPictures:
    """Compute mel spectrogram, cepstra and pitch of one recording.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32, in [-1, 1]
        One channel, at most `LONGEST_S`.
    sample_rate : int
        In Hz.

    Returns
    -------
    pictures : ClipPictures
        All times count from the first sample, so that the pictures align.

    Raises
    ------
    AudioError
        The signal is empty, too long, or holds samples that are not finite.
    ParameterError
        The signal has several channels, or the rate is not positive.

    Notes
    -----
    `mel_picture` at the recording's own rate; orthonormal DCT-II of its columns
    (``librosa.feature.mfcc``); Boersma's autocorrelation method after resampling to
    16 kHz (soxr, HQ). Pictures only: nothing is trained or measured on them.

    """
    _check(y, sample_rate)
    # slow to import, and whoever only names the pictures need not wait
    import librosa

    with warnings.catch_warnings():
        # a clip shorter than the window is padded with zeros, which is meant
        warnings.filterwarnings("ignore", message="n_fft=.* is too large")
        warnings.filterwarnings("ignore", message="Empty filters")
        mel = mel_picture(y, sample_rate=sample_rate)
        mfcc = librosa.feature.mfcc(S=mel.power_db, n_mfcc=N_MFCC)
    f0_hz = _pitch(y, sample_rate)
    return ClipPictures(
        mel=mel,
        mfcc=np.asarray(mfcc, dtype=np.float32),
        mfcc_times_s=mel.times_s,
        f0_hz=f0_hz,
        f0_times_s=np.arange(len(f0_hz)) / FRAMES_PER_SECOND,
    )


def _pitch(y: npt.NDArray[np.float32], sample_rate: int) -> npt.NDArray[np.float64]:
    """Return the pitch of each 10 ms frame, NaN where there is none."""
    import soxr

    from ser_core.features.functionals.pitch import track_pitch

    if sample_rate != SAMPLE_RATE:
        y = soxr.resample(y, sample_rate, SAMPLE_RATE, quality="HQ")
    if not y.any():
        return np.full(n_frames(len(y)), np.nan)
    pitch = track_pitch(np.asarray(y, dtype=np.float32))
    return np.where(pitch.voiced, pitch.f0_hz, np.nan)


def _check(y: npt.NDArray[np.float32], sample_rate: int) -> None:
    """Refuse what cannot be drawn."""
    if y.ndim != 1:
        raise ParameterError(
            f"y has the shape {y.shape}, and one channel of shape (n_samples,) is "
            "drawn; take the mean of the channels"
        )
    if sample_rate <= 0:
        raise ParameterError(
            f"sample_rate = {sample_rate}, and it must be positive; give it in Hz"
        )
    if not len(y):
        raise AudioError("the recording holds no samples; there is nothing to draw")
    if len(y) > LONGEST_S * sample_rate:
        raise AudioError(
            f"the recording lasts {len(y) / sample_rate:.0f} s, and at most "
            f"{LONGEST_S:.0f} s are drawn; choose a part of it"
        )
    if not np.isfinite(y).all():
        raise AudioError(
            "the recording holds samples that are not finite (NaN or infinite); "
            "export it again, at best as 16-bit FLAC or WAV"
        )
