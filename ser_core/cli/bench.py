"""``bench``: measure feature extraction over back ends and worker counts."""

from __future__ import annotations

import argparse
from typing import Any

from ser_core.cli.arguments import (
    Subparsers,
    add_command,
    corpus_reference,
    names,
    whole_numbers,
)
from ser_core.cli.foreground import work_in_foreground
from ser_core.cli.output import JsonOutput, add_json_option, problem_line, table
from ser_core.store.data_folder import DataFolder


def add_to(commands: Subparsers) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "bench",
        command=_bench,
        summary="measure feature extraction over back ends and worker counts",
        description="Every repetition is a fresh process; repetitions are "
        "interleaved; wall time is the work alone, after pool start and warm-up. "
        "Speed-ups are relative to the sequential reference arm with one inner "
        "thread, and null without it. Files that cannot be read are listed and left "
        "out of every arm; it fails only when none can be read.",
        examples="bench --corpus voices --limit 400 --backends sequential,loky "
        "--workers 1,2 --repeats 5 --json bench.json\n"
        "bench --corpus voices --backends sequential,threads,loky --workers 4 "
        "--inner-threads 1,default\n"
        "bench --corpus ravdess --page-cache cold --json -",
    )
    parser.add_argument(
        "--corpus", required=True, metavar="DIR", help="a folder, or a known name"
    )
    parser.add_argument(
        "--limit",
        type=int,
        metavar="N",
        help="N files, evenly spaced over the sorted list (default: all)",
    )
    parser.add_argument(
        "--features",
        default="mfcc13x500",
        metavar="NAME",
        help="mfcc13x500, mfcc20x500, means180, mfcc39x94, mfcc39x188, "
        "mfcc39x188-loop, prosody, functionals or egemaps, with pre-processing as in "
        "functionals+trim (default: %(default)s); features list tells more",
    )
    parser.add_argument(
        "--front-end",
        type=names,
        default=("reference",),
        metavar="NAMES",
        help="reference (default)",
    )
    parser.add_argument(
        "--backends",
        type=names,
        default=("sequential", "loky"),
        metavar="NAMES",
        help="of sequential, threads, processes, loky (default: sequential,loky)",
    )
    parser.add_argument(
        "--workers",
        type=whole_numbers,
        metavar="COUNTS",
        help="threads or processes, as 1,2,4; sequential runs once whatever they are "
        "(default: the available cores)",
    )
    parser.add_argument(
        "--repeats", type=int, default=3, metavar="N", help="default: %(default)s"
    )
    parser.add_argument(
        "--inner-threads",
        type=names,
        default=("1",),
        metavar="HOW",
        help="threads inside numerical libraries: 1 (default); default = what each "
        "library does by itself; all = all cores in every worker; or several",
    )
    parser.add_argument(
        "--chunk-size",
        type=int,
        metavar="N",
        help="files that a worker is given at once (default: 4)",
    )
    parser.add_argument(
        "--page-cache",
        default="warm",
        metavar="STATE",
        help="warm: files are read once before (default); cold: dropped before each "
        "repetition",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        help="of the bootstrap interval (default: %(default)s)",
    )
    add_json_option(parser, "the run record")


def _bench(options: argparse.Namespace, data: DataFolder) -> int:
    from ser_core.bench.plan import CHUNK_SIZE, BenchmarkPlan
    from ser_core.measure.cores import available_cores

    output = JsonOutput(options.json)
    plan = BenchmarkPlan.cross(
        corpus_reference(options.corpus, data),
        front_ends=options.front_end,
        backends=options.backends,
        workers=options.workers or (available_cores(),),
        inner_threads=options.inner_threads,
        limit=options.limit,
        features=options.features,
        repeats=options.repeats,
        chunk_size=(CHUNK_SIZE if options.chunk_size is None else options.chunk_size),
        page_cache=options.page_cache,
        seed=options.seed,
    )
    record = work_in_foreground("bench", plan.to_json(), data=data)
    if not output.on_stdout:
        _print_record(record)
    # last, so that what is stored is named even where the file cannot be written
    output.write(record)
    return 0


def _print_record(record: dict[str, Any]) -> None:
    """Print the comparison for people."""
    rows = [
        [
            arm["label"],
            f"{arm['median_wall_s']:.2f} s",
            f"{arm['median_files_per_s']:.1f}",
            _speedup(arm),
            "" if arm["efficiency"] is None else f"{arm['efficiency']:.0%}",
        ]
        for arm in record["summary"]
    ]
    headings = ["arm", "median time", "files/s", "speed-up", "efficiency"]
    print(record["label"])
    print(table(headings, rows))
    for note in record["notes"]:
        print(f"note: {note}")
    failures = record["failures"]
    if failures:
        print(f"files that failed and were left out ({len(failures)}):")
        for failure in failures:
            print(f"  {problem_line(failure)}")
    print(f"stored as run {record['id']}")


def _speedup(arm: dict[str, Any]) -> str:
    """Write a speed-up with its interval."""
    if arm["speedup"] is None:
        return ""
    text = f"{arm['speedup']:.2f}x"
    if arm["speedup_low"] is not None:
        text += f" ({arm['speedup_low']:.2f} to {arm['speedup_high']:.2f})"
    return text
