"""A float32 matrix in one .npy file: written row by row, read through a memory map."""

from __future__ import annotations

import errno
import hashlib
import mmap
import os
import shutil
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from ser_core.errors import ParameterError, SerError

_MAGIC: Final = b"\x93NUMPY\x01\x00"
_HEADER_BYTES: Final = 128
_BUFFER_BYTES: Final = 2**20
_GATHER_BYTES: Final = 2**25
_READ_BYTES: Final = 2**22

_NO_SPACE: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class MatrixWriter:
    """Write rows into an .npy file whose number of rows is not known beforehand.

    A context manager: left without an error, the file is complete and on the disk;
    left with one, it is gone, or has no header yet if it is to be continued.

    Parameters
    ----------
    path : Path
        The file; overwritten, apart from the rows that are kept.
    n_columns : int
        Values a row.
    kept : sequence of int, default ()
        CRC-32 of the rows that an interrupted writer wrote. They stay, up to the first
        one that is missing or different.
    keep_on_error : bool, default False
        Whether rows stay for another writer after an error. They never stay after a
        failed write.

    Attributes
    ----------
    n_rows : int
        Rows so far, the kept ones included.

    Notes
    -----
    Rows are written, not assigned to a memory map: on a full disk an assignment ends
    the process (SIGBUS), while a write fails with an error. Written pages belong to
    the page cache and are no private memory of any process.

    """

    def __init__(
        self,
        path: Path,
        *,
        n_columns: int,
        kept: Sequence[int] = (),
        keep_on_error: bool = False,
    ) -> None:
        self.n_rows = 0
        self._path = path
        self._n_columns = n_columns
        self._kept = kept
        self._keep_on_error = keep_on_error
        self._digest = hashlib.sha256()
        self._stream: BinaryIO | None = None

    def __enter__(self) -> MatrixWriter:
        with told_writing(self._path):
            if self._kept and self._path.exists():
                self._stream = self._path.open("r+b", buffering=_BUFFER_BYTES)
                self._keep_rows(self._stream)
            else:
                self._stream = self._path.open("wb", buffering=_BUFFER_BYTES)
                self._stream.write(bytes(_HEADER_BYTES))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            failed_write = isinstance(error, SerError) and isinstance(
                error.__cause__, OSError
            )
            self._abandon(keep=self._keep_on_error and not failed_write)
            return
        stream = self._open_stream()
        try:
            with told_writing(self._path):
                stream.seek(0)
                stream.write(_header(self.n_rows, self._n_columns))
                stream.flush()
                os.fsync(stream.fileno())
                stream.close()
        except SerError:
            self._abandon()
            raise

    def append(self, row: npt.NDArray[np.float32]) -> int:
        """Write one row.

        Parameters
        ----------
        row : ndarray of `n_columns` values in any shape, float32
            Taken row-major.

        Returns
        -------
        crc : int
            CRC-32 of the row, by which a later writer knows it.

        Raises
        ------
        ParameterError
            The row has another size or type.
        SerError
            The file cannot be written, as on a full disk.

        """
        if row.size != self._n_columns or row.dtype != np.float32:
            raise ParameterError(
                f"a row has {row.size} values of type {row.dtype}; this matrix takes "
                f"{self._n_columns} of float32: use one feature set for all rows"
            )
        values = np.ascontiguousarray(row, dtype="<f4").tobytes()
        with told_writing(self._path):
            self._open_stream().write(values)
        self._count(values)
        return zlib.crc32(values)

    @property
    def sha256(self) -> str:
        """SHA-256 (hex) of the rows so far, as little-endian float32."""
        return self._digest.hexdigest()

    def _open_stream(self) -> BinaryIO:
        """Return the file that is being written."""
        if self._stream is None:
            raise SerError(
                f"'{self._path}' is not open for writing; use the writer in a with "
                "statement",
                path=str(self._path),
            )
        return self._stream

    def _count(self, values: bytes) -> None:
        """Count a row that is in the file."""
        self._digest.update(values)
        self.n_rows += 1

    def _keep_rows(self, stream: BinaryIO) -> None:
        """Keep the rows that are known to be whole, and cut off what follows."""
        n_bytes = self._n_columns * np.dtype(np.float32).itemsize
        stream.seek(_HEADER_BYTES)
        for crc in self._kept:
            values = stream.read(n_bytes)
            if len(values) < n_bytes or zlib.crc32(values) != crc:
                break
            self._count(values)
        stream.truncate(_HEADER_BYTES + self.n_rows * n_bytes)
        stream.seek(0, os.SEEK_END)

    def _abandon(self, *, keep: bool = False) -> None:
        """Close the file, and remove it unless it is to be continued."""
        if self._stream is not None:
            try:
                self._stream.close()
            except OSError:  # the disk that was full for a row is so for the buffer
                keep = False
        if not keep:
            self._path.unlink(missing_ok=True)


