"""The folder of one job: its files, safe names, atomic writes, the short lock."""

from __future__ import annotations

import json
import math
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import filelock

from ser_core.errors import JobError
from ser_core.store.data_folder import DataFolder

_JOB_ID: Final = re.compile(r"[0-9a-f]{32}")

RESERVE_BYTES: Final = 64 * 1024
"""Kept on the disk so that a failure can still be written when it is full."""

# A unix socket's path holds at most 107 bytes; multiprocessing puts
# "/pymp-xxxxxxxx/listener-xxxxxxxx" below the temporary folder.
_LONGEST_TEMPORARY: Final = 72

_LOCK_TIMEOUT_S: Final = 60.0


@dataclass(frozen=True)
class JobFolder:
    """Name the files of one job.

    Attributes
    ----------
    path : Path
        Absolute path of ``jobs/<id>``.

    """

    path: Path

    @property
    def job_id(self) -> str:
        """The job's id, 32 hexadecimal characters."""
        return self.path.name

    @property
    def data(self) -> DataFolder:
        """The data folder that this job belongs to."""
        return DataFolder(self.path.parent.parent)

    @property
    def spec(self) -> Path:
        """What to do."""
        return self.path / "spec.json"

    @property
    def ticket(self) -> Path:
        """Place in the queue, time of submission and who submitted."""
        return self.path / "ticket.json"

    @property
    def process(self) -> Path:
        """Pid and start time of the job's process."""
        return self.path / "process.json"

    @property
    def started(self) -> Path:
        """Written when the job leaves the queue."""
        return self.path / "started.json"

    @property
    def events(self) -> Path:
        """Events, one JSON object a line."""
        return self.path / "events.jsonl"

    @property
    def part(self) -> Path:
        """The result before it is known to count; never shown."""
        return self.path / "result.part.json"

    @property
    def result(self) -> Path:
        """The complete result; its presence means done."""
        return self.path / "result.json"

    @property
    def outcome(self) -> Path:
        """State and reason of a job that failed or was cancelled."""
        return self.path / "outcome.json"

    @property
    def token(self) -> Path:
        """SHA-256 of the submitter's token."""
        return self.path / "token.sha256"

    @property
    def log(self) -> Path:
        """What the processes wrote to stdout and stderr."""
        return self.path / "log.txt"

    @property
    def work(self) -> Path:
        """Scratch space, removed at the end."""
        return self.path / "work"

    @property
    def reserve(self) -> Path:
        """Disk space set aside for writing a failure."""
        return self.path / "reserve"

    @property
    def temporary(self) -> Path:
        """The job's own TMPDIR: `work`, or a short path where that is too long."""
        if len(os.fsencode(self.work)) <= _LONGEST_TEMPORARY:
            return self.work
        return Path(tempfile.gettempdir()) / f"ser-lab-{self.job_id[:16]}"

    def ended(self) -> bool:
        """Tell whether a final state has been written."""
        return self.result.exists() or self.outcome.exists()

    def clean(self) -> None:
        """Remove scratch space; what cannot go now goes at the next sweep."""
        shutil.rmtree(self.work, ignore_errors=True)
        if self.temporary != self.work and owned_by_us(self.temporary):
            shutil.rmtree(self.temporary, ignore_errors=True)
        drafts = self.path.glob(".*.*")  # of writers that were killed
        for path in (self.part, self.reserve, *drafts):
            with suppress(OSError):
                path.unlink(missing_ok=True)


def owned_by_us(path: Path) -> bool:
    """Tell whether a folder is real (no link) and belongs to this user."""
    try:
        status = path.lstat()
    except OSError:
        return False
    if path.is_symlink():
        return False
    return os.name == "nt" or status.st_uid == os.geteuid()


def is_job_id(text: str) -> bool:
    """Tell whether a text has the form of a job's id.

    Examples
    --------
    >>> is_job_id("0123456789abcdef" * 2)
    True
    >>> is_job_id("../../etc/passwd")
    False

    """
    return _JOB_ID.fullmatch(text) is not None


def open_job(job_id: str, data: DataFolder) -> JobFolder:
    """Find a job's folder.

    Raises
    ------
    JobError
        The id has not the form of one, or no such job exists.

    """
    if not isinstance(job_id, str) or not is_job_id(job_id):
        shown = repr(job_id) if len(repr(job_id)) <= 60 else repr(job_id)[:60] + "…"
        raise JobError(
            f"job id = {shown} is not one; it has 32 hexadecimal characters (0-9a-f)"
        )
    folder = JobFolder(data.jobs / job_id)
    if not folder.ticket.is_file():
        raise JobError(
            f"job {job_id} is not in this data folder; it was removed, or belongs to "
            "another one (--data-dir, SER_LAB_HOME)",
            path=str(data.jobs),
        )
    return folder


def job_folders(data: DataFolder) -> list[JobFolder]:
    """List the folders of all jobs, in no order."""
    try:
        entries = list(data.jobs.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise JobError(
            f"jobs folder '{data.jobs}' cannot be read ({error.strerror}); check its "
            "permissions or give another data folder with --data-dir"
        ) from error
    return [
        JobFolder(path)
        for path in entries
        if is_job_id(path.name) and (path / "ticket.json").is_file()
    ]


@contextmanager
def jobs_lock(data: DataFolder) -> Iterator[None]:
    """Hold the lock under which tickets are issued and final states written.

    It is held for milliseconds only and never while anything runs.

    Raises
    ------
    JobError
        The lock cannot be made, or someone holds it for a minute.

    """
    path = data.jobs / ".lock"
    lock = filelock.FileLock(path, timeout=_LOCK_TIMEOUT_S, poll_interval=0.02)
    try:
        lock.acquire()
    except filelock.Timeout as error:
        raise JobError(
            f"lock '{path}' was held for {_LOCK_TIMEOUT_S:.0f} s; another program "
            "hangs while holding it"
        ) from error
    except (OSError, NotImplementedError) as error:
        raise JobError(
            f"lock '{path}' cannot be taken ({error}); the data folder must lie on a "
            "writable disk that supports locks (--data-dir, SER_LAB_HOME)"
        ) from error
    try:
        yield
    finally:
        lock.release()


def write_json(path: Path, document: Any) -> None:
    """Write JSON so that the file is either whole or absent.

    Numbers that JSON does not know (NaN, infinities) become null.

    Raises
    ------
    OSError
        The disk is full or not writable; nothing is left behind.

    """
    try:
        text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(document), ensure_ascii=False, allow_nan=False)
    write_whole(path, text.encode("utf-8", "surrogateescape"))


def write_whole(path: Path, content: bytes) -> None:
    """Write bytes beside their place, then move them there."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def read_json(path: Path) -> dict[str, Any] | None:
    """Read one of a job's small files.

    Returns
    -------
    document : dict or None
        None where the file is missing.

    Raises
    ------
    JobError
        The file is there but damaged or unreadable.

    """
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise JobError(f"'{path}' is damaged ({error})", path=str(path)) from error
    if not isinstance(document, dict):
        raise JobError(f"'{path}' is damaged (no JSON object)", path=str(path))
    return document


def now_utc() -> str:
    """Return the present time in UTC, ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _finite(value: Any) -> Any:
    """Replace numbers that JSON does not know by null, at any depth."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value
