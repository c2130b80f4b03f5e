"""Show the peak memory of the report's pipeline at its full size, without its audio.

A matrix of 25,185 x 6,500 made-up values takes the place of the extracted features;
everything else is the pipeline's own code: metadata, a number of real extractions
(sequential, or over loky as in the enhanced version), preprocessing, training,
evaluation, and the second fit on unseen speakers. The whole process tree, its sampler
included, is read ten times a second from outside: private memory (what would be free
if it ended) and proportional set size, which also holds its part of shared pages and
of the mapped matrix.

``--plain`` does the same in the usual way, for comparison: the matrix in memory,
scikit-learn's `StandardScaler` and `MLPClassifier`. Both must find the same.

    python -m benchmarks.pipeline_real_size --version enhanced
    python -m benchmarks.pipeline_real_size --plain

Takes 0.7 GB of disk (in TMPDIR) for as long as it runs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.real_size import Size, utterances, write_matrix
from ser_core.bench.pipeline_stages import load_libraries
from ser_core.bench.pipeline_training import recognise
from ser_core.bench.unseen_speakers import try_unseen_speakers
from ser_core.errors import SerError
from ser_core.evaluation.metrics import evaluate
from ser_core.evaluation.splits import random_split
from ser_core.execution import open_backend, thread_environment
from ser_core.features import ExtractionTask, feature_set
from ser_core.measure.cores import available_cores
from ser_core.measure.sampling import package_environment
from ser_core.measure.stages import StageRecorder
from ser_core.measure.tree import ProcessTree, end_tree
from ser_core.models.classical import build_mlp
from ser_core.store.matrix_file import check_space, file_size, open_matrix_file

LIMIT_BYTES = 1.4e9
SAMPLE_EVERY_S = 0.1
N_EXTRACTIONS = 64
BEFORE, AFTER = "before the stages", "unseen speakers"

Emit = Callable[[dict[str, Any]], None]


def pipeline(matrix: Path, size: Size, *, version: str, emit: Emit) -> dict[str, Any]:
    """Do in this process what the pipeline does, its extraction shortened."""
    task = ExtractionTask(feature_set=feature_set("mfcc13x500"))
    load_libraries(task)
    with StageRecorder(emit=emit) as recorder:
        with recorder.stage("metadata"):
            known = utterances(size)
        with recorder.stage("feature extraction"):
            extract_some(task, version=version)
            X = open_matrix_file(matrix)
        y = np.array([utterance.emotion for utterance in known])
        found = recognise(
            X, y, model_name="mlp", recorder=recorder, forecast=lambda X, y: None
        )
    emit({"t": time.time(), "type": "stage", "name": AFTER, "state": "started"})
    unseen = try_unseen_speakers(X, y, known, model_name="mlp")
    assert unseen.result is not None
    return {
        "confusion": [list(row) for row in found.evaluation.confusion],
        "accuracy": found.evaluation.accuracy,
        "uar_unseen_speakers": unseen.result.uar,
        "stages": recorder.stages,
    }


def extract_some(task: ExtractionTask, *, version: str) -> None:
    """Extract a few made-up recordings, as the version does it."""
    import soundfile

    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(Path(folder) / f"{i}.wav") for i in range(N_EXTRACTIONS)]
        for path in paths:
            soundfile.write(path, rng.normal(0, 0.1, 44_100 * 5), 44_100)
        backend, n = (
            ("sequential", 1) if version == "first" else ("loky", available_cores())
        )
        with open_backend(backend, n_workers=n) as pool:
            pool.start()
            for extraction in pool.map(task, paths, chunk_size=4):
                assert extraction.error is None, extraction.error


def plainly(matrix: Path, size: Size, *, emit: Emit) -> dict[str, Any]:
    """Do what the report's code does, with scikit-learn alone."""
    from sklearn.preprocessing import StandardScaler

    def tell(name: str) -> None:
        emit({"t": time.time(), "type": "stage", "name": name, "state": "started"})

    tell("feature extraction")
    y = np.array([utterance.emotion for utterance in utterances(size)])
    X = np.load(matrix)
    tell("preprocessing")
    split = random_split(y.tolist())
    scaler = StandardScaler()
    X_train = scaler.fit_transform(X[split.train])
    scaler.transform(X[split.validation])
    X_test = scaler.transform(X[split.test])
    tell("training")
    start_s = time.perf_counter()
    model = build_mlp().fit(X_train, y[split.train])
    wall_s = time.perf_counter() - start_s
    tell("evaluation")
    found = evaluate(
        y[split.test], model.predict(X_test), classes=np.unique(y).tolist()
    )
    return {
        "confusion": [list(row) for row in found.confusion],
        "accuracy": found.accuracy,
        "stages": [{"name": "training", "wall_s": wall_s}],
    }


