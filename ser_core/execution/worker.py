"""What runs inside a worker: its name, its ending, the meeting of all of them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, Protocol

from ser_core.execution.calls import ChunkOutcome, Failure, run_pickled_chunk

_PARENT_POLL_S: Final = 0.5
_GATHER_POLL_S: Final = 0.05


class Semaphore(Protocol):
    """A semaphore between threads or between processes."""

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """Take one, waiting for it if need be."""
        ...

    def release(self) -> None:
        """Give one."""
        ...


@dataclass(frozen=True, slots=True)
class Meeting:
    """What one worker brought from a meeting: its id, and its failure if it failed."""

    worker: str
    failure: Failure | None


class Rendezvous:
    """Let every worker of a pool do something exactly once.

    A worker that has done its part waits for all others, so none takes a second part.

    Parameters
    ----------
    arrived, leave : Semaphore
        Both start at 0, and are shared by the caller and all workers.

    """

    def __init__(self, arrived: Semaphore, leave: Semaphore) -> None:
        self._arrived = arrived
        self._leave = leave

    def meet(self, work: Callable[[], ChunkOutcome]) -> Meeting:
        """Run in a worker: do the work, then wait for all others."""
        try:
            outcome = work()
        finally:
            self._arrived.release()
            self._leave.acquire()
        return Meeting(worker_id(), outcome.failure)

    def gather(
        self, invite: Callable[[], Future[Meeting]], n_workers: int
    ) -> list[Meeting]:
        """Run in the caller: invite the workers, wait for all, and let them go."""
        futures: list[Future[Meeting]] = []
        n_arrived = 0
        try:
            while len(futures) < n_workers:
                futures.append(invite())
            # A future that is done before all have met belongs to a lost worker.
            while n_arrived < n_workers and not any(f.done() for f in futures):
                n_arrived += self._arrived.acquire(timeout=_GATHER_POLL_S)
        finally:
            for _ in futures:
                self._leave.release()
        return [future.result() for future in futures]


_rendezvous: Rendezvous | None = None
"""This worker process's own, set once when it starts."""


def start_worker(arrived: Semaphore, leave: Semaphore, parent_pid: int) -> None:
    """Prepare a worker process; the initializer of both process pools.

    Parameters
    ----------
    arrived, leave : Semaphore
        Of the pool's `Rendezvous`.
    parent_pid : int
        Process without which this one is to end.

    """
    global _rendezvous
    _rendezvous = Rendezvous(arrived, leave)
    # Ctrl-C reaches the whole group of a terminal; the caller alone decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(
        target=_end_with_parent, args=(parent_pid,), name="parent-watch", daemon=True
    ).start()


def meet_in_process(func: bytes, item: bytes) -> Meeting:
    """Take part in the meeting of a process pool."""
    assert _rendezvous is not None
    return _rendezvous.meet(lambda: run_pickled_chunk(func, [item]))


def worker_id() -> str:
    """Name the worker that calls this.

    Returns
    -------
    worker : str
        ``"pid"`` in a process of its own (or in the caller's main thread), else
        ``"pid/thread"``.

    """
    thread = threading.current_thread()
    if thread is threading.main_thread():
        return str(os.getpid())
    return f"{os.getpid()}/{thread.name}"


def _end_with_parent(parent_pid: int) -> None:
    """End this process as soon as its parent is gone, even if that was killed.

    The executors' workers would wait for work forever: they hold the writing end of
    their own queue. A parent-death signal of the kernel exists on Linux only and
    fires when the parent's *thread* ends, so a thread watches instead.
    """
    parent = multiprocessing.parent_process()
    if os.name == "posix" or parent is None:
        # loky leaves no handle of the parent there, but an orphan gets a new one
        while os.getppid() == parent_pid:
            time.sleep(_PARENT_POLL_S)
    else:
        parent.join()
    os._exit(1)
