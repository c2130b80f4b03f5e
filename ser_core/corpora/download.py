"""Download a corpus from its publisher, and unpack it."""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import filelock

from ser_core.corpora.archive import ArchiveError, unpack
from ser_core.corpora.download_sources import (
    SOURCES,
    Part,
    Source,
    instructions,
    source,
)
from ser_core.corpora.download_transfer import Transfer, remote_size
from ser_core.errors import CorpusError, ParameterError

__all__ = [
    "SOURCES",
    "DownloadSummary",
    "Part",
    "Source",
    "download",
    "instructions",
    "source",
]

Progress = Callable[[str, int, "int | None"], None]

_WORKSHOP: Final = ".download"
_MARGIN_BYTES: Final = 64 << 20
# The archive stays beside what is unpacked from it until that is complete; zipped
# WAV takes some 0.6 of its own size.
_SPACE_FACTOR: Final = 3.0


@dataclass(frozen=True, kw_only=True)
class DownloadSummary:
    """What a run of `download` left behind.

    Attributes
    ----------
    name : str
        Of the corpus.
    root : Path
        Its folder.
    fetched, kept : tuple of str
        Names of the parts downloaded now, and of those found there.
    unverified : tuple of str
        Fetched parts for which the publisher gives no checksum.

    """

    name: str
    root: Path
    fetched: tuple[str, ...]
    kept: tuple[str, ...]
    unverified: tuple[str, ...]


def download(
    name: str,
    root: str | Path,
    *,
    parts: Sequence[str] | None = None,
    base_url: str | None = None,
    progress: Progress | None = None,
) -> DownloadSummary:
    """Download a corpus, or what is missing of it.

    Each part is fetched (going on where an interrupted run stopped), checked, and
    unpacked aside before it gets its name, so that a folder with a part's name is
    always whole. Whatever ends a run, the next one takes it up.

    Parameters
    ----------
    name : str
        A corpus of `SOURCES` with parts: thai-ser, ravdess or emo-db.
    root : str or Path
        Folder of the corpus; made if needed.
    parts : sequence of str, optional
        Names of the parts wanted, as ``["studio1-10"]``; by default all. THAI-SER's
        labels always come along.
    base_url : str, optional
        Fetch every part's file from below this address instead: a mirror.
    progress : callable, optional
        Called as ``progress(what, done_bytes, total_bytes or None)``. What it raises
        ends the run.

    Returns
    -------
    summary : DownloadSummary

    Raises
    ------
    ParameterError
        The corpus or a part is not known, or the address is none.
    CorpusError
        The corpus has no download (the message says what to do); a file cannot be
        reached, is not the published one or is not to be trusted; the folder cannot
        be written; the disk is too full; another run is writing to the folder.

    """
    about = source(name)
    if not about.downloadable:
        raise CorpusError(
            f"corpus '{name}' cannot be downloaded by a program:\n{instructions(name)}"
        )
    wanted = _chosen(about, parts)
    folder = Path(root).expanduser().absolute()
    with _workshop(folder) as workshop:
        kept = [part for part in wanted if _place(part, folder).exists()]
        missing = [part for part in wanted if part not in kept]
        sizes = {part.name: _size(part, base_url) for part in missing}
        _check_space(missing, sizes, folder)
        for part in missing:
            _obtain(part, folder, workshop, base_url, sizes[part.name], progress)
    return DownloadSummary(
        name=name,
        root=folder,
        fetched=tuple(part.name for part in missing),
        kept=tuple(part.name for part in kept),
        unverified=tuple(part.name for part in missing if part.md5 is None),
    )


def _chosen(about: Source, names: Sequence[str] | None) -> list[Part]:
    """Return the parts wanted, in the source's order."""
    if names is None:
        return list(about.parts)
    allowed = [part.name for part in about.parts if not part.always]
    unknown = [name for name in names if name not in allowed]
    if unknown or not names or isinstance(names, str):
        raise ParameterError(
            f"parts = {names!r} is not allowed for '{about.name}'; "
            f"choose one or more of: {', '.join(allowed)}"
        )
    return [part for part in about.parts if part.always or part.name in names]


def _place(part: Part, folder: Path) -> Path:
    """Return what is there once the part is complete."""
    return folder / (part.folder or part.file)


def _address(part: Part, base_url: str | None) -> str:
    """Return where a part is fetched."""
    if base_url is None:
        return part.url
    if not base_url.startswith(("http://", "https://")):
        raise ParameterError(
            f"base_url = {base_url!r} is not allowed; it begins with http:// or "
            "https://"
        )
    return f"{base_url.rstrip('/')}/{part.file}"


