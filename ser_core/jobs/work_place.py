"""What the work of a job is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ser_core.store.data_folder import DataFolder

Emit = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, kw_only=True)
class WorkPlace:
    """What the work of a job is given.

    Attributes
    ----------
    data : DataFolder
        The data folder.
    work_folder : Path
        Scratch space of this job alone; it is removed afterwards.
    emit : callable
        Takes one event, as in docs/architecture.md.

    """

    data: DataFolder
    work_folder: Path
    emit: Emit
