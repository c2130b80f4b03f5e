"""The time that a visitor's job may work."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ser_core.errors import JobError
from ser_core.jobs.folder import JobFolder, read_json
from ser_core.jobs.process import end_processes, job_processes
from ser_core.jobs.state import conclude, roots_of


@contextmanager
def time_limit(job: JobFolder) -> Iterator[None]:
    """End the work, meanwhile, when it takes longer than its submitter's may."""
    limit_s = (read_json(job.ticket) or {}).get("limit_s")
    if not isinstance(limit_s, int):
        yield
        return

    def end() -> None:
        reason = (
            f"it ran longer than {limit_s:,} s, the limit of this server; use fewer "
            "files, models or repetitions"
        )
        with suppress(OSError, JobError):
            conclude(job, state="failed", reason=reason)
        end_processes(lambda: job_processes(job.job_id, roots=roots_of(job)))

    timer = threading.Timer(limit_s, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