@contextlib.contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    """Make the hidden folder for unfinished files, and keep a second run out."""
    workshop = folder / _WORKSHOP
    lock = filelock.FileLock(workshop / "lock")
    try:
        workshop.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise CorpusError(
            f"another run is downloading to '{folder}'; wait until it has ended, or "
            "choose another folder",
            path=str(folder),
        ) from None
    except OSError as error:
        raise CorpusError(
            f"folder '{folder}' cannot be written ({error.strerror}); choose another "
            "folder or change its permissions",
            path=str(folder),
        ) from error
    try:
        _sweep(workshop)
        yield workshop
    finally:
        lock.release()
    # Only after success: what an interrupted run had is gone on from.
    shutil.rmtree(workshop, ignore_errors=True)


def _sweep(workshop: Path) -> None:
    """Remove what a killed run left and no run can use; keep partial downloads."""
    for path in workshop.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name.startswith("tmp"):
            path.unlink(missing_ok=True)


def _size(part: Part, base_url: str | None) -> int | None:
    """Return a part's size as the server says, and compare it with the published."""
    url = _address(part, base_url)
    size = remote_size(url)
    if None not in (size, part.size_bytes) and size != part.size_bytes:
        raise CorpusError(
            f"'{url}' has {size:,} bytes, {part.size_bytes:,} are expected: it is not "
            "the published file; download it by hand and register the folder",
            path=url,
        )
    return size or part.size_bytes


def _check_space(
    parts: Sequence[Part], sizes: dict[str, int | None], folder: Path
) -> None:
    """Refuse to begin what will not fit on the disk."""
    known = sum(sizes[part.name] or 0 for part in parts)
    needed = int(known * _SPACE_FACTOR) + _MARGIN_BYTES
    free = shutil.disk_usage(folder).free
    if parts and needed > free:
        raise CorpusError(
            f"{known / 1e6:,.0f} MB of archives need up to {needed / 1e6:,.0f} MB with "
            f"what they unpack to, and {free / 1e6:,.0f} MB are free in '{folder}'; "
            "choose fewer parts, free some space or choose another folder",
            path=str(folder),
        )


def _obtain(
    part: Part,
    folder: Path,
    workshop: Path,
    base_url: str | None,
    size: int | None,
    progress: Progress | None,
) -> None:
    """Fetch, check and place one part."""

    def fetching(done: int, total: int | None) -> None:
        if progress is not None:
            progress(f"downloading {part.file}", done, total)

    def unpacking(done: int, total: int) -> None:
        if progress is not None:
            progress(f"unpacking {part.file}", done, total)

    url = _address(part, base_url)
    transfer = Transfer(
        partial=workshop / f"{part.file}.part", size_bytes=size, progress=fetching
    )
    fetched = _fetch(part, url, workshop, transfer)
    target = _place(part, folder)
    try:
        if part.folder is None:
            _check_json(fetched, url)
            fetched.replace(target)
        else:
            _check_zip(fetched, url)
            aside = workshop / f"unpacked-{part.name}" / part.folder
            unpack(fetched, aside, progress=unpacking)
            aside.rename(target)
    except ArchiveError:
        # Kept, it would be taken for a finished download the next time.
        fetched.unlink(missing_ok=True)
        raise
    except OSError as error:
        raise CorpusError(
            f"'{target}' cannot be written ({error.strerror}); check the folder's "
            "permissions and start again",
            path=str(target),
        ) from error
    fetched.unlink(missing_ok=True)


def _fetch(part: Part, url: str, workshop: Path, transfer: Transfer) -> Path:
    """Let pooch fetch one file and compare its checksum."""
    # Takes a noticeable time to import, which the pages need not wait for.
    import pooch

    # It recommends pinning a hash for each file without one: the publisher has none.
    pooch.get_logger().setLevel(logging.WARNING)
    keeper = pooch.create(
        path=workshop,
        base_url="",
        registry={part.file: f"md5:{part.md5}" if part.md5 else None},
        urls={part.file: url},
    )
    try:
        return Path(keeper.fetch(part.file, downloader=transfer))
    except ValueError as error:
        raise CorpusError(
            f"'{url}' is not the published file: its checksum is another than "
            f"md5 {part.md5}; it was removed, start again",
            path=url,
        ) from error


def _check_json(path: Path, url: str) -> None:
    """Refuse an error page that came under the name of a JSON file."""
    try:
        json.loads(path.read_bytes())
    except ValueError as error:
        path.unlink()
        raise CorpusError(
            f"'{url}' gave something that is not JSON ({error}); it was removed, "
            "start again",
            path=url,
        ) from error


def _check_zip(path: Path, url: str) -> None:
    """Refuse an error page or a cut-off file that came under an archive's name."""
    if not zipfile.is_zipfile(path):
        path.unlink()
        raise CorpusError(
            f"'{url}' gave something that is not a zip archive; it was removed, "
            "start again",
            path=url,
        )
