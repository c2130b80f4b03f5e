"""Short-time analysis that every contour starts from."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

SAMPLE_RATE: Final = 16_000
"""Rate in Hz of every signal that is analysed here."""

HOP_LENGTH: Final = 160
"""Samples from frame to frame: 10 ms."""

FRAMES_PER_SECOND: Final = SAMPLE_RATE / HOP_LENGTH

WINDOW_LENGTH: Final = 400
"""Samples under the window of spectra and cepstra: 25 ms."""

N_FFT: Final = 512
N_MELS: Final = 40
MEL_LOW_HZ: Final = 60.0
MEL_HIGH_HZ: Final = 7_600.0

FLOOR: Final = 1e-10
"""Least power that is told from silence, full scale being about 1."""

RANGE_DB: Final = 80.0
"""Powers further than this below a clip's greatest are raised to that level."""

_BLOCK_FRAMES: Final = 2_000


def n_frames(n_samples: int) -> int:
    """Return the number of frames of a signal, centred every `HOP_LENGTH` samples."""
    return 1 + n_samples // HOP_LENGTH


def windowed_blocks(
    y: npt.NDArray[np.float32], length: int
) -> Iterator[tuple[slice, Array]]:
    """Cut a signal into frames under a periodic Hann window, a block at a time.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32
    length : int
        Samples in a frame. Frame t is centred on sample ``t * HOP_LENGTH``; zeros lie
        around the signal.

    Yields
    ------
    rows : slice
        Which frames these are.
    frames : ndarray of shape (n_rows, length), float64
        Their mean is taken away before the window is applied.

    """
    total = n_frames(len(y))
    padded = np.zeros((total - 1) * HOP_LENGTH + length)
    start = length // 2
    used = min(len(y), len(padded) - start)
    padded[start : start + used] = y[:used]
    view = np.lib.stride_tricks.sliding_window_view(padded, length)[::HOP_LENGTH]
    window = hann(length)
    for first in range(0, total, _BLOCK_FRAMES):
        block = view[first : first + _BLOCK_FRAMES]
        yield (
            slice(first, first + len(block)),
            (block - block.mean(axis=1, keepdims=True)) * window,
        )


@lru_cache(maxsize=8)
def hann(length: int) -> Array:
    """Return the periodic Hann window."""
    window: Array = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    return window


def power_spectra(frames: Array, n_fft: int) -> Array:
    """Return power of shape (n_frames, n_fft // 2 + 1), 1.0 for a full-scale square.

    Parameters
    ----------
    frames : ndarray of shape (n_frames, length), float64
        Frames under the window of `windowed_blocks`.
    n_fft : int
        Points of the transform, at least the length of a frame.

    """
    # slow to import, and whoever only names the columns need not wait
    from scipy.fft import rfft

    spectra = rfft(frames, n=n_fft, axis=1)
    scale = 1 / (n_fft * float(hann(frames.shape[1]).sum()))
    power = (spectra.real**2 + spectra.imag**2) * scale
    return np.asarray(power, dtype=np.float64)


@lru_cache(maxsize=1)
def frequencies_hz() -> Array:
    """Return the frequency of each bin of an `N_FFT` spectrum."""
    bins = np.arange(N_FFT // 2 + 1, dtype=np.float64)
    return bins * (SAMPLE_RATE / N_FFT)


@lru_cache(maxsize=1)
def mel_filters() -> Array:
    """Return the mel filter bank, of shape (N_MELS, N_FFT // 2 + 1), unit peaks."""
    # as above
    from librosa.filters import mel

    filters: Array = mel(
        sr=SAMPLE_RATE,
        n_fft=N_FFT,
        n_mels=N_MELS,
        fmin=MEL_LOW_HZ,
        fmax=MEL_HIGH_HZ,
        norm=None,
        dtype=np.float64,
    )
    return filters


def decibels(power: Array) -> Array:
    """Return a power in dB, raised to at least 80 dB below the greatest of all."""
    least = max(FLOOR, float(power.max(initial=0.0)) * 10 ** (-RANGE_DB / 10))
    level: Array = 10 * np.log10(np.maximum(power, least))
    return level
