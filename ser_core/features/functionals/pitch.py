"""Fundamental frequency and voicing by autocorrelation and a best path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft

from ser_core.features.functionals.frames import (
    SAMPLE_RATE,
    Array,
    hann,
    n_frames,
    power_spectra,
    windowed_blocks,
)

LOWEST_HZ: Final = 65.0
HIGHEST_HZ: Final = 650.0
WINDOW_LENGTH: Final = 640
"""40 ms: two and a half periods of the lowest voice."""

N_FFT: Final = 1024
_OVERSAMPLING: Final = 2
_N_CANDIDATES: Final = 4
_VOICING_THRESHOLD: Final = 0.45
_SILENCE_THRESHOLD: Final = 0.03
_OCTAVE_COST: Final = 0.01
_OCTAVE_JUMP_COST: Final = 0.35
_VOICING_COST: Final = 0.14
# a jump between voiced and unvoiced costs the same at any pitch
_UNVOICED: Final = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Pitch:
    """What is known of the voice in each frame.

    Attributes
    ----------
    f0_hz : ndarray of shape (n_frames,), float64
        0 where there is no voice.
    correlation : ndarray of shape (n_frames,), float64, in 0 to 1
        Autocorrelation at the period; at its highest peak where there is no voice.
    spectra : ndarray of shape (n_frames, 513), float32
        Power spectra of the 40 ms frames, 15.6 Hz apart.

    """

    f0_hz: Array
    correlation: Array
    spectra: npt.NDArray[np.float32]

    @property
    def voiced(self) -> npt.NDArray[np.bool_]:
        """Which frames are voiced."""
        voiced: npt.NDArray[np.bool_] = self.f0_hz > 0
        return voiced


def track_pitch(y: npt.NDArray[np.float32]) -> Pitch:
    """Find the fundamental frequency of each 10 ms frame.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32
        At 16 kHz.

    Returns
    -------
    pitch : Pitch

    Notes
    -----
    Boersma's method with frames of 40 ms: the autocorrelation of the windowed frame
    is divided by that of its Hann window, its highest peaks between 65 and 650 Hz are
    candidates beside "unvoiced", and the path of least cost through the frames is
    taken. Thresholds and costs are those of the paper (silence 0.03, voicing 0.45,
    octave 0.01, octave jump 0.35, voiced to unvoiced 0.14).

    References
    ----------
    P. Boersma, "Accurate short-term analysis of the fundamental frequency and the
    harmonics-to-noise ratio of a sampled sound", Proc. Institute of Phonetic
    Sciences 17, University of Amsterdam, 1993.

    """
    total = n_frames(len(y))
    hz = np.zeros((total, _N_CANDIDATES + 1))
    strength = np.full((total, _N_CANDIDATES + 1), -np.inf)
    correlation = np.zeros((total, _N_CANDIDATES + 1))
    peak = np.zeros(total)
    spectra = np.zeros((total, N_FFT // 2 + 1), dtype=np.float32)
    for rows, frames in windowed_blocks(y, WINDOW_LENGTH):
        power = power_spectra(frames, N_FFT)
        spectra[rows] = power
        peak[rows] = np.abs(frames).max(axis=1)
        hz[rows, 1:], correlation[rows, 1:] = _candidates(power)
    found = hz[:, 1:] > 0
    octaves = np.log2(np.maximum(hz[:, 1:], LOWEST_HZ) / LOWEST_HZ)
    strength[:, 1:][found] = (correlation[:, 1:] + _OCTAVE_COST * octaves)[found]
    strength[:, 0] = _unvoiced_strength(peak)
    chosen = _best_path(hz, strength)
    rows_ = np.arange(total)
    r = correlation[rows_, chosen]
    r[chosen == 0] = correlation[chosen == 0, 1:].max(axis=1, initial=0.0)
    return Pitch(
        f0_hz=hz[rows_, chosen], correlation=np.clip(r, 0.0, 1.0), spectra=spectra
    )


def _unvoiced_strength(peak: Array) -> Array:
    """Return how well "unvoiced" fits frames with these peak amplitudes."""
    loudest = max(float(peak.max()), 1e-9)
    quiet = 2 - (peak / loudest) / (_SILENCE_THRESHOLD / (1 + _VOICING_THRESHOLD))
    strength: Array = _VOICING_THRESHOLD + np.maximum(0.0, quiet)
    return strength


def _candidates(power: Array) -> tuple[Array, Array]:
    """Return frequency (0 for none) and correlation of the highest peaks of frames."""
    rate = SAMPLE_RATE * _OVERSAMPLING
    r = _autocorrelation(power)
    window = _autocorrelation(power_spectra(hann(WINDOW_LENGTH)[None], N_FFT))[0]
    last = int(np.ceil(rate / LOWEST_HZ))
    first = int(rate / HIGHEST_HZ)
    silent = r[:, :1] <= 0
    r = r[:, : last + 2] / np.where(silent, 1.0, r[:, :1])
    r = r / (window[: last + 2] / window[0])
    left, middle, right = (r[:, first + k : last + k] for k in (-1, 0, 1))
    is_peak = (middle > left) & (middle >= right) & (middle > 0) & ~silent
    height = np.where(is_peak, middle, -1.0)
    # a steady voice has peaks as high at every multiple of its period: the shortest
    # must be among the candidates
    octaves = np.log2(rate / (LOWEST_HZ * np.arange(first, last)))
    ranked = height + _OCTAVE_COST * octaves
    best = np.argpartition(-ranked, _N_CANDIDATES - 1, axis=1)[:, :_N_CANDIDATES]
    a, b, c = (np.take_along_axis(part, best, axis=1) for part in (left, middle, right))
    curvature = np.minimum(a - 2 * b + c, -1e-12)
    shift = np.clip(0.5 * (a - c) / curvature, -0.5, 0.5)
    top = np.minimum(b - 0.25 * (a - c) * shift, 1.0)
    real = np.take_along_axis(height, best, axis=1) > 0
    hz = np.where(real, rate / (first + best + shift), 0.0)
    return hz, np.where(real, top, 0.0)


def _autocorrelation(power: Array) -> Array:
    """Return the autocorrelation of frames, twice as finely sampled as the signal."""
    n = N_FFT * _OVERSAMPLING
    r: Array = scipy.fft.irfft(power, n=n, axis=1)
    return r


def _best_path(hz: Array, strength: Array) -> npt.NDArray[np.intp]:
    """Return the candidate of each frame on the path of greatest total strength."""
    total, width = hz.shape
    octave = np.log2(np.maximum(hz, 1.0))
    voiced = hz > 0
    voiced[:, 0] = False
    change = _OCTAVE_JUMP_COST * np.abs(octave[:-1, :, None] - octave[1:, None, :])
    mixed = voiced[:-1, :, None] != voiced[1:, None, :]
    both = voiced[:-1, :, None] & voiced[1:, None, :]
    cost = np.where(both, change, np.where(mixed, _VOICING_COST, 0.0))
    came_from = np.zeros((total, width), dtype=np.intp)
    score = strength[0].copy()
    for t in range(1, total):
        reached = score[:, None] - cost[t - 1]
        came_from[t] = reached.argmax(axis=0)
        score = reached.max(axis=0) + strength[t]
    path = np.zeros(total, dtype=np.intp)
    path[-1] = score.argmax()
    for t in range(total - 1, 0, -1):
        path[t - 1] = came_from[t, path[t]]
    return path
