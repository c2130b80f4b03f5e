"""The laws of scaling as fitted: their parameters, and what they foresee."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

PERCENTILES: Final = (2.5, 97.5)
"""Bounds of the intervals, in percent."""


def amdahl_speedup(p: Floats, serial_fraction: float) -> Floats:
    """Return the speed-ups of p workers by Amdahl's law."""
    return np.asarray(1 / (serial_fraction + (1 - serial_fraction) / p))


def usl_speedup(p: Floats, parameters: tuple[float, float, float]) -> Floats:
    """Return the speed-ups of p workers by the universal scalability law.

    `parameters` are scale, contention and coherency.
    """
    scale, contention, coherency = parameters
    return scale * p / (1 + contention * (p - 1) + coherency * p * (p - 1))


@dataclass(frozen=True, kw_only=True, slots=True)
class Prediction:
    """A speed-up that a law foresees.

    Attributes
    ----------
    workers : float
    speedup : float
    low, high : float or None
        95 % bootstrap interval; None where the repetitions were too few for one.

    """

    workers: float
    speedup: float
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class AmdahlFit:
    """Amdahl's law fitted: S(p) = 1 / (s + (1 - s) / p).

    Attributes
    ----------
    serial_fraction : float, in [0, 1]
        The share s of the sequential time that does not get faster.
    serial_fraction_low, serial_fraction_high : float or None
        95 % bootstrap interval.
    max_speedup : float or None
        1 / s, what no number of workers can pass; None for s = 0.
    rms_relative_error : float
        Root mean square of (fitted - measured) / measured.
    worker_counts : tuple of int
        The counts the fit rests on.

    """

    serial_fraction: float
    serial_fraction_low: float | None
    serial_fraction_high: float | None
    max_speedup: float | None
    rms_relative_error: float
    worker_counts: tuple[int, ...]

    def predict(self, workers: Sequence[float]) -> list[Prediction]:
        """Foresee the speed-up for worker counts of at least 1."""
        p = np.asarray(workers, dtype=np.float64)
        # The speed-up falls as the serial fraction rises, so its bounds cross over.
        low, high = (
            [None] * len(p) if s is None else amdahl_speedup(p, s).tolist()
            for s in (self.serial_fraction_high, self.serial_fraction_low)
        )
        return _predictions(p, amdahl_speedup(p, self.serial_fraction), low, high)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {**asdict(self), "worker_counts": list(self.worker_counts)}

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Self:
        """Make a fit from an entry of a record's ``laws``."""
        return cls(**{**entry, "worker_counts": tuple(entry["worker_counts"])})


@dataclass(frozen=True, kw_only=True)
class UslFit:
    """Gunther's law fitted: S(p) = g p / (1 + a (p - 1) + b p (p - 1)).

    Attributes
    ----------
    scale : float, at most 2
        g, the speed of one worker relative to the sequential reference.
    contention : float, at least 0
        a, the cost of waiting for what is shared.
    coherency : float, at least 0
        b, the cost of workers keeping each other informed; above 0 there is a
        number of workers beyond which it gets slower.
    contention_low, contention_high, coherency_low, coherency_high : float or None
        95 % bootstrap intervals.
    peak_workers : float or None
        The number of workers of the greatest speed-up, sqrt((1 - a) / b); None
        where none is foreseen.
    rms_relative_error : float
        Root mean square of (fitted - measured) / measured.
    worker_counts : tuple of int
        The counts the fit rests on.
    draws : tuple of (float, float, float)
        (scale, contention, coherency) of each bootstrap resample, from which
        `predict` makes its intervals.

    """

    scale: float
    contention: float
    contention_low: float | None
    contention_high: float | None
    coherency: float
    coherency_low: float | None
    coherency_high: float | None
    peak_workers: float | None
    rms_relative_error: float
    worker_counts: tuple[int, ...]
    draws: tuple[tuple[float, float, float], ...]

    def predict(self, workers: Sequence[float]) -> list[Prediction]:
        """Foresee the speed-up for worker counts of at least 1."""
        p = np.asarray(workers, dtype=np.float64)
        middle = usl_speedup(p, (self.scale, self.contention, self.coherency))
        low: list[float | None] = [None] * len(p)
        high: list[float | None] = [None] * len(p)
        if self.draws:
            foreseen = np.array([usl_speedup(p, draw) for draw in self.draws])
            bounds = np.percentile(foreseen, PERCENTILES, axis=0)
            low, high = bounds[0].tolist(), bounds[1].tolist()
        return _predictions(p, middle, low, high)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            **asdict(self),
            "worker_counts": list(self.worker_counts),
            "draws": [list(draw) for draw in self.draws],
        }

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Self:
        """Make a fit from an entry of a record's ``laws``."""
        counts = tuple(entry["worker_counts"])
        draws = tuple(tuple(draw) for draw in entry["draws"])
        return cls(**{**entry, "worker_counts": counts, "draws": draws})


def _predictions(
    p: Floats,
    middle: Floats,
    low: Sequence[float | None],
    high: Sequence[float | None],
) -> list[Prediction]:
    """Zip columns into rows."""
    return [
        Prediction(workers=float(w), speedup=float(m), low=lo, high=hi)
        for w, m, lo, hi in zip(p, middle, low, high, strict=True)
    ]
