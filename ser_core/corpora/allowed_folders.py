"""Keep visitors of a shared server to the folders that its operator offers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ser_core.corpora.tree import printable
from ser_core.errors import CorpusError

MOST_OFFERED: Final = 500
"""Folders in a list to choose from."""


def inside(path: str | Path, folders: Sequence[Path]) -> Path:
    """Return where a folder really lies, if that is below one of the allowed ones.

    Parameters
    ----------
    path : str or Path
        Absolute; ``..`` and links are followed before it is judged.
    folders : sequence of Path
        The allowed ones; each is itself allowed, too.

    Returns
    -------
    path : Path
        Resolved.

    Raises
    ------
    CorpusError
        It lies elsewhere, or is no path at all. The message does not tell whether
        anything is there.

    """
    try:
        given = Path(path)
        real = given.resolve()
        allowed = given.is_absolute() and any(
            real.is_relative_to(folder.resolve()) for folder in folders
        )
    except (OSError, ValueError, RuntimeError):  # NUL, too long, a circle of links
        allowed = False
    if not allowed:
        raise refused(path)
    return real


def check_links(root: Path, folders: Sequence[Path]) -> None:
    """Refuse a folder that holds, at any depth, a link out of the allowed ones.

    Parameters
    ----------
    root : Path
        As `inside` returned it.
    folders : sequence of Path

    Raises
    ------
    CorpusError
        There is such a link.

    """
    allowed = [str(folder.resolve()) for folder in folders]
    seen, waiting = {str(root)}, [str(root)]
    while waiting:
        for entry in _entries(waiting.pop()):
            place = entry.path
            if entry.is_symlink():
                place = os.path.realpath(entry.path)
                if not _below(place, allowed):
                    raise CorpusError(
                        f"folder '{root.name}' holds a link that leads out of the "
                        "folders that this server offers; ask its operator to "
                        "register it"
                    )
            elif not entry.is_dir(follow_symlinks=False):
                continue
            if place not in seen:
                seen.add(place)
                waiting.append(place)


def offered(folders: Sequence[Path]) -> list[Path]:
    """List the folders to choose from: those directly below an allowed one, and it.

    Hidden ones, links that lead elsewhere and what cannot be listed stay out.

    Returns
    -------
    folders : list of Path
        At most `MOST_OFFERED`, in the operator's order, then by name.

    """
    found: list[Path] = []
    for folder in folders:
        below = [
            Path(entry.path)
            for entry in _entries(str(folder))
            if not entry.name.startswith(".") and entry.is_dir()
        ]
        if folder.is_dir():
            found += [*sorted(below), folder]
    return [path for path in found if _is_inside(path, folders)][:MOST_OFFERED]


def refused(path: str | Path) -> CorpusError:
    """Make the one answer to every folder that is not offered, there or not."""
    shown = printable(str(path))[:200]
    return CorpusError(
        f"'{shown}' is not among the corpora and folders that this server offers; "
        "choose one from its list, or ask the operator to register it"
    )


def _entries(place: str) -> list[os.DirEntry[str]]:
    """List a folder; empty where that is not possible."""
    try:
        with os.scandir(place) as entries:
            return list(entries)
    except OSError:
        return []


def _below(real: str, allowed: Sequence[str]) -> bool:
    """Tell whether a resolved path is one of the allowed ones or lies below."""
    return any(Path(real).is_relative_to(folder) for folder in allowed)


def _is_inside(path: Path, folders: Sequence[Path]) -> bool:
    """Tell whether a folder really lies below an allowed one."""
    try:
        inside(path, folders)
    except CorpusError:
        return False
    return True
