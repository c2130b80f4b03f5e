"""Remove what has been kept for as long as the operator wants."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from ser_core.errors import RecordError
from ser_core.store.data_folder import DataFolder
from ser_core.store.owners import Mark, Owners
from ser_core.store.runs import RunStore, RunSummary
from ser_core.store.settings import Settings

EVERY_S: Final = 3600.0
"""Seconds between two clean-ups that nobody asked for."""

_JOB: Final = re.compile(r"[0-9a-f]{32}")
_ENDINGS: Final = ("result.json", "outcome.json")
_MARKER: Final = ".cleaned"


@dataclass(frozen=True, kw_only=True)
class Removed:
    """What a clean-up removed, or would remove.

    Attributes
    ----------
    jobs : tuple of str
        Ids of ended jobs whose folders went.
    runs : tuple of str
        Ids of run records, with the predictions in them.
    searches : tuple of str
        Files of searches for parameters, which could have gone on.
    n_bytes : int
        Of job folders and searches.

    """

    jobs: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    n_bytes: int = 0

    @property
    def words(self) -> str:
        """What was removed, as one line.

        Examples
        --------
        >>> Removed(jobs=("a", "b"), n_bytes=3_000_000).words
        'folders of 2 ended jobs, 0 run records, 0 searches (3.0 MB)'

        """
        return (
            f"folders of {len(self.jobs)} ended jobs, {len(self.runs)} run records, "
            f"{len(self.searches)} searches ({self.n_bytes / 1e6:,.1f} MB)"
        )


def sweep_old(
    data: DataFolder,
    settings: Settings,
    now: datetime,
    *,
    dry_run: bool = False,
) -> Removed:
    """Remove old job folders, run records and searches.

    Parameters
    ----------
    data : DataFolder
        Nothing outside of it is touched, and no link in it is followed.
    settings : Settings
        ``keep_jobs_days`` counts from a job's end; ``keep_records_days`` from when a
        record was made or imported, and from a search's last trial. None keeps all.
    now : datetime
        With a time zone.
    dry_run : bool, default=False
        Only say what would go.

    Returns
    -------
    removed : Removed

    Raises
    ------
    RecordError
        The run store or the list of owners cannot be used.

    Notes
    -----
    These stay: jobs that have not ended, records that are marked as kept, records
    that the operator imported, saved models, corpora and features. Two processes may
    clean at once: what one has taken away, the other passes over.

    """
    jobs, searches = [], []
    n_bytes = 0
    for folder in _old_jobs(data, settings, now):
        size = folder_bytes(folder)
        if dry_run or _remove_folder(folder):
            jobs.append(folder.name)
            n_bytes += size
    runs = [
        run_id
        for run_id in _old_runs(data, settings, now)
        if dry_run or _remove_run(data, run_id)
    ]
    if runs and not dry_run:
        Owners(data).forget("run", *runs)
    for path in _old_searches(data, settings, now):
        size = path.lstat().st_size if path.exists() else 0
        if dry_run or _remove_file(path):
            searches.append(path.name)
            n_bytes += size
    return Removed(
        jobs=tuple(jobs), runs=tuple(runs), searches=tuple(searches), n_bytes=n_bytes
    )


def sweep_if_due(data: DataFolder, settings: Settings, now: datetime) -> Removed | None:
    """Clean up unless that was done within the last hour, by whichever process.

    Returns
    -------
    removed : Removed or None
        None where it was not due, another process is at it, or nothing expires.

    Raises
    ------
    RecordError
        As `sweep_old`.

    """
    if settings.keep_jobs_days is None and settings.keep_records_days is None:
        return None
    marker = data.root / _MARKER
    lock = FileLock(marker.with_name(f"{_MARKER}.lock"))
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):
        return None
    try:
        age_s = _age_s(marker, now)
        if age_s is not None and 0 <= age_s < EVERY_S:
            return None
        marker.touch()
        os.utime(marker, (now.timestamp(), now.timestamp()))
        return sweep_old(data, settings, now)
    except OSError:  # a folder that cannot be written is said by what needs it
        return None
    finally:
        lock.release()


def _old_jobs(data: DataFolder, settings: Settings, now: datetime) -> Iterator[Path]:
    """Yield the folders of jobs that ended long ago."""
    if settings.keep_jobs_days is None:
        return
    limit_s = settings.keep_jobs_days * 86_400
    for path in _children(data.jobs):
        if not _JOB.fullmatch(path.name) or path.is_symlink() or not path.is_dir():
            continue
        ages = [age for name in _ENDINGS if (age := _age_s(path / name, now))]
        if ages and min(ages) > limit_s:
            yield path


def _old_runs(data: DataFolder, settings: Settings, now: datetime) -> list[str]:
    """List the run records that nobody keeps and that are too old."""
    if settings.keep_records_days is None:
        return []
    limit = now - timedelta(days=settings.keep_records_days)
    marks = Owners(data).marks("run")
    return [
        run.id
        for run in RunStore(data.runs).list()
        if (since := _since(run, marks.get(run.id))) is not None and since < limit
    ]


def _since(run: RunSummary, mark: Mark | None) -> datetime | None:
    """Return from when a record's age counts; None for one that stays."""
    if mark is not None and mark.kept:
        return None
    if run.source == "imported":
        # its own date is of another machine; without a mark the operator brought it
        return None if mark is None else datetime.fromisoformat(mark.since_utc)
    try:
        made = datetime.fromisoformat(run.created_utc)
    except ValueError:
        return None
    return made if made.tzinfo is not None else made.replace(tzinfo=UTC)


def _old_searches(
    data: DataFolder, settings: Settings, now: datetime
) -> Iterator[Path]:
    """Yield the files of searches that nobody went on with for long."""
    if settings.keep_records_days is None:
        return
    folder = data.root / "searches"
    if folder.is_symlink():
        return
    for path in _children(folder):
        age_s = _age_s(path, now)
        plain = path.is_file() and not path.is_symlink()
        if plain and age_s is not None and age_s > settings.keep_records_days * 86_400:
            yield path


def _children(folder: Path) -> list[Path]:
    """List a folder; empty where there is none."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _age_s(path: Path, now: datetime) -> float | None:
    """Return how long ago a file was written, in seconds; None where it is missing."""
    try:
        return now.timestamp() - path.lstat().st_mtime
    except OSError:
        return None


def _remove_folder(folder: Path) -> bool:
    """Remove a folder, hidden first; tell whether it was this process that did."""
    grave = folder.with_name(f".gone-{folder.name}")
    try:
        folder.rename(grave)
    except OSError:
        return False
    shutil.rmtree(grave, ignore_errors=True)  # the next sweep of jobs takes the rest
    return True


def _remove_run(data: DataFolder, run_id: str) -> bool:
    """Remove a record; tell whether it was this process that did."""
    store = RunStore(data.runs)
    try:
        store.delete(run_id)
    except RecordError:
        if any(run.id == run_id for run in store.list()):
            raise
        return False
    return True


def _remove_file(path: Path) -> bool:
    """Remove a file; tell whether it was this process that did."""
    with suppress(OSError):
        path.unlink()
        return True
    return False


def folder_bytes(root: Path) -> int:
    """Sum the sizes of all files below a folder; links count as themselves."""
    total = 0
    for place, _, names in os.walk(root):
        for name in names:
            with suppress(OSError):
                total += (Path(place) / name).lstat().st_size
    return total
