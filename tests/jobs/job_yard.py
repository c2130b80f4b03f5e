"""Start small jobs in a data folder of the test's own, and wait for what they do."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from job_entry import ENTRY

from ser_core.jobs import JobSpec, JobView, Submission, submit, view
from ser_core.store.data_folder import DataFolder


@dataclass
class JobYard:
    """Start test jobs and wait for what they do."""

    data: DataFolder
    tmp: Path

    def submit(self, kind: str, name: str = "a", **parameters: Any) -> Submission:
        given = {"pids": str(self.pids_file(name)), "until": str(self.until(name))}
        spec = JobSpec(kind=kind, parameters={**given, **parameters})
        return submit(spec, data=self.data, entry=ENTRY)

    def pids_file(self, name: str) -> Path:
        return self.tmp / f"{name}.pids"

    def until(self, name: str) -> Path:
        return self.tmp / f"{name}.until"

    def pids(self, name: str = "a") -> list[int]:
        """Pids of the work and of its child, once they are there."""
        wait_until(lambda: len(self.pids_file(name).read_text().split()) == 2)
        return [int(pid) for pid in self.pids_file(name).read_text().split()]

    def wait_for(self, job_id: str, *states: str) -> JobView:
        wait_until(lambda: view(job_id, self.data).state in states)
        return view(job_id, self.data)


def wait_until(condition: Callable[[], bool], timeout_s: float = 40.0) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except FileNotFoundError:
            pass
        time.sleep(0.02)
    raise AssertionError("waited too long")


def gone(pid: int) -> bool:
    """Tell whether a process has ended (a zombie has)."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
