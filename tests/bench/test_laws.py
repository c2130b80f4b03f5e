"""Law fits on curves whose parameters are known."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ser_core.bench.law_models import AmdahlFit, UslFit, usl_speedup
from ser_core.bench.laws import fit_laws

REFERENCE = "reference/sequential/1/1"


def measured(
    law: Callable[[int], float],
    counts: list[int],
    *,
    repeats: int = 5,
    noise: float = 0.0,
    backend: str = "loky",
) -> list[dict[str, Any]]:
    rng = np.random.default_rng(7)
    runs = []
    for repeat in range(repeats):
        for count in (0, *counts):
            wall = 100.0 if count == 0 else 100.0 / law(count)
            wall *= float(rng.lognormal(0, noise))
            name = "sequential" if count == 0 else backend
            runs.append(
                {
                    "arm": f"reference/{name}/{max(count, 1)}/1",
                    "front_end": "reference",
                    "backend": name,
                    "workers": max(count, 1),
                    "inner_threads": "1",
                    "repeat": repeat,
                    "wall_s": wall,
                    "startup_s": 0.0,
                    "warmup_s": 0.0,
                }
            )
    return runs


def amdahl(s: float) -> Callable[[int], float]:
    return lambda p: 1 / (s + (1 - s) / p)


def usl(scale: float, contention: float, coherency: float) -> Callable[[int], float]:
    return lambda p: float(
        usl_speedup(np.array([float(p)]), (scale, contention, coherency))[0]
    )


def fit(runs: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    return fit_laws(runs, reference_key=REFERENCE, **options)["reference/loky/1"]


@settings(max_examples=30, deadline=None)
@given(s=st.floats(0, 1))
def test_amdahl_recovers_the_serial_fraction(s: float) -> None:
    entry = fit(measured(amdahl(s), [1, 2, 4, 8]))["amdahl"]
    assert entry["serial_fraction"] == pytest.approx(s, abs=1e-9)
    assert entry["rms_relative_error"] == pytest.approx(0, abs=1e-9)
    assert entry["worker_counts"] == [2, 4, 8]


@settings(max_examples=30, deadline=None)
@given(
    scale=st.floats(0.5, 1.5), contention=st.floats(0, 0.9), coherency=st.floats(0, 0.1)
)
def test_usl_recovers_its_parameters(
    scale: float, contention: float, coherency: float
) -> None:
    runs = measured(usl(scale, contention, coherency), [1, 2, 4, 8, 16], repeats=1)
    entry = fit(runs)["usl"]
    assert entry["scale"] == pytest.approx(scale, rel=1e-6)
    assert entry["contention"] == pytest.approx(contention, abs=1e-6)
    assert entry["coherency"] == pytest.approx(coherency, abs=1e-6)


def test_peak_of_a_retrograde_curve_is_found() -> None:
    entry = fit(measured(usl(1.0, 0.04, 0.01), [1, 2, 4, 8, 16, 32]))["usl"]
    assert entry["peak_workers"] == pytest.approx(np.sqrt(0.96 / 0.01), rel=1e-6)


def test_perfect_scaling_has_no_limit_and_no_peak() -> None:
    entry = fit(measured(float, [1, 2, 4, 8]))
    assert entry["amdahl"]["serial_fraction"] == 0
    assert entry["amdahl"]["max_speedup"] is None
    assert entry["usl"]["peak_workers"] is None
    assert entry["reason"] is None


def test_intervals_hold_the_truth_under_noise() -> None:
    entry = fit(measured(amdahl(0.1), [2, 4, 8], repeats=15, noise=0.02))["amdahl"]
    assert entry["serial_fraction_low"] < 0.1 < entry["serial_fraction_high"]
    assert entry["serial_fraction_high"] - entry["serial_fraction_low"] < 0.05


def test_prediction_holds_the_truth_and_widens_with_distance() -> None:
    law = usl(0.95, 0.05, 0.002)
    entry = fit(measured(law, [1, 2, 4, 8], repeats=15, noise=0.02))["usl"]
    near, far = UslFit.from_json(entry).predict([4, 32])
    assert near.low < law(4) < near.high
    assert far.low < law(32) < far.high
    assert far.high - far.low > near.high - near.low


def test_amdahl_prediction_is_ordered_and_bounded() -> None:
    entry = fit(measured(amdahl(0.1), [2, 4, 8], repeats=9, noise=0.03))["amdahl"]
    for point in AmdahlFit.from_json(entry).predict([1, 16, 1000]):
        assert point.low <= point.speedup <= point.high
        assert point.speedup <= entry["max_speedup"]


def test_two_repetitions_give_a_fit_without_interval() -> None:
    entry = fit(measured(amdahl(0.1), [1, 2, 3, 4], repeats=2))
    assert entry["amdahl"]["serial_fraction_low"] is None
    assert entry["usl"]["draws"] == []
    (point,) = UslFit.from_json(entry["usl"]).predict([8])
    assert point.low is point.high is None


def test_two_cores_are_told_what_is_missing() -> None:
    entry = fit(measured(amdahl(0.1), [1, 2]))
    assert entry["amdahl"] is None
    assert entry["usl"] is None
    assert "2 different worker counts above 1 (measured: 1, 2)" in entry["reason"]
    assert "universal scalability law needs 4" in entry["reason"]


def test_amdahl_alone_where_points_are_few() -> None:
    entry = fit(measured(amdahl(0.1), [1, 2, 4]))
    assert entry["amdahl"] is not None
    assert entry["usl"] is None
    assert "universal" in entry["reason"]


def test_more_workers_than_cores_are_left_out_and_said() -> None:
    runs = measured(lambda p: min(amdahl(0.1)(p), amdahl(0.1)(4)), [1, 2, 3, 4, 8, 16])
    entry = fit(runs, n_cores=4)
    assert entry["amdahl"]["worker_counts"] == [2, 3, 4]
    assert entry["amdahl"]["serial_fraction"] == pytest.approx(0.1)
    assert "Left out: 8, 16 workers, more than the 4 cores" in entry["reason"]


def test_without_reference_there_is_no_fit_and_a_reason() -> None:
    runs = [r for r in measured(amdahl(0.1), [1, 2, 4]) if r["arm"] != REFERENCE]
    entry = fit_laws(runs, reference_key=None)["reference/loky/1"]
    assert entry["amdahl"] is None
    assert "no pinned sequential arm" in entry["reason"]


def test_each_way_of_running_is_fitted_apart() -> None:
    runs = measured(amdahl(0.1), [2, 4, 8])
    runs += measured(amdahl(0.8), [2, 4, 8], backend="threads")
    laws = fit_laws(runs, reference_key=REFERENCE)
    assert set(laws) == {"reference/loky/1", "reference/threads/1"}
    assert laws["reference/threads/1"]["amdahl"]["serial_fraction"] > 0.5


def test_curve_that_only_falls_still_gives_finite_parameters() -> None:
    entry = fit(measured(lambda p: p / (p - 1), [2, 3, 4, 5]))["usl"]
    assert all(np.isfinite(entry[key]) for key in ("scale", "contention", "coherency"))


def test_fits_survive_json() -> None:
    entry = fit(measured(usl(0.9, 0.1, 0.01), [1, 2, 4, 8], noise=0.02))
    again = json.loads(json.dumps(entry, allow_nan=False))
    assert UslFit.from_json(again["usl"]).to_json() == entry["usl"]
    assert AmdahlFit.from_json(again["amdahl"]).to_json() == entry["amdahl"]
