from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.bench.timeline import (
    nearest_the_median,
    thin_samples,
    timeline_entries,
)


def samples(rss: list[int], pss: list[int | None]) -> list[dict[str, Any]]:
    return [
        {"t_s": i / 10, "rss_bytes": r, "pss_bytes": p, "cores": [], "cpu_s": 0.0}
        for i, (r, p) in enumerate(zip(rss, pss, strict=True))
    ]


@pytest.mark.parametrize(
    ("values", "expected"),
    [([3.0], 0), ([3.0, 1.0, 2.1], 2), ([1.0, 2.0], 0), ([9.0, 1.0, 2.0, 5.0], 2)],
)
def test_repetition_nearest_the_median_is_shown(
    values: list[float], expected: int
) -> None:
    assert nearest_the_median(values) == expected


def test_few_samples_are_all_kept() -> None:
    few = samples([1, 2, 3], [None] * 3)
    assert thin_samples(few) == few


@given(
    rss=st.lists(st.integers(0, 1000), min_size=1, max_size=300),
    limit=st.integers(2, 50),
    data=st.data(),
)
def test_thinned_samples_keep_order_and_both_peaks(
    rss: list[int], limit: int, data: st.DataObject
) -> None:
    values = st.none() | st.integers(0, 1000)
    pss = data.draw(st.lists(values, min_size=len(rss), max_size=len(rss)))
    given_samples = samples(rss, pss)
    kept = thin_samples(given_samples, limit=limit)
    assert len(kept) <= limit or kept == given_samples
    times = [sample["t_s"] for sample in kept]
    assert times == sorted(times)
    assert max(sample["rss_bytes"] for sample in kept) == max(rss)
    known = [p for p in pss if p is not None]
    kept_pss = [s["pss_bytes"] for s in kept if s["pss_bytes"] is not None]
    assert max(kept_pss, default=None) == max(known, default=None)


def test_timeline_is_cut_to_its_first_files() -> None:
    times = [("7", 0.0, 1.0, True), ("8", 0.5, 1.5, False), ("7", 1.0, 2.0, True)]
    entries = timeline_entries(["a", "b", "c"], times, limit=2)
    assert entries == [
        {"path": "a", "worker": "7", "start_s": 0.0, "end_s": 1.0, "ok": True},
        {"path": "b", "worker": "8", "start_s": 0.5, "end_s": 1.5, "ok": False},
    ]
