"""Show what measuring costs: the same arm with the sampler and without anything.

Repetitions with and without are interleaved, and each pair begins with the other
one. "Without" is the arm's process alone: no sampler, no reports of progress, its
supervisor asleep. The figure is the ratio of the two wall times of the work, pair by
pair, and its median with a bootstrap interval (95 %); 1.02 would be 2 %.

    python -m benchmarks.measuring_overhead --corpus DIR --limit 400 --repeats 15
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from ser_core.bench.arm import ArmSpec
from ser_core.bench.plan import Arm, BenchmarkPlan
from ser_core.bench.repetition import Listener, arm_environment, run_repetition
from ser_core.bench.selection import select
from ser_core.errors import SerError
from ser_core.measure.cores import available_cores
from ser_core.measure.page_cache import warm_page_cache
from ser_core.measure.sampling import package_command
from ser_core.store.data_folder import data_folder


def measured_s(spec: ArmSpec, *, numba_cache: Path, folder: Path) -> float:
    """Return the work's seconds with everything that a benchmark runs beside it."""
    repetition = run_repetition(
        spec, numba_cache=numba_cache, folder=folder, listener=Listener.silent()
    )
    return float(repetition.figures["wall_s"])


def bare_s(spec: ArmSpec, *, numba_cache: Path, folder: Path) -> float:
    """Return the work's seconds with nothing beside it."""
    quiet = replace(spec, progress_s=None)
    path = folder / "bare.json"
    path.write_text(json.dumps(quiet.to_json()), encoding="utf-8")
    environment = arm_environment(quiet, numba_cache=numba_cache, temporary=folder)
    with subprocess.Popen(
        [*package_command("ser_core.bench.arm"), str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env=environment,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(3):
            process.stdin.write("go\n")
        # closed only at the end: the arm ends with its standard input
        process.stdin.flush()
        messages = [json.loads(line) for line in process.stdout]
    for message in messages:
        if message["type"] == "error":
            raise SerError(message["message"])
        if message["type"] == "done":
            return float(message["wall_s"])
    raise SerError(f"the arm ended with code {process.returncode} before its work")


def interval(ratios: list[float], *, seed: int = 0) -> tuple[float, float]:
    """Return the bootstrap interval (95 %) of the median."""
    values = np.array(ratios)
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(values), size=(5_000, len(values)))
    low, high = np.percentile(np.median(values[drawn], axis=1), [2.5, 97.5])
    return float(low), float(high)


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", required=True, help="name or folder")
    parser.add_argument("--limit", type=int, default=400)
    parser.add_argument("--backend", default="loky")
    parser.add_argument("--workers", type=int, default=available_cores())
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--data-dir", help="data folder (default: the usual one)")
    return parser.parse_args()


def main() -> int:
    chosen = options()
    data = data_folder(chosen.data_dir).prepare()
    arm = Arm(backend=chosen.backend, workers=chosen.workers)
    plan = BenchmarkPlan(corpus=chosen.corpus, arms=(arm,), limit=chosen.limit)
    files = select(plan, data_folder=data).paths
    warm_page_cache(files)
    ratios = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spec = ArmSpec(
            arm=arm,
            features=plan.features,
            paths=files,
            chunk_size=1,
            n_cores=available_cores(),
            supervisor=os.getpid(),
            timeline=folder / "timeline.json",
        )
        for repeat in range(chosen.repeats):
            ways = [measured_s, bare_s] if repeat % 2 else [bare_s, measured_s]
            wall_s = {
                way: way(spec, numba_cache=data.numba_cache, folder=folder)
                for way in ways
            }
            ratios.append(wall_s[measured_s] / wall_s[bare_s])
            print(
                f"{repeat + 1:3d}  measured {wall_s[measured_s]:8.3f} s  "
                f"bare {wall_s[bare_s]:8.3f} s  ratio {ratios[-1]:.4f}",
                flush=True,
            )
    low, high = interval(ratios)
    print(
        f"{arm.label}, {len(files)} files, {chosen.repeats} pairs: measuring costs "
        f"{np.median(ratios) - 1:+.2%} of the run ({low - 1:+.2%} to {high - 1:+.2%})"
    )
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SerError as error:
        sys.exit(error.message)
