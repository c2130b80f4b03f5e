"""What runs inside a worker: its name, its ending, the meeting of all of them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Final, Protocol

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

    def meet(self, func: Callable[[Any], Any], item: Any) -> str:
        """Run in a worker: call `func`, wait for the others, return the worker's id."""
        try:
            func(item)
        finally:
            self._arrived.release()
            self._leave.acquire()
        return worker_id()

    def gather(self, futures: Sequence[Future[str]]) -> list[str]:
        """Run in the caller: wait for all workers, let them go, return their ids."""
        n_arrived = 0
        try:
            # A future that is done before all have met belongs to a lost worker.
            while n_arrived < len(futures) and not any(f.done() for f in futures):
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
    threading.Thread(
        target=_end_with_parent, args=(parent_pid,), name="parent-watch", daemon=True
    ).start()


def meet_in_process(call_bytes: bytes) -> str:
    """Take part in the meeting of a process pool."""
    import pickle

    func, item = pickle.loads(call_bytes)
    assert _rendezvous is not None
    return _rendezvous.meet(func, item)


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
