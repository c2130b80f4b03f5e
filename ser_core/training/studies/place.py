"""What every study is given and returns."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ser_core.store.data_folder import DataFolder
from ser_core.training.corpus_data import ChosenCorpora

Emit = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a study works.

    Attributes
    ----------
    data : DataFolder
    work_folder : Path
        Scratch space.
    emit : callable
        Takes each event.
    chosen : ChosenCorpora
        The corpora of the plan, read already.

    """

    data: DataFolder
    work_folder: Path
    emit: Emit
    chosen: ChosenCorpora

    def log(self, message: str) -> None:
        """Emit a line for people."""
        self.emit(
            {"t": time.time(), "type": "log", "level": "info", "message": message}
        )

    def progress(self, what: str, *, done: int, total: int) -> None:
        """Emit how far a study is."""
        self.emit(
            {
                "t": time.time(),
                "type": "progress",
                "arm": None,
                "repeat": None,
                "what": what,
                "done": done,
                "total": total,
                "files_per_s": 0.0,
                "remaining_s": None,
            }
        )


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a study found.

    Attributes
    ----------
    rows : list of dict
        Flat tables of numbers and text.
    notes : list of str
        What the rows must not be read without.

    """

    rows: list[dict[str, Any]]
    notes: list[str] = field(default_factory=list)
