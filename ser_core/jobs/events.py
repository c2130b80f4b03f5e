"""Events of a job: whole lines appended to a file that stays small."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ser_core.errors import ParameterError
from ser_core.jobs.folder import open_job
from ser_core.store.data_folder import DataFolder

Event = dict[str, Any]

READ_BYTES: Final = 1024 * 1024
"""The most that one `read_events` reads."""

LINE_BYTES: Final = 256 * 1024
"""The longest line; a longer event is replaced by a warning that names it."""

_THINNED: Final = frozenset({"sample", "progress"})


class EventWriter:
    """Append events to a job's file.

    Each event is one line and one write, so that a reader never meets half a line
    from two writers. Past each further `thin_bytes` of the file, half as many samples
    and progress reports are kept as before; at sixteen times `thin_bytes` none are,
    so that a run of days does not fill the disk.

    Parameters
    ----------
    path : Path
        The file; made where missing. A line that an earlier writer left torn is
        closed first.
    thin_bytes : int
        Size in bytes at which thinning begins.

    Raises
    ------
    OSError
        The file cannot be opened, or (from `write`) the disk is full.

    """

    def __init__(self, path: Path, *, thin_bytes: int = 4 * 1024 * 1024) -> None:
        self._thin_bytes = thin_bytes
        self._seen = 0
        self._lock = threading.Lock()
        self._file = path.open("a+b", buffering=0)
        size = self._file.seek(0, 2)
        if size:
            self._file.seek(size - 1)
            if self._file.read(1) != b"\n":
                self._file.write(b"\n")

    def write(self, event: Mapping[str, Any]) -> None:
        """Append one event; ``t`` (unix seconds) is added where missing."""
        with self._lock:
            if event.get("type") in _THINNED and not self._keeps():
                return
            line = _line({"t": time.time(), **event})
            if len(line) > LINE_BYTES:
                message = f"event {event.get('type')!r} of {len(line)} bytes left out"
                line = _line(
                    {
                        "t": time.time(),
                        "type": "log",
                        "level": "warning",
                        "message": message,
                    }
                )
            written = self._file.write(line)
            if written != len(line):
                # a full disk takes a part first; the next write says why
                self._file.write(line[written:])

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> EventWriter:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _keeps(self) -> bool:
        """Decide whether the next sample or progress report is kept."""
        level = self._file.seek(0, 2) // self._thin_bytes
        self._seen += 1
        return level < 16 and self._seen % (1 << level) == 0


def _line(event: Event) -> bytes:
    """Encode one event as a line."""
    return json.dumps(event, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def read_events(
    job_id: str, data: DataFolder, *, offset: int = 0
) -> tuple[list[Event], int]:
    """Read the events that were appended since a place in the file.

    Parameters
    ----------
    job_id : str
        The job.
    data : DataFolder
        The data folder.
    offset : int
        Bytes already read: 0, or what an earlier call returned.

    Returns
    -------
    events : list of dict
        In the order written, at most `READ_BYTES` of them: call again until the
        offset stays. A last line that is not finished waits for the next call, a
        damaged line is left out.
    offset : int
        Where the next call goes on.

    Raises
    ------
    JobError
        No such job.
    ParameterError
        The offset is negative.

    """
    if offset < 0:
        raise ParameterError(f"offset = {offset} is negative; begin with 0")
    return read_event_file(open_job(job_id, data).events, offset)


def read_event_file(path: Path, offset: int) -> tuple[list[Event], int]:
    """Read a piece of an events file; nothing where it does not exist yet."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            piece = file.read(READ_BYTES)
    except FileNotFoundError:
        return [], offset
    end = piece.rfind(b"\n") + 1
    if not end and len(piece) == READ_BYTES:
        return [], offset + len(piece)  # no event is that long: damage, passed over
    events = [_parse(line) for line in piece[:end].splitlines()]
    return [event for event in events if event is not None], offset + end


def _parse(line: bytes) -> Event | None:
    """Parse one line; None where it is damaged."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and "type" in event else None
