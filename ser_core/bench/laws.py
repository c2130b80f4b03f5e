"""Fit the laws of scaling to measured speed-ups, with their uncertainty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from ser_core.bench.law_models import (
    PERCENTILES,
    AmdahlFit,
    Floats,
    UslFit,
    amdahl_speedup,
    usl_speedup,
)
from ser_core.bench.statistics import MIN_REPEATS, Run, speedup_ratios

AMDAHL_COUNTS: Final = 2
"""Different worker counts above 1 that a fit of Amdahl's law needs."""

USL_COUNTS: Final = 4
"""Different worker counts that a fit of the universal scalability law needs."""

_RESAMPLES: Final = 200
# One worker does what sequential does: twice its speed is beyond any measurement,
# and without a bound the scale runs away where one worker was not measured.
_MAX_SCALE: Final = 2.0


def fit_laws(
    runs: Sequence[Run],
    *,
    reference_key: str | None,
    n_cores: int | None = None,
    seed: int = 0,
) -> dict[str, dict[str, Any]]:
    """Fit both laws to each way of running in parallel.

    Parameters
    ----------
    runs : sequence of dict
        Entries of a record's ``runs``.
    reference_key : str or None
        The arm that speed-ups are relative to.
    n_cores : int, optional
        Available cores. Arms with more workers are left out: they show how a full
        machine behaves, not how the work divides.
    seed : int, default=0
        Of the bootstrap.

    Returns
    -------
    laws : dict
        The record's ``laws``: ``"<front_end>/<backend>/<inner_threads>"`` ->
        ``{"amdahl": AmdahlFit's JSON or None, "usl": UslFit's JSON or None,
        "reason": what stands against a fit, or None}``. Sequential has no entry.

    Notes
    -----
    Both laws are linear in their parameters once turned over. With S(p) the measured
    speed-up, p / S = (1/g) (1 + a (p - 1) + b p (p - 1)), and for Amdahl
    1 / S = 1 / p + s (1 - 1 / p). The sum of squared *relative* residuals of the
    time is least, under the bounds given at each parameter (non-negative least
    squares for the USL), which makes the fit one global minimum without start
    values. The points are the paired ratios of every repetition. Intervals come
    from 200 bootstrap resamples of whole repetitions, the same in all worker
    counts, and need 3 repetitions.

    Amdahl's law needs 2 different worker counts above 1: with one, any measurement
    fits, and the Karp-Flatt metric says as much. The USL has three parameters and
    needs 4 different counts. Both speak of a fixed amount of work; how much *more*
    work could be done in the same time is Gustafson's question.

    References
    ----------
    G. M. Amdahl, "Validity of the single processor approach to achieving large scale
    computing capabilities", AFIPS Spring Joint Computer Conference, 1967,
    doi:10.1145/1465482.1465560.

    N. J. Gunther, "Guerrilla Capacity Planning", Springer, 2007,
    doi:10.1007/978-3-540-31010-5.

    J. L. Gustafson, "Reevaluating Amdahl's law", Communications of the ACM 31(5),
    1988, doi:10.1145/42411.42415.

    """
    reference = [run for run in runs if run["arm"] == reference_key]
    groups: dict[str, dict[int, list[Run]]] = {}
    for run in runs:
        if run["backend"] == "sequential":
            continue
        key = f"{run['front_end']}/{run['backend']}/{run['inner_threads']}"
        groups.setdefault(key, {}).setdefault(int(run["workers"]), []).append(run)
    rng = np.random.default_rng(seed)
    return {
        key: _fit_group(by_count, reference, n_cores=n_cores, rng=rng)
        for key, by_count in groups.items()
    }


