"""A finished run, from its job or from the store, drawn by its kind."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages._view import cache, state, widgets
from pages._view.history import comparison
from pages._view.pipeline_results import pipeline_results
from pages._view.results import bench_results
from ser_core import jobs

Record = dict[str, Any]


def job_result(view: jobs.JobView) -> None:
    """Draw the record that a finished job wrote."""
    show_record(view.result())


def stored_run(run_id: str, *, against: str | None) -> None:
    """Draw a stored run, or two of them beside each other.

    Parameters
    ----------
    run_id : str
        As in the address; one that is not stored gives a message.
    against : str or None
        The run to compare with.

    """
    with widgets.said_plainly():
        record = cache.runs().get(run_id)
        if against is None:
            st.subheader("Stored run", anchor=False)
            show_record(record)
            return
        other = cache.runs().get(against)
        st.subheader("Two runs compared", anchor=False)
        comparison(record, other)
        if record["kind"] == other["kind"] == "pipeline":
            pair = {run["version"]: run for run in (record, other)}
            if len(pair) == 2:
                pipeline_results(first=pair["first"], enhanced=pair["enhanced"])


def show_record(record: Record) -> None:
    """Draw one record by its kind."""
    if record["kind"] == "bench":
        bench_results(record)
        return
    if record["kind"] != "pipeline":
        st.info("This is a training run; the Model page shows it.")
        st.page_link(
            "pages/model.py",
            label="Open it on the Model page",
            query_params={state.RUN: record["id"]},
        )
        return
    other = _counterpart(record)
    pair = {run["version"]: run for run in (other, record) if run is not None}
    pipeline_results(first=pair.get("first"), enhanced=pair.get("enhanced"))


def _counterpart(record: Record) -> Record | None:
    """Find the newest run of the other version over the same files and model."""
    for summary in cache.runs().list():
        if summary.kind != "pipeline" or summary.version == record["version"]:
            continue
        other = cache.runs().get(summary.id)
        same = ("model", "inner_threads", "source")
        if (
            other["corpus"]["fingerprint"] == record["corpus"]["fingerprint"]
            and other["corpus"]["n_files"] == record["corpus"]["n_files"]
            and other["feature_set"]["key"] == record["feature_set"]["key"]
            and all(other[name] == record[name] for name in same)
        ):
            return other
    return None
