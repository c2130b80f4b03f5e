"""Submit, cancel and remove jobs, and clear up behind dead ones."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import shutil
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from ser_core.errors import JobError, SerError
from ser_core.jobs.folder import (
    RESERVE_BYTES,
    JobFolder,
    job_folders,
    jobs_lock,
    now_utc,
    open_job,
    write_json,
    write_whole,
)
from ser_core.jobs.kinds import kind_of
from ser_core.jobs.launch import OPERATOR_TOKEN, SER_CORE, Entry, start_detached
from ser_core.jobs.process import (
    MARKER,
    end_processes,
    first_process,
    identify,
    job_processes,
    memory_kills,
    remove_semaphores,
)
from ser_core.jobs.rules import Visitor, check_queue, check_start, job_limit_s
from ser_core.jobs.sharing import check_growth, claim_folder
from ser_core.jobs.spec import JobSpec, JobView, Submission
from ser_core.jobs.state import (
    conclude,
    lives,
    roots_of,
    settle,
    ticket_number,
    view,
)
from ser_core.store.data_folder import DataFolder

KEPT_JOBS: Final = 200
"""Ended jobs whose folders `sweep` keeps; older ones go (run records stay)."""

_STALE_DRAFT_S: Final = 3600.0


def submit(
    spec: JobSpec,
    *,
    data: DataFolder,
    visitor: Visitor | None = None,
    entry: Entry = SER_CORE,
) -> Submission:
    """Start a job in a process of its own and return at once.

    Parameters
    ----------
    spec : JobSpec
        What to do.
    data : DataFolder
        The data folder.
    visitor : Visitor, optional
        Who asks for it, to whom the operator's rules apply; None for the command
        line.
    entry : Entry
        The programs to run.

    Returns
    -------
    submission : Submission
        The job's id, and the token that allows cancelling it.

    Raises
    ------
    JobError
        The kind is unknown, a rule of this server does not allow it, the disk is
        full, or no process could be started; then nothing is left behind.
    SerError
        The data folder cannot be written.

    """
    folder, token = create(spec, data=data, visitor=visitor)
    try:
        process = start_detached(folder, entry)
    except JobError:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise
    # reaps the process where this one lives longer, so that it stays no zombie
    threading.Thread(target=process.wait, daemon=True).start()
    with suppress(OSError):  # the process writes it too, and fails if it cannot
        record_process(folder, process.pid)
    return Submission(folder.job_id, token)


def create(
    spec: JobSpec, *, data: DataFolder, visitor: Visitor | None = None
) -> tuple[JobFolder, str]:
    """Make a job's folder with its ticket; return it and the submitter's token."""
    kind_of(spec.kind)
    data.prepare()
    check_start(visitor, data=data, spec=spec)
    check_growth(spec, visitor, data=data)
    job_id, token = secrets.token_hex(16), secrets.token_urlsafe(32)
    draft = JobFolder(data.jobs / f".new-{job_id}")
    folder = JobFolder(data.jobs / job_id)
    try:
        draft.path.mkdir(mode=0o755)
        write_json(draft.spec, spec.to_json())
        write_whole(draft.token, _digest(token).encode())
        write_whole(draft.reserve, secrets.token_bytes(RESERVE_BYTES))
        with jobs_lock(data):
            if visitor is not None:
                check_queue(visitor, data=data)  # again: two may have asked at once
            last = max((ticket_number(f) for f in job_folders(data)), default=0)
            me = identify(os.getpid())
            write_json(
                draft.ticket,
                {
                    "ticket": last + 1,
                    "created_utc": now_utc(),
                    "submitter": None if me is None else me.to_json(),
                    "visitor": None if visitor is None else visitor.owner,
                    "limit_s": job_limit_s(visitor, data=data),
                },
            )
            claim_folder(spec, visitor, data=data)
            draft.path.rename(folder.path)
    except (OSError, TypeError) as error:
        shutil.rmtree(draft.path, ignore_errors=True)
        raise JobError(
            f"job could not be written below '{data.jobs}' ({error}); free disk space "
            "or give another data folder with --data-dir or SER_LAB_HOME"
        ) from error
    except SerError:
        shutil.rmtree(draft.path, ignore_errors=True)
        raise
    return folder, token


def record_process(folder: JobFolder, pid: int, *, foreground: bool = False) -> None:
    """Write which process is the job's, unless it is gone again already."""
    identity = identify(pid)
    if identity is not None and not folder.ended():
        first = first_process()
        write_json(
            folder.process,
            identity.to_json()
            | {
                "memory_kills": memory_kills(),
                "foreground": foreground,
                "first_process": None if first is None else first.to_json(),
            },
        )


