"""The result of a benchmark: charts, tables, explanation, exports."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages._view import format, report, state, widgets
from pages._view.figures import (
    comparison,
    parity,
    resources,
    scaling,
    tables,
    threads,
    timeline,
    walls,
)
from ser_core.bench.plan import REFERENCE_ARM
from ser_core.bench.record import export_csv, export_json

Record = dict[str, Any]


def bench_results(record: Record) -> None:
    """Show a benchmark's record.

    Parameters
    ----------
    record : dict
        Of kind ``bench``, as in docs/architecture.md.

    """
    _headline(record)
    if record["notes"]:
        st.warning(
            "**Before you quote a figure**\n\n"
            + "\n".join(f"- {note}" for note in record["notes"]),
            icon=":material/warning:",
        )
    speed, memory, workers, gil, evidence = st.tabs(
        ["Speed", "Memory and cores", "Workers", "Threads or processes?", "Evidence"]
    )
    with speed:
        _speed(record)
    with memory:
        _memory(record)
    with workers:
        _workers(record)
    with gil:
        widgets.chart(
            threads.threads_against_processes(record, mode=widgets.mode()),
            key=f"gil-{record['id']}",
        )
    with evidence:
        _evidence(record)
    exports(record)


def _headline(record: Record) -> None:
    """Name the run and its best figure."""
    corpus = record["corpus"]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{record['label']}** · {corpus['n_files']:,} files · "
            f"{format.when(record['created_utc'])}",
            width="content",
        )
        widgets.synthetic_badge(synthetic=corpus["synthetic"])
        widgets.source_badge(record)
    fastest = max(
        (
            arm
            for arm in record["summary"]
            if arm["speedup"] is not None and arm["arm"] != REFERENCE_ARM.key
        ),
        key=lambda arm: float(arm["speedup"]),
        default=None,
    )
    if fastest is None:
        return
    one, two, three, four = st.columns(4, border=True)
    one.metric("Greatest speed-up", format.times(fastest["speedup"]))
    span = format.interval(fastest["speedup_low"], fastest["speedup_high"])
    two.metric("95 % interval", span or format.NOT_KNOWN)
    three.metric("With start-up", format.times(fastest["speedup_with_startup"]))
    four.metric("Efficiency", format.percent(fastest["efficiency"]))
    st.caption(
        f"Reached by **{fastest['label']}**, against sequential with one inner thread "
        "over the same files: median of the per-repetition ratios."
    )


def _speed(record: Record) -> None:
    """Show times and speed-ups."""
    mode, run = widgets.mode(), record["id"]
    st.dataframe(tables.arms(record), hide_index=True, height="content")
    # Bars carry their figures in words, which half a page at 1280 px would cut off.
    widgets.chart(walls.wall_times(record, mode=mode), key=f"walls-{run}")
    widgets.chart(
        comparison.extraction_time(bench=record, mode=mode), key=f"extraction-{run}"
    )
    left, right = st.columns(2)
    with left:
        widgets.chart(scaling.speedup_curve(record, mode=mode), key=f"speedup-{run}")
    with right:
        widgets.chart(
            scaling.efficiency_curve(record, mode=mode), key=f"efficiency-{run}"
        )


def _memory(record: Record) -> None:
    """Show memory over time, its peak, and each core's use."""
    mode, run = widgets.mode(), record["id"]
    widgets.chart(comparison.peak_memory(bench=record, mode=mode), key=f"peak-{run}")
    widgets.chart(resources.memory_over_time(record, mode=mode), key=f"memory-{run}")
    arm = _choose_arm(record, key=f"{state.RESULT_ARM}-cores-{run}")
    widgets.chart(resources.core_use(record, arm=arm, mode=mode), key=f"cores-{run}")


def _workers(record: Record) -> None:
    """Show what each worker did when."""
    run = record["id"]
    arm = _choose_arm(record, key=f"{state.RESULT_ARM}-timeline-{run}")
    widgets.chart(
        timeline.worker_timeline(record, arm=arm, mode=widgets.mode()),
        key=f"timeline-{run}",
    )


def _choose_arm(record: Record, *, key: str) -> str | None:
    """Let the visitor choose one of the arms whose timeline is kept."""
    kept = timeline.arms(record)
    if not kept:
        return None
    labels = {arm["arm"]: arm["label"] for arm in record["summary"]}
    return st.selectbox(
        "Arm",
        kept,
        index=len(kept) - 1,
        format_func=lambda arm: labels.get(arm, arm),
        key=key,
    )


def _evidence(record: Record) -> None:
    """Show what the figures rest on: checksums, raw repetitions, machine, failures."""
    widgets.chart(
        parity.feature_parity(record, mode=widgets.mode()), key=f"parity-{record['id']}"
    )
    st.markdown("**Every repetition**")
    st.dataframe(tables.runs(record), hide_index=True)
    if record["failures"]:
        st.markdown(
            f"**Files that could not be used ({len(record['failures'])})**: they are "
            "left out of every arm alike."
        )
        st.dataframe(tables.failures(record), hide_index=True)
    st.markdown("**Machine and versions**")
    st.dataframe(tables.environment(record), hide_index=True)


def exports(record: Record, *also: Record) -> None:
    """Offer a record as CSV, JSON and a self-contained HTML report."""
    name = f"ser-lab-{record['kind']}-{record['id'][:12]}"
    table = "runs" if record["kind"] == "bench" else "stages"
    st.markdown("**Take it with you**")
    with st.container(horizontal=True):
        st.download_button(
            "CSV",
            lambda: export_csv(record, table=table),
            f"{name}.csv",
            "text/csv",
            icon=":material/table:",
            on_click="ignore",
            key=f"csv-{record['id']}",
        )
        st.download_button(
            "JSON",
            lambda: export_json(record),
            f"{name}.json",
            "application/json",
            icon=":material/data_object:",
            on_click="ignore",
            key=f"json-{record['id']}",
        )
        st.download_button(
            "HTML report",
            lambda: report.html([record, *also]),
            f"{name}.html",
            "text/html",
            icon=":material/description:",
            on_click="ignore",
            key=f"html-{record['id']}",
            help="One file with interactive charts; opens without a network.",
        )
