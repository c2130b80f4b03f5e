"""What is followed through time: one value every 10 ms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft

from ser_core.features.functionals.formants import track_formants
from ser_core.features.functionals.frames import (
    N_FFT,
    WINDOW_LENGTH,
    Array,
    decibels,
    mel_filters,
    n_frames,
    power_spectra,
    windowed_blocks,
)
from ser_core.features.functionals.pitch import Pitch, track_pitch
from ser_core.features.functionals.spectral import spectral_contours
from ser_core.features.functionals.voice import voice_contours

N_MFCC: Final = 20

_SPEECH_RANGE_DB: Final = 30.0
"""Frames this far below the loud ones do not begin or end the speech."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contours:
    """Every contour of one clip, between the first and last frame of speech.

    Attributes
    ----------
    values : dict of str to ndarray of shape (n_frames,), float64
        By the names of `ser_core.features.functionals.columns`.
    mel_db : ndarray of shape (n_frames, 40), float64
        Level of each mel band, in dB.
    mfcc : ndarray of shape (n_frames, 20), float64
        Cepstral coefficients of `mel_db`.
    voiced : ndarray of shape (n_frames,), bool
    clip_frames : int
        Frames of the whole clip, with the silence around the speech.
    """

    values: dict[str, Array]
    mel_db: Array
    mfcc: Array
    voiced: npt.NDArray[np.bool_]
    clip_frames: int

    def stack(self, names: Iterable[str]) -> Array:
        """Return the contours of these names, of shape (n_names, n_frames)."""
        return np.stack([self.values[name] for name in names])


def find_contours(y: npt.NDArray[np.float32]) -> Contours:
    """Follow level, spectrum, cepstrum, pitch and voice through a clip.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32
        At 16 kHz; one sample or more.

    """
    total = n_frames(len(y))
    power = np.zeros((total, N_FFT // 2 + 1))
    for rows, frames in windowed_blocks(y, WINDOW_LENGTH):
        power[rows] = power_spectra(frames, N_FFT)
    pitch = track_pitch(y)
    level = decibels(power.sum(axis=1))
    speech = speech_region(level)
    power = power[speech]
    pitch = Pitch(
        f0_hz=pitch.f0_hz[speech],
        correlation=pitch.correlation[speech],
        spectra=pitch.spectra[speech],
    )
    mel_db = decibels(np.einsum("tf,mf->tm", power, mel_filters()))
    mfcc = scipy.fft.dct(mel_db, type=2, axis=1, norm="ortho")[:, :N_MFCC]
    values = {"level": level[speech]}
    values |= spectral_contours(power, mel_db)
    values |= voice_contours(pitch)
    values |= track_formants(power, pitch.voiced)
    values |= {f"mfcc{k:02d}": mfcc[:, k] for k in range(N_MFCC)}
    return Contours(
        values=values,
        mel_db=mel_db,
        mfcc=mfcc,
        voiced=pitch.voiced,
        clip_frames=total,
    )


def speech_region(level_db: Array) -> slice:
    """Return the frames from the first to the last that is loud enough for speech."""
    loud = np.flatnonzero(level_db >= np.quantile(level_db, 0.95) - _SPEECH_RANGE_DB)
    return slice(int(loud[0]), int(loud[-1]) + 1)
