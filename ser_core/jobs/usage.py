"""What of this server's disk and queue is one visitor's."""

from __future__ import annotations

from dataclasses import dataclass

from ser_core.jobs.folder import JobFolder, job_folders
from ser_core.jobs.rules import Visitor, job_owner
from ser_core.store.data_folder import DataFolder
from ser_core.store.owners import Owners
from ser_core.store.retention import folder_bytes
from ser_core.store.runs import RunStore


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What one visitor has here.

    Attributes
    ----------
    n_under_way : int
        Jobs that have not ended.
    n_ended : int
        Jobs that have, and whose folders are still there.
    n_bytes : int
        Of job folders, run records, saved models and corpora together.

    """

    n_under_way: int
    n_ended: int
    n_bytes: int


def usage(visitor: Visitor, *, data: DataFolder) -> Usage:
    """Count what one visitor has here.

    Raises
    ------
    RecordError
        The list of owners or the run store cannot be read.

    """
    folders = own_jobs(visitor, data=data)
    n_ended = sum(folder.ended() for folder in folders)
    return Usage(
        n_under_way=len(folders) - n_ended,
        n_ended=n_ended,
        n_bytes=used_bytes(visitor, data=data),
    )


def own_jobs(visitor: Visitor, *, data: DataFolder) -> list[JobFolder]:
    """List the jobs that a visitor started; the operator's are those of nobody."""
    return [f for f in job_folders(data) if job_owner(f) == visitor.owner]


def used_bytes(visitor: Visitor, *, data: DataFolder) -> int:
    """Sum what a visitor's jobs, records, models and corpora take on the disk.

    Raises
    ------
    RecordError
        The list of owners or the run store cannot be read.

    """
    owner = visitor.owner
    if owner is None:
        return 0
    owners = Owners(data)
    places = [folder.path for folder in own_jobs(visitor, data=data)]
    places += [data.models / name for name in owners.names("model", owner)]
    places += [data.corpora / name for name in owners.names("folder", owner)]
    records = RunStore(data.runs).sizes(owners.names("run", owner))
    return sum(map(folder_bytes, places)) + sum(records.values())
