"""The run records of one data folder, in one SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from ser_core.errors import ParameterError, RecordError
from ser_core.store.versions import Record, upgrade

_TABLE_VERSION: Final = 1
_BUSY_TIMEOUT_S: Final = 30.0
_CREATE: Final = """
    CREATE TABLE runs (
        id TEXT PRIMARY KEY NOT NULL,
        created_utc TEXT NOT NULL,
        summary TEXT NOT NULL,
        record TEXT NOT NULL
    )
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunSummary:
    """What a list of runs shows, without the samples and timelines of a record.

    Attributes
    ----------
    id, created_utc, kind, label, source : str
        As in the record.
    corpus : str or None
        Name of the corpus.
    synthetic : bool
        The voices were made by SER Lab itself.
    n_files : int or None
        Files the run used.
    n_arms : int or None
        Arms of a benchmark; None for a pipeline.
    speedup, speedup_arm : float or None, str or None
        The greatest speed-up of a benchmark, and the arm that reached it.
    version, total_wall_s, accuracy, accuracy_unseen_speakers : optional
        Headline figures of a pipeline; None for a benchmark.
    model, features, split, speaker_independent : optional
        What was trained, on what, and how it was split; None for other kinds.
    war, uar, uar_low, uar_high : float or None
        Figures of a training run's own split, with the interval of UAR.
    war_unseen, uar_unseen, uar_unseen_low, uar_unseen_high : float or None
        The same on unseen speakers.
    fit_s : float or None
        Wall time of all its fits.
    study : str or None
        Name of a study.

    """

    id: str
    created_utc: str
    kind: str
    label: str
    source: str
    corpus: str | None = None
    synthetic: bool = False
    n_files: int | None = None
    n_arms: int | None = None
    speedup: float | None = None
    speedup_arm: str | None = None
    version: str | None = None
    total_wall_s: float | None = None
    accuracy: float | None = None
    accuracy_unseen_speakers: float | None = None
    model: str | None = None
    features: str | None = None
    split: str | None = None
    speaker_independent: bool | None = None
    war: float | None = None
    uar: float | None = None
    uar_low: float | None = None
    uar_high: float | None = None
    war_unseen: float | None = None
    uar_unseen: float | None = None
    uar_unseen_low: float | None = None
    uar_unseen_high: float | None = None
    fit_s: float | None = None
    study: str | None = None


