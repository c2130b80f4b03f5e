from __future__ import annotations

import os
from functools import partial

import joblib
import numpy as np
import pytest
from execution_work import environment, load_blas
from joblib.externals.loky import get_reusable_executor
from threadpoolctl import threadpool_info

from ser_core.errors import ParameterError
from ser_core.execution import (
    THREAD_VARIABLES,
    inner_thread_pools,
    open_backend,
    thread_environment,
)

pytestmark = pytest.mark.timeout(60)

CORES = joblib.cpu_count()


def everywhere(value: str | None) -> dict[str, str | None]:
    return dict.fromkeys(THREAD_VARIABLES, value)


def blas_threads() -> set[int]:
    return {p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas"}


@pytest.mark.parametrize("backend", ["sequential", "threads", "processes", "loky"])
def test_one_and_all_mean_the_same_under_every_back_end(backend: str) -> None:
    n_workers = 1 if backend == "sequential" else 4
    ask = partial(thread_environment, n_cores=8, backend=backend, n_workers=n_workers)
    assert ask("1") == everywhere("1")
    assert ask("all") == everywhere("8")


def test_default_is_left_to_the_libraries_and_shared_out_by_loky() -> None:
    ask = partial(thread_environment, "default", n_cores=8)
    assert ask(backend="sequential", n_workers=1) == everywhere(None)
    assert ask(backend="threads", n_workers=4) == everywhere(None)
    assert ask(backend="processes", n_workers=4) == everywhere(None)
    assert ask(backend="loky", n_workers=3) == everywhere("2")
    assert ask(backend="loky", n_workers=16) == everywhere("1")


@pytest.mark.parametrize("n_cores", [0, -1, 2.0, True, None])
def test_an_impossible_number_of_cores_is_refused(n_cores: int) -> None:
    with pytest.raises(ParameterError, match=r"n_cores = .* at least 1"):
        thread_environment("1", n_cores=n_cores, backend="loky", n_workers=2)


@pytest.mark.parametrize("backend", ["processes", "loky"])
@pytest.mark.parametrize("inner_threads", ["1", "default", "all"])
def test_workers_and_their_libraries_obey(
    monkeypatch: pytest.MonkeyPatch, backend: str, inner_threads: str
) -> None:
    # what a shell may have set must win in no worker, and must be back afterwards
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    before = dict(os.environ)
    with open_backend(backend, n_workers=2, inner_threads=inner_threads) as opened:
        opened.start()
        assert dict(os.environ) == before
        opened.warm_up(load_blas, None)
        seen = list(opened.map(environment, range(6)))
        (pools,) = opened.map(inner_thread_pools, [None])
    expected = thread_environment(
        inner_threads, n_cores=CORES, backend=backend, n_workers=2
    )
    assert seen == [expected] * 6
    n_threads = expected["OPENBLAS_NUM_THREADS"] or CORES
    blas = [pool for pool in pools if pool.interface == "blas"]
    assert blas
    assert {pool.n_threads for pool in blas} == {int(n_threads)}


def test_the_cores_that_are_given_are_those_that_count() -> None:
    with open_backend("loky", inner_threads="all", n_cores=6) as opened:
        opened.start()
        assert list(opened.map(environment, [None])) == [everywhere("6")]


def test_default_under_loky_is_what_joblib_itself_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in THREAD_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    n_workers = 2
    with joblib.Parallel(n_jobs=n_workers, backend="loky") as parallel:
        by_joblib = parallel(joblib.delayed(environment)(None) for _ in range(2))[0]
    get_reusable_executor().shutdown(kill_workers=True)
    ours = thread_environment(
        "default", n_cores=CORES, backend="loky", n_workers=n_workers
    )
    assert by_joblib == ours


@pytest.mark.parametrize("backend", ["sequential", "threads"])
@pytest.mark.parametrize("inner_threads", ["1", "default", "all"])
def test_work_in_this_process_is_limited_for_as_long_as_it_lasts(
    monkeypatch: pytest.MonkeyPatch, backend: str, inner_threads: str
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    np.linalg.inv(np.eye(3))
    before, variables_before = blas_threads(), dict(os.environ)
    with open_backend(backend, inner_threads=inner_threads) as opened:
        opened.start()
        (pools,) = opened.map(inner_thread_pools, [None])
        (variables,) = opened.map(environment, [None])
    during = {pool.n_threads for pool in pools if pool.interface == "blas"}
    if inner_threads == "default":
        assert during == before
        assert variables["OMP_NUM_THREADS"] == "7"
    else:
        n_threads = 1 if inner_threads == "1" else CORES
        assert during == {n_threads}
        assert variables["OMP_NUM_THREADS"] == str(n_threads)
    assert blas_threads() == before
    assert dict(os.environ) == variables_before
