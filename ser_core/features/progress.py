"""Report how far an extraction is, not too often."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

PROGRESS_S: Final = 0.2
"""Least time between two reports of progress."""

EXTRACTION: Final = "feature extraction"
"""What the events call the work."""

Emit = Callable[[dict[str, Any]], None]


class ExtractionProgress:
    """Emit ``progress`` events; see ``docs/architecture.md``.

    Parameters
    ----------
    emit : callable or None
        Called with each event; None for nobody.
    total : int
        Files in all.
    done : int, default 0
        Files that were done before; they do not count for the speed.

    """

    def __init__(self, emit: Emit | None, *, total: int, done: int = 0) -> None:
        self._emit = emit
        self._total = total
        self._done = self._done_before = done
        self._started_s = self._told_s = time.monotonic()

    def step(self) -> None:
        """Count one file."""
        self._done += 1
        now_s = time.monotonic()
        if self._emit is None or (
            now_s - self._told_s < PROGRESS_S and self._done < self._total
        ):
            return
        self._told_s = now_s
        rate = (self._done - self._done_before) / max(now_s - self._started_s, 1e-9)
        self._emit(
            {
                "type": "progress",
                "arm": None,
                "repeat": None,
                "what": EXTRACTION,
                "done": self._done,
                "total": self._total,
                "files_per_s": rate,
                "remaining_s": (self._total - self._done) / rate,
            }
        )
