"""Signals whose features are known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

Signal = npt.NDArray[np.float32]


def vowel(
    duration_s: float,
    *,
    sample_rate: int = 16_000,
    f0_hz: float = 150.0,
    noise: float = 0.002,
    seed: int = 0,
) -> Signal:
    """Return a pulse train through two resonances, in a little noise."""
    n_samples = int(duration_s * sample_rate)
    phase = np.cumsum(np.full(n_samples, f0_hz / sample_rate))
    y = np.diff(np.floor(phase), prepend=0.0)
    for centre_hz, width_hz in ((600.0, 80.0), (1_300.0, 120.0)):
        radius = np.exp(-np.pi * width_hz / sample_rate)
        angle = 2 * np.pi * centre_hz / sample_rate
        y = lfilter([1.0], [1.0, -2 * radius * np.cos(angle), radius**2], y)
    y = 0.5 * y / np.abs(y).max()
    y += np.random.default_rng(seed).normal(scale=noise, size=n_samples)
    return y.astype(np.float32)
