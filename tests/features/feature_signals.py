"""Signals whose features are known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Signal = npt.NDArray[np.float32]


def vowel(
    duration_s: float,
    *,
    sample_rate: int = 16_000,
    f0_hz: float = 150.0,
    noise: float = 0.002,
    seed: int = 0,
) -> Signal:
    """Return harmonics through two resonances, in a little noise."""
    t = np.arange(int(duration_s * sample_rate)) / sample_rate
    y = np.zeros(len(t))
    for hz in np.arange(f0_hz, min(4_000.0, sample_rate / 2), f0_hz):
        gain = 1 / (1 + ((hz - 600) / 150) ** 2) + 0.3 / (1 + ((hz - 1_300) / 200) ** 2)
        y += (gain + 0.01) * np.sin(2 * np.pi * hz * t)
    y = 0.5 * y / np.abs(y).max()
    y += np.random.default_rng(seed).normal(scale=noise, size=len(t))
    return y.astype(np.float32)
