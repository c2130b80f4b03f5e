"""Whose a stored thing is, since when, and whether it is to stay."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from ser_core.errors import ParameterError, RecordError
from ser_core.store.data_folder import DataFolder

SCHEMA_VERSION: Final = 1

KINDS: Final = ("run", "model", "corpus", "folder")
"""A run record, a saved model, a registered corpus, a folder below ``corpora/``."""

_LOCK_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What is remembered of one stored thing.

    Attributes
    ----------
    owner : str or None
        Hashed id of the visitor; None where it belongs to the operator.
    since_utc : str
        When it came here, ISO 8601.
    kept : bool
        It stays, however old it gets.

    """

    owner: str | None
    since_utc: str
    kept: bool = False


class Owners:
    """Remember in one small file whose the stored things are.

    A thing that is not in the file belongs to the operator. Many processes may use
    the file at once: it is replaced in one step, under a lock. Reading makes nothing.

    Parameters
    ----------
    data : DataFolder

    """

    def __init__(self, data: DataFolder) -> None:
        self._data = data
        self.path = data.root / "owners.json"

    def marks(self, kind: str) -> dict[str, Mark]:
        """Return what is remembered of one kind of thing, by name.

        Raises
        ------
        RecordError
            The file is damaged or cannot be read.

        """
        return dict(self._read()[_checked(kind)])

    def owner(self, kind: str, name: str) -> str | None:
        """Return the hashed id of a thing's owner; None is the operator."""
        mark = self.marks(kind).get(name)
        return None if mark is None else mark.owner

    def names(self, kind: str, owner: str) -> list[str]:
        """List what one visitor owns of a kind."""
        return [name for name, m in self.marks(kind).items() if m.owner == owner]

    def claim(self, kind: str, name: str, owner: str | None) -> None:
        """Write whose a new thing is; what was remembered of its name goes.

        Raises
        ------
        RecordError
            The file is damaged or cannot be written.

        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._change() as marks:
            marks[_checked(kind)][name] = Mark(owner=owner, since_utc=now)

    def keep(self, kind: str, name: str, *, kept: bool) -> None:
        """Write whether a thing stays, however old it gets."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._change() as marks:
            known = marks[_checked(kind)]
            earlier = known.get(name, Mark(owner=None, since_utc=now))
            known[name] = replace(earlier, kept=kept)

    def forget(self, kind: str, *names: str) -> None:
        """Forget things that are gone; unknown ones are no error."""
        known = self.marks(kind)
        if not any(name in known for name in names):
            return
        with self._change() as marks:
            for name in names:
                marks[kind].pop(name, None)

    @contextlib.contextmanager
    def _change(self) -> Iterator[dict[str, dict[str, Mark]]]:
        """Hold the file for one change, against other processes too."""
        self._data.prepare()
        lock = self.path.with_name(f"{self.path.name}.lock")
        try:
            with FileLock(lock, timeout=_LOCK_TIMEOUT_S):
                marks = self._read()
                yield marks
                self._write(marks)
        except Timeout as error:
            raise RecordError(
                f"the list of owners is in use by another process ('{lock}' is held "
                f"for more than {_LOCK_TIMEOUT_S:g} s); try again",
                path=str(lock),
            ) from error

    def _read(self) -> dict[str, dict[str, Mark]]:
        """Read the file; one that is not there is empty."""
        try:
            content = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return {kind: {} for kind in KINDS}
        except (OSError, ValueError, RecursionError) as error:
            raise self._damaged(str(error)) from error
        version = content.get("schema_version") if isinstance(content, dict) else None
        if version != SCHEMA_VERSION:
            raise self._damaged(f"schema_version {version!r}, not {SCHEMA_VERSION}")
        try:
            return {
                kind: {name: _mark(row) for name, row in content[kind].items()}
                for kind in KINDS
            }
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise self._damaged(f"an entry of another form: {error!r}") from error

    def _damaged(self, why: str) -> RecordError:
        """Say that the file cannot be used, and what that means."""
        return RecordError(
            f"the list of owners '{self.path}' cannot be used ({why}); move that file "
            "away: everything stored belongs to the operator then",
            path=str(self.path),
        )

    def _write(self, marks: Mapping[str, Mapping[str, Mark]]) -> None:
        """Replace the file in one step."""
        document: dict[str, Any] = {"schema_version": SCHEMA_VERSION}
        for kind in KINDS:
            document[kind] = {name: asdict(m) for name, m in marks[kind].items()}
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            _write_whole(draft, json.dumps(document, indent=1))
            draft.replace(self.path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise RecordError(
                f"the list of owners '{self.path}' cannot be written "
                f"({error.strerror}); free some disk space and try again",
                path=str(self.path),
            ) from error


def _write_whole(path: Path, text: str) -> None:
    """Write a file and wait until the disk has it."""
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _mark(row: Mapping[str, Any]) -> Mark:
    """Make a mark of an entry; raises on another form."""
    owner, since, kept = row["owner"], row["since_utc"], row["kept"]
    if not isinstance(owner, (str, type(None))) or not isinstance(kept, bool):
        raise ValueError(f"owner {owner!r}, kept {kept!r}")
    if datetime.fromisoformat(since).tzinfo is None:
        raise ValueError(f"since_utc {since!r} without a time zone")
    return Mark(owner=owner, since_utc=since, kept=kept)


def _checked(kind: str) -> str:
    """Refuse a kind that is none."""
    if kind not in KINDS:
        raise ParameterError(f"kind = {kind!r} has no owner; choose from: {KINDS}")
    return kind
