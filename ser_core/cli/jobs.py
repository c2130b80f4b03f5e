"""``jobs``: list, cancel, sweep."""

from __future__ import annotations

import argparse

from ser_core.cli.arguments import Subparsers, add_command, add_group
from ser_core.cli.output import JsonOutput, add_json_option, table
from ser_core.store.data_folder import DataFolder


def add_to(commands: Subparsers) -> None:
    """Add the group and its commands."""
    group = add_group(commands, "jobs", summary="watch and cancel jobs")
    listing = add_command(
        group,
        "list",
        command=_list,
        summary="list jobs, the newest first",
        examples="jobs list\njobs list --json",
    )
    add_json_option(listing, "the list")
    cancel = add_command(
        group,
        "cancel",
        command=_cancel,
        summary="end a job and everything it started",
        description="Whoever may use this data folder from the command line is its "
        "operator, so no token is needed.",
        examples="jobs cancel 0123456789abcdef0123456789abcdef",
    )
    cancel.add_argument("job_id", metavar="ID", help="32 hexadecimal characters")
    add_command(
        group,
        "sweep",
        command=_sweep,
        summary="clear up what dead jobs left, and delete the oldest ended ones",
        description="Keeps the newest 200 ended jobs; run records stay. Every job "
        "that measures does this before it starts.",
        examples="jobs sweep",
    )


def _list(options: argparse.Namespace, data: DataFolder) -> int:
    from ser_core.jobs import list_jobs

    output = JsonOutput(options.json)
    views = list_jobs(data)
    output.write(
        [
            {
                "job_id": view.job_id,
                "kind": view.kind,
                "state": view.state,
                "reason": view.reason,
                "ahead": view.ahead,
                "created_utc": view.created_utc,
                "started_utc": view.started_utc,
                "ended_utc": view.ended_utc,
                "result_path": view.result_path and str(view.result_path),
            }
            for view in views
        ]
    )
    if output.on_stdout:
        return 0
    if not views:
        print(f"no jobs in '{data.jobs}'")
        return 0
    rows = [
        [
            view.job_id,
            view.kind,
            view.state + (f" ({view.ahead} ahead)" if view.ahead else ""),
            (view.created_utc or "")[:19],
            view.reason or "",
        ]
        for view in views
    ]
    print(table(["job", "kind", "state", "submitted (UTC)", "reason"], rows))
    return 0


def _cancel(options: argparse.Namespace, data: DataFolder) -> int:
    from ser_core.jobs import cancel

    view = cancel(options.job_id, data=data, operator=True)
    print(f"job {view.job_id} is {view.state}")
    return 0 if view.state == "cancelled" else 1


def _sweep(options: argparse.Namespace, data: DataFolder) -> int:
    from ser_core.jobs import sweep

    vanished = sweep(data)
    print(f"{len(vanished)} dead jobs settled")
    return 0
