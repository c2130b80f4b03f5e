from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from execution_work import (
    die,
    die_at_three,
    die_within_a_message,
    leave_a_mark,
    loaded_modules,
    square,
    wait_a_minute_from_two,
    where,
)

from ser_core.errors import BackendError
from ser_core.execution import Backend, open_backend

Pools = Callable[[str, int], Backend]

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PROCESS_POOLS = ["processes", "loky"]

Busy = tuple[subprocess.Popen[str], list[int]]

pytestmark = [
    pytest.mark.timeout(60),
    # no thread of an executor may end with a traceback
    pytest.mark.filterwarnings(
        "error::pytest.PytestUnhandledThreadExceptionWarning",
    ),
]


def gone(pids: list[int], *, within_s: float = 20.0) -> bool:
    """Wait until none of the processes runs any more."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if not any(running(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("n_workers", [1, 3])
@pytest.mark.parametrize("name", ["threads", *PROCESS_POOLS])
def test_every_worker_is_warmed_up_exactly_once(
    pools: Pools, tmp_path: Path, name: str, n_workers: int
) -> None:
    backend = pools(name, n_workers)
    for _ in range(2):
        workers = backend.warm_up(leave_a_mark, str(tmp_path))
        assert len(set(workers)) == n_workers
    marks = Counter(mark.name.split(".")[0] for mark in tmp_path.iterdir())
    assert marks == {worker.replace("/", "-"): 2 for worker in workers}


@pytest.mark.parametrize("name", PROCESS_POOLS)
def test_workers_are_the_processes_that_are_named(pools: Pools, name: str) -> None:
    backend = pools(name, 2)
    pids = backend.worker_pids()
    assert len(set(pids)) == 2
    assert os.getpid() not in pids
    assert backend.warm_up(square, 1) == sorted(str(pid) for pid in pids)
    assert set(backend.map(where, range(20))) <= {str(pid) for pid in pids}
    assert {psutil.Process(pid).ppid() for pid in pids} == {os.getpid()}


def test_work_in_this_process_is_named_after_it(pools: Pools) -> None:
    sequential, threads = pools("sequential", 1), pools("threads", 2)
    assert sequential.worker_pids() == threads.worker_pids() == []
    assert sequential.warm_up(square, 1) == [str(os.getpid())]
    assert all(w.startswith(f"{os.getpid()}/") for w in threads.warm_up(square, 1))


@pytest.mark.parametrize("name", ["sequential", "threads", *PROCESS_POOLS])
def test_a_failed_warm_up_is_raised_with_its_item(pools: Pools, name: str) -> None:
    backend = pools(name, 1 if name == "sequential" else 2)
    with pytest.raises(TypeError) as caught:
        backend.warm_up(square, "text")  # type: ignore[arg-type]
    assert caught.value.item == "text"  # type: ignore[attr-defined]
    assert list(backend.map(square, range(3))) == [0, 1, 4]


@pytest.mark.parametrize("name", PROCESS_POOLS)
def test_a_refused_warm_up_leaves_the_next_one_complete(
    pools: Pools, name: str
) -> None:
    backend = pools(name, 2)
    for _ in range(5):
        with pytest.raises(BackendError, match="module-level function"):
            backend.warm_up(lambda x: x, 1)
        assert len(set(backend.warm_up(square, 1))) == 2


@pytest.mark.parametrize("name", ["sequential", "threads", *PROCESS_POOLS])
def test_a_back_end_has_to_be_started_once(name: str) -> None:
    with open_backend(name) as backend:
        with pytest.raises(BackendError, match="is not started"):
            backend.map(square, [1])
        with pytest.raises(BackendError, match="is not started"):
            backend.warm_up(square, 1)
        backend.start()
        with pytest.raises(BackendError, match="is open already"):
            backend.start()
        backend.close()
        backend.close()
        with pytest.raises(BackendError, match="is not started"):
            backend.map(square, [1])


@pytest.mark.parametrize("name", PROCESS_POOLS)
def test_no_worker_outlives_its_back_end(name: str) -> None:
    with open_backend(name, n_workers=2) as backend:
        backend.start()
        pids = backend.worker_pids()
        assert list(backend.map(square, range(5))) == [0, 1, 4, 9, 16]
    assert backend.worker_pids() == []
    assert gone(pids)


@pytest.mark.parametrize("name", PROCESS_POOLS)
def test_a_generator_left_early_does_not_hold_up_the_end(name: str) -> None:
    with open_backend(name, n_workers=2) as backend:
        backend.start()
        pids = backend.worker_pids()
        results = backend.map(wait_a_minute_from_two, range(10))
        assert next(results) == 0
        results.close()
    assert gone(pids)


@pytest.mark.parametrize("name", ["threads", *PROCESS_POOLS])
def test_a_back_end_goes_on_after_a_generator_left_early(
    pools: Pools, name: str
) -> None:
    backend = pools(name, 2)
    assert next(backend.map(square, range(1000))) == 0
    assert list(backend.map(square, range(5))) == [0, 1, 4, 9, 16]


@pytest.mark.parametrize("name", PROCESS_POOLS)
def test_an_error_in_the_caller_does_not_wait_for_the_work(name: str) -> None:
    backend = open_backend(name, n_workers=2)
    backend.start()
    pids = backend.worker_pids()
    results = backend.map(wait_a_minute_from_two, range(10))
    with pytest.raises(ZeroDivisionError), backend:
        next(results) // 0
    assert gone(pids)


@pytest.mark.parametrize("name", PROCESS_POOLS)
def test_a_lost_worker_is_an_error_and_no_hang(name: str) -> None:
    with open_backend(name, n_workers=2) as backend:
        backend.start()
        with pytest.raises(BackendError, match="a worker was killed") as caught:
            list(backend.map(die_at_three, range(50)))
        assert caught.value.item in range(50)  # type: ignore[attr-defined]
        with pytest.raises(BackendError, match="a worker was killed"):
            list(backend.map(square, range(3)))
        backend.close()
        backend.start()
        assert list(backend.map(square, range(3))) == [0, 1, 4]


@pytest.mark.parametrize("name", PROCESS_POOLS)
def test_a_worker_killed_from_outside_is_noticed(name: str) -> None:
    with open_backend(name, n_workers=2) as backend:
        backend.start()
        results = backend.map(wait_a_minute_from_two, range(10))
        assert next(results) == 0
        os.kill(backend.worker_pids()[0], signal.SIGKILL)
        with pytest.raises(BackendError, match="a worker was killed"):
            list(results)


@pytest.mark.parametrize("name", PROCESS_POOLS)
def test_a_worker_lost_while_warming_up_is_noticed(name: str) -> None:
    with open_backend(name, n_workers=2) as backend:
        backend.start()
        with pytest.raises(BackendError, match="a worker was killed"):
            backend.warm_up(die, None)


def test_results_of_a_closed_back_end_end_with_an_error() -> None:
    with open_backend("threads", n_workers=1) as backend:
        backend.start()
        results = backend.map(square, range(1000))
        assert next(results) == 0
        backend.close()
        with pytest.raises(BackendError, match="the back end was closed"):
            list(results)


SCRIPT = """
import sys
from execution_work import wait_a_minute
from ser_core.execution import open_backend

