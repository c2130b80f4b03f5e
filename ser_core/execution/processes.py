"""Worker processes of the standard library, started afresh (spawn)."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import Executor, ProcessPoolExecutor

from ser_core.execution.inner_threads import changed_environment
from ser_core.execution.process_pool import ProcessBackend, processes_of
from ser_core.execution.worker import Rendezvous, start_worker


class ProcessesBackend(ProcessBackend):
    """Run in processes of `multiprocessing`, started by spawn.

    Notes
    -----
    `concurrent.futures.ProcessPoolExecutor` carries them, because
    `multiprocessing.Pool` waits forever for a worker that was killed.

    """

    name = "processes"

    def start(self) -> None:
        """Start all workers, with the inner threads that were asked for."""
        # Spawned processes inherit this environment; numpy reads it when loaded.
        with changed_environment(self._worker_environment()):
            super().start()

    def _open(self) -> tuple[Executor, Rendezvous]:
        """Make the executor; spawn is the one start method of every platform."""
        context = multiprocessing.get_context("spawn")
        arrived, leave = context.Semaphore(0), context.Semaphore(0)
        executor = ProcessPoolExecutor(
            self.n_workers,
            mp_context=context,
            initializer=start_worker,
            initargs=(arrived, leave, os.getpid()),
        )
        return executor, Rendezvous(arrived, leave)

    def _shut_down(self, executor: Executor, *, kill: bool) -> None:
        """End the executor; before Python 3.12 a loss fails on cancelled work."""
        processes = processes_of(executor)
        executor.shutdown(wait=not kill, cancel_futures=True)
        if kill:
            for process in processes.values():
                process.terminate()
            for process in processes.values():
                process.join()
