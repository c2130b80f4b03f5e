"""Notice a lost worker where its pool cannot."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final

import psutil

from ser_core.execution import Backend

GRACE_S: Final = 10.0
"""How long a pool may take to notice by itself that a worker is gone."""

_POLL_S: Final = 1.0


class WorkerGuard:
    """Watch the worker processes of a pool, in a thread; a context manager.

    Both process pools learn of a lost worker from the end of its process. A worker
    that is killed while it sends a result leaves half of it in the pipe, though, and
    the pool waits forever for the rest: one kill in ten where results are frequent.

    Parameters
    ----------
    backend : Backend
        Started.
    on_lost : callable
        Called once, in the guard's thread, when a worker has been gone for `grace_s`
        and the pool still lists it. The pool is of no use then, nor can it be
        closed: the caller's process has to end.
    grace_s : float, default 10
        See there.

    """

    def __init__(
        self,
        backend: Backend,
        *,
        on_lost: Callable[[], None],
        grace_s: float = GRACE_S,
    ) -> None:
        self._backend = backend
        self._on_lost = on_lost
        self._grace_s = grace_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> WorkerGuard:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        """Look for workers that are listed and gone, until the work has ended."""
        gone_since_s: dict[int, float] = {}
        while not self._ended.wait(min(_POLL_S, self._grace_s)):
            now_s = time.monotonic()
            # a worker that the pool replaces on purpose is no longer listed
            gone = [pid for pid in self._backend.worker_pids() if _is_gone(pid)]
            gone_since_s = {pid: gone_since_s.get(pid, now_s) for pid in gone}
            if any(now_s - since >= self._grace_s for since in gone_since_s.values()):
                self._on_lost()
                return


def _is_gone(pid: int) -> bool:
    """Tell whether a process has ended, reaped or not."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
