"""Pitch: its level, spread and movement, and how voicing is spread over time."""

from __future__ import annotations

from typing import Final

import numpy as np

from ser_core.features.functionals.frames import FRAMES_PER_SECOND, Array
from ser_core.features.functionals.pitch import Pitch
from ser_core.features.prosody.contour import (
    LEAST_FRAMES,
    line_slope,
    mean_or_zero,
    movement,
    runs,
)

_REFERENCE_HZ: Final = 27.5

_F0_NAMES: Final = [
    "f0_mean",
    "f0_median",
    "f0_level",
    "f0_std",
    "f0_low",
    "f0_high",
    "f0_range",
    "f0_skew",
    "f0_slope",
    "f0_rise",
    "f0_fall",
    "f0_movement",
    "f0_begin",
    "f0_end",
]


def melody_values(pitch: Pitch) -> dict[str, float]:
    """Describe the pitch of a clip; the names are those of `PROSODY_COLUMNS`."""
    n_voiced = int(pitch.voiced.sum())
    duration_s = len(pitch.voiced) / FRAMES_PER_SECOND
    lengths_s = np.array([b - a for a, b in runs(pitch.voiced)]) / FRAMES_PER_SECOND
    values = {
        "voiced": float(n_voiced >= LEAST_FRAMES),
        "voiced_share": n_voiced / len(pitch.voiced),
        "voiced_runs": len(lengths_s) / duration_s,
        "voiced_run_mean": mean_or_zero(lengths_s),
        "voiced_run_std": float(lengths_s.std()) if lengths_s.size else 0.0,
    }
    if n_voiced < LEAST_FRAMES:
        return values | dict.fromkeys(_F0_NAMES, 0.0)
    return values | _f0_values(pitch)


def _f0_values(pitch: Pitch) -> dict[str, float]:
    """Describe the contour of F0 over the voiced frames."""
    frames = np.flatnonzero(pitch.voiced)
    hz = pitch.f0_hz[frames]
    contour: Array = np.zeros(len(pitch.voiced))
    contour[frames] = 12 * np.log2(hz / _REFERENCE_HZ)
    st = contour[frames]
    low, middle, high = np.percentile(st, (5, 50, 95))
    fifth = max(len(st) // 5, 1)
    moving = movement(contour, pitch.voiced)
    return {
        "f0_mean": float(hz.mean()),
        "f0_median": float(np.median(hz)),
        "f0_level": float(st.mean()),
        "f0_std": float(st.std()),
        "f0_low": float(low),
        "f0_high": float(high),
        "f0_range": float(high - low),
        "f0_skew": float(st.mean() - middle),
        "f0_slope": line_slope(st, frames),
        **{f"f0_{name}": value for name, value in moving.items()},
        "f0_begin": float(st[:fifth].mean() - middle),
        "f0_end": float(st[-fifth:].mean() - middle),
    }
