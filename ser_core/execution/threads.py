"""Threads of this process, under one global interpreter lock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

from ser_core.execution.calls import ChunkOutcome, run_chunk
from ser_core.execution.inner_threads import InnerThreadLimit
from ser_core.execution.pool import PoolBackend
from ser_core.execution.worker import Meeting, Rendezvous


class ThreadsBackend(PoolBackend):
    """Run in threads of the caller's process.

    Parameters
    ----------
    n_workers : int
        Number of threads.
    inner_threads : str
        Threads inside the libraries of this process, one of `INNER_THREADS`.
    n_cores : int or None
        Cores that may be used; None asks the operating system.

    """

    name = "threads"

    def __init__(
        self, *, n_workers: int, inner_threads: str = "1", n_cores: int | None = None
    ) -> None:
        super().__init__(n_workers=n_workers)
        self._limit = InnerThreadLimit(inner_threads, n_cores)

    def worker_pids(self) -> list[int]:
        """Return no process: the threads are the caller's own."""
        return []

    def _open(self) -> tuple[Executor, Rendezvous]:
        """Make the executor."""
        self._limit.apply()
        executor = ThreadPoolExecutor(self.n_workers, thread_name_prefix="worker")
        return executor, Rendezvous(threading.Semaphore(0), threading.Semaphore(0))

    def _bind(
        self, func: Callable[[Any], Any]
    ) -> tuple[Callable[[list[Any]], Future[ChunkOutcome]], Callable[[Any], Any]]:
        """Hand over function, items and results as they are."""

        def submit(chunk: list[Any]) -> Future[ChunkOutcome]:
            return self._submit(run_chunk, func, chunk)

        return submit, lambda value: value

    def _invite(
        self, rendezvous: Rendezvous, func: Callable[[Any], Any], item: Any
    ) -> Future[Meeting]:
        """Send one thread to the meeting."""
        return self._submit(rendezvous.meet, lambda: run_chunk(func, [item]))

    def _shut_down(self, executor: Executor, *, kill: bool) -> None:
        """End the executor; a thread cannot be killed, its item is waited for."""
        executor.shutdown(wait=True, cancel_futures=True)
        self._limit.lift()
