"""Voice quality: harmonics against noise, jitter and shimmer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from ser_core.features.functionals.frames import HOP_LENGTH, Array
from ser_core.features.functionals.pitch import Pitch
from ser_core.features.prosody.contour import LEAST_FRAMES, Flags, mean_or_zero, runs
from ser_core.features.prosody.periods import amplitudes, follow_periods

_PERTURBATIONS: Final = ["jitter_local", "jitter_rap", "shimmer_local", "shimmer_db"]
_LEAST_PERIODS: Final = 10
_GREATEST_PERIOD_FACTOR: Final = 1.3
_GREATEST_AMPLITUDE_FACTOR: Final = 1.6
_LEAST_AMPLITUDE: Final = 1e-9
_CORRELATION_RANGE: Final = (1e-3, 1 - 1e-5)


def voice_values(y: npt.NDArray[np.float32], pitch: Pitch) -> dict[str, float]:
    """Describe the quality of the voice; the names are those of `PROSODY_COLUMNS`.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32
        At 16 kHz.
    pitch : Pitch

    Returns
    -------
    values : dict of str to float

    Notes
    -----
    The harmonics-to-noise ratio of a frame is 10 log10(r / (1 - r)) of its normalised
    autocorrelation r at the period. Jitter and shimmer compare neighbouring periods of
    a voiced stretch; pairs whose periods differ by a factor above 1.3, or amplitudes by
    one above 1.6, are no neighbours.

    References
    ----------
    P. Boersma, "Accurate short-term analysis of the fundamental frequency and the
    harmonics-to-noise ratio of a sampled sound", Proc. Institute of Phonetic
    Sciences 17, University of Amsterdam, 1993.

    """
    return {**_hnr_values(pitch), **_perturbation_values(y, pitch)}


def _hnr_values(pitch: Pitch) -> dict[str, float]:
    """Describe harmonics against noise over the voiced frames."""
    if pitch.voiced.sum() < LEAST_FRAMES:
        return {"hnr_mean": 0.0, "hnr_std": 0.0}
    r = np.clip(pitch.correlation[pitch.voiced], *_CORRELATION_RANGE)
    hnr_db = 10 * np.log10(r / (1 - r))
    return {"hnr_mean": float(hnr_db.mean()), "hnr_std": float(hnr_db.std())}


def _perturbation_values(y: npt.NDArray[np.float32], pitch: Pitch) -> dict[str, float]:
    """Describe how periods and their amplitudes differ from their neighbours."""
    signal = y.astype(np.float64)
    stretches = [
        follow_periods(
            signal,
            begin=first * HOP_LENGTH,
            end=min(last * HOP_LENGTH, len(y)),
            f0_hz=pitch.f0_hz[first:last],
        )
        for first, last in runs(pitch.voiced)
    ]
    lengths = [np.diff(marks) for marks in stretches]
    if sum(map(len, lengths)) < _LEAST_PERIODS:
        return {"periodic": 0.0, **dict.fromkeys(_PERTURBATIONS, 0.0)}
    sizes = [amplitudes(signal, marks) for marks in stretches]
    mean_length = float(np.concatenate(lengths).mean())
    mean_size = float(np.concatenate(sizes).mean())
    jitter = _joined(_steps(part, _GREATEST_PERIOD_FACTOR) for part in lengths)
    bends = _joined(map(_bends, lengths))
    shimmer = _joined(_steps(part, _GREATEST_AMPLITUDE_FACTOR) for part in sizes)
    decibels = [20 * np.log10(np.maximum(part, _LEAST_AMPLITUDE)) for part in sizes]
    greatest_db = 20 * np.log10(_GREATEST_AMPLITUDE_FACTOR)
    jumps_db = np.abs(_joined(map(np.diff, decibels)))
    return {
        "periodic": 1.0,
        "jitter_local": 100 * mean_or_zero(jitter) / mean_length,
        "jitter_rap": 100 * mean_or_zero(bends) / mean_length,
        "shimmer_local": 100 * mean_or_zero(shimmer) / mean_size,
        "shimmer_db": mean_or_zero(jumps_db[jumps_db <= greatest_db]),
    }


def _joined(parts: Iterable[Array]) -> Array:
    """Put the values of all stretches into one row."""
    return np.concatenate([np.zeros(0), *parts])


def _alike(values: Array, factor: float) -> Flags:
    """Return which neighbours differ by no more than a factor."""
    first, second = values[:-1], values[1:]
    alike: Flags = np.maximum(first, second) <= factor * np.minimum(first, second)
    return alike


def _steps(values: Array, factor: float) -> Array:
    """Return the absolute differences of neighbours that are alike."""
    steps: Array = np.abs(np.diff(values))[_alike(values, factor)]
    return steps


def _bends(lengths: Array) -> Array:
    """Return how far each period is from the mean of itself and its neighbours."""
    if len(lengths) < 3:
        return np.zeros(0)
    alike = _alike(lengths, _GREATEST_PERIOD_FACTOR)
    means = (lengths[:-2] + lengths[1:-1] + lengths[2:]) / 3
    bends: Array = np.abs(lengths[1:-1] - means)[alike[:-1] & alike[1:]]
    return bends
