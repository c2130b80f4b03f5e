"""Unpack a stranger's zip archive: all of it, or nothing."""

from __future__ import annotations

import errno
import re
import shutil
import stat
import sys
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from ser_core.corpora.reserved_names import allowed_here
from ser_core.errors import CorpusError

Unpacked = Callable[[int, int], None]

_COPY_BYTES: Final = 1 << 20
_ENCRYPTED: Final = 0x1
_MARGIN_BYTES: Final = 32 << 20
_LONGEST_PART: Final = 255
_FORBIDDEN: Final = re.compile(r'[\x00-\x1f\x7f:*?"<>|]')


class ArchiveError(CorpusError):
    """An archive is damaged or not to be trusted; trying it again will not help."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What an archive may hold at most.

    Attributes
    ----------
    entries : int
        Number of files and folders.
    total_bytes : int
        Unpacked size of all of them.
    ratio : float
        Unpacked size through the archive's size. Speech reaches 3, digital silence
        1,000, a bomb a million.

    """

    entries: int = 200_000
    total_bytes: int = 64 << 30
    ratio: float = 100.0


@dataclass(frozen=True, slots=True)
class _Entry:
    """One file of the archive and where it goes below the target."""

    info: zipfile.ZipInfo
    path: PurePosixPath


def unpack(
    archive: Path,
    target: Path,
    *,
    limits: Limits | None = None,
    progress: Unpacked | None = None,
) -> int:
    """Unpack a zip archive into a folder that does not exist yet.

    Everything is checked before the first byte is written, then written to a folder
    beside the target, which gets the target's name at the end.

    Parameters
    ----------
    archive : Path
        The zip file.
    target : Path
        Folder to make. Where the archive holds nothing but one folder of this name,
        that folder's content becomes the target's.
    limits : Limits, optional
        What is allowed.
    progress : callable, optional
        Called as ``progress(done_bytes, total_bytes)``; what it raises ends the
        work and leaves nothing behind.

    Returns
    -------
    n_files : int
        Files unpacked; hidden ones of macOS (``__MACOSX``) are passed over.

    Raises
    ------
    ArchiveError
        The archive is damaged, encrypted, too large, or holds links or names that
        lead elsewhere or meet each other.
    CorpusError
        The target exists, the folder cannot be written, the disk is too full.

    """
    if target.exists():
        raise CorpusError(
            f"'{target}' exists already; remove or rename it first", path=str(target)
        )
    partial = target.with_name(f".{target.name}.unpacking")
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = _checked(opened, archive, limits or Limits())
            _check_space(entries, archive, target.parent)
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            _write(opened, entries, partial, progress)
        _content(partial, target.name).rename(target)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise ArchiveError(
            f"'{archive}' is damaged or no zip archive ({error}); remove it and "
            "download it again",
            path=str(archive),
        ) from error
    except OSError as error:
        remedy = (
            "free some space and start again"
            if error.errno in (errno.ENOSPC, errno.EDQUOT)
            else "check the folder's permissions and start again"
        )
        raise CorpusError(
            f"'{archive}' cannot be unpacked to '{target}' ({error.strerror}); "
            f"{remedy}",
            path=str(archive),
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return len(entries)


def _checked(opened: zipfile.ZipFile, archive: Path, limits: Limits) -> list[_Entry]:
    """Return the files of an archive in which nothing is wrong."""
    infos = opened.infolist()
    if len(infos) > limits.entries:
        raise _refused(
            archive, f"it holds {len(infos):,} entries, {limits.entries:,} are allowed"
        )
    total = sum(info.file_size for info in infos)
    if total > limits.total_bytes:
        raise _refused(
            archive,
            f"it unpacks to {total:,} bytes, {limits.total_bytes:,} are allowed",
        )
    size = archive.stat().st_size
    if total > limits.ratio * size:
        raise _refused(
            archive,
            f"it unpacks to {total / size:,.0f} times its size, as a zip bomb does; "
            f"up to {limits.ratio:,.0f} times is allowed",
        )
    entries = []
    taken: dict[str, str] = {}
    seen: set[str] = set()
    for info in infos:
        path = _path(info, archive)
        if path.parts and path.parts[0] == "__MACOSX":
            continue
        _check_kind(info, archive)
        _check_taken(taken, seen, path, info, archive)
        if not info.is_dir():
            entries.append(_Entry(info, path))
    if not entries:
        raise _refused(archive, "it holds no files")
    return entries


def _refused(archive: Path, reason: str) -> ArchiveError:
    """Make the error for an archive that is not to be trusted."""
    return ArchiveError(
        f"'{archive}' is not unpacked: {reason}; get it from the corpus's own site",
        path=str(archive),
    )


def _path(info: zipfile.ZipInfo, archive: Path) -> PurePosixPath:
    """Return where an entry goes, and refuse every way out of the target."""
    # The stored name: ZipInfo.filename is cut at a NUL, which hides what follows.
    name = info.orig_filename.replace("\\", "/")
    shown = f"entry {name[:120]!r}"
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        raise _refused(archive, f"{shown} has an absolute name")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise _refused(archive, f"{shown} leads out of the folder")
    for part in parts:
        if _FORBIDDEN.search(part) or part != part.rstrip(" ."):
            raise _refused(archive, f"{shown} has a name that not every system allows")
        if len(part.encode("utf-8", "surrogateescape")) > _LONGEST_PART:
            raise _refused(archive, f"{shown} has a name of over 255 bytes")
    if not parts:
        raise _refused(archive, f"{shown} has no name")
    return allowed_here(PurePosixPath(*parts), platform=sys.platform)


def _check_kind(info: zipfile.ZipInfo, archive: Path) -> None:
    """Refuse links, devices and encrypted entries."""
    shown = f"entry {info.filename[:120]!r}"
    if info.flag_bits & _ENCRYPTED:
        raise _refused(archive, f"{shown} is encrypted")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _refused(archive, f"{shown} is a link or a device, not a file")


def _check_taken(
    taken: dict[str, str],
    seen: set[str],
    path: PurePosixPath,
    info: zipfile.ZipInfo,
    archive: Path,
) -> None:
    """Refuse names that are one and the same on some system.

    `taken` maps each folded path to how it is written; folders end with a slash.
    """
    for depth in range(1, len(path.parts) + 1):
        part = PurePosixPath(*path.parts[:depth])
        is_folder = depth < len(path.parts) or info.is_dir()
        written = f"{part}/" if is_folder else str(part)
        key = unicodedata.normalize("NFC", str(part)).casefold()
        before = taken.setdefault(key, written)
        if before != written:
            raise _refused(archive, f"its names {before!r} and {written!r} collide")
    if not info.is_dir():
        if str(path) in seen:
            raise _refused(archive, f"it holds {str(path)!r} twice")
        seen.add(str(path))


def _check_space(entries: list[_Entry], archive: Path, place: Path) -> None:
    """Refuse to begin what will not fit on the disk."""
    place.mkdir(parents=True, exist_ok=True)
    needed = sum(entry.info.file_size for entry in entries) + _MARGIN_BYTES
    free = shutil.disk_usage(place).free
    if needed > free:
        raise CorpusError(
            f"'{archive}' needs {needed / 1e6:,.0f} MB to unpack in '{place}', and "
            f"{free / 1e6:,.0f} MB are free; free some space and start again",
            path=str(archive),
        )


def _write(
    opened: zipfile.ZipFile,
    entries: list[_Entry],
    folder: Path,
    progress: Unpacked | None,
) -> None:
    """Write every file below `folder`; zipfile checks each one's length and CRC."""
    total = sum(entry.info.file_size for entry in entries)
    done = 0
    for entry in entries:
        path = folder.joinpath(entry.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with opened.open(entry.info) as source, path.open("xb") as sink:
            while chunk := source.read(_COPY_BYTES):
                sink.write(chunk)
                done += len(chunk)
                if progress is not None:
                    progress(done, total)


def _content(folder: Path, name: str) -> Path:
    """Return the folder itself, or the one of this name that is all it holds."""
    inside = list(folder.iterdir())
    if len(inside) == 1 and inside[0].name == name and inside[0].is_dir():
        return inside[0]
    return folder