def cancel(
    job_id: str,
    *,
    data: DataFolder,
    token: str | None = None,
    operator: bool = False,
) -> JobView:
    """End a job and its whole process tree.

    Parameters
    ----------
    job_id : str
        The job.
    data : DataFolder
        The data folder.
    token : str, optional
        The submitter's token, or the operator's (``SER_LAB_OPERATOR_TOKEN``).
    operator : bool
        The caller is the operator: the command line, whose user owns the folder.

    Returns
    -------
    view : JobView
        The job afterwards. One that had ended before keeps its state.

    Raises
    ------
    JobError
        No such job, or the caller may not cancel it.

    """
    folder = open_job(job_id, data)
    _authorise(folder, token, operator=operator, action="cancelled")
    try:
        won = conclude(folder, state="cancelled", reason="cancelled on request")
    except OSError as error:
        raise JobError(
            f"job {job_id} cannot be marked as cancelled ({error}); free disk space "
            f"on '{data.root}' and try again"
        ) from error
    if won:
        # looked up each time: the job may be starting its processes right now
        ended = end_processes(lambda: job_processes(job_id, roots=roots_of(folder)))
        remove_semaphores(ended)
        folder.clean()
    return view(job_id, data)


def remove_job(
    job_id: str,
    *,
    data: DataFolder,
    token: str | None = None,
    operator: bool = False,
) -> None:
    """Delete the folder of a job that has ended; its run record stays.

    Raises
    ------
    JobError
        No such job, it has not ended, or the caller may not remove it.

    """
    folder = open_job(job_id, data)
    _authorise(folder, token, operator=operator, action="removed")
    if not view(job_id, data).ended:
        raise JobError(f"job {job_id} has not ended; cancel it first")
    _delete(folder)


def sweep(data: DataFolder, *, keep: int = KEPT_JOBS) -> list[str]:
    """Clear up what dead jobs left, and delete the oldest ended ones.

    Parameters
    ----------
    data : DataFolder
        The data folder.
    keep : int
        Number of ended jobs that stay.

    Returns
    -------
    job_ids : list of str
        The jobs whose process had vanished and that are failed from now on.

    """
    vanished: list[str] = []
    ended: list[JobFolder] = []
    for folder in job_folders(data):
        if not folder.ended() and not lives(folder) and not folder.ended():
            settle(folder)
            vanished.append(folder.job_id)
        if folder.ended() and not lives(folder):
            folder.clean()
            ended.append(folder)
    _end_strays({folder.job_id for folder in ended})
    ended.sort(key=ticket_number, reverse=True)
    for folder in ended[keep:]:
        _delete(folder)
    _remove_drafts(data)
    return vanished


def _authorise(
    folder: JobFolder, token: str | None, *, operator: bool, action: str
) -> None:
    """Refuse whoever is neither the submitter nor the operator."""
    if operator:
        return
    given = (token or "").encode("utf-8", "replace")
    of_operator = os.environ.get(OPERATOR_TOKEN, "").encode("utf-8", "replace")
    if of_operator and hmac.compare_digest(given, of_operator):
        return
    try:
        expected = folder.token.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        expected = ""
    if not expected or not hmac.compare_digest(_digest(token or ""), expected):
        raise JobError(
            f"job {folder.job_id} can be {action} only by who started it (in the "
            "browser where it was started) or by the operator (python -m ser_core "
            "jobs cancel)"
        )


def _digest(token: str) -> str:
    """Return the SHA-256 of a token, hexadecimal."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _end_strays(ended: set[str]) -> None:
    """End processes that outlived their job."""

    def strays() -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if process.pid != os.getpid() and (
                    process.environ().get(MARKER) in ended
                ):
                    found.append(process)
        return found

    if ended and strays():
        remove_semaphores(end_processes(strays, grace_s=0))


def _delete(folder: JobFolder) -> None:
    """Delete a job's folder, hidden first so that nobody sees half of it."""
    grave = folder.path.with_name(f".gone-{folder.job_id}")
    with suppress(OSError):
        folder.path.rename(grave)
        shutil.rmtree(grave, ignore_errors=True)


def _remove_drafts(data: DataFolder) -> None:
    """Delete folders that were never finished or not deleted whole."""
    paths: list[Path] = [*data.jobs.glob(".new-*"), *data.jobs.glob(".gone-*")]
    for path in paths:
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _STALE_DRAFT_S:
                shutil.rmtree(path, ignore_errors=True)
