"""The bars of the memory chart: what the report reads, and what is true."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pages._view import format as say
from pages._view.figures.bars import Bar
from pages._view.figures.records import Arm, Record, fastest, reference
from ser_core.bench.published import ENHANCED, FIRST

_MIB: Final = 1024**2


def pipeline_memory(first: Record | None, enhanced: Record | None) -> list[Bar]:
    """Make two bars a version: the report's way, and the whole tree's true peak."""
    rows: list[Bar] = []
    for record in (first, enhanced):
        stages = list((record or {}).get("stages") or [])
        if record is None or not stages:
            continue
        name = f"{record.get('version')} version"
        backend = str(record.get("backend"))
        rows += _memory_bars(
            name,
            backend,
            parent=stages[-1].get("rss_end_bytes"),
            tree_pss=_largest(stages, "peak_pss_bytes"),
            tree_rss=_largest(stages, "peak_rss_bytes"),
        )
    return rows


def arm_memory(found: Sequence[Arm]) -> list[Bar]:
    """Make two bars an arm, of the baseline and the fastest one."""
    base = reference(found)
    best = fastest([arm for arm in found if arm is not base])
    rows: list[Bar] = []
    for arm in (base, best):
        if arm is not None:
            rows += _memory_bars(
                arm.name,
                arm.backend,
                parent=arm.parent_rss_end_bytes,
                tree_pss=arm.peak_pss_bytes,
                tree_rss=arm.peak_rss_bytes,
            )
    return rows


def _memory_bars(
    name: str,
    backend: str,
    *,
    parent: float | None,
    tree_pss: float | None,
    tree_rss: float | None,
) -> list[Bar]:
    """Make the comparable bar and the true one, as far as they are known."""
    rows: list[Bar] = []
    if parent:
        rows.append(
            Bar(
                tick=f"{say.plain(name)}<br>parent's RSS at the end",
                value=parent / _MIB,
                text=say.mebibytes(parent),
                backend=backend,
                comparable=True,
            )
        )
    true, word = (tree_pss, "PSS") if tree_pss else (tree_rss, "RSS")
    if true:
        rows.append(
            Bar(
                tick=f"{say.plain(name)}<br>whole tree, peak {word}",
                value=true / _MIB,
                text=f"<b>{say.mebibytes(true)}</b>",
                backend=backend,
            )
        )
    return rows


def _largest(rows: Sequence[Record], field: str) -> float | None:
    """Return the largest known value of a field."""
    return max((row[field] for row in rows if row.get(field)), default=None)


def memory_reading(rows: Sequence[Bar]) -> str:
    """Read the memory chart."""
    there = (
        f"The report's {say.mebibytes(FIRST.peak_rss_bytes)} and "
        f"{say.mebibytes(ENHANCED.peak_rss_bytes)} are its parent process alone, read "
        "at the end: workers and peaks are missing."
    )
    if not rows:
        return f"{there} Nothing is measured here yet."
    last_true = [bar for bar in rows if not bar.comparable]
    last_parent = [bar for bar in rows if bar.comparable]
    if not last_true or not last_parent:
        return f"{there} Not every figure is known on this platform."
    true, parent = last_true[-1].value, last_parent[-1].value
    return (
        f"{there} Here the same reading gives {say.mebibytes(parent * _MIB)} for the "
        f"parallel run, while the whole tree of processes peaked at "
        f"{say.mebibytes(true * _MIB)}."
    )
