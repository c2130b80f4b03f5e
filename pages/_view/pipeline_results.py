"""The result of one pipeline, or of the first version beside the enhanced one."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages._view import format, widgets
from pages._view.figures import comparison, parity, recognition, stages, tables
from pages._view.results import exports

Record = dict[str, Any]


def pipeline_results(*, first: Record | None, enhanced: Record | None) -> None:
    """Show the report's charts with what this machine measured.

    Parameters
    ----------
    first, enhanced : dict or None
        Records of kind ``pipeline``; at least one is there.

    """
    records = [record for record in (first, enhanced) if record is not None]
    _headline(records)
    times, memory, recognised = st.tabs(["Time", "Memory", "Accuracy"])
    key = "-".join(record["id"][:12] for record in records)
    mode = widgets.mode()
    with times:
        # Bars carry their figures in words, which half a page would cut off.
        widgets.chart(
            comparison.extraction_time(first=first, enhanced=enhanced, mode=mode),
            key=f"extraction-{key}",
        )
        widgets.chart(
            comparison.overall_time(first=first, enhanced=enhanced, mode=mode),
            key=f"overall-{key}",
        )
        widgets.chart(
            stages.stage_times(first=first, enhanced=enhanced, mode=mode),
            key=f"stages-{key}",
        )
    with memory:
        widgets.chart(
            comparison.peak_memory(first=first, enhanced=enhanced, mode=mode),
            key=f"peak-{key}",
        )
        widgets.chart(
            stages.stage_memory(first=first, enhanced=enhanced, mode=mode),
            key=f"stage-memory-{key}",
        )
    with recognised:
        _recognition(first, enhanced, key=key)
    for record in records:
        with st.expander(f"Stages, machine and export: {_name(record)}"):
            st.dataframe(tables.stages(record), hide_index=True, height="content")
            st.dataframe(tables.environment(record), hide_index=True)
            widgets.notes(record["notes"])
            others = [other for other in records if other is not record]
            exports(record, *others)


def _name(record: Record) -> str:
    """Name a pipeline run in a few words."""
    return (
        f"{record['version']} version, {record['model'].upper()}, "
        f"{format.when(record['created_utc'])}"
    )


def _headline(records: list[Record]) -> None:
    """Put each run's total and its two accuracies side by side."""
    for record in records:
        with st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(
                    f"**{record['version'].capitalize()} version** · "
                    f"{record['backend']}, {format.count(record['workers'], 'worker')}"
                    f", inner threads {record['inner_threads']} · "
                    f"{record['corpus']['n_files']:,} files",
                    width="content",
                )
                widgets.synthetic_badge(synthetic=record["corpus"]["synthetic"])
                widgets.source_badge(record)
            one, two, three, four = st.columns(4)
            one.metric("Whole pipeline", format.duration(record["total_wall_s"]))
            extraction = next(
                stage["wall_s"]
                for stage in record["stages"]
                if stage["name"] == "feature extraction"
            )
            two.metric("Feature extraction", format.duration(extraction))
            three.metric(
                "Accuracy, random split", format.percent(record["accuracy"], digits=2)
            )
            four.metric(
                "Accuracy, unseen speakers",
                format.percent(record["accuracy_unseen_speakers"], digits=2),
                help=record["unseen_speakers_reason"],
            )


def _recognition(first: Record | None, enhanced: Record | None, *, key: str) -> None:
    """Show both accuracies, the classes, and what can be known of a difference."""
    mode = widgets.mode()
    widgets.chart(
        parity.accuracy(first=first, enhanced=enhanced, mode=mode),
        key=f"accuracy-{key}",
    )
    widgets.chart(
        recognition.per_class_f1(first=first, enhanced=enhanced, mode=mode),
        key=f"f1-{key}",
    )
    for record in (first, enhanced):
        if record is None:
            continue
        st.markdown(f"**{_name(record)}**")
        left, right = st.columns(2)
        with left:
            st.dataframe(tables.classes(record), hide_index=True, height="content")
        with right:
            widgets.chart(
                recognition.confusion(record, mode=mode),
                key=f"confusion-{record['id']}",
            )