if __name__ == "__main__":
    with open_backend(sys.argv[1], n_workers=2) as backend:
        backend.start()
        results = backend.map(wait_a_minute, range(8))
        print(*backend.worker_pids(), flush=True)
        next(results)
"""


@pytest.fixture
def busy(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Busy]:
    """Start a script whose workers are busy for minutes; return it and their ids."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    process = subprocess.Popen(
        [sys.executable, str(script), request.param],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(HERE)))},
        start_new_session=True,
    )
    assert process.stdout is not None
    pids = [int(pid) for pid in process.stdout.readline().split()]
    yield process, pids
    process.kill()
    process.communicate()


@pytest.mark.parametrize("busy", PROCESS_POOLS, indirect=True)
def test_workers_die_with_a_parent_that_was_killed(busy: Busy) -> None:
    process, pids = busy
    children = [child.pid for child in psutil.Process(process.pid).children()]
    assert len(pids) == 2
    assert set(pids) <= set(children)
    process.kill()
    assert gone(children)


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is a signal on POSIX only")
@pytest.mark.parametrize("busy", PROCESS_POOLS, indirect=True)
def test_ctrl_c_ends_everything_with_one_traceback(busy: Busy) -> None:
    process, pids = busy
    assert len(pids) == 2
    # the ids are printed before the work is handed out, and an interrupt in the
    # middle of an executor's `submit` can leave it waiting: see docs/architecture.md
    time.sleep(1)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert said.count("KeyboardInterrupt") == 1, said
    assert gone(pids)


@pytest.mark.parametrize("name", PROCESS_POOLS)
def test_workers_start_without_heavy_packages(name: str) -> None:
    with open_backend(name) as backend:
        backend.start()
        (loaded,) = backend.map(loaded_modules, [None])
    heavy = {"streamlit", "pandas", "sklearn", "torch", "plotly", "librosa", "numba"}
    assert not heavy & loaded


def test_naming_a_back_end_imports_no_library() -> None:
    code = (
        "import sys, ser_core.execution as e\n"
        "e.open_backend('processes', n_workers=2)\n"
        "print([m for m in ('numpy', 'joblib', 'threadpoolctl') if m in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert said.stdout == "[]\n", said.stderr


@pytest.mark.filterwarnings(
    # Python 3.11's executor counts its processes while it still adds to them
    "ignore::pytest.PytestUnhandledThreadExceptionWarning",
)
def test_a_failing_start_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    # an interpreter that cannot run is what a full process table looks like
    import multiprocessing.spawn

    before = multiprocessing.spawn.get_executable()
    multiprocessing.spawn.set_executable("/bin/false")
    try:
        with (
            pytest.raises(BackendError, match="cannot start 2 workers"),
            open_backend("processes", n_workers=2) as backend,
        ):
            backend.start()
    finally:
        multiprocessing.spawn.set_executable(before)
    backend.start()
    assert list(backend.map(square, [2])) == [4]
    backend.close()


@pytest.mark.parametrize("name", PROCESS_POOLS)
def test_a_worker_killed_within_a_message_is_noticed(name: str) -> None:
    with open_backend(name, n_workers=2) as backend:
        backend.start()
        pids = backend.worker_pids()
        with pytest.raises(BackendError, match="a worker was killed"):
            list(backend.map(die_within_a_message, range(8)))
    assert gone(pids)
