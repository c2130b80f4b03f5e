"""``run``: do the job that a spec file describes."""

from __future__ import annotations

import argparse
from pathlib import Path

from ser_core.cli.arguments import Subparsers, add_command
from ser_core.cli.foreground import work_in_foreground
from ser_core.cli.output import JsonOutput, add_json_option
from ser_core.store.data_folder import DataFolder


def add_to(commands: Subparsers) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "run",
        command=_run,
        summary="do the job that a spec file describes",
        description='SPEC is JSON: {"kind": "bench", "parameters": {...}}; kinds are '
        "bench, pipeline, synthesize and download, and a stored job's spec.json has "
        "the same form. The result goes to stdout unless --json names a file.",
        examples="run spec.json > record.json\nrun spec.json --json record.json",
    )
    parser.add_argument("spec", metavar="SPEC", type=Path, help="the spec file")
    add_json_option(parser, "the result")


def _run(options: argparse.Namespace, data: DataFolder) -> int:
    from ser_core.jobs.keeper import is_job_spec, run_job
    from ser_core.jobs.spec import read_spec

    if is_job_spec(options.spec):
        return 0 if run_job(options.spec.resolve().parent).state == "done" else 1
    output = JsonOutput("-" if options.json is None else options.json)
    spec = read_spec(options.spec)
    output.write(work_in_foreground(spec.kind, spec.parameters, data=data))
    return 0
