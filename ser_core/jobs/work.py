"""The child process that does a job's work: ``python -m ser_core.jobs.work FOLDER``.

It reports on stdout, a pipe to its parent, why it failed; all that anything else
prints goes to the job's log. Its stdin is a pipe too: when that closes, the parent
is gone, and this process ends itself with everything below it.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import threading
import traceback
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import psutil

from ser_core.errors import JobError, SerError
from ser_core.jobs.events import EventWriter
from ser_core.jobs.folder import JobFolder, write_json
from ser_core.jobs.kinds import kind_of
from ser_core.jobs.process import end_processes, identify, job_processes
from ser_core.jobs.spec import read_spec
from ser_core.jobs.work_place import WorkPlace

_LONGEST_REASON: Final = 4000
_FULL: Final = frozenset(
    {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
)


def main(arguments: list[str]) -> int:
    """Do the work of the job whose folder is the only argument.

    Returns
    -------
    status : int
        0 when the result is written, 1 otherwise.

    """
    job = JobFolder(Path(arguments[0]))
    report = _take_stdout()
    parent = _take_stdin()
    threading.Thread(target=_end_with_parent, args=(job, parent), daemon=True).start()
    try:
        _do(job)
    except Exception as error:  # the process's boundary: whatever it was is reported
        os.write(report, json.dumps(_words(error, job)).encode("ascii"))
        with suppress(OSError):  # the log may lie on the disk that is full
            traceback.print_exception(error)
        return 1
    return 0


def _words(error: Exception, job: JobFolder) -> dict[str, str]:
    """Say what happened to the person who started the job."""
    kind = "JobError"
    if isinstance(error, SerError):
        kind, reason = type(error).__name__, str(error)
    elif isinstance(error, MemoryError):
        reason = "memory ran out; use fewer files or workers, or close other programs"
    elif isinstance(error, OSError):
        reason = _disk_reason(error, job)
    else:
        reason = f"{type(error).__name__}: {error}; see '{job.log}'"
    return {"error": kind, "reason": reason[:_LONGEST_REASON]}


def _do(job: JobFolder) -> None:
    """Read the spec, do the work and write the result where it does not count yet."""
    spec = read_spec(job.spec)
    kind = kind_of(spec.kind)
    with EventWriter(job.events) as writer:

        def emit(event: Mapping[str, Any]) -> None:
            try:
                writer.write(event)
            except OSError as error:
                raise JobError(_disk_reason(error, job)) from error

        place = WorkPlace(data=job.data, work_folder=job.work, emit=emit)
        result = kind.work(spec.parameters, place)
    write_json(job.part, result)


def _disk_reason(error: OSError, job: JobFolder) -> str:
    """Put a failed write or read in words."""
    where = f" '{error.filename}'" if error.filename else ""
    if error.errno in _FULL:
        return (
            f"the disk is full ({error.strerror}{where}); free space for "
            f"'{job.data.root}' and start it again"
        )
    return f"{error.strerror or error}{where}; see '{job.log}'"


def _take_stdout() -> int:
    """Keep stdout for the report alone; what others print goes to the log."""
    report = os.dup(1)  # not inherited by what this process starts
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return report


def _take_stdin() -> int:
    """Keep the parent's pipe for this process alone; what it starts reads nothing."""
    parent = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return parent


def _end_with_parent(job: JobFolder, parent: int) -> None:
    """Wait until the parent is gone, then end this process and all below it."""
    while os.read(parent, 4096):
        continue
    me = identify(os.getpid())
    roots = () if me is None else (me,)
    end_processes(lambda: job_processes(job.job_id, roots=roots), grace_s=0)
    psutil.Process().kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