class MemoryWatch:
    """Read what a process tree uses, until it is told to stop."""

    def __init__(self, pid: int) -> None:
        self.samples: list[tuple[float, int, int]] = []
        self._tree = ProcessTree(pid)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        """End the watching."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(SAMPLE_EVERY_S) and self._tree.alive():
            try:
                private, pss = self._tree.private_bytes(), self._tree.pss_bytes()
            except psutil.NoSuchProcess:
                return
            if private is not None and pss is not None:
                self.samples.append((time.time(), private, pss))


def measured(options: argparse.Namespace, matrix: Path) -> dict[str, Any]:
    """Run a child over the matrix and watch its memory."""
    threads = thread_environment(
        "1", n_cores=available_cores(), backend="sequential", n_workers=1
    )
    changed = {name: value for name, value in threads.items() if value is not None}
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "benchmarks.pipeline_real_size"),
            *("--matrix", str(matrix), "--version", options.version),
            *("--rows", str(options.rows), "--columns", str(options.columns)),
            *(["--plain"] if options.plain else []),
        ],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env={**package_environment(), **changed},
    ) as child:
        watch = MemoryWatch(child.pid)
        try:
            assert child.stdout is not None
            events = [json.loads(line) for line in child.stdout]
        finally:
            watch.stop()
            end_tree(child.pid)
    if not events or "result" not in events[-1]:
        raise SerError("the measured process ended before its work was done")
    return {**events[-1]["result"], "events": events[:-1], "samples": watch.samples}


def peaks(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the peak of private memory and of PSS within each stage, in bytes."""
    starts = [(0.0, BEFORE)] + [
        (event["t"], event["name"])
        for event in found["events"]
        if event["type"] == "stage" and event["state"] == "started"
    ]
    ends = [at_s for at_s, _ in starts[1:]] + [float("inf")]
    rows = []
    for (start_s, name), end_s in zip(starts, ends, strict=True):
        within = [s for s in found["samples"] if start_s <= s[0] < end_s]
        rows.append(
            {
                "stage": name,
                "n_samples": len(within),
                "peak_private_bytes": max((s[1] for s in within), default=0),
                "peak_pss_bytes": max((s[2] for s in within), default=0),
            }
        )
    return rows


def show(found: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    """Print the peaks, the times and what was recognised."""
    print(f"{'stage':22}{'samples':>8}{'peak private':>14}{'peak PSS':>11}{'wall':>9}")
    times = {stage["name"]: stage["wall_s"] for stage in found["stages"]}
    for row in rows:
        wall = f"{times[row['stage']]:.2f} s" if row["stage"] in times else ""
        print(
            f"{row['stage']:22}{row['n_samples']:8}"
            f"{row['peak_private_bytes'] / 1e6:11.0f} MB"
            f"{row['peak_pss_bytes'] / 1e6:8.0f} MB{wall:>9}"
        )
    private = max(row["peak_private_bytes"] for row in rows)
    pss = max(row["peak_pss_bytes"] for row in rows)
    verdict = "below" if private < LIMIT_BYTES else "NOT below"
    print(
        f"peak of the tree: {private / 1e6:,.0f} MB private ({verdict} "
        f"{LIMIT_BYTES / 1e9} GB), {pss / 1e6:,.0f} MB PSS"
    )
    print(f"accuracy {found['accuracy']:.6f}; confusion {found['confusion']}")


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", default="enhanced", choices=("first", "enhanced"))
    parser.add_argument("--plain", action="store_true", help="scikit-learn alone")
    parser.add_argument("--rows", type=int, default=Size.n_rows)
    parser.add_argument("--columns", type=int, default=Size.n_columns)
    parser.add_argument("--json", type=Path, metavar="OUT", help="figures as JSON")
    parser.add_argument("--matrix", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def child(options: argparse.Namespace) -> None:
    """Do the work that is measured, and print events and result as JSON lines."""

    def emit(event: dict[str, Any]) -> None:
        if event["type"] == "stage":
            print(json.dumps(event), flush=True)

    size = Size(options.rows, options.columns)
    if options.plain:
        result = plainly(options.matrix, size, emit=emit)
    else:
        result = pipeline(options.matrix, size, version=options.version, emit=emit)
    print(json.dumps({"result": result}), flush=True)


def main() -> int:
    options = parsed()
    if options.matrix is not None:
        child(options)
        return 0
    size = Size(options.rows, options.columns)
    try:
        with tempfile.TemporaryDirectory() as folder:
            needed = file_size(size.n_rows, size.n_columns)
            check_space(Path(folder), needed_bytes=2 * needed)
            matrix = Path(folder) / "values.npy"
            write_matrix(matrix, size)
            os.environ["TMPDIR"] = folder
            found = measured(options, matrix)
    except SerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    rows = peaks(found)
    print(f"{size.n_rows:,} x {size.n_columns:,} float32, {needed / 1e6:,.0f} MB")
    show(found, rows)
    if options.json:
        kept = {"peaks": rows, **{k: found[k] for k in ("stages", "accuracy")}}
        options.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