def open_matrix_file(path: Path) -> npt.NDArray[np.float32]:
    """Map a matrix into memory, read-only.

    Parameters
    ----------
    path : Path
        As `MatrixWriter` made it.

    Returns
    -------
    X : ndarray (memory map) of shape (n_rows, n_columns), float32
        Not writeable. Pages are read when they are first used.

    Raises
    ------
    SerError
        The file is missing, truncated or no such matrix.

    """
    try:
        X: npt.NDArray[np.float32] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise SerError(
            f"'{path}' is missing or damaged ({error}); compute the features again",
            path=str(path),
        ) from error
    if X.ndim != 2 or X.dtype != np.float32:
        raise SerError(
            f"'{path}' holds {X.dtype} of shape {X.shape}, and a matrix of float32 is "
            "needed; compute the features again",
            path=str(path),
        )
    return X


def file_sha256(path: Path) -> str:
    """Return the SHA-256 (hex) of a matrix file's rows, its header left out."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        stream.seek(_HEADER_BYTES)
        while block := stream.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()


def file_size(n_rows: int, n_columns: int) -> int:
    """Return how many bytes a matrix of this shape takes on the disk."""
    return _HEADER_BYTES + n_rows * n_columns * np.dtype(np.float32).itemsize


def gather_rows(
    X: npt.NDArray[np.float32], rows: npt.NDArray[np.intp]
) -> npt.NDArray[np.float32]:
    """Copy rows, without keeping the pages of a memory map that they came from.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32
        A memory map or any other array.
    rows : ndarray of shape (n_rows,), int

    Returns
    -------
    part : ndarray of shape (n_rows, n_features), float32
        Equal to ``X[rows]``, in memory of its own.

    """
    part = np.empty((len(rows), X.shape[1]), dtype=X.dtype)
    step = max(1, _GATHER_BYTES // max(1, X.shape[1] * X.itemsize))
    for start in range(0, len(rows), step):
        np.take(X, rows[start : start + step], axis=0, out=part[start : start + step])
        release_pages(X)
    return part


def release_pages(X: npt.NDArray[Any]) -> None:
    """Let the pages of a memory map go; they stay in the system's page cache.

    They count as resident memory of this process from when they are read on. Nothing
    happens to arrays that are no memory map, and where the platform cannot do it.
    """
    base: Any = X
    while base is not None and not isinstance(base, mmap.mmap):
        base = getattr(base, "base", None)
    advice = getattr(mmap, "MADV_DONTNEED", None)
    if base is not None and advice is not None:
        base.madvise(advice)


@contextmanager
def told_writing(path: Path) -> Iterator[None]:
    """Put into words why a file cannot be written.

    Raises
    ------
    SerError
        In place of an `OSError`.

    """
    try:
        yield
    except OSError as error:
        remedy = "change its permissions"
        if error.errno in _NO_SPACE:
            remedy = f"{_free_bytes(path.parent) / 1e6:,.0f} MB are free: make room"
        raise SerError(
            f"features cannot be written to '{path.parent}' ({error.strerror}); "
            f"{remedy}, or choose a folder on another disk (the data folder by "
            "--data-dir or SER_LAB_HOME). Nothing half-written is kept",
            path=str(path.parent),
        ) from error


def check_space(folder: Path, *, needed_bytes: int) -> None:
    """Refuse work whose result would not fit on the disk.

    Raises
    ------
    SerError
        Less is free than needed.

    """
    free = _free_bytes(folder)
    if free < needed_bytes:
        raise SerError(
            f"the features need {needed_bytes / 1e6:,.0f} MB in '{folder}', and "
            f"{free / 1e6:,.0f} MB are free; make room, take fewer files, or give a "
            "folder on another disk with --data-dir or SER_LAB_HOME",
            path=str(folder),
        )


def _free_bytes(folder: Path) -> int:
    """Return the free space in bytes where a folder lies or will lie."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _header(n_rows: int, n_columns: int) -> bytes:
    """Return an .npy header (format 1.0) of fixed length."""
    text = (
        "{'descr': '<f4', 'fortran_order': False, "
        f"'shape': ({n_rows}, {n_columns}), }}"
    )
    length = _HEADER_BYTES - len(_MAGIC) - 2
    body = text.ljust(length - 1).encode("latin1") + b"\n"
    return _MAGIC + struct.pack("<H", length) + body
