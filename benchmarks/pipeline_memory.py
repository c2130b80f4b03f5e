"""Show what memory the pipeline needs per utterance, beside the report's figures.

The pipeline runs over N files and over a quarter of them. For the end of each stage
it prints the private memory of the whole process tree (what would be free if it
ended): its total, its growth above the figure before the first stage per utterance,
and the slope between the two sizes, which is what each further utterance costs. The
slope gives the total for the report's 25,185 utterances. Beside them stands what the
report printed: resident memory of the parent alone, total and growth, per utterance.
`benchmarks.pipeline_real_size` has the peak at the full size, with made-up features.

    python -m benchmarks.pipeline_memory --corpus DIR --limit 2000 --version enhanced
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from ser_core.bench.pipeline import PipelinePlan, run_pipeline
from ser_core.bench.published import N_UTTERANCES, PUBLISHED
from ser_core.errors import SerError
from ser_core.store.data_folder import data_folder


def run(options: argparse.Namespace, *, limit: int) -> dict[str, Any]:
    """Run the pipeline over so many files and return its record."""
    plan = PipelinePlan(
        corpus=options.corpus,
        version=options.version,
        model=options.model,
        limit=limit,
    )
    with tempfile.TemporaryDirectory() as folder:
        return run_pipeline(
            plan,
            data_folder=data_folder().prepare(),
            work_folder=Path(folder),
            emit=lambda event: None,
        )


def rows(large: dict[str, Any], small: dict[str, Any]) -> list[dict[str, Any]]:
    """Work out the figures of each stage, in bytes."""
    published = PUBLISHED[large["version"]]
    n_large = large["n_train"] + large["n_validation"] + large["n_test"]
    n_small = small["n_train"] + small["n_validation"] + small["n_test"]
    initial = large["initial"]["private_bytes"]
    found = []
    for stage, other in zip(large["stages"], small["stages"], strict=True):
        total = stage["private_end_bytes"]
        slope = (total - other["private_end_bytes"]) / (n_large - n_small)
        report = published.stage(stage["name"]).rss_end_bytes
        growth = report - published.rss_start_bytes
        found.append(
            {
                "stage": stage["name"],
                "private_bytes": total,
                "growth_per_utterance": (total - initial) / n_large,
                "slope_per_utterance": slope,
                "full_corpus_bytes": total + slope * (N_UTTERANCES - n_large),
                "report_growth_per_utterance": growth / N_UTTERANCES,
                "report_per_utterance": report / N_UTTERANCES,
                "report_rss_bytes": report,
            }
        )
    return found


def show(found: list[dict[str, Any]], *, n_files: int) -> None:
    """Print the table and what follows from it."""
    print(
        f"{'end of stage':20}{'private':>10}{'growth':>11}{'slope':>11}"
        f"{'report':>13}{'report':>11}{'full':>10}{'report':>10}"
    )
    print(
        f"{'':20}{'MB':>10}{'kB/utt':>11}{'kB/utt':>11}"
        f"{'grow kB/utt':>13}{'kB/utt':>11}{'MB':>10}{'MB':>10}"
    )
    for row in found:
        print(
            f"{row['stage']:20}{row['private_bytes'] / 1e6:10.0f}"
            f"{row['growth_per_utterance'] / 1e3:11.1f}"
            f"{row['slope_per_utterance'] / 1e3:11.1f}"
            f"{row['report_growth_per_utterance'] / 1e3:13.1f}"
            f"{row['report_per_utterance'] / 1e3:11.1f}"
            f"{row['full_corpus_bytes'] / 1e6:10.0f}"
            f"{row['report_rss_bytes'] / 1e6:10.0f}"
        )
    print(
        f"({n_files} files; metadata is read for the whole corpus, whatever the limit)"
    )
    for what, ours, theirs in (
        ("growth per utterance", "growth_per_utterance", "report_per_utterance"),
        (f"total for {N_UTTERANCES:,}", "full_corpus_bytes", "report_rss_bytes"),
    ):
        above = [row["stage"] for row in found if row[ours] > row[theirs]]
        verdict = f"above after: {', '.join(above)}" if above else "within, every stage"
        print(f"{what} against the report's resident memory: {verdict}")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", required=True, help="a folder, or a known name")
    parser.add_argument("--limit", type=int, default=2000, metavar="N")
    parser.add_argument("--version", default="enhanced", help="first or enhanced")
    parser.add_argument("--model", default="mlp", help="mlp or svm")
    parser.add_argument("--json", type=Path, metavar="OUT", help="figures as JSON")
    options = parser.parse_args()
    try:
        small = run(options, limit=max(options.limit // 4, 1))
        large = run(options, limit=options.limit)
    except SerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if large["initial"]["private_bytes"] is None:
        sys.stderr.write("this platform does not tell private memory\n")
        return 1
    found = rows(large, small)
    show(found, n_files=large["corpus"]["n_files"])
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
