"""The state of a job, derived from its folder and its process alone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from ser_core.errors import JobError
from ser_core.jobs.events import EventWriter
from ser_core.jobs.folder import (
    JobFolder,
    job_folders,
    jobs_lock,
    now_utc,
    open_job,
    read_json,
    write_json,
)
from ser_core.jobs.kinds import needs_machine
from ser_core.jobs.process import (
    ProcessIdentity,
    end_processes,
    first_process,
    is_alive,
    job_processes,
    memory_kills,
    remove_semaphores,
    restarted_since,
)
from ser_core.jobs.spec import JobSpec, JobView
from ser_core.store.data_folder import DataFolder

_START_GRACE_S: Final = 60.0
"""How long a submitter may take from writing a folder to starting its process."""


def view(job_id: str, data: DataFolder) -> JobView:
    """Look at one job.

    Parameters
    ----------
    job_id : str
        32 hexadecimal characters.
    data : DataFolder
        The data folder.

    Returns
    -------
    view : JobView
        Its state now. A job whose process vanished without a result is failed from
        the first look on; that look also ends what the process left running.

    Raises
    ------
    JobError
        The id is malformed or unknown.

    """
    return _look(open_job(job_id, data), None)


def list_jobs(data: DataFolder) -> list[JobView]:
    """Look at every job, the newest first.

    Raises
    ------
    JobError
        The jobs folder cannot be read.

    """
    folders = job_folders(data)
    views = [view for view in (_look_if_there(f, folders) for f in folders) if view]
    return sorted(views, key=lambda v: (v.ticket, v.created_utc or ""), reverse=True)


def ahead_of(folder: JobFolder, among: list[JobFolder]) -> list[JobFolder]:
    """List the jobs that need the machine and have an earlier ticket.

    Ended ones are left out; dead ones are not, see `waits_for`.
    """
    mine = ticket_number(folder)
    return [
        other
        for other in among
        if not other.ended()
        and (ticket_number(other), other.job_id) < (mine, folder.job_id)
        and needs_machine(_kind(other))
    ]


def waits_for(folder: JobFolder) -> bool:
    """Tell whether a job still stands in the way: not ended and not dead."""
    return not folder.ended() and lives(folder)


def lives(folder: JobFolder) -> bool:
    """Tell whether a job's process runs, or is about to be started."""
    if folder.process.exists():
        return is_alive(process_of(folder))
    ticket = _read(folder.ticket)
    try:
        age_s = time.time() - folder.ticket.stat().st_mtime
    except OSError:
        return False
    submitter = ProcessIdentity.from_json(ticket.get("submitter"))
    return age_s < _START_GRACE_S and is_alive(submitter)


def process_of(folder: JobFolder) -> ProcessIdentity | None:
    """Read which process is the job's; None before it is known."""
    return ProcessIdentity.from_json(_read(folder.process))


def roots_of(folder: JobFolder) -> tuple[ProcessIdentity, ...]:
    """Name the processes that are the job's with all that is below them.

    The process of a job in the foreground is its caller's, so only its child counts.
    """
    process = _read(folder.process)
    named = [_read(folder.started).get("work")]
    if not process.get("foreground"):
        named.append(process)
    return tuple(i for i in map(ProcessIdentity.from_json, named) if i is not None)


def ticket_number(folder: JobFolder) -> int:
    """Read a job's place in the order of submission; 0 where it is damaged."""
    number = _read(folder.ticket).get("ticket")
    return number if isinstance(number, int) else 0


def conclude(
    folder: JobFolder, *, state: str, reason: str, error: str | None = None
) -> bool:
    """Write that a job failed or was cancelled, unless it has ended already.

    Parameters
    ----------
    folder : JobFolder
        The job.
    state : str
        ``failed`` or ``cancelled``.
    reason : str
        One sentence for the person who started it.
    error : str, optional
        Name of the `SerError` behind it.

    Returns
    -------
    written : bool
        False where another final state came first.

    Raises
    ------
    OSError
        Not even the reserve made room on the disk.

    """
    outcome = {"state": state, "reason": reason, "ended_utc": now_utc(), "error": error}
    with jobs_lock(folder.data):
        if folder.ended():
            return False
        try:
            write_json(folder.outcome, outcome)
        except OSError:
            folder.clean()  # frees the reserve and the scratch space
            write_json(folder.outcome, outcome)
    add_event(folder, {"type": state, "reason": reason})
    return True


