"""Intensity, as it is measured, and loudness, as it is heard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ser_core.audio.loudness import integrated_loudness, k_weighted
from ser_core.audio.silence import SILENCE_DBFS
from ser_core.features.functionals.frames import (
    SAMPLE_RATE,
    Array,
    hann,
    n_frames,
    windowed_blocks,
)
from ser_core.features.prosody.contour import (
    LEAST_FRAMES,
    Flags,
    line_slope,
    movement,
)

_WINDOW_LENGTH: Final = 1_024
"""64 ms: no ripple of the periods of a voice above 50 Hz."""

_FLOOR_DB: Final = -100.0
_LUFS_OFFSET_DB: Final = -0.691

_NAMES: Final = [
    "mean",
    "std",
    "low",
    "median",
    "high",
    "range",
    "slope",
    "rise",
    "fall",
    "movement",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Levels:
    """Levels of a clip, frame by frame.

    Attributes
    ----------
    intensity_db : ndarray of shape (n_frames,), float64
        Mean square under a Hann window of 64 ms relative to full scale, at least -100.
    loudness_lu : ndarray of shape (n_frames,), float64
        The same of the K-weighted signal with the offset of ITU-R BS.1770.
    sounding : ndarray of shape (n_frames,), bool
        Frames near the loudest ones.
    threshold_db : float
        Intensity from which a frame sounds.

    """

    intensity_db: Array
    loudness_lu: Array
    sounding: Flags
    threshold_db: float


def follow_levels(y: npt.NDArray[np.float32], *, silence_db: float) -> Levels:
    """Follow intensity and loudness through a clip.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32
        At 16 kHz.
    silence_db : float
        How far below the 99th percentile of the intensity sound begins.

    """
    intensity_db = _frame_levels(y)
    weighted = k_weighted(y, sample_rate=SAMPLE_RATE)
    loudest = float(np.percentile(intensity_db, 99))
    threshold_db = max(loudest - silence_db, SILENCE_DBFS)
    return Levels(
        intensity_db=intensity_db,
        loudness_lu=_frame_levels(weighted.astype(np.float32)) + _LUFS_OFFSET_DB,
        sounding=intensity_db > threshold_db,
        threshold_db=threshold_db,
    )


def intensity_values(
    y: npt.NDArray[np.float32], levels: Levels, voiced: Flags
) -> dict[str, float]:
    """Describe the intensity of what sounds; names are those of `PROSODY_COLUMNS`."""
    peak = float(np.abs(y).max())
    sounding = levels.sounding
    with_voice = levels.intensity_db[sounding & voiced]
    without = levels.intensity_db[sounding & ~voiced]
    both = with_voice.size > 0 and without.size > 0
    return {
        "sounding": float(sounding.sum() >= LEAST_FRAMES),
        **_level_values("intensity", levels.intensity_db, sounding),
        "intensity_voiced": float(with_voice.mean() - without.mean()) if both else 0.0,
        "peak": 20 * float(np.log10(max(peak, 10 ** (_FLOOR_DB / 20)))),
    }


def loudness_values(y: npt.NDArray[np.float32], levels: Levels) -> dict[str, float]:
    """Describe the loudness of what sounds; names are those of `PROSODY_COLUMNS`."""
    values = _level_values("loudness", levels.loudness_lu, levels.sounding)
    heard = levels.sounding
    tilt = (levels.loudness_lu - levels.intensity_db)[heard]
    return {
        "loudness": integrated_loudness(y, sample_rate=SAMPLE_RATE),
        **values,
        "loudness_tilt": float(tilt.mean()) if tilt.size else 0.0,
    }


def _frame_levels(y: npt.NDArray[np.float32]) -> Array:
    """Return the level of each frame in dB relative to full scale."""
    power = np.zeros(n_frames(len(y)))
    weight = float(np.square(hann(_WINDOW_LENGTH)).sum())
    for rows, frames in windowed_blocks(y, _WINDOW_LENGTH):
        power[rows] = np.einsum("tn,tn->t", frames, frames) / weight
    levels: Array = 10 * np.log10(np.maximum(power, 10 ** (_FLOOR_DB / 10)))
    return levels


def _level_values(prefix: str, contour: Array, flags: Flags) -> dict[str, float]:
    """Describe a level over the frames that sound."""
    frames = np.flatnonzero(flags)
    if len(frames) < LEAST_FRAMES:
        floor = dict.fromkeys(("mean", "low", "median", "high"), _FLOOR_DB)
        return {f"{prefix}_{name}": floor.get(name, 0.0) for name in _NAMES}
    values = contour[frames]
    low, middle, high = np.percentile(values, (5, 50, 95))
    described = {
        "mean": float(values.mean()),
        "std": float(values.std()),
        "low": float(low),
        "median": float(middle),
        "high": float(high),
        "range": float(high - low),
        "slope": line_slope(values, frames),
        **movement(contour, flags),
    }
    return {f"{prefix}_{name}": described[name] for name in _NAMES}
