"""The process that queues for the machine, supervises the work and ends it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

import filelock

from ser_core.errors import JobError, ParameterError, SerError
from ser_core.jobs.control import create, record_process, sweep
from ser_core.jobs.events import Event, EventWriter, read_event_file
from ser_core.jobs.folder import (
    JobFolder,
    is_job_id,
    job_folders,
    jobs_lock,
    now_utc,
    read_json,
    write_json,
)
from ser_core.jobs.kinds import kind_of
from ser_core.jobs.launch import SER_CORE, Entry, start_work
from ser_core.jobs.process import (
    MARKER,
    end_processes,
    identify,
    is_alive,
    job_processes,
    memory_kills,
    remove_semaphores,
)
from ser_core.jobs.rules import job_owner
from ser_core.jobs.sharing import MAKES_OWNED, claim_result
from ser_core.jobs.spec import JobSpec, JobView, read_spec
from ser_core.jobs.state import (
    add_event,
    ahead_of,
    conclude,
    process_of,
    roots_of,
    settle,
    view,
    waits_for,
)
from ser_core.jobs.time_limit import time_limit
from ser_core.store.data_folder import DataFolder
from ser_core.store.runs import RunStore

_POLL_S: Final = 0.5
_FOREGROUND_POLL_S: Final = 0.1


@dataclass(frozen=True)
class _End:
    """How a job ended, as far as its keeper knows."""

    state: str
    reason: str = ""
    error: str | None = None


class _Stopped(BaseException):
    """A signal asked this process to end."""


def is_job_spec(path: Path) -> bool:
    """Tell whether a spec file is that of a submitted job, meant for this process."""
    folder = path.resolve().parent
    return (
        path.name == "spec.json"
        and is_job_id(folder.name)
        and os.environ.get(MARKER) == folder.name
        and (folder / "ticket.json").is_file()
    )


def run_job(folder: Path, *, entry: Entry = SER_CORE) -> JobView:
    """Do a submitted job in this, its own process.

    Parameters
    ----------
    folder : Path
        ``jobs/<id>``.
    entry : Entry
        The programs to run.

    Returns
    -------
    view : JobView
        The job, ended.

    Raises
    ------
    JobError
        The job has ended before, or another process does it already.

    """
    job = JobFolder(folder.resolve())
    if job.ended():
        raise JobError(f"job {job.job_id} has ended already; submit a new one")
    process = process_of(job)
    if process is not None and process.pid != os.getpid() and is_alive(process):
        raise JobError(
            f"job {job.job_id} is being done by process {process.pid} already"
        )
    return _keep(job, entry, None)


def run_foreground(
    spec: JobSpec,
    *,
    data: DataFolder,
    emit: Callable[[Event], None],
    entry: Entry = SER_CORE,
) -> dict[str, Any]:
    """Do a job while the caller waits: same queue, same folder, same child process.

    Parameters
    ----------
    spec : JobSpec
        What to do.
    data : DataFolder
        The data folder.
    emit : callable
        Takes each event as it comes.
    entry : Entry
        The programs to run.

    Returns
    -------
    result : dict
        The job's result.

    Raises
    ------
    ParameterError
        The job failed because its parameters are not allowed.
    JobError
        The job failed otherwise or was cancelled; the message is the reason.
    KeyboardInterrupt
        Ctrl-C; the job is cancelled and its process tree ended.

    """
    job, _ = create(spec, data=data)
    ended = _keep(job, entry, emit)
    if ended.state != "done":
        kind = (read_json(job.outcome) or {}).get("error")
        error = ParameterError if kind == ParameterError.__name__ else JobError
        raise error(ended.reason or f"job {job.job_id} is {ended.state}")
    return ended.result()


def _keep(
    job: JobFolder, entry: Entry, emit: Callable[[Event], None] | None
) -> JobView:
    """Queue, work, and write how it ended, whatever happens in between."""
    tail = None if emit is None else _Tail(job.events, emit)
    interrupted = False
    with _stop_signals() as hold:
        try:
            record_process(job, os.getpid(), foreground=tail is not None)
            spec = read_spec(job.spec)
            if kind_of(spec.kind).keeps_record:
                # what would lose the result is better known before the work
                RunStore(job.data.runs).prepare()
            with _machine(job, spec, tail):
                end = _work(job, entry, tail)
        except KeyboardInterrupt:
            interrupted = True
            end = _End("cancelled", "interrupted at the keyboard")
        except _Stopped as stop:
            end = _End("failed", f"its process was stopped from outside ({stop})")
        except (SerError, OSError) as error:
            end = _failed(error)
        hold()
        _finish(job, end)
    if tail is not None:
        tail.pump()
    if interrupted:
        raise KeyboardInterrupt
    return view(job.job_id, job.data)


def _work(job: JobFolder, entry: Entry, tail: _Tail | None) -> _End:
    """Let the child do the work; return how it ended."""
    with EventWriter(job.events) as writer:
        writer.write({"type": "started"})
    kills = memory_kills()
    with start_work(job, entry) as child, time_limit(job):
        try:
            message = _watch(job, child, tail)
        except BaseException:
            # before Popen waits for it, which could take for ever
            end_processes(lambda: job_processes(job.job_id, roots=roots_of(job)))
            raise
    status = child.returncode
    if status == 0 and job.part.exists():
        return _End("done")
    after = memory_kills()
    memory = kills is not None and after is not None and after > kills
    return _why(message, status, memory=memory, log=job.log)


def _watch(job: JobFolder, child: subprocess.Popen[bytes], tail: _Tail | None) -> bytes:
    """Wait until the child has ended; return what it says about a failure."""
    identity = identify(child.pid)
    work = None if identity is None else identity.to_json()
    write_json(job.started, {"started_utc": now_utc(), "work": work})
    while tail is not None and child.poll() is None:
        tail.pump()
        time.sleep(_FOREGROUND_POLL_S)
    message = b"" if child.stdout is None else child.stdout.read()
    child.wait()
    return message


def _finish(job: JobFolder, end: _End) -> None:
    """End what still runs, write the final state and remove the scratch space."""
    ended = end_processes(lambda: job_processes(job.job_id, roots=roots_of(job)))
    remove_semaphores(ended)
    if end.state == "done":
        try:
            if _complete(job):
                add_event(job, {"type": "finished"})
        except (SerError, OSError) as error:
            end = _failed(error)
    if end.state != "done":
        with suppress(OSError):  # nothing can be written: whoever looks derives it
            conclude(job, state=end.state, reason=end.reason, error=end.error)
    job.clean()


def _complete(job: JobFolder) -> bool:
    """Make the result count, unless the job was cancelled meanwhile."""
    spec = read_spec(job.spec)
    with jobs_lock(job.data):
        if job.ended():
            return False
        if kind_of(spec.kind).keeps_record:
            record = json.loads(job.part.read_text(encoding="utf-8"))
            RunStore(job.data.runs).add(record)
        job.part.replace(job.result)
    if spec.kind in MAKES_OWNED or kind_of(spec.kind).keeps_record:
        result = json.loads(job.result.read_text(encoding="utf-8"))
        claim_result(job_owner(job), result, data=job.data)
    return True


@contextmanager
def _machine(job: JobFolder, spec: JobSpec, tail: _Tail | None) -> Iterator[None]:
    """Wait for the ticket's turn and hold the machine; at once where not needed."""
    if not kind_of(spec.kind).needs_machine:
        yield
        return
    _queue(job, tail)
    lock = filelock.FileLock(job.data.jobs / ".machine", poll_interval=0.05)
    while not lock.is_locked:
        _refuse_if_ended(job)
        try:
            lock.acquire(timeout=_POLL_S)
        except filelock.Timeout:
            continue  # the job before is still clearing up
    try:
        sweep(job.data)
        yield
    finally:
        lock.release()


