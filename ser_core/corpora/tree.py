"""Walk a corpus folder once and remember what lies in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ser_core.corpora.utterance import Problem
from ser_core.errors import CorpusError

AUDIO_SUFFIXES: Final[frozenset[str]] = frozenset(
    (
        ".wav",
        ".wave",
        ".flac",
        ".ogg",
        ".oga",
        ".opus",
        ".mp1",
        ".mp2",
        ".mp3",
        ".aif",
        ".aiff",
        ".aifc",
        ".au",
        ".snd",
        ".caf",
        ".w64",
        ".rf64",
        ".nist",
        ".sph",
        ".voc",
        ".ircam",
        ".sf",
        ".avr",
        ".htk",
        ".iff",
        ".8svx",
        ".svx",
        ".paf",
        ".pvf",
        ".wve",
        ".xi",
    )
)
"""Suffixes of what libsndfile reads, lower case.

Head-less ``.raw``, MATLAB's ``.mat`` and the resource forks of ``.sd2`` are left
out: a file of that name rarely is a recording, and none says its sample rate.
"""

LOSSY_SUFFIXES: Final[frozenset[str]] = frozenset(
    (".ogg", ".oga", ".opus", ".mp1", ".mp2", ".mp3")
)
"""Suffixes that lose to a lossless copy of the same recording."""

UNREADABLE_MEDIA: Final[frozenset[str]] = frozenset(
    (
        ".m4a",
        ".mp4",
        ".m4v",
        ".aac",
        ".wma",
        ".webm",
        ".3gp",
        ".amr",
        ".mov",
        ".avi",
        ".mkv",
        ".flv",
        ".wv",
        ".ape",
        ".mpc",
    )
)
"""Recordings in formats that libsndfile does not read; they are reported."""

METADATA_SUFFIXES: Final[frozenset[str]] = frozenset((".json", ".csv"))

MAX_ENTRIES: Final[int] = 2_000_000
"""More than this is no corpus but somebody's disk."""


@dataclass(frozen=True, slots=True)
class AudioFile:
    """One audio file below a corpus's root.

    Attributes
    ----------
    relative : str
        Path relative to the root, POSIX style.
    stem : str
        File name without its suffix.
    suffix : str
        Lower case, with the dot.

    """

    relative: str
    stem: str
    suffix: str

    @property
    def folders(self) -> tuple[str, ...]:
        """Names of the folders between the root and the file, outermost first."""
        return tuple(self.relative.split("/")[:-1])


@dataclass(frozen=True, kw_only=True)
class CorpusTree:
    """What one walk below a corpus's root found.

    Attributes
    ----------
    root : Path
        The folder, absolute; links in it are kept.
    audio : tuple of AudioFile
        Sorted by relative path.
    metadata : mapping of str to tuple of str
        Lower-case name of a JSON or CSV file -> its relative paths, the one
        nearest to the root first.
    problems : tuple of Problem
        Folders and files that could not be reached or read.
    n_hidden : int
        Dot-files and ``__MACOSX`` entries passed over.

    """

    root: Path
    audio: tuple[AudioFile, ...]
    metadata: Mapping[str, tuple[str, ...]]
    problems: tuple[Problem, ...] = ()
    n_hidden: int = 0

    def metadata_file(self, name: str) -> Path | None:
        """Return the metadata file of that name which is nearest to the root."""
        found = self.metadata.get(name.lower())
        return self.root / found[0] if found else None