def _fit_group(
    by_count: Mapping[int, Sequence[Run]],
    reference: Sequence[Run],
    *,
    n_cores: int | None,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Fit what the worker counts of one group allow, and say what they do not."""
    if not reference:
        reason = "there is no pinned sequential arm that speed-ups could be taken from"
        return {"amdahl": None, "usl": None, "reason": f"No fit: {reason}."}
    ratios = {
        count: {r: pair[0] for r, pair in speedup_ratios(runs, reference).items()}
        for count, runs in sorted(by_count.items())
        if n_cores is None or count <= n_cores
    }
    ratios = {count: points for count, points in ratios.items() if points}
    beyond = [c for c in sorted(by_count) if n_cores is not None and c > n_cores]
    reasons = _missing_counts(list(ratios), beyond=beyond, n_cores=n_cores)
    above_one = [count for count in ratios if count > 1]
    samples = _resamples(ratios, rng)
    return {
        "amdahl": (
            _fit_amdahl(ratios, samples).to_json()
            if len(above_one) >= AMDAHL_COUNTS
            else None
        ),
        "usl": (
            _fit_usl(ratios, samples).to_json() if len(ratios) >= USL_COUNTS else None
        ),
        "reason": " ".join(reasons) or None,
    }


def _missing_counts(
    counts: Sequence[int], *, beyond: Sequence[int], n_cores: int | None
) -> list[str]:
    """Say in words which counts are missing for which law."""
    reasons = []
    tried = ", ".join(map(str, counts)) or "none"
    if len([count for count in counts if count > 1]) < AMDAHL_COUNTS:
        reasons.append(
            f"Amdahl's law needs {AMDAHL_COUNTS} different worker counts above 1 "
            f"(measured: {tried})."
        )
    if len(counts) < USL_COUNTS:
        reasons.append(
            f"The universal scalability law needs {USL_COUNTS} different worker "
            f"counts (measured: {tried})."
        )
    if beyond:
        reasons.append(
            f"Left out: {', '.join(map(str, beyond))} workers, more than the "
            f"{n_cores} cores there are."
        )
    return reasons


Points = tuple[Floats, Floats]
"""Worker counts and speed-ups, one entry a measurement."""


def _points(ratios: Mapping[int, Mapping[int, float]], drawn: Sequence[int]) -> Points:
    """Take the drawn repetitions of every worker count."""
    pairs = [
        (count, points[repeat])
        for count, points in ratios.items()
        for repeat in drawn
        if repeat in points
    ]
    counts, speedups = np.array(pairs, dtype=np.float64).T
    return counts, speedups


def _resamples(
    ratios: Mapping[int, Mapping[int, float]], rng: np.random.Generator
) -> list[Sequence[int]]:
    """Draw repetitions; the first entry is all of them as they are."""
    repeats = sorted({repeat for points in ratios.values() for repeat in points})
    shared = set(repeats).intersection(*(set(points) for points in ratios.values()))
    samples: list[Sequence[int]] = [repeats]
    if len(shared) >= MIN_REPEATS:
        # Repetitions that every count has, so that no resample lacks a count.
        among = np.array(sorted(shared))
        drawn = rng.integers(0, len(among), size=(_RESAMPLES, len(among)))
        samples += [among[row].tolist() for row in drawn]
    return samples


def _fit_amdahl(
    ratios: Mapping[int, Mapping[int, float]], samples: Sequence[Sequence[int]]
) -> AmdahlFit:
    """Fit the serial fraction to all points, then to each resample."""
    several = {count: points for count, points in ratios.items() if count > 1}
    fractions = [_serial_fraction(_points(several, drawn)) for drawn in samples]
    p, measured = _points(several, samples[0])
    low, high = _bounds(fractions[1:])
    s = fractions[0]
    return AmdahlFit(
        serial_fraction=s,
        serial_fraction_low=low,
        serial_fraction_high=high,
        max_speedup=1 / s if s > 0 else None,
        rms_relative_error=_rms(amdahl_speedup(p, s), measured),
        worker_counts=tuple(several),
    )


def _serial_fraction(points: Points) -> float:
    """Solve S (s (1 - 1/p) + 1/p) = 1 for s in [0, 1]."""
    p, speedup = points
    slope = speedup * (1 - 1 / p)
    solution = float(slope @ (1 - speedup / p) / (slope @ slope))
    return min(max(solution, 0.0), 1.0)


def _fit_usl(
    ratios: Mapping[int, Mapping[int, float]], samples: Sequence[Sequence[int]]
) -> UslFit:
    """Fit the three parameters to all points, then to each resample."""
    fits = [_usl_parameters(_points(ratios, drawn)) for drawn in samples]
    scale, contention, coherency = fits[0]
    draws = fits[1:]
    p, measured = _points(ratios, samples[0])
    contention_low, contention_high = _bounds([draw[1] for draw in draws])
    coherency_low, coherency_high = _bounds([draw[2] for draw in draws])
    peak = None
    if coherency > 0:
        peak = float(np.sqrt(max(1 - contention, 0.0) / coherency))
    return UslFit(
        scale=scale,
        contention=contention,
        contention_low=contention_low,
        contention_high=contention_high,
        coherency=coherency,
        coherency_low=coherency_low,
        coherency_high=coherency_high,
        peak_workers=None if peak is None else max(peak, 1.0),
        rms_relative_error=_rms(usl_speedup(p, fits[0]), measured),
        worker_counts=tuple(ratios),
        draws=tuple(draws),
    )


def _usl_parameters(points: Points) -> tuple[float, float, float]:
    """Solve S / p (x + y (p - 1) + z p (p - 1)) = 1 for x = 1/g, y, z >= 0."""
    from scipy.optimize import nnls

    p, speedup = points
    columns = np.stack([np.ones_like(p), p - 1, p * (p - 1)], axis=1)
    # Columns of one size: p (p - 1) is in the thousands where p - 1 is 64.
    size = columns.max(axis=0)
    weighted = columns / size * (speedup / p)[:, None]
    least = 1 / _MAX_SCALE
    above, y, z = nnls(weighted, 1 - weighted[:, 0] * least)[0] / size
    x = least + above
    return float(1 / x), float(y / x), float(z / x)


def _bounds(values: Sequence[float]) -> tuple[float | None, float | None]:
    """Return the 95 % interval of bootstrap values, None without any."""
    if not values:
        return None, None
    low, high = np.percentile(values, PERCENTILES)
    return float(low), float(high)


def _rms(fitted: Floats, measured: Floats) -> float:
    """Return the root mean square of relative errors."""
    return float(np.sqrt(np.mean((fitted / measured - 1) ** 2)))
