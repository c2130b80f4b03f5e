"""``runs``: list, export and import run records."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from ser_core.cli.arguments import Subparsers, add_command, add_group
from ser_core.cli.output import JsonOutput, add_json_option, table
from ser_core.errors import RecordError
from ser_core.store.data_folder import DataFolder
from ser_core.store.runs import RunStore, RunSummary


def add_to(commands: Subparsers) -> None:
    """Add the group and its commands."""
    group = add_group(commands, "runs", summary="list, export and import run records")
    listing = add_command(
        group,
        "list",
        command=_list,
        summary="list the stored runs, the newest first",
        examples="runs list\nruns list --json",
    )
    add_json_option(listing, "the list")
    export = add_command(
        group,
        "export",
        command=_export,
        summary="write a stored run as JSON, or a table of it as CSV",
        description="The JSON can be imported on another machine. Tables of a "
        "benchmark are runs and summary, of a pipeline stages and report, of a "
        "training per_class, folds, by_speaker and predictions, of a study rows.",
        examples="runs export 0123456789abcdef0123456789abcdef --json run.json\n"
        "runs export 0123456789abcdef0123456789abcdef --csv summary > run.csv",
    )
    export.add_argument("run_id", metavar="ID", help="as runs list shows it")
    forms = export.add_mutually_exclusive_group()
    forms.add_argument(
        "--json",
        metavar="OUT",
        nargs="?",
        const="-",
        default="-",
        help="write JSON to the file OUT, or to stdout (default)",
    )
    forms.add_argument("--csv", metavar="TABLE", help="write a table to stdout")
    importing = add_command(
        group,
        "import",
        command=_import,
        summary="store a run that was exported elsewhere, marked as imported",
        examples="runs import run.json",
    )
    importing.add_argument("file", metavar="FILE", type=Path, help="exported JSON")


def _list(options: argparse.Namespace, data: DataFolder) -> int:
    output = JsonOutput(options.json)
    runs = RunStore(data.runs).list()
    output.write([asdict(run) for run in runs])
    if output.on_stdout:
        return 0
    if not runs:
        print(f"no runs in '{data.runs}'")
        return 0
    rows = [
        [
            run.id,
            run.kind,
            run.created_utc[:19],
            run.label + (" (synthetic)" if run.synthetic else ""),
            "" if run.speedup is None else f"{run.speedup:.2f}x ({run.speedup_arm})",
            _recall(run),
            run.source,
        ]
        for run in runs
    ]
    headings = ["run", "kind", "made (UTC)", "label", "best speed-up"]
    headings += ["UAR / unseen speakers", "source"]
    print(table(headings, rows))
    return 0


def _recall(run: RunSummary) -> str:
    """Write both figures of a training run, so that neither stands alone."""
    if run.uar is None:
        return ""
    unseen = "unknown" if run.uar_unseen is None else f"{run.uar_unseen:.1%}"
    return f"{run.uar:.1%} / {unseen}"


def _export(options: argparse.Namespace, data: DataFolder) -> int:
    from ser_core.bench import record as bench_record
    from ser_core.training import export as training_export

    output = JsonOutput(options.json)
    record = RunStore(data.runs).get(options.run_id)
    trained = record["kind"] in training_export.CSV_TABLES
    export_csv = training_export.export_csv if trained else bench_record.export_csv
    if options.csv is None:
        output.write(record)
    else:
        sys.stdout.write(export_csv(record, table=options.csv))
    return 0


def _import(options: argparse.Namespace, data: DataFolder) -> int:
    from ser_core.bench.record import MAX_IMPORT_BYTES, import_record

    try:
        with options.file.open("rb") as file:
            content = file.read(MAX_IMPORT_BYTES + 1)
    except OSError as error:
        raise RecordError(
            f"'{options.file}' cannot be read ({error.strerror}); give a JSON file "
            "that SER Lab exported",
            path=str(options.file),
        ) from error
    data.prepare()
    run_id = RunStore(data.runs).add(import_record(content))
    print(f"stored as {run_id}, marked as imported")
    return 0
