"""Do a job while the command waits, with progress on stderr."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ser_core.cli.progress import ProgressPrinter
from ser_core.store.data_folder import DataFolder


def work_in_foreground(
    kind: str, parameters: Mapping[str, Any], *, data: DataFolder
) -> dict[str, Any]:
    """Run one job in the queue that the pages use, and return its result.

    Raises
    ------
    JobError
        The job failed or was cancelled; the message is the reason.
    KeyboardInterrupt
        Ctrl-C; the job is cancelled and its process tree ended.

    """
    from ser_core.jobs import JobSpec, run_foreground

    progress = ProgressPrinter()
    try:
        return run_foreground(
            JobSpec(kind=kind, parameters=parameters), data=data, emit=progress
        )
    finally:
        progress.close()
