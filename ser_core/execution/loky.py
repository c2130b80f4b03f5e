"""Worker processes of loky, as joblib ships it."""

from __future__ import annotations

import os
from concurrent.futures import Executor
from typing import Any

from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.backend import get_context

from ser_core.execution.process_pool import ProcessBackend
from ser_core.execution.worker import Rendezvous, start_worker


class LokyBackend(ProcessBackend):
    """Run in the worker processes that ``joblib.Parallel`` uses.

    Notes
    -----
    The executor is taken from joblib without `joblib.Parallel` around it. That one
    runs ``n_jobs=1`` in the caller's process, starts its pool within the first call
    and takes results in faster than they are asked for; here one worker is a worker,
    start-up is timed apart and memory is bounded. Workers, their environment and
    their restart after a memory leak are the same.

    """

    name = "loky"

    def __init__(
        self, *, n_workers: int, inner_threads: str = "1", n_cores: int | None = None
    ) -> None:
        super().__init__(
            n_workers=n_workers, inner_threads=inner_threads, n_cores=n_cores
        )
        self._loky: Any = None

    def worker_pids(self) -> list[int]:
        """Return the ids of the worker processes, restarted ones included."""
        if self._loky is None:
            return []
        # loky replaces a worker whose memory grows, and tells the new id nowhere else
        return sorted(self._loky._processes)

    def _open(self) -> Executor:
        """Make the executor; loky's own way of starting never forks."""
        context = get_context("loky")
        arrived, leave = context.Semaphore(0), context.Semaphore(0)
        self._rendezvous = Rendezvous(arrived, leave)
        variables = self._worker_environment()
        self._loky = ProcessPoolExecutor(
            self.n_workers,
            context=context,
            timeout=None,
            initializer=start_worker,
            initargs=(arrived, leave, os.getpid()),
            env={name: value for name, value in variables.items() if value is not None},
        )
        executor: Executor = self._loky
        return executor

    def _shut_down(self, executor: Executor, *, kill: bool) -> None:
        """End the executor, by loky's own way of killing where asked to."""
        loky, self._loky = self._loky, None
        loky.shutdown(wait=True, kill_workers=kill)