def printable(text: str) -> str:
    """Escape what cannot be written as UTF-8, as undecodable bytes of a name."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def walk(root: str | Path) -> CorpusTree:
    """List audio and metadata files at any depth below a folder.

    Parameters
    ----------
    root : str or Path
        The folder. Links to folders are followed, each folder is entered once, so
        that a link to one of its own parents ends there.

    Returns
    -------
    tree : CorpusTree
        Nothing is opened; suffixes count in any case.

    Raises
    ------
    CorpusError
        The root is missing, is no folder or cannot be listed, or more than
        `MAX_ENTRIES` entries lie below it.

    """
    root = _checked_root(root)
    findings = _Findings()
    for entry, relative in _entries(root, findings):
        findings.take(entry, relative)
    metadata = {
        name: tuple(sorted(places, key=lambda place: (place.count("/"), place)))
        for name, places in findings.metadata.items()
    }
    return CorpusTree(
        root=root,
        audio=tuple(sorted(findings.audio, key=lambda file: file.relative)),
        metadata=metadata,
        problems=tuple(findings.problems),
        n_hidden=findings.n_hidden,
    )


def _checked_root(root: str | Path) -> Path:
    """Return the root as a path, or say why it is none."""
    shown = printable(str(root))
    try:
        path = Path(root).expanduser().absolute()  # jobs run in another folder
        if path.is_dir():
            return path
        missing = not path.exists()
    except (OSError, ValueError, RuntimeError) as error:
        raise CorpusError(
            f"corpus folder '{shown}' cannot be reached ({error}); "
            "check the path and its permissions",
            path=shown,
        ) from error
    why = "does not exist" if missing else "is a file"
    raise CorpusError(
        f"corpus folder '{shown}' {why}; give the folder that holds the corpus "
        "(unpack an archive first)",
        path=shown,
    )


@dataclass
class _Findings:
    """What the walk has met so far."""

    audio: list[AudioFile] = field(default_factory=list)
    metadata: dict[str, list[str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    n_hidden: int = 0

    def take(self, entry: os.DirEntry[str], relative: str) -> None:
        """Place one entry that is no folder."""
        stem, dot, ending = entry.name.rpartition(".")
        suffix = (dot + ending).lower()
        if not stem:
            return
        if suffix in UNREADABLE_MEDIA:
            self.problem(
                relative,
                f"libsndfile does not read '{suffix}' files; convert it to WAV or FLAC",
            )
        elif suffix in AUDIO_SUFFIXES:
            reason = _unusable(entry, relative)
            if reason:
                self.problem(relative, reason)
            else:
                self.audio.append(AudioFile(relative, stem, suffix))
        elif suffix in METADATA_SUFFIXES and _is_special(entry):
            self.problem(relative, "not a regular file; remove it")
        elif suffix in METADATA_SUFFIXES:
            self.metadata.setdefault(entry.name.lower(), []).append(relative)

    def problem(self, relative: str, reason: str) -> None:
        """Note what cannot be used."""
        self.problems.append(Problem(path=printable(relative), reason=reason))


def _unusable(entry: os.DirEntry[str], relative: str) -> str | None:
    """Say why a file of an audio suffix cannot be one, or None."""
    if not _leads_to(entry, os.DirEntry.is_file):
        if entry.is_symlink():
            return "a link that leads to no file; restore its target or remove it"
        return "not a regular file; remove it"
    if printable(relative) != relative:
        return "its path is not valid UTF-8; rename it"
    return None


def _is_special(entry: os.DirEntry[str]) -> bool:
    """Tell whether opening an entry could wait for ever, as a named pipe does."""
    # a link to nowhere fails at once, with a better reason
    return not _leads_to(entry, os.DirEntry.is_file) and Path(entry.path).exists()


def _leads_to(
    entry: os.DirEntry[str], what: Callable[[os.DirEntry[str]], bool]
) -> bool:
    """Ask an entry what it is; a link that runs in a circle is nothing."""
    try:
        return what(entry)
    except OSError:
        return False


def _entries(root: Path, findings: _Findings) -> Iterator[tuple[os.DirEntry[str], str]]:
    """Yield every visible entry that is no folder, with its relative path."""
    folders: list[str] = [""]
    links: list[str] = []  # entered last, so that real paths win over links to them
    entered: set[tuple[int, int]] = set()
    n_entries = 0
    while folders or links:
        below = folders.pop() if folders else links.pop()
        for entry in _listing(root, below, entered, findings):
            n_entries += 1
            if n_entries > MAX_ENTRIES:
                raise CorpusError(
                    f"corpus folder '{root}' holds more than {MAX_ENTRIES:,} entries; "
                    "give the corpus's own folder",
                    path=str(root),
                )
            if entry.name.startswith(".") or entry.name == "__MACOSX":
                findings.n_hidden += 1
                continue
            relative = f"{below}{entry.name}"
            if not _leads_to(entry, os.DirEntry.is_dir):
                yield entry, relative
            elif entry.is_symlink():
                links.append(f"{relative}/")
            else:
                folders.append(f"{relative}/")


def _listing(
    root: Path, below: str, entered: set[tuple[int, int]], findings: _Findings
) -> list[os.DirEntry[str]]:
    """List a folder not entered before; what cannot be listed is a problem."""
    place = root / below
    try:
        status = place.stat()
        if (status.st_dev, status.st_ino) in entered:
            return []
        entered.add((status.st_dev, status.st_ino))
        with os.scandir(place) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        reason = f"cannot be listed ({error.strerror}); check its permissions"
        if not below:
            raise CorpusError(
                f"corpus folder '{root}' {reason}", path=str(root)
            ) from error
        findings.problem(below.rstrip("/"), reason)
        return []
