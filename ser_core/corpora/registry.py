"""Remember which folders on this machine are corpora."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from ser_core.corpora.allowed_folders import check_links, inside
from ser_core.corpora.reader import READER_NAMES, read_corpus
from ser_core.corpora.thai_ser import MARKER_FILE, SYNTHETIC
from ser_core.corpora.tree import printable
from ser_core.errors import CorpusError, ParameterError
from ser_core.store.data_folder import DataFolder

SCHEMA_VERSION: Final[int] = 1

REGISTERED: Final[str] = "registered"
IN_DATA_FOLDER: Final[str] = "data folder"
NOT_REGISTERED: Final[str] = "folder"

_LOCK_TIMEOUT_S: Final[float] = 10.0
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f/\\.~][^\x00-\x1f\x7f/\\]{0,79}")


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisteredCorpus:
    """A corpus that can be chosen by name.

    Attributes
    ----------
    name : str
        Unlike every other one's.
    root : Path
        Absolute path of its folder.
    reader : str or None
        The reader to use; None to recognise it anew each time.
    origin : str
        "registered", "data folder" for what was generated or downloaded there, or
        "folder" for one that `lookup` was given by its path.

    """

    name: str
    root: Path
    reader: str | None
    origin: str

    @property
    def available(self) -> bool:
        """Tell whether the folder is there now (a disk may be unplugged)."""
        return self.root.is_dir()

    @property
    def synthetic(self) -> bool:
        """Tell whether the folder is marked as holding synthetic voices."""
        return self.reader == SYNTHETIC or (self.root / MARKER_FILE).is_file()


def register(
    path: str | Path,
    *,
    data: DataFolder,
    name: str | None = None,
    reader: str | None = None,
    within: Sequence[Path] | None = None,
) -> RegisteredCorpus:
    """Add a corpus folder to the registry.

    Parameters
    ----------
    path : str or Path
        The folder; it is read once, so that only a usable one is added.
    data : DataFolder
        Whose registry.
    name : str, optional
        Up to 80 characters without slashes, not beginning with a dot; the folder's
        own name when not given, with a number where that is taken.
    reader : str, optional
        One of `READER_NAMES`; recognised when not given.
    within : sequence of Path, optional
        Only folders below these are taken, after links are followed, and only
        without links that lead out of them; any folder when not given.

    Returns
    -------
    corpus : RegisteredCorpus
        The earlier entry when the folder is registered already and no other name or
        reader is asked for.

    Raises
    ------
    CorpusError
        The folder is not allowed or cannot be read as a corpus, or the registry
        cannot be used.
    ParameterError
        The name is not allowed or stands for another folder.

    """
    if name is not None and not _NAME.fullmatch(name):
        raise ParameterError(
            f"name = {name!r} is not allowed; give 1 to 80 characters without slashes, "
            "not beginning with . or ~"
        )
    if within is not None:
        path = inside(path, within)
        check_links(path, within)
    corpus = read_corpus(path, reader=reader)
    root = corpus.root.resolve()
    with _locked(data):
        entries = _read(data)
        known = _with_found(entries, data)
        earlier = next((entry for entry in entries if entry.root == root), None)
        if (
            earlier
            and name in (None, earlier.name)
            and reader in (None, earlier.reader)
        ):
            return earlier
        others = {entry.name for entry in known if entry.root != root}
        if name in others:
            raise ParameterError(
                f"name = {name!r} stands for another corpus; choose another name, or "
                "remove that one first"
            )
        chosen = name or (earlier.name if earlier else None)
        added = RegisteredCorpus(
            name=chosen or _free_name(root.name, others),
            root=root,
            reader=corpus.name,
            origin=REGISTERED,
        )
        _write([*(entry for entry in entries if entry.root != root), added], data)
    return added


def registered(data: DataFolder) -> list[RegisteredCorpus]:
    """List the corpora that can be chosen by name.

    Returns
    -------
    corpora : list of RegisteredCorpus
        The registered ones in the order of registering, then those found in the
        data folder that are not registered, by name.

    Raises
    ------
    CorpusError
        The registry is damaged or cannot be read. `found_in_data_folder` works all
        the same.

    """
    return _with_found(_read(data), data)


def found_in_data_folder(data: DataFolder) -> list[RegisteredCorpus]:
    """List what was generated or downloaded into the data folder, by name.

    Folders whose name begins with a dot are work in progress and stay out.
    """
    try:
        folders = [entry for entry in data.corpora.iterdir() if entry.is_dir()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CorpusError(
            f"'{data.corpora}' cannot be listed ({error.strerror}); "
            "check its permissions",
            path=str(data.corpora),
        ) from error
    return [
        RegisteredCorpus(
            name=folder.name, root=folder.resolve(), reader=None, origin=IN_DATA_FOLDER
        )
        for folder in sorted(folders)
        if not folder.name.startswith(".") and not _is_empty(folder)
    ]


def _is_empty(folder: Path) -> bool:
    """Tell whether nothing lies in a folder; one that cannot be listed is not empty."""
    try:
        return next(folder.iterdir(), None) is None
    except OSError:
        return False


def unregister(name: str, *, data: DataFolder) -> RegisteredCorpus:
    """Take a corpus off the registry; its files stay where they are.

    Raises
    ------
    CorpusError
        No registered corpus has that name, or the registry cannot be used.

    """
    with _locked(data):
        entries = _read(data)
        for entry in entries:
            if entry.name == name:
                _write([other for other in entries if other is not entry], data)
                return entry
    raise CorpusError(_unknown(name, entries))


def lookup(name_or_path: str | Path, *, data: DataFolder) -> RegisteredCorpus:
    """Find a corpus by its name, else by its folder.

    Parameters
    ----------
    name_or_path : str or Path
        A name as in `registered`, or any folder; the name wins where both fit
        (``./name`` is the folder).
    data : DataFolder
        Whose registry.

    Returns
    -------
    corpus : RegisteredCorpus
        For a folder that is not registered, with no reader and the folder as name.

    Raises
    ------
    CorpusError
        Neither is there, or the named corpus's folder is gone.

    """
    text = str(name_or_path)
    corpora: list[RegisteredCorpus] = []
    if isinstance(name_or_path, str) and _NAME.fullmatch(text):
        corpora = registered(data)
        for corpus in corpora:
            if corpus.name != text:
                continue
            if not corpus.available:
                raise CorpusError(
                    f"corpus '{text}' is listed, but its folder '{corpus.root}' is not "
                    "there; mount or restore it, or remove the corpus from the list",
                    path=str(corpus.root),
                )
            return corpus
    folder = _folder(text)
    if folder is None:
        raise CorpusError(_unknown(text, corpora), path=text)
    return RegisteredCorpus(
        name=folder.name, root=folder, reader=None, origin=NOT_REGISTERED
    )


def _folder(text: str) -> Path | None:
    """Return the folder that a text names, resolved; None when there is none."""
    if not text.strip():  # Path("") would be the current folder
        return None
    try:
        folder = Path(text).expanduser()
        return folder.resolve() if folder.is_dir() else None
    except (OSError, ValueError, RuntimeError):  # no path at all, as one too long
        return None


def resolve(name_or_path: str | Path, *, data: DataFolder) -> Path:
    """Return a corpus's folder, given its name or the folder itself.

    Raises
    ------
    CorpusError
        As `lookup`.

    """
    return lookup(name_or_path, data=data).root


def _unknown(name: str, corpora: Iterable[RegisteredCorpus]) -> str:
    """Say that a name is not known, and which ones are."""
    known = ", ".join(f"'{corpus.name}'" for corpus in corpora) or "none yet"
    return (
        f"corpus '{printable(name)}' is neither a name in the list nor a folder; "
        f"known names: {known}"
    )


def _with_found(
    entries: list[RegisteredCorpus], data: DataFolder
) -> list[RegisteredCorpus]:
    """Add what lies in the data folder, under names that are still free."""
    roots = {entry.root for entry in entries}
    corpora = list(entries)
    for found in found_in_data_folder(data):
        if found.root not in roots:
            name = _free_name(found.name, {corpus.name for corpus in corpora})
            corpora.append(replace(found, name=name))
    return corpora


def _free_name(wanted: str, taken: set[str]) -> str:
    """Return a name that is allowed and not taken: as wanted, or with a number."""
    base = printable(wanted)[:70].lstrip(".~") or "corpus"
    numbered = (f"{base}-{number}" for number in itertools.count(2))
    return next(
        name for name in itertools.chain((base,), numbered) if name not in taken
    )


@contextlib.contextmanager
def _locked(data: DataFolder) -> Iterator[None]:
    """Hold the registry for one change, against other processes too."""
    data.prepare()
    lock = data.registry.with_name(f"{data.registry.name}.lock")
    try:
        with FileLock(lock, timeout=_LOCK_TIMEOUT_S):
            yield
    except Timeout as error:
        raise CorpusError(
            f"the list of corpora is in use by another process ('{lock}' is held for "
            f"more than {_LOCK_TIMEOUT_S:g} s); try again",
            path=str(lock),
        ) from error


def _read(data: DataFolder) -> list[RegisteredCorpus]:
    """Read the registry; one that is not there is empty."""
    path = data.registry
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return []
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(path, str(error)) from error
    version = content.get("schema_version") if isinstance(content, dict) else None
    if version != SCHEMA_VERSION:
        raise _damaged(path, f"schema_version {version!r}, not {SCHEMA_VERSION}")
    try:
        return [_entry(row) for row in content["corpora"]]
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, f"an entry of another form: {error!r}") from error


def _damaged(path: Path, why: str) -> CorpusError:
    """Say that the registry cannot be used and that no corpus is lost by it."""
    return CorpusError(
        f"the list of corpora '{path}' cannot be used ({why}); move that file away and "
        "register the folders again, the corpora themselves are untouched",
        path=str(path),
    )


def _entry(row: dict[str, Any]) -> RegisteredCorpus:
    """Make an entry of a row of the registry; raises on another form."""
    name, root, reader = row["name"], Path(row["root"]), row["reader"]
    if not isinstance(name, str) or reader not in READER_NAMES:
        raise ValueError(f"name {name!r} with reader {reader!r}")
    return RegisteredCorpus(name=name, root=root, reader=reader, origin=REGISTERED)


def _write(entries: list[RegisteredCorpus], data: DataFolder) -> None:
    """Replace the registry in one step, so that a reader never sees half of it."""
    rows = [{"name": e.name, "root": str(e.root), "reader": e.reader} for e in entries]
    content = json.dumps({"schema_version": SCHEMA_VERSION, "corpora": rows}, indent=1)
    draft = data.registry.with_name(f".{data.registry.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(data.registry)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise CorpusError(
            f"the list of corpora '{data.registry}' cannot be written "
            f"({error.strerror}); free some disk space or choose another data folder",
            path=str(data.registry),
        ) from error
