"""How many recordings are heard at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ser_core.errors import AudioError

WAIT_S: Final = 30.0
"""How long somebody waits for a turn, in seconds."""


class Turns:
    """Let a few in at a time, and the others wait.

    Parameters
    ----------
    n_listeners : int
        How many at once, 1 or more.
    wait_s : float, default `WAIT_S`

    """

    def __init__(self, n_listeners: int, *, wait_s: float = WAIT_S) -> None:
        self._free = threading.BoundedSemaphore(n_listeners)
        self._wait_s = wait_s

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn and hold it.

        Raises
        ------
        AudioError
            None became free in time.

        """
        if not self._free.acquire(timeout=self._wait_s):
            raise AudioError(
                f"other recordings have kept this server busy for {self._wait_s:.0f} "
                "seconds; try again in a moment"
            )
        try:
            yield
        finally:
            self._free.release()
