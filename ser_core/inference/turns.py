"""How many recordings are heard at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from ser_core.errors import BusyError

WAIT_S: Final = 30.0
"""How long somebody waits for a turn, in seconds."""

LONG_S: Final = 5.0
"""Work that takes longer, in seconds, must leave one turn to shorter work."""

_T = TypeVar("_T")


class Turns:
    """Let a few in at a time, and the others wait.

    Parameters
    ----------
    n_listeners : int
        How many at once, 1 or more.
    wait_s : float, default `WAIT_S`
    long_s : float, default `LONG_S`

    """

    def __init__(
        self, n_listeners: int, *, wait_s: float = WAIT_S, long_s: float = LONG_S
    ) -> None:
        self._free = threading.BoundedSemaphore(n_listeners)
        self._free_for_long = threading.BoundedSemaphore(max(1, n_listeners - 1))
        self._wait_s = wait_s
        self._long_s = long_s

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn and hold it.

        Raises
        ------
        BusyError
            None became free in time.

        """
        with self._held(self._free, "recordings"):
            yield

    def spend(self, work: Callable[[Callable[[], None]], _T]) -> _T:
        """Do work in a turn, so that long work leaves a turn to short work.

        Parameters
        ----------
        work : callable
            Takes a function that it calls now and then, lets through what that
            raises, and can be begun anew.

        Returns
        -------
        result : object
            What `work` returns.

        Raises
        ------
        BusyError
            No turn became free in time.

        Notes
        -----
        After `LONG_S` the work is long. All turns but one may be held by long work, a
        single one too; where they are, it gives its turn back, waits among the long
        ones, and begins anew: it has lost `LONG_S`, and nobody with a short recording
        waits for an hour of somebody else's.

        """
        attempt = _Attempt(self._free_for_long, self._long_s)
        try:
            with self.turn():
                return attempt.run(work)
        except _Lasts:
            pass
        with self._held(self._free_for_long, "long recordings"), self.turn():
            return work(_nothing)

    @contextmanager
    def _held(self, free: threading.Semaphore, what: str) -> Iterator[None]:
        """Wait for a place and hold it."""
        if not free.acquire(timeout=self._wait_s):
            raise BusyError(
                f"other {what} have kept this server busy for {self._wait_s:.0f} "
                "seconds; try again in a moment"
            )
        try:
            yield
        finally:
            free.release()


class _Lasts(BaseException):
    """End work that is long while enough other long work is done.

    No `Exception`, so that nothing takes it for a failure of the work.
    """


class _Attempt:
    """Do work that takes a place among the long ones once it is long."""

    def __init__(self, free_for_long: threading.Semaphore, long_s: float) -> None:
        self._free_for_long = free_for_long
        self._ends_s = 0.0
        self._long_s = long_s
        self._is_long = False

    def run(self, work: Callable[[Callable[[], None]], _T]) -> _T:
        """Do the work, and give the place back."""
        self._ends_s = time.monotonic() + self._long_s
        try:
            return work(self._look)
        finally:
            if self._is_long:
                self._free_for_long.release()

    def _look(self) -> None:
        """Take a place among the long ones, when it is time; raise without one."""
        if self._is_long or time.monotonic() < self._ends_s:
            return
        if not self._free_for_long.acquire(blocking=False):
            raise _Lasts
        self._is_long = True


def _nothing() -> None:
    """Let long work go on."""
