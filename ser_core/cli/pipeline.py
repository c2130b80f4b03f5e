"""``pipeline``: the report's pipeline from metadata to accuracy, stage by stage."""

from __future__ import annotations

import argparse
from typing import Any

from ser_core.cli.arguments import Subparsers, add_command, corpus_reference
from ser_core.cli.foreground import work_in_foreground
from ser_core.cli.output import JsonOutput, add_json_option, problem_line, table
from ser_core.store.data_folder import DataFolder


def add_to(commands: Subparsers) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "pipeline",
        command=_pipeline,
        summary="run the report's pipeline, from metadata to accuracy, stage by stage",
        description="The first version extracts sequentially, the enhanced one over "
        "loky. After the measured stages the same model is fitted once more on "
        "speakers that it has not heard, and both accuracies are given. Files that "
        "cannot be read are listed and left out.",
        examples="pipeline --corpus voices --version first --json first.json\n"
        "pipeline --corpus voices --version enhanced --workers 4 --json -\n"
        "pipeline --corpus voices --version enhanced --model svm --limit 1000",
    )
    parser.add_argument(
        "--corpus", required=True, metavar="DIR", help="a folder, or a known name"
    )
    parser.add_argument(
        "--version", required=True, metavar="WHICH", help="first or enhanced"
    )
    parser.add_argument(
        "--model", default="mlp", metavar="NAME", help="mlp (default) or svm"
    )
    parser.add_argument(
        "--limit",
        type=int,
        metavar="N",
        help="N files, evenly spaced over the sorted list (default: all)",
    )
    parser.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="of the enhanced version (default: the available cores)",
    )
    parser.add_argument(
        "--inner-threads",
        default="1",
        metavar="HOW",
        help="threads inside numerical libraries: 1 (default), default or all",
    )
    add_json_option(parser, "the run record")


def _pipeline(options: argparse.Namespace, data: DataFolder) -> int:
    from ser_core.bench.pipeline import PipelinePlan

    output = JsonOutput(options.json)
    plan = PipelinePlan(
        corpus=corpus_reference(options.corpus, data),
        version=options.version,
        model=options.model,
        limit=options.limit,
        workers=options.workers,
        inner_threads=options.inner_threads,
    )
    record = work_in_foreground("pipeline", plan.to_json(), data=data)
    if not output.on_stdout:
        _print_record(record)
    # last, so that what is stored is named even where the file cannot be written
    output.write(record)
    return 0


def _print_record(record: dict[str, Any]) -> None:
    """Print stages and accuracies for people."""
    rows = [
        [
            stage["name"],
            f"{stage['wall_s']:.2f} s",
            f"{stage['cpu_user_s'] + stage['cpu_system_s']:.2f} s",
            _megabytes(stage["rss_end_bytes"]),
            _megabytes(stage["peak_pss_bytes"]),
        ]
        for stage in record["stages"]
    ]
    print(record["label"])
    print(table(["stage", "time", "CPU", "RSS at end", "peak PSS"], rows))
    print(f"total: {record['total_wall_s']:.2f} s")
    print(f"accuracy on a random split: {record['accuracy']:.1%}")
    unseen = record["accuracy_unseen_speakers"]
    if unseen is None:
        print(f"accuracy on unseen speakers: {record['unseen_speakers_reason']}")
    else:
        print(f"accuracy on unseen speakers: {unseen:.1%}")
    for note in record["notes"]:
        print(f"note: {note}")
    if record["failures"]:
        print(f"files that failed and were left out ({len(record['failures'])}):")
        for failure in record["failures"]:
            print(f"  {problem_line(failure)}")
    print(f"stored as run {record['id']}")


def _megabytes(size_bytes: int | None) -> str:
    """Write a size in MB; empty where unknown."""
    return "" if size_bytes is None else f"{size_bytes / 1e6:.0f} MB"
