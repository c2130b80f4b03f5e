from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from execution_work import cepstrum_like, fail_at_three, slow_square, square
from hypothesis import given, settings
from hypothesis import strategies as st

from ser_core.errors import AudioError, BackendError, ParameterError
from ser_core.execution import Backend, map, open_backend

Pools = Callable[[str, int], Backend]

EVERY = [
    ("sequential", 1),
    *itertools.product(("threads", "processes", "loky"), (1, 2, 3)),
]
WITH_WORKERS = [("threads", 2), ("processes", 2), ("loky", 2)]
IN_PROCESSES = [("processes", 2), ("loky", 2)]

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize(("name", "n_workers"), EVERY)
@pytest.mark.parametrize("chunk_size", [1, 4, 100])
def test_results_come_in_the_order_of_the_items(
    pools: Pools, name: str, n_workers: int, chunk_size: int
) -> None:
    results = pools(name, n_workers).map(slow_square, range(50), chunk_size=chunk_size)
    assert list(results) == [x * x for x in range(50)]


@pytest.mark.parametrize(("name", "n_workers"), EVERY[1:])
def test_arrays_are_those_of_sequential_to_the_bit(
    pools: Pools, name: str, n_workers: int
) -> None:
    expected = list(pools("sequential", 1).map(cepstrum_like, range(20)))
    arrays = list(pools(name, n_workers).map(cepstrum_like, range(20), chunk_size=3))
    assert [(a.dtype, a.shape, a.tobytes()) for a in arrays] == [
        (e.dtype, e.shape, e.tobytes()) for e in expected
    ]


@given(
    items=st.lists(st.integers(-1000, 1000), max_size=120),
    chunk_size=st.integers(1, 40),
    pool=st.sampled_from(WITH_WORKERS),
)
@settings(deadline=None, max_examples=40)
def test_any_items_in_any_chunks_keep_their_order(
    pools: Pools, items: list[int], chunk_size: int, pool: tuple[str, int]
) -> None:
    results = pools(*pool).map(square, iter(items), chunk_size=chunk_size)
    assert list(results) == [x * x for x in items]


@pytest.mark.parametrize(("name", "n_workers"), EVERY)
def test_no_items_give_no_results(pools: Pools, name: str, n_workers: int) -> None:
    assert list(pools(name, n_workers).map(square, [])) == []


@pytest.mark.parametrize(("name", "n_workers"), WITH_WORKERS)
@pytest.mark.parametrize("chunk_size", [1, 10])
def test_an_endless_iterable_is_taken_only_a_bounded_way_ahead(
    pools: Pools, name: str, n_workers: int, chunk_size: int
) -> None:
    taken = 0

    def count() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    results = pools(name, n_workers).map(square, count(), chunk_size=chunk_size)
    for n_results in range(1, 301):
        assert next(results) == n_results**2
        assert taken <= n_results + 40 * n_workers
    results.close()


@pytest.mark.parametrize(("name", "n_workers"), [("sequential", 1), *WITH_WORKERS])
@pytest.mark.parametrize("chunk_size", [1, 2, 3, 10])
@pytest.mark.parametrize(
    ("kind", "error", "text"),
    [("audio", AudioError, "is empty"), ("value", ValueError, "three")],
)
def test_an_error_comes_in_its_place_with_its_type_and_item(
    pools: Pools,
    name: str,
    n_workers: int,
    chunk_size: int,
    kind: str,
    error: type[Exception],
    text: str,
) -> None:
    results = pools(name, n_workers).map(
        partial(fail_at_three, kind), range(10), chunk_size=chunk_size
    )
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(error, match=text) as caught:
        next(results)
    assert type(caught.value) is error
    assert caught.value.item == 3  # type: ignore[attr-defined]
    assert list(results) == []
    if kind == "audio":
        assert caught.value.path == "x.wav"  # type: ignore[attr-defined]


@pytest.mark.parametrize(("name", "n_workers"), IN_PROCESSES)
def test_an_error_from_a_process_brings_its_traceback(
    pools: Pools, name: str, n_workers: int
) -> None:
    with pytest.raises(ValueError, match="three") as caught:
        list(pools(name, n_workers).map(partial(fail_at_three, "chained"), [3]))
    notes = "\n".join(caught.value.__notes__)
    assert "in fail_at_three" in notes
    assert "LockedError" in notes


