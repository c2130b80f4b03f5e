"""``clean``: remove what has been kept for as long as the operator wants."""

from __future__ import annotations

import argparse

from ser_core.cli.arguments import Subparsers, add_command
from ser_core.errors import RecordError
from ser_core.store.data_folder import DataFolder


def add_to(commands: Subparsers) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "clean",
        command=_clean,
        summary="remove old job folders, run records and searches",
        description="What is old is said by keep_jobs_days and keep_records_days "
        "(python -m ser_core settings show); a server does this once an hour. Jobs "
        "that have not ended, records marked as kept, models and corpora stay.",
        examples="clean --dry-run\n"
        "clean\n"
        "clean --keep 0123456789abcdef0123456789abcdef",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="only say what would be removed"
    )
    marks = parser.add_mutually_exclusive_group()
    marks.add_argument(
        "--keep", metavar="RUN", help="mark a run record as kept, and remove nothing"
    )
    marks.add_argument(
        "--release", metavar="RUN", help="take that mark off, and remove nothing"
    )


def _clean(options: argparse.Namespace, data: DataFolder) -> int:
    from datetime import UTC, datetime

    from ser_core.store.retention import sweep_old
    from ser_core.store.settings import settings

    if options.keep or options.release:
        return _mark(options.keep or options.release, data, kept=bool(options.keep))
    rules = settings(data)
    if rules.keep_jobs_days is None and rules.keep_records_days is None:
        print(
            "nothing expires here: set keep_jobs_days or keep_records_days in "
            f"'{data.root / 'config.toml'}'"
        )
        return 0
    removed = sweep_old(data, rules, datetime.now(UTC), dry_run=options.dry_run)
    for kind, names in (
        ("job", removed.jobs),
        ("run", removed.runs),
        ("search", removed.searches),
    ):
        for name in names:
            print(f"{kind} {name}")
    print(f"{'would remove' if options.dry_run else 'removed'}: {removed.words}")
    return 0


def _mark(run_id: str, data: DataFolder, *, kept: bool) -> int:
    """Mark a stored record as kept, or no longer."""
    from ser_core.store.owners import Owners
    from ser_core.store.runs import RunStore

    if not any(run.id == run_id for run in RunStore(data.runs).list()):
        raise RecordError(
            f"run {run_id!r} is not in '{data.runs}'; see python -m ser_core runs list"
        )
    Owners(data).keep("run", run_id, kept=kept)
    print(f"run {run_id} {'stays' if kept else 'goes when it is old'}")
    return 0