class RunStore:
    """Keep run records in one SQLite file that many processes may use at once.

    Each operation opens its own short connection and waits up to 30 s for others.
    The journal is SQLite's rollback journal: a write-ahead log does not work on
    network file systems. Reading creates nothing.

    Parameters
    ----------
    path : Path
        The SQLite file, as `DataFolder.runs`.

    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def prepare(self) -> None:
        """Create the file if need be, and check that a record can be added.

        Raises
        ------
        RecordError
            The file is damaged, is no run store, or cannot be written.

        """
        with self._open(write=True):
            pass

    def add(self, record: Record) -> str:
        """Store one record.

        Parameters
        ----------
        record : dict
            Plain JSON with at least `id`, `created_utc`, `kind` and
            `schema_version`.

        Returns
        -------
        id : str

        Raises
        ------
        RecordError
            The record is no plain JSON, lacks one of these keys, is stored
            already, or the file cannot be written.

        """
        summary = summarise_record(record)
        try:
            text = json.dumps(record, allow_nan=False, ensure_ascii=False)
        except (TypeError, ValueError) as error:
            raise RecordError(
                f"run {summary.id!r} is no plain JSON ({error}); "
                "only finite numbers, text, lists and tables can be stored"
            ) from error
        row = (summary.id, summary.created_utc, json.dumps(asdict(summary)), text)
        with self._open(write=True) as connection:
            try:
                connection.execute("INSERT INTO runs VALUES (?, ?, ?, ?)", row)
            except sqlite3.IntegrityError as error:
                raise RecordError(
                    f"run {summary.id!r} is stored already in '{self.path}'; "
                    "delete it first, or give the record an id of its own",
                    path=str(self.path),
                ) from error
        return summary.id

    def get(self, run_id: str) -> Record:
        """Read one record, brought to the newest version.

        Raises
        ------
        RecordError
            There is no such run, or the file cannot be read.

        """
        row = None
        if self.path.exists():
            with self._open(write=False) as connection:
                row = connection.execute(
                    "SELECT record FROM runs WHERE id = ?", (run_id,)
                ).fetchone()
        if row is None:
            raise self._unknown(run_id)
        record: Record = json.loads(row[0])
        return upgrade(record)

    def list(self) -> list[RunSummary]:
        """List all runs, the newest first, without loading their records."""
        if not self.path.exists():
            return []
        with self._open(write=False) as connection:
            rows = connection.execute(
                "SELECT summary FROM runs ORDER BY created_utc DESC, id"
            ).fetchall()
        return [RunSummary(**json.loads(text)) for (text,) in rows]

    def sizes(self, run_ids: Iterable[str]) -> dict[str, int]:
        """Return the bytes of stored records; those that are not there are left out."""
        sizes: dict[str, int] = {}
        if not self.path.exists():
            return sizes
        with self._open(write=False) as connection:
            for run_id in run_ids:
                row = connection.execute(
                    "SELECT length(CAST(record AS BLOB)) FROM runs WHERE id = ?",
                    (run_id,),
                ).fetchone()
                if row is not None:
                    sizes[run_id] = row[0]
        return sizes

    def delete(self, run_id: str) -> None:
        """Remove one record for good.

        Raises
        ------
        RecordError
            There is no such run, or the file cannot be written.

        """
        if not self.path.exists():
            raise self._unknown(run_id)
        with self._open(write=True) as connection:
            gone = connection.execute("DELETE FROM runs WHERE id = ?", (run_id,))
            if gone.rowcount == 0:
                raise self._unknown(run_id)

    def _unknown(self, run_id: str) -> RecordError:
        shown = repr(run_id) if len(repr(run_id)) <= 60 else repr(run_id)[:60] + "…"
        return RecordError(
            f"run {shown} is not in this data folder; it may have been deleted, or "
            "belong to another one (--data-dir, SER_LAB_HOME)",
            path=str(self.path),
        )

    @contextmanager
    def _open(self, *, write: bool) -> Iterator[sqlite3.Connection]:
        """Connect, begin one transaction, commit or roll back, close."""
        try:
            if write:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            mode = "rwc" if write else "ro"
            address = f"{self.path.absolute().as_uri()}?mode={mode}"
            with closing(
                sqlite3.connect(
                    address, uri=True, timeout=_BUSY_TIMEOUT_S, isolation_level=None
                )
            ) as connection:
                # IMMEDIATE takes the write lock at once, so that two writers wait
                # for each other instead of failing half-way through an upgrade.
                connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
                try:
                    self._check_tables(connection, write=write)
                    yield connection
                except BaseException:
                    # SQLite rolls back by itself on some errors, as a full disk.
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
                connection.execute("COMMIT")
        except (sqlite3.DatabaseError, OSError) as error:
            raise self._explain(error) from error

    def _check_tables(self, connection: sqlite3.Connection, *, write: bool) -> None:
        """Create the table in a new file; refuse a file of a newer SER Lab."""
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > _TABLE_VERSION:
            raise RecordError(
                f"'{self.path}' was written by a newer SER Lab (table version "
                f"{version}; this one knows {_TABLE_VERSION}); update SER Lab",
                path=str(self.path),
            )
        if version == _TABLE_VERSION:
            return
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables or not write:
            raise RecordError(
                f"'{self.path}' is no run store of SER Lab; move it away or give "
                "another data folder with --data-dir or SER_LAB_HOME",
                path=str(self.path),
            )
        connection.execute(_CREATE)
        connection.execute(f"PRAGMA user_version = {_TABLE_VERSION}")

    def _explain(self, error: sqlite3.DatabaseError | OSError) -> RecordError:
        """Say what happened to the file and what to do about it."""
        code = getattr(error, "sqlite_errorcode", None)
        # The low byte is the primary code, the rest says more about it.
        primary = None if code is None else code & 0xFF
        if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            reason = (
                "is damaged, nothing in it was changed; copy it elsewhere, try "
                "`sqlite3 copy.sqlite .recover` on the copy, then move the original "
                "away: a new one is started by itself"
            )
        elif primary == sqlite3.SQLITE_FULL:
            reason = "cannot grow: the disk is full; free some space and try again"
        elif primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            reason = (
                f"was in use by another process for {_BUSY_TIMEOUT_S:.0f} s; try again"
            )
        elif primary == sqlite3.SQLITE_READONLY or isinstance(error, PermissionError):
            reason = "may not be written; check its owner and permissions"
        else:
            reason = "cannot be opened; check that file, folder and disk can be used"
        return RecordError(
            f"run store '{self.path}' {reason} ({error})", path=str(self.path)
        )


def summarise_record(record: Record) -> RunSummary:
    """Take what a list shows from a record of any kind.

    Raises
    ------
    RecordError
        One of the keys that every record has is missing or no text.

    """
    for key in ("id", "created_utc", "kind"):
        if not isinstance(record.get(key), str) or not record[key]:
            raise RecordError(
                f"{key} = {record.get(key)!r} in a run record; some text is expected"
            )
    upgrade(record)
    corpus = record.get("corpus") or {}
    return RunSummary(
        id=record["id"],
        created_utc=record["created_utc"],
        kind=record["kind"],
        label=str(record.get("label") or ""),
        source=str(record.get("source") or "local"),
        corpus=corpus.get("name"),
        synthetic=bool(corpus.get("synthetic")),
        n_files=corpus.get("n_files"),
        **_headline(record),
    )


def _headline(record: Record) -> dict[str, Any]:
    """Pick the figures that stand for the whole run."""
    if record["kind"] == "pipeline":
        keys = ("version", "total_wall_s", "accuracy", "accuracy_unseen_speakers")
        return {key: record.get(key) for key in keys}
    if record["kind"] == "training":
        return _training_headline(record)
    if record["kind"] == "study":
        return {"study": record.get("study")}
    if record["kind"] != "bench":
        raise ParameterError(
            f"kind = {record['kind']!r} is no kind of run; "
            "choose one of: bench, pipeline, training, study"
        )
    summary = record.get("summary") or []
    timed = [entry for entry in summary if entry.get("speedup") is not None]
    best = max(timed, key=lambda entry: float(entry["speedup"]), default=None)
    return {
        "n_arms": len(summary),
        "speedup": best["speedup"] if best else None,
        "speedup_arm": best["arm"] if best else None,
    }


def _training_headline(record: Record) -> dict[str, Any]:
    """Pick the figures that stand for a training run."""
    # a split that keeps speakers apart is its own figure on unseen speakers
    unseen = record.get("unseen_speakers")
    if unseen is None and record.get("speaker_independent"):
        unseen = record
    low, high = record.get("uar_interval") or (None, None)
    unseen_low, unseen_high = (unseen or {}).get("uar_interval") or (None, None)
    keys = ("model", "features", "split", "speaker_independent", "war", "uar", "fit_s")
    return {
        **{key: record.get(key) for key in keys},
        "uar_low": low,
        "uar_high": high,
        "war_unseen": (unseen or {}).get("war"),
        "uar_unseen": (unseen or {}).get("uar"),
        "uar_unseen_low": unseen_low,
        "uar_unseen_high": unseen_high,
    }
