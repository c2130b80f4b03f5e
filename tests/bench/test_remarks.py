from __future__ import annotations

from typing import Any

from ser_core.bench.plan import Arm, BenchmarkPlan
from ser_core.bench.remarks import remarks

ARM = Arm(backend="loky", workers=2)


def run(wall_s: float, **changes: Any) -> dict[str, Any]:
    return {
        "arm": ARM.key,
        "wall_s": wall_s,
        "n_files": 400,
        "threadpools": [{"library": "openblas", "n_threads": 1}],
        **changes,
    }


def notes(*runs: dict[str, Any], arm: Arm = ARM, n_cores: int = 2) -> list[str]:
    plan = BenchmarkPlan(corpus="synthetic", arms=(arm,))
    return remarks(runs, plan=plan, n_cores=n_cores)


def test_steady_arm_needs_no_remark() -> None:
    assert notes(run(10.0), run(10.1), run(9.9)) == []


def test_arm_whose_repetitions_differ_is_called_so() -> None:
    (note,) = notes(run(10.0), run(14.0), run(9.0), run(13.0))
    assert "differ by" in note
    assert ARM.label in note


def test_one_repetition_has_no_spread_to_remark() -> None:
    assert notes(run(10.0)) == []


def test_short_work_is_called_short() -> None:
    (note,) = notes(run(0.1), run(0.1), run(0.1))
    assert "too short" in note


def test_more_workers_than_cores_are_remarked() -> None:
    (note,) = notes(run(10.0), n_cores=1)
    assert "more workers than the 1 available core(s)" in note


def test_library_that_ignores_its_setting_is_named() -> None:
    pools = [{"library": "mkl", "n_threads": 8}, {"library": "numba", "n_threads": 1}]
    (note,) = notes(run(10.0, threadpools=pools), run(10.0))
    assert "mkl (8)" in note
    assert "numba" not in note


def test_threads_inside_are_no_remark_where_they_were_asked_for() -> None:
    arm = Arm(backend="loky", workers=2, inner_threads="all")
    pools = [{"library": "mkl", "n_threads": 8}]
    assert notes(run(10.0, arm=arm.key, threadpools=pools), arm=arm) == []


def test_cut_timeline_is_said() -> None:
    (note,) = notes(run(10.0, n_files=25_185))
    assert "5000 of 25185" in note
