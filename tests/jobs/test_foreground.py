"""A job that its caller waits for."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from job_entry import ENTRY
from job_yard import JobYard, gone, wait_until

from ser_core.errors import JobError
from ser_core.jobs import JobSpec, cancel, list_jobs, run_foreground, view

pytestmark = [
    pytest.mark.timeout(90),
    pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals"),
]

PROGRAM = """
import sys, pathlib
sys.path.insert(0, sys.argv[2])
import job_entry
from ser_core.errors import JobError
from ser_core.jobs import JobSpec, run_foreground
from ser_core.jobs.kinds import KINDS
from ser_core.store.data_folder import DataFolder
KINDS.update(job_entry.TEST_KINDS)
spec = JobSpec(kind='wait', parameters={'pids': sys.argv[3], 'until': sys.argv[4]})
try:
    run_foreground(
        spec,
        data=DataFolder(pathlib.Path(sys.argv[1])),
        emit=lambda event: print(event['type'], flush=True),
        entry=job_entry.ENTRY,
    )
except KeyboardInterrupt:
    sys.exit(130)
except JobError as error:
    print(error)
    sys.exit(1)
"""


def start(yard: JobYard, name: str = "a") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-c", PROGRAM, str(yard.data.root)),
            *(str(Path(__file__).parent), str(yard.pids_file(name))),
            str(yard.until(name)),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_result_and_events_come_to_the_caller(yard: JobYard) -> None:
    events: list[dict[str, Any]] = []
    result = run_foreground(
        JobSpec(kind="record", parameters={"id": "run-1"}),
        data=yard.data,
        emit=events.append,
        entry=ENTRY,
    )
    assert result["id"] == "run-1"
    assert [event["type"] for event in events] == ["started", "finished"]
    assert [job.state for job in list_jobs(yard.data)] == ["done"]


def test_failure_is_raised_with_its_reason(yard: JobYard) -> None:
    with pytest.raises(JobError, match=r"'a\.wav' is broken; remove it"):
        run_foreground(
            JobSpec(kind="refuse"), data=yard.data, emit=lambda e: None, entry=ENTRY
        )


def test_interrupt_cancels_and_ends_the_tree(yard: JobYard) -> None:
    with start(yard) as program:
        pids = yard.pids()
        program.send_signal(signal.SIGINT)
        output, _ = program.communicate(timeout=60)
    assert program.returncode == 130
    assert "cancelled" in output
    assert all(gone(pid) for pid in pids)
    (job,) = list_jobs(yard.data)
    assert (job.state, job.reason) == ("cancelled", "interrupted at the keyboard")


def test_interrupt_while_queued_cancels(yard: JobYard) -> None:
    yard.submit("wait", "a")
    yard.pids("a")
    with start(yard, "b") as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "queued\n"
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=60)
    assert program.returncode == 130
    assert [job.state for job in list_jobs(yard.data)] == ["cancelled", "running"]


def test_cancel_from_elsewhere_ends_the_work_but_not_the_caller(
    yard: JobYard,
) -> None:
    with start(yard) as program:
        pids = yard.pids()
        (job,) = list_jobs(yard.data)
        cancel(job.job_id, data=yard.data, operator=True)
        output, _ = program.communicate(timeout=60)
    assert program.returncode == 1  # it could still say why
    assert output.splitlines()[-1] == "cancelled on request"
    assert all(gone(pid) for pid in pids)


def test_killed_caller_takes_its_work_along(yard: JobYard) -> None:
    with start(yard) as program:
        pids = yard.pids()
        program.kill()
        program.communicate(timeout=60)
    wait_until(lambda: all(gone(pid) for pid in pids))
    (job,) = list_jobs(yard.data)
    assert job.state == "failed"
    folder = yard.data.jobs / job.job_id
    assert json.loads((folder / "outcome.json").read_text())["state"] == "failed"
    assert view(job.job_id, yard.data).result_path is None
