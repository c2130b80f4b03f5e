"""The feature store: one folder an entry, with a matrix and an index."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import filelock
import numpy as np
import numpy.typing as npt

from ser_core.errors import ParameterError, SerError
from ser_core.store.entry_writer import (
    PART_SUFFIX,
    VALUES,
    Document,
    EntryWriter,
    open_part,
)
from ser_core.store.matrix_file import (
    file_sha256,
    file_size,
    open_matrix_file,
    told_writing,
)

INDEX_VERSION: Final = 1
"""Raised when the index is laid out differently; older entries are made again."""

_INDEX: Final = "index.json"
_PART_KEPT_S: Final = 7 * 24 * 3600
_KEY: Final = re.compile(r"[0-9a-f]{64}")
_POLL_S: Final = 0.1


@dataclass(frozen=True, kw_only=True, eq=False)
class StoredMatrix:
    """One complete entry.

    Attributes
    ----------
    key : str
        64 hexadecimal digits.
    path : Path
        The file of the values.
    X : ndarray (memory map) of shape (n_rows, n_columns), float32
        Read-only.
    document : mapping
        What was stored beside the values, plain JSON.
    sha256 : str
        SHA-256 (hex) of the rows as little-endian float32.

    """

    key: str
    path: Path
    X: npt.NDArray[np.float32]
    document: Document
    sha256: str


class FeatureStore:
    """Keep matrices with what is known about their rows.

    Parameters
    ----------
    folder : Path
        ``features`` of the data folder; made when something is first written.

    Notes
    -----
    An entry is written into a folder beside its place and moved there when it is
    complete and on the disk, so that an entry is there as a whole or not at all. What
    an interrupted process had written is continued by the next one.
    Should values or index be damaged later (another size, a changed file whose
    checksum differs), the entry counts as missing, and is made again.

    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def folder(self) -> Path:
        """Where the entries lie."""
        return self._folder

    def open(self, key: str) -> StoredMatrix | None:
        """Open an entry.

        Parameters
        ----------
        key : str
            64 hexadecimal digits.

        Returns
        -------
        stored : StoredMatrix or None
            None where it is missing or damaged.

        Raises
        ------
        ParameterError
            The key is malformed.

        """
        place = self._place(key)
        index = _read_index(place / _INDEX)
        if index is None or not _values_are_whole(place / VALUES, index["values"]):
            return None
        return StoredMatrix(
            key=key,
            path=place / VALUES,
            X=open_matrix_file(place / VALUES),
            document=index["document"],
            sha256=index["values"]["sha256"],
        )

    @contextlib.contextmanager
    def locked(
        self, key: str, *, on_wait: Callable[[], None] | None = None
    ) -> Iterator[None]:
        """Keep every other process from writing an entry.

        Parameters
        ----------
        key : str
            64 hexadecimal digits.
        on_wait : callable, optional
            Called once when another one holds the entry and it takes waiting.

        Raises
        ------
        SerError
            The folder cannot be written.

        """
        place = self._place(key)
        lock = filelock.FileLock(place.with_name(f"{key}.lock"), poll_interval=_POLL_S)
        with told_writing(place):
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire(timeout=0)
            except filelock.Timeout:
                if on_wait is not None:
                    on_wait()
                lock.acquire()
        try:
            yield
        finally:
            lock.release()

    @contextlib.contextmanager
    def writing(self, key: str, *, n_columns: int) -> Iterator[EntryWriter]:
        """Write an entry; the caller holds its lock.

        The entry takes its place when the block is left without an error and the
        writer was told its document. Otherwise, and when the process is killed, the
        rows stay beside it for a week, and the next writer continues after them;
        after a failed write, as on a full disk, nothing stays.

        Parameters
        ----------
        key : str
            64 hexadecimal digits.
        n_columns : int
            Values a row.

        Yields
        ------
        writer : EntryWriter
            Takes the rows, and the document at the end.

        Raises
        ------
        SerError
            The folder cannot be written, as on a full disk.

        """
        place = self._place(key)
        part = place.with_name(key + PART_SUFFIX)
        self._remove_old_parts()
        writer: EntryWriter | None = None
        try:
            with told_writing(part):
                part.mkdir(parents=True, exist_ok=True)
            with open_part(part, n_columns=n_columns) as writer:
                yield writer
            with told_writing(part):
                _write_index(part, writer, n_columns=n_columns)
                writer.journal_path.unlink()
                _remove(place)
                part.replace(place)
                _sync_folder(self._folder)
        finally:
            if not (part / VALUES).exists() or writer is None or writer.n_rows == 0:
                _remove(part)

    def remove(self, key: str) -> None:
        """Remove an entry; the caller holds its lock. Nothing happens without one."""
        _remove(self._place(key))

    def keys(self) -> list[str]:
        """List the keys of the entries, sorted."""
        if not self._folder.is_dir():
            return []
        return sorted(p.name for p in self._folder.iterdir() if _KEY.fullmatch(p.name))

    def _remove_old_parts(self) -> None:
        """Remove what was left unfinished and is not continued any more."""
        for part in self._folder.glob(f"*{PART_SUFFIX}"):
            with contextlib.suppress(OSError):  # another process is at it
                if time.time() - part.stat().st_mtime > _PART_KEPT_S:
                    _remove(part)

    def _place(self, key: str) -> Path:
        """Return an entry's folder."""
        if not _KEY.fullmatch(key):
            raise ParameterError(
                f"key = {key!r} is not the key of a feature matrix; give the 64 "
                "hexadecimal digits that a record or the store lists"
            )
        return self._folder / key


def _write_index(folder: Path, writer: EntryWriter, *, n_columns: int) -> None:
    """Write what makes an entry complete, and bring it to the disk."""
    if writer.document is None:
        raise SerError("the rows of a feature matrix have no document; call finish")
    state = (folder / VALUES).stat()
    body = json.dumps(
        {
            "version": INDEX_VERSION,
            "created_utc": datetime.now(UTC).isoformat(timespec="seconds"),
            "values": {
                "n_rows": writer.n_rows,
                "n_columns": n_columns,
                "sha256": writer.sha256,
                "mtime_ns": state.st_mtime_ns,
            },
            "document": writer.document,
        },
        allow_nan=False,
        ensure_ascii=False,
    ).encode()
    digest = hashlib.sha256(body).hexdigest().encode()
    with (folder / _INDEX).open("wb") as stream:
        stream.write(digest + b"\n" + body)
        stream.flush()
        os.fsync(stream.fileno())
    _sync_folder(folder)


def _read_index(path: Path) -> dict[str, Any] | None:
    """Read an index; None where it is missing, torn or of another version."""
    try:
        digest, _, body = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    if hashlib.sha256(body).hexdigest().encode() != digest:
        return None
    index: dict[str, Any] = json.loads(body)
    return index if index["version"] == INDEX_VERSION else None


def _values_are_whole(path: Path, expected: Mapping[str, Any]) -> bool:
    """Tell whether a file of values is the one that was written.

    The whole file is only read where its time differs from the one written down: a
    copy, or damage.
    """
    try:
        state = path.stat()
        if state.st_size != file_size(expected["n_rows"], expected["n_columns"]):
            return False
        unchanged = bool(state.st_mtime_ns == expected["mtime_ns"])
        return unchanged or file_sha256(path) == str(expected["sha256"])
    except OSError:
        return False


def _remove(folder: Path) -> None:
    """Remove a folder if it is there."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)


def _sync_folder(folder: Path) -> None:
    """Bring a folder's list of names to the disk, where the platform has that."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
