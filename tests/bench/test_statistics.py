"""Medians, speed-ups and intervals against figures worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ser_core.bench.statistics import reading, summarise

REFERENCE = "reference/sequential/1/1"


def run(
    backend: str = "loky",
    workers: int = 2,
    repeat: int = 0,
    wall_s: float = 1.0,
    **changes: Any,
) -> dict[str, Any]:
    inner = changes.pop("inner_threads", "1")
    return {
        "arm": f"reference/{backend}/{workers}/{inner}",
        "front_end": "reference",
        "backend": backend,
        "workers": workers,
        "inner_threads": inner,
        "repeat": repeat,
        "n_files": 10,
        "n_failed": 0,
        "wall_s": wall_s,
        "startup_s": 0.0,
        "warmup_s": 0.0,
        "files_per_s": 10 / wall_s,
        "cpu_user_s": 2.0,
        "cpu_system_s": 0.1,
        "peak_rss_bytes": 1000,
        "peak_pss_bytes": 900,
        "other_cpu_share": 0.01,
        "checksum": "c0ffee",
        **changes,
    }


def plan_of(sequential: list[float], parallel: list[float]) -> list[dict[str, Any]]:
    rounds = [run("sequential", 1, i, s) for i, s in enumerate(sequential)]
    return rounds + [run("loky", 2, i, s) for i, s in enumerate(parallel)]


def test_speedup_is_the_median_of_paired_ratios() -> None:
    # The machine gets slower; ratios are 2, 1.5, 2.5, while the ratio of medians
    # would be 15 / 6 = 2.5.
    runs = plan_of([10, 15, 30], [5, 10, 12])
    _, loky = summarise(runs, reference_key=REFERENCE)
    assert loky["speedup"] == 2.0
    assert loky["efficiency"] == 1.0
    assert loky["median_wall_s"] == 10
    assert loky["label"] == "loky, 2 workers, 1 inner thread"


def test_order_of_the_runs_does_not_matter() -> None:
    runs = plan_of([10, 15, 30], [5, 10, 12])
    shuffled = [runs[i] for i in (0, 3, 5, 4, 2, 1)]
    assert summarise(runs, reference_key=REFERENCE) == summarise(
        shuffled, reference_key=REFERENCE
    )


def test_quartile_range_and_karp_flatt_are_as_by_hand() -> None:
    runs = plan_of([16, 16, 16, 16, 16], [8, 9, 10, 11, 12])
    sequential, loky = summarise(runs, reference_key=REFERENCE)
    assert loky["iqr_wall_s"] == 2.0
    assert loky["speedup"] == pytest.approx(1.6)
    # (1/1.6 - 1/2) / (1 - 1/2) = 0.25
    assert loky["karp_flatt"] == pytest.approx(0.25)
    assert sequential["karp_flatt"] is None
    assert sequential["speedup"] == 1.0
    assert sequential["speedup_low"] == sequential["speedup_high"] == 1.0


def test_startup_and_warmup_count_once_included() -> None:
    runs = [
        run("sequential", 1, 0, 10.0, startup_s=0.0, warmup_s=2.0),
        run("loky", 2, 0, 5.0, startup_s=1.0, warmup_s=2.0),
    ]
    _, loky = summarise(runs, reference_key=REFERENCE)
    assert loky["speedup"] == 2.0
    assert loky["speedup_with_startup"] == pytest.approx(12 / 8)


def test_interval_needs_three_repetitions_and_holds_the_median() -> None:
    _, two = summarise(plan_of([10, 10], [5, 6]), reference_key=REFERENCE)
    assert two["speedup_low"] is two["speedup_high"] is None
    _, three = summarise(plan_of([10] * 3, [5, 6, 8]), reference_key=REFERENCE)
    assert three["speedup_low"] == pytest.approx(10 / 8)
    assert three["speedup_high"] == pytest.approx(2.0)


def test_interval_covers_the_true_speedup_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(60):
        walls = 5 * rng.lognormal(0, 0.05, size=15)
        _, loky = summarise(plan_of([10] * 15, list(walls)), reference_key=REFERENCE)
        held += loky["speedup_low"] <= 2.0 <= loky["speedup_high"]
    assert held >= 51


def test_interval_is_the_same_for_the_same_seed() -> None:
    runs = plan_of([10, 11, 12, 13], [5, 6, 6, 7])
    first = summarise(runs, reference_key=REFERENCE, seed=3)
    assert first == summarise(runs, reference_key=REFERENCE, seed=3)


@pytest.mark.parametrize("reference_key", [None, "reference/sequential/1/all"])
def test_without_reference_there_is_no_speedup(reference_key: str | None) -> None:
    runs = plan_of([10], [5])
    for entry in summarise(runs, reference_key=reference_key):
        for key in ("speedup", "speedup_low", "efficiency", "speedup_with_startup"):
            assert entry[key] is None
        assert entry["median_wall_s"] is not None
    assert (
        "No speed-ups"
        in reading(
            summarise(runs, reference_key=reference_key),
            runs,
            reference_key=reference_key,
        )[0]
    )


def test_only_repetitions_that_both_arms_have_are_paired() -> None:
    runs = plan_of([10, 20], [5])
    _, loky = summarise(runs, reference_key=REFERENCE)
    assert loky["speedup"] == 2.0


def test_figures_that_the_platform_lacks_stay_none() -> None:
    runs = [run("sequential", 1, 0, 10, peak_pss_bytes=None)]
    (entry,) = summarise(runs, reference_key=REFERENCE)
    assert entry["median_peak_pss_bytes"] is None
    assert entry["median_peak_rss_bytes"] == 1000


def test_different_features_are_seen_and_said() -> None:
    runs = [run("sequential", 1), run("loky", 2, checksum="dead")]
    summary = summarise(runs, reference_key=REFERENCE)
    assert [entry["same_features"] for entry in summary] == [True, False]
    notes = reading(summary, runs, reference_key=REFERENCE)
    assert any("features differ" in note for note in notes)


def test_arm_that_disagrees_with_itself_is_seen() -> None:
    runs = [run("sequential", 1, 0), run("sequential", 1, 1, checksum="dead")]
    (entry,) = summarise(runs, reference_key=REFERENCE)
    assert entry["same_features"] is False
    assert entry["checksum"] is None


def test_parity_is_unknown_where_nothing_was_extracted() -> None:
    runs = [run("sequential", 1, checksum=None), run("loky", 2, checksum=None)]
    summary = summarise(runs, reference_key=REFERENCE)
    assert [entry["same_features"] for entry in summary] == [None, None]


def test_reading_says_busy_noisy_slower_and_failed() -> None:
    runs = plan_of([10, 10, 10], [9, 11, 12])
    runs += [run("threads", 2, i, 20.0, n_failed=2) for i in range(3)]
    runs[1]["other_cpu_share"] = 0.31
    summary = summarise(runs, reference_key=REFERENCE)
    notes = " ".join(reading(summary, runs, reference_key=REFERENCE))
    assert "busy: in 1 of 9 repetitions" in notes
    assert "up to 31%" in notes
    assert "loky, 2 workers, 1 inner thread: too noisy to tell" in notes
    assert "threads, 2 workers, 1 inner thread: slower" in notes
    assert "2 file(s) could not be read" in notes


def test_quiet_clear_run_needs_no_words() -> None:
    runs = plan_of([10, 10.1, 10.2], [5, 5.1, 5.2])
    summary = summarise(runs, reference_key=REFERENCE)
    assert reading(summary, runs, reference_key=REFERENCE) == []


def test_few_repetitions_are_said() -> None:
    runs = plan_of([10], [5])
    summary = summarise(runs, reference_key=REFERENCE)
    (note,) = reading(summary, runs, reference_key=REFERENCE)
    assert "no interval" in note


def test_no_runs_give_no_summary() -> None:
    assert summarise([], reference_key=REFERENCE) == []
