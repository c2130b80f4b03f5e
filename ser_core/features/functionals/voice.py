"""Contours of the voice: pitch, harmonics, noise, perturbation."""

from __future__ import annotations

from typing import Final

import numpy as np
import scipy.fft

from ser_core.features.functionals.frames import FLOOR, SAMPLE_RATE, Array
from ser_core.features.functionals.pitch import N_FFT, Pitch

_BIN_HZ: Final = SAMPLE_RATE / N_FFT


def voice_contours(pitch: Pitch) -> dict[str, Array]:
    """Describe the voice in each frame; what needs a voice is 0 where there is none."""
    f0 = np.where(pitch.voiced, pitch.f0_hz, 100.0)
    semitones = np.where(pitch.voiced, 12 * np.log2(f0 / 55.0), 0.0)
    r = np.clip(pitch.correlation, 1e-4, 1 - 1e-4)
    level = 10 * np.log10(pitch.spectra.astype(np.float64) + FLOOR)
    contours = {
        "f0": semitones,
        "hnr": 10 * np.log10(r / (1 - r)),
        "cpp": _cepstral_peak(level),
    }
    contours |= _harmonics(level, f0)
    contours |= _perturbation(pitch, contours["h1"], semitones)
    del contours["h1"]
    return contours


def _cepstral_peak(level: Array) -> Array:
    """Return the highest cepstral peak between 2 and 12 ms over the mean there."""
    cepstrum = scipy.fft.irfft(level, n=N_FFT, axis=1)
    band = np.abs(cepstrum[:, SAMPLE_RATE // 500 : SAMPLE_RATE // 80])
    peak: Array = band.max(axis=1) - band.mean(axis=1)
    return peak


def _harmonics(level: Array, f0: Array) -> dict[str, Array]:
    """Return levels of harmonics against each other, in dB."""
    rows = np.arange(len(f0))
    heights = []
    for number in range(1, 9):
        middle = np.round(number * f0 / _BIN_HZ).astype(int)
        near = [
            level[rows, np.clip(middle + k, 0, level.shape[1] - 1)] for k in (-1, 0, 1)
        ]
        heights.append(np.max(near, axis=0))
    hz = np.arange(level.shape[1]) * _BIN_HZ
    a3 = level[:, (hz >= 2_000) & (hz < 3_500)].max(axis=1)
    ladder = np.array(heights)
    x = np.arange(8) - 3.5
    return {
        "h1": heights[0],
        "h1_h2": heights[0] - heights[1],
        "h1_a3": heights[0] - a3,
        "harmonic_slope": (ladder * x[:, None]).sum(axis=0) / (x**2).sum(),
    }


def _perturbation(pitch: Pitch, h1: Array, semitones: Array) -> dict[str, Array]:
    """Return how far pitch and first harmonic leave the mean of their neighbours."""
    voiced = pitch.voiced
    inner = np.zeros(len(voiced), dtype=bool)
    inner[1:-1] = voiced[:-2] & voiced[1:-1] & voiced[2:]
    contours = {}
    for name, contour in (("f0_jitter", semitones), ("h1_shimmer", h1)):
        bend = np.zeros(len(contour))
        bend[1:-1] = np.abs(contour[1:-1] - (contour[:-2] + contour[2:]) / 2)
        contours[name] = np.where(inner, bend, 0.0)
    return contours
