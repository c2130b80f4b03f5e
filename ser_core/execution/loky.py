"""Worker processes of loky, as joblib ships it."""

from __future__ import annotations

import os
from concurrent.futures import Executor

from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.backend import get_context

from ser_core.execution.process_pool import ProcessBackend, processes_of
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

    def _open(self) -> tuple[Executor, Rendezvous]:
        """Make the executor; loky's own way of starting never forks."""
        context = get_context("loky")
        arrived, leave = context.Semaphore(0), context.Semaphore(0)
        variables = self._worker_environment()
        executor: Executor = ProcessPoolExecutor(
            self.n_workers,
            context=context,
            timeout=None,
            initializer=start_worker,
            initargs=(arrived, leave, os.getpid()),
            env={name: value for name, value in variables.items() if value is not None},
        )
        return executor, Rendezvous(arrived, leave)

    def _shut_down(self, executor: Executor, *, kill: bool) -> None:
        """End the executor; loky's own way of killing fails on cancelled work."""
        if kill:
            for process in processes_of(executor).values():
                process.terminate()
        executor.shutdown(wait=True)