def add_event(folder: JobFolder, event: Mapping[str, Any]) -> None:
    """Append an event where the state is known without it."""
    with suppress(OSError), EventWriter(folder.events) as writer:
        writer.write(event)


def settle(folder: JobFolder) -> None:
    """Record the failure of a job whose process vanished, and clean up behind it."""
    roots = roots_of(folder)
    reason = vanished_reason(folder)
    # a disk that is full for good, or read-only: every later look derives it again
    with suppress(OSError, JobError):
        if not conclude(folder, state="failed", reason=reason):
            return
    ended = end_processes(lambda: job_processes(folder.job_id, roots=roots), grace_s=0)
    remove_semaphores(ended, since=_mtime(folder.process))
    folder.clean()


def vanished_reason(folder: JobFolder) -> str:
    """Say why a job whose process is gone has failed, as far as can be known."""
    document = _read(folder.process)
    process = ProcessIdentity.from_json(document)
    if process is None:
        return f"its process never started; the reason may be in '{folder.log}'"
    if restarted_since(process) or _stopped_with(document):
        return (
            "host stopped: the machine or the container it ran in was stopped before "
            "it ended; start it again"
        )
    before, after = document.get("memory_kills"), memory_kills()
    if isinstance(before, int) and after is not None and after > before:
        return (
            "its process was ended from outside, probably because memory ran out (the "
            "system killed a process for that meanwhile); use fewer files or workers"
        )
    return (
        "its process was ended from outside (killed) before it was done; start it again"
    )


def _stopped_with(document: Mapping[str, Any]) -> bool:
    """Tell whether everything that ran beside a process was ended, as in a container.

    Written by a version that did not note the first process: not known, so False.
    """
    before = ProcessIdentity.from_json(document.get("first_process"))
    return before is not None and first_process() not in (None, before)


def _look_if_there(folder: JobFolder, among: list[JobFolder]) -> JobView | None:
    """Look at a job that may be removed meanwhile."""
    view = _look(folder, among)
    return view if folder.path.is_dir() else None


def _look(folder: JobFolder, among: list[JobFolder] | None) -> JobView:
    """Derive everything that is shown of a job."""
    if not folder.ended() and not lives(folder) and not folder.ended():
        settle(folder)
    ticket = _read(folder.ticket)
    started = _read(folder.started).get("started_utc")
    state, reason, ended_utc = _state(folder, started=started is not None)
    ahead = None
    if state == "queued":
        ahead = 0
        if needs_machine(_kind(folder)):
            others = job_folders(folder.data) if among is None else among
            ahead = sum(waits_for(f) for f in ahead_of(folder, others))
    return JobView(
        job_id=folder.job_id,
        kind=_kind(folder),
        state=state,
        reason=reason,
        ahead=ahead,
        ticket=ticket_number(folder),
        created_utc=ticket.get("created_utc"),
        started_utc=started,
        ended_utc=ended_utc,
        spec=_spec(folder),
        result_path=folder.result if state == "done" else None,
        log_path=folder.log,
    )


def _state(folder: JobFolder, *, started: bool) -> tuple[str, str | None, str | None]:
    """Derive state, reason and time of the end."""
    if folder.result.exists():
        return "done", None, _utc(folder.result)
    try:
        outcome = read_json(folder.outcome)
    except JobError:
        return "failed", "its outcome is damaged", _utc(folder.outcome)
    if outcome is not None:
        state = "cancelled" if outcome.get("state") == "cancelled" else "failed"
        return state, str(outcome.get("reason")), outcome.get("ended_utc")
    if not lives(folder):
        return "failed", vanished_reason(folder), None
    return ("running" if started else "queued"), None, None


def _spec(folder: JobFolder) -> JobSpec | None:
    """Read the spec; None where it is damaged."""
    try:
        return JobSpec.from_json(read_json(folder.spec))
    except JobError:
        return None


def _kind(folder: JobFolder) -> str:
    """Read the kind of a job; empty where its spec is damaged."""
    spec = _spec(folder)
    return "" if spec is None else spec.kind


def _read(path: Path) -> dict[str, Any]:
    """Read a small file; empty where it is missing or damaged."""
    try:
        return read_json(path) or {}
    except JobError:
        return {}


def _mtime(path: Path) -> float | None:
    """Return a file's time in seconds since 1970; None where it is missing."""
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def _utc(path: Path) -> str | None:
    """Return a file's time in UTC; None where it is missing."""
    seconds = _mtime(path)
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
