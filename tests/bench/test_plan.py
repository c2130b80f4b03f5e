from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.bench.plan import REFERENCE_ARM, Arm, BenchmarkPlan
from ser_core.errors import ParameterError
from ser_core.execution import BACKENDS, INNER_THREADS


def cross(**changes: Any) -> BenchmarkPlan:
    return BenchmarkPlan.cross("synthetic", **changes)


def test_key_and_label_name_the_arm() -> None:
    arm = Arm(backend="loky", workers=2)
    assert arm.key == "reference/loky/2/1"
    assert arm.label == "loky, 2 workers, 1 inner thread"
    assert Arm().label == "sequential, 1 inner thread"
    assert Arm(inner_threads="default").label == "sequential, library threads"
    assert Arm(backend="threads", inner_threads="all").label == (
        "threads, 1 worker, all cores inside"
    )


def test_sequential_occurs_once_whatever_the_workers() -> None:
    plan = cross(backends=["sequential", "loky"], workers=[1, 2, 4])
    assert [arm.key for arm in plan.arms] == [
        "reference/sequential/1/1",
        "reference/loky/1/1",
        "reference/loky/2/1",
        "reference/loky/4/1",
    ]


def test_inner_threads_are_crossed_with_everything() -> None:
    plan = cross(
        backends=["sequential", "threads"],
        workers=[2],
        inner_threads=["1", "default", "all"],
    )
    assert len(plan.arms) == 6
    assert len({arm.key for arm in plan.arms}) == 6


def test_reference_is_pinned_sequential_or_missing() -> None:
    assert cross().reference_key == REFERENCE_ARM.key == "reference/sequential/1/1"
    assert cross(backends=["loky"]).reference_key is None
    assert cross(inner_threads=["default"]).reference_key is None


@pytest.mark.parametrize("workers", [0, -2, 10_000, True, 1.5, "2", None])
@pytest.mark.parametrize("backend", BACKENDS)
def test_impossible_worker_counts_are_refused_for_every_backend(
    workers: Any, backend: str
) -> None:
    with pytest.raises(ParameterError, match="workers"):
        cross(backends=[backend], workers=[workers])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"workers": [2, 2]}, "workers has 2 more than once"),
        ({"backends": ["loky", "loky"]}, "backends has loky more than once"),
        ({"inner_threads": ["1", "1"]}, "inner_threads has 1 more than once"),
        ({"front_ends": ["reference"] * 2}, "front_ends has reference"),
        ({"backends": []}, "backends is empty"),
        ({"workers": []}, "workers is empty"),
        ({"backends": ["dask2"]}, "sequential, threads, processes, loky"),
        ({"front_ends": ["slow"]}, "choose one of: reference"),
        ({"inner_threads": ["2"]}, "choose one of: 1, default, all"),
        ({"features": "mfcc99"}, "mfcc13x500"),
        ({"repeats": 0}, "repeats = 0"),
        ({"repeats": 10_000}, "from 1 to 100"),
        ({"limit": 0}, "limit = 0"),
        ({"limit": 2.5}, "limit = 2.5"),
        ({"limit": 2**60}, "limit = 1152921504606846976"),
        ({"seed": 2**60}, "seed = 1152921504606846976"),
        ({"chunk_size": 2**60}, "chunk_size = 1152921504606846976"),
        ({"chunk_size": 0}, "chunk_size = 0"),
        ({"page_cache": "hot"}, "warm, cold"),
        ({"seed": -1}, "seed = -1"),
    ],
)
def test_bad_value_is_refused_by_name(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        cross(**changes)


def test_corpus_has_to_be_named() -> None:
    with pytest.raises(ParameterError, match="corpus is empty"):
        BenchmarkPlan.cross("")


def test_same_arm_twice_is_refused() -> None:
    with pytest.raises(ParameterError, match="reference/loky/2/1 more than once"):
        BenchmarkPlan(corpus="x", arms=(Arm(backend="loky", workers=2),) * 2)


def test_plan_without_arms_is_refused() -> None:
    with pytest.raises(ParameterError, match="arms is empty"):
        BenchmarkPlan(corpus="x", arms=())


def test_sequential_with_workers_is_refused() -> None:
    with pytest.raises(ParameterError, match="which has none"):
        Arm(workers=2)


def test_many_workers_are_a_plan_and_refused_on_this_machine() -> None:
    arm = Arm(backend="loky", workers=9_999)
    with pytest.raises(ParameterError, match="n_workers = 9999"):
        arm.check_here()


@given(
    backends=st.lists(st.sampled_from(BACKENDS), min_size=1, unique=True),
    workers=st.lists(st.integers(1, 16), min_size=1, max_size=4, unique=True),
    inner=st.lists(st.sampled_from(INNER_THREADS), min_size=1, unique=True),
    limit=st.none() | st.integers(1, 30_000),
    repeats=st.integers(1, 100),
    seed=st.integers(0, 2**31 - 1),
)
def test_plan_survives_json(
    backends: list[str],
    workers: list[int],
    inner: list[str],
    limit: int | None,
    repeats: int,
    seed: int,
) -> None:
    plan = cross(
        backends=backends,
        workers=workers,
        inner_threads=inner,
        limit=limit,
        repeats=repeats,
        seed=seed,
        page_cache="cold",
    )
    assert BenchmarkPlan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"workers": 3}, "unknown fields: workers"),
        ({"corpus": 3}, "names no corpus"),
        ({"arms": None}, "no list of arms"),
        ({"arms": [3]}, "the arm is 3"),
        ({"arms": [{"backend": "loky", "cores": 2}]}, "unknown fields: cores"),
        ({"arms": [{"backend": "loky", "workers": "2"}]}, "workers = '2'"),
        ({"arms": [{"backend": ["loky"]}]}, "is not known"),
        ({"features": ["mfcc13x500"]}, "features"),
        ({"features": None}, "features"),
        ({"page_cache": 1}, "page_cache = 1"),
        ({"seed": "0"}, "seed = '0'"),
    ],
)
def test_malformed_json_is_refused_by_name(
    change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        BenchmarkPlan.from_json({**cross().to_json(), **change})


def test_arm_is_found_by_its_key() -> None:
    plan = cross(workers=[2])
    assert plan.arm("reference/loky/2/1") == Arm(backend="loky", workers=2)
    with pytest.raises(ParameterError, match="it has: reference/sequential"):
        plan.arm("reference/loky/3/1")
