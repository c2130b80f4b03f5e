"""What a benchmark's figures must not be read without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from ser_core.bench.plan import BenchmarkPlan
from ser_core.bench.timeline import MAX_FILES

NOISY_SHARE: Final = 0.10
"""Distance of the quartiles over the median above which an arm is called noisy."""

SHORT_S: Final = 1.0
"""Shorter work than this is mostly granularity of clocks and schedulers."""


def remarks(
    runs: Sequence[Mapping[str, Any]], *, plan: BenchmarkPlan, n_cores: int
) -> list[str]:
    """Say in plain words how the way of measuring limits the figures.

    Parameters
    ----------
    runs : sequence of dict
        Entries of a record's ``runs``.
    plan : BenchmarkPlan
        What was measured.
    n_cores : int
        Cores that were available.

    Returns
    -------
    notes : list of str
        One or two sentences each: arms whose repetitions differ, work that is too
        short, more workers than cores, inner threads that are not as asked for.

    """
    notes = []
    for arm in plan.arms:
        own = [run for run in runs if run["arm"] == arm.key]
        walls = [run["wall_s"] for run in own]
        low, middle, high = np.percentile(walls, [25, 50, 75])
        if len(walls) > 1 and high - low > NOISY_SHARE * middle:
            notes.append(
                f"{arm.label}: its repetitions differ by {(high - low) / middle:.0%} "
                "of their median (distance of the quartiles). Use more repetitions, "
                "or a quieter machine."
            )
        if middle < SHORT_S:
            notes.append(
                f"{arm.label}: the work took {middle:.2f} s, which is too short to "
                "say much. Use more files."
            )
        if arm.backend != "sequential" and arm.workers > n_cores:
            notes.append(
                f"{arm.label}: more workers than the {n_cores} available core(s); "
                "they take turns."
            )
        notes += _unpinned(arm.label, own) if arm.inner_threads == "1" else []
    n_files = max(run["n_files"] for run in runs)
    if n_files > MAX_FILES:
        notes.append(
            f"The timelines show the first {MAX_FILES} of {n_files} files; every "
            "other figure is of all of them."
        )
    return notes


def _unpinned(label: str, runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say which libraries have more threads than the one they were given."""
    pools = {
        f"{pool['library']} ({pool['n_threads']})"
        for run in runs
        for pool in run["threadpools"]
        if pool["n_threads"] > 1
    }
    if not pools:
        return []
    return [
        f"{label}: inner threads were to be 1, but these libraries have more: "
        f"{', '.join(sorted(pools))}. Its times are not those of one thread a worker."
    ]
