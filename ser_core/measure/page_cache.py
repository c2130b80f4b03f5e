"""Bring files into the system's page cache, or throw them out of it."""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

_BLOCK_BYTES: Final = 1 << 20
_WARM_SHARE: Final = 0.5
"""Share of the available memory that a corpus may take to stay cached."""


@dataclass(frozen=True, kw_only=True)
class DropReport:
    """What dropping files from the page cache achieved.

    Attributes
    ----------
    n_files : int
        Files whose pages the kernel was asked to drop.
    dropped_bytes, left_bytes : int or None
        Bytes that were in memory and went, and that stayed, because another
        process maps them; None where residency cannot be read, which is so for
        files of another owner.
    reason : str or None
        Why nothing, or not everything, could be done.

    """

    n_files: int
    dropped_bytes: int | None
    left_bytes: int | None
    reason: str | None = None


def cold_unavailable_reason() -> str | None:
    """Say why the page cache cannot be dropped here; None where it can."""
    if hasattr(os, "posix_fadvise"):
        return None
    return (
        "this system has no posix_fadvise, so pages of single files cannot be "
        "dropped; only a warm page cache can be measured"
    )


def drop_page_cache(paths: Iterable[Path | str]) -> DropReport:
    """Ask the kernel to drop the pages of these files; no privilege is needed.

    Parameters
    ----------
    paths : iterable of path
        Files; those that cannot be opened are passed over, because reading them is
        what the measured work reports.

    Returns
    -------
    report : DropReport

    Notes
    -----
    A page that was just written is only dropped once it is on the disk, so a file
    with pages left is synchronised and asked for a second time.

    """
    reason = cold_unavailable_reason()
    if reason is not None:
        return DropReport(n_files=0, dropped_bytes=None, left_bytes=None, reason=reason)
    n_files = dropped = left = 0
    known = True
    resident = _residency_reader()
    for descriptor in _open_each(paths):
        n_files += 1
        before = resident(descriptor) if resident else None
        after = _drop(descriptor, resident)
        if before is None or after is None:
            known = False
        else:
            dropped += max(0, before - after)
            left += after
    if not known:
        return DropReport(
            n_files=n_files,
            dropped_bytes=None,
            left_bytes=None,
            reason="how much was in memory cannot be read for these files here",
        )
    return DropReport(n_files=n_files, dropped_bytes=dropped, left_bytes=left)


def resident_bytes(paths: Iterable[Path | str]) -> int | None:
    """Return how much of these files the page cache holds, None if not known."""
    resident = _residency_reader()
    if resident is None:
        return None
    total = 0
    for descriptor in _open_each(paths):
        held = resident(descriptor)
        if held is None:
            return None
        total += held
    return total


def warm_page_cache(paths: Iterable[Path | str]) -> str | None:
    """Read the files once, so that no repetition is the one that waits for the disk.

    Parameters
    ----------
    paths : iterable of path
        Files; those that cannot be opened are passed over.

    Returns
    -------
    reason : str or None
        Why the files were not read: they take more than half of the memory that is
        available, and would push each other out.

    """
    files = [Path(path) for path in paths]
    size = sum(_size(path) for path in files)
    available = psutil.virtual_memory().available
    if size > _WARM_SHARE * available:
        return (
            f"the files take {size / 1e9:.1f} GB and {available / 1e9:.1f} GB of "
            "memory are available, so each repetition reads them from the disk again"
        )
    block = bytearray(_BLOCK_BYTES)
    for path in files:
        try:
            with path.open("rb", buffering=0) as stream:
                while stream.readinto(block):
                    pass
        except OSError:
            continue
    return None


def _open_each(paths: Iterable[Path | str]) -> Iterator[int]:
    """Yield a descriptor of each file that can be opened, and close it after use."""
    for path in paths:
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except OSError:
            continue
        try:
            yield descriptor
        finally:
            os.close(descriptor)


def _size(path: Path) -> int:
    """Return a file's size in bytes, 0 where it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _drop(descriptor: int, resident: Callable[[int], int | None] | None) -> int | None:
    """Drop one file's pages and return the bytes that stayed."""
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    left = resident(descriptor) if resident else None
    if left != 0:
        # a file system that cannot synchronise has no unwritten pages to keep
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        left = resident(descriptor) if resident else None
    return left


def _residency_reader() -> Callable[[int], int | None] | None:
    """Return a function that counts a file's bytes in memory, where there is one."""
    if not psutil.LINUX:
        return None
    mincore = ctypes.CDLL(None, use_errno=True).mincore
    mincore.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p)

    def resident(descriptor: int) -> int | None:
        status = os.fstat(descriptor)
        if status.st_size == 0:
            return 0
        # the kernel calls every page of a stranger's file resident
        if status.st_uid != os.geteuid() and os.geteuid() != 0:
            return None
        # a private, writable mapping, because ctypes takes no address of another;
        # nothing is written, so the pages asked about are the file's own
        with mmap.mmap(descriptor, 0, access=mmap.ACCESS_COPY) as view:
            start = ctypes.c_char.from_buffer(view)
            pages = -(-status.st_size // mmap.PAGESIZE)
            held = ctypes.create_string_buffer(pages)
            failed = mincore(ctypes.addressof(start), status.st_size, held)
            del start  # else the mapping could not be closed
        if failed:
            return None
        # the lowest bit of each byte tells; the others are undefined
        return sum(byte & 1 for byte in held.raw) * mmap.PAGESIZE

    return resident