def _queue(job: JobFolder, tail: _Tail | None) -> None:
    """Wait until every earlier job has ended or died, and say how many there are."""
    # tickets only grow, so nothing can come in front later
    before = ahead_of(job, job_folders(job.data))
    said = 0
    while True:
        _refuse_if_ended(job)
        for other in before:
            if not other.ended() and not waits_for(other):
                settle(other)
        before = [other for other in before if waits_for(other)]
        if not before:
            return
        if len(before) != said:
            said = len(before)
            with EventWriter(job.events) as writer:
                writer.write({"type": "queued", "ahead": said})
        if tail is not None:
            tail.pump()
        time.sleep(_POLL_S)


def _refuse_if_ended(job: JobFolder) -> None:
    """Stop waiting for a job that was cancelled meanwhile."""
    if job.ended():
        raise JobError(f"job {job.job_id} was cancelled while it waited")


class _Tail:
    """Hand on the events that were appended to a job's file."""

    def __init__(self, path: Path, emit: Callable[[Event], None]) -> None:
        self._path = path
        self._emit = emit
        self._offset = 0

    def pump(self) -> None:
        """Hand on what is new."""
        while True:
            events, offset = read_event_file(self._path, self._offset)
            for event in events:
                self._emit(event)
            if offset == self._offset:
                return
            self._offset = offset


@contextmanager
def _stop_signals() -> Iterator[Callable[[], None]]:
    """Turn the signals that end a process into an exception, until held back."""
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    names = [n for n in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, n)]
    numbers = [signal.Signals[name] for name in names]

    def stop(number: int, _frame: FrameType | None) -> None:
        raise _Stopped(signal.Signals(number).name)

    def hold() -> None:
        # from here on the job is being ended anyway
        for number in (*numbers, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)

    before = {n: signal.getsignal(n) for n in (*numbers, signal.SIGINT)}
    for number in numbers:
        signal.signal(number, stop)
    try:
        yield hold
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _why(message: bytes, status: int, *, memory: bool, log: Path) -> _End:
    """Say why the child failed: in its own words, else by how it ended."""
    try:
        words = json.loads(message)
        return _End("failed", str(words["reason"]), str(words["error"]))
    except (ValueError, KeyError, TypeError):
        return _End("failed", _how(status, memory=memory, log=log))


def _how(status: int, *, memory: bool, log: Path) -> str:
    """Say how a child ended that could not say it itself."""
    if status < 0:
        name = _signal_name(-status)
        if memory and -status == signal.SIGKILL:
            return (
                "memory ran out and the system killed it; use fewer files or workers, "
                "or close other programs"
            )
        if name in ("SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"):
            return f"its work was ended from outside ({name}); start it again"
        return f"its work crashed ({name}); see '{log}'"
    return f"its work ended with exit code {status} and no result; see '{log}'"


def _signal_name(number: int) -> str:
    """Name a signal."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _failed(error: SerError | OSError) -> _End:
    """Put an error in words for the person who started the job."""
    if isinstance(error, OSError):
        text = f"writing failed ({error}); free disk space and start it again"
        return _End("failed", text)
    return _End("failed", str(error), type(error).__name__)