@pytest.mark.parametrize(("name", "n_workers"), IN_PROCESSES)
@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("picky", "raised PickyError: three"),
        ("locked", "raised LockedError: locked"),
        ("result", "a lock, cannot be sent"),
        ("rebuilt", "result cannot be rebuilt"),
    ],
)
def test_what_cannot_travel_back_is_the_failure_of_one_item(
    pools: Pools, name: str, n_workers: int, kind: str, text: str
) -> None:
    backend = pools(name, n_workers)
    results = backend.map(partial(fail_at_three, kind), range(6), chunk_size=2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(BackendError, match=text) as caught:
        next(results)
    assert caught.value.item == 3  # type: ignore[attr-defined]
    assert list(backend.map(square, range(4))) == [0, 1, 4, 9]


@pytest.mark.parametrize(("name", "n_workers"), [("sequential", 1), *WITH_WORKERS])
@pytest.mark.parametrize(
    ("kind", "text"), [("exit", "SystemExit: three"), ("stop", "StopIteration")]
)
def test_a_function_cannot_end_the_caller(
    pools: Pools, name: str, n_workers: int, kind: str, text: str
) -> None:
    with pytest.raises(BackendError, match=text) as caught:
        list(pools(name, n_workers).map(partial(fail_at_three, kind), range(6)))
    assert caught.value.item == 3  # type: ignore[attr-defined]


@pytest.mark.parametrize(("name", "n_workers"), IN_PROCESSES)
def test_a_function_that_cannot_travel_is_refused_at_once(
    pools: Pools, name: str, n_workers: int
) -> None:
    with pytest.raises(BackendError, match="module-level function"):
        pools(name, n_workers).map(lambda x: x, [1])
    with pytest.raises(BackendError, match="module-level function"):
        pools(name, n_workers).warm_up(lambda x: x, 1)


@pytest.mark.parametrize(("name", "n_workers"), IN_PROCESSES)
def test_an_item_that_cannot_travel_fails_in_its_place(
    pools: Pools, name: str, n_workers: int
) -> None:
    items = [0, 1, (x for x in "ab"), 3]
    results = pools(name, n_workers).map(str, items, chunk_size=2)
    assert [next(results), next(results)] == ["0", "1"]
    with pytest.raises(BackendError, match=r"generator object .* cannot be sent") as e:
        next(results)
    assert e.value.item is items[2]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("name", "n_workers"), [("sequential", 1), *WITH_WORKERS])
@pytest.mark.parametrize("chunk_size", [1, 4])
def test_an_iterable_that_fails_does_so_after_the_results_before_it(
    pools: Pools, name: str, n_workers: int, chunk_size: int
) -> None:
    def broken() -> Iterator[int]:
        yield from range(5)
        raise KeyError("no sixth")

    results = pools(name, n_workers).map(square, broken(), chunk_size=chunk_size)
    assert [next(results) for _ in range(5)] == [0, 1, 4, 9, 16]
    with pytest.raises(KeyError, match="no sixth"):
        next(results)


@pytest.mark.parametrize(("name", "n_workers"), [("sequential", 1), *WITH_WORKERS])
@pytest.mark.parametrize("chunk_size", [0, -1, 1.5, True, None])
def test_a_chunk_size_below_one_is_refused(
    pools: Pools, name: str, n_workers: int, chunk_size: int
) -> None:
    with pytest.raises(ParameterError, match=r"chunk_size = .* at least 1"):
        pools(name, n_workers).map(square, [1], chunk_size=chunk_size)


@pytest.mark.parametrize("name", ["sequential", "threads", "processes", "loky"])
@pytest.mark.parametrize("n_workers", [0, -1, -2, 10_000, True, 2.0, "2", None])
def test_impossible_worker_counts_are_refused_with_the_range(
    name: str, n_workers: int
) -> None:
    allowed = r"allowed is 1 \(" if name == "sequential" else r"allowed is 1 to \d+"
    if name == "sequential" and n_workers is True:
        allowed = "allowed is 1"
    with pytest.raises(ParameterError, match=allowed):
        open_backend(name, n_workers=n_workers)


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    with pytest.raises(ParameterError, match="sequential, threads, processes, loky"):
        open_backend("dask")
    with pytest.raises(ParameterError, match="1, default, all"):
        open_backend("threads", inner_threads="2")


@pytest.mark.parametrize("name", ["sequential", "threads"])
def test_map_opens_and_closes_a_back_end(name: str) -> None:
    n_workers = 1 if name == "sequential" else 2
    results = map(square, range(5), backend=name, n_workers=n_workers, chunk_size=2)
    assert list(results) == [0, 1, 4, 9, 16]


def test_map_checks_its_parameters_before_the_first_result() -> None:
    with pytest.raises(ParameterError, match="n_workers = 0"):
        map(square, [1], backend="loky", n_workers=0)
    with pytest.raises(ParameterError, match="chunk_size = 0"):
        map(square, [1], chunk_size=0)
