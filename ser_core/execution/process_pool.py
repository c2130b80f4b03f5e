"""What the back ends with worker processes have in common."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from multiprocessing.process import BaseProcess
from typing import Any, Final

from ser_core.errors import BackendError
from ser_core.execution.calls import (
    ChunkOutcome,
    Unsendable,
    describe,
    name_of,
    run_pickled_chunk,
)
from ser_core.execution.inner_threads import count_cores, thread_environment
from ser_core.execution.parameters import check_inner_threads
from ser_core.execution.pool import PoolBackend
from ser_core.execution.worker import Meeting, Rendezvous, meet_in_process

_GRACE_S: Final = 3.0
"""How long an executor may take to notice by itself that a worker is gone."""


class ProcessBackend(PoolBackend):
    """A back end whose workers are processes, so that everything travels as bytes.

    Parameters
    ----------
    n_workers : int
        Number of worker processes.
    inner_threads : str
        Threads inside the libraries of a worker, one of `INNER_THREADS`.
    n_cores : int or None
        Cores that may be used; None asks the operating system.

    """

    def __init__(
        self, *, n_workers: int, inner_threads: str = "1", n_cores: int | None = None
    ) -> None:
        super().__init__(n_workers=n_workers)
        check_inner_threads(inner_threads)
        self._inner_threads = inner_threads
        self._n_cores = n_cores
        self._missed_since_s: dict[int, float] = {}

    def worker_pids(self) -> list[int]:
        """Return the ids of the worker processes, those started later included."""
        return [] if self._pool is None else sorted(processes_of(self._pool[0]))

    def _look_after(self) -> None:
        """Break a pool that waits for the rest of a killed worker's message.

        Both executors learn of a lost worker from the end of its process. One that
        is killed while it sends a result leaves half of it in the pipe, though, and
        the executor waits forever for the other half: the pipe stays open, because
        the other workers and this process hold its writing end too.
        """
        now_s = time.monotonic()
        gone = [pid for pid in self.worker_pids() if _is_gone(pid)]
        self._missed_since_s = {
            pid: self._missed_since_s.get(pid, now_s) for pid in gone
        }
        if self._pool is not None and any(
            now_s - since_s >= _GRACE_S for since_s in self._missed_since_s.values()
        ):
            _break(self._pool[0])

    def _worker_environment(self) -> dict[str, str | None]:
        """Return the variables that the workers are started with."""
        return thread_environment(
            self._inner_threads,
            n_cores=count_cores(self._n_cores),
            backend=self.name,
            n_workers=self.n_workers,
        )

    def _bind(
        self, func: Callable[[Any], Any]
    ) -> tuple[Callable[[list[Any]], Future[ChunkOutcome]], Callable[[Any], Any]]:
        """Pickle the function once, and each item when its turn comes."""
        function = _pickle_func(func)

        def submit(chunk: list[Any]) -> Future[ChunkOutcome]:
            return self._submit(
                run_pickled_chunk, function, [_pickle_item(item) for item in chunk]
            )

        return submit, pickle.loads

    def _invite(
        self, rendezvous: Rendezvous, func: Callable[[Any], Any], item: Any
    ) -> Future[Meeting]:
        """Send one worker process to the meeting."""
        return self._submit(meet_in_process, _pickle_func(func), _pickle_item(item))


def processes_of(executor: Executor) -> dict[int, BaseProcess]:
    """Return the worker processes by their id.

    Neither executor tells it publicly, and loky replaces a worker whose memory grows.
    """
    return dict(executor._processes or {})  # type: ignore[attr-defined]


def _is_gone(pid: int) -> bool:
    """Tell whether a process has ended, reaped or not."""
    # workers import this module too, and have no use for psutil
    import psutil

    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def _break(executor: Executor) -> None:
    """End the workers and the pipe of results, so that the executor notices."""
    for process in processes_of(executor).values():
        process.terminate()
    results = executor._result_queue  # type: ignore[attr-defined]
    results._writer.close()


def _pickle_func(func: Callable[[Any], Any]) -> bytes:
    """Pickle the function, before any worker is asked."""
    try:
        return pickle.dumps(func, protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        raise BackendError(
            f"{name_of(func)} cannot be sent to worker processes "
            f"({describe(error)}); give a module-level function or a frozen "
            "dataclass, or use the threads back end"
        ) from error


def _pickle_item(item: Any) -> bytes:
    """Pickle an item, or the reason why it cannot be."""
    try:
        return pickle.dumps(item, protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        return pickle.dumps(
            Unsendable(
                f"item {item!r} cannot be sent to a worker process "
                f"({describe(error)}); give plain data, as a path, or use the "
                "threads back end"
            )
        )
