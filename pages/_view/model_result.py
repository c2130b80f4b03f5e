"""What a job of this page made, or a stored run, drawn by its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages._view import cache, format, model_cache, state, widgets
from pages._view.model_compare import comparison
from pages._view.model_results import training_results
from pages._view.model_study import study_results
from ser_core import jobs
from ser_core.errors import ParameterError

Record = dict[str, Any]

MOST: int = 40
"""Runs that are compared at once."""


def job_done(view: jobs.JobView) -> None:
    """Draw what a finished job made: a model, a comparison, a study, a corpus."""
    if view.kind == "synthesize":
        _corpus_made(view)
        return
    result = view.result()
    if view.kind == "compare":
        _comparison_made(result)
        return
    show(result)


def stored(run_id: str) -> None:
    """Draw a stored run by its kind; one that is not stored gives a message."""
    with widgets.said_plainly():
        show(model_cache.record(run_id))


def show(record: Record) -> None:
    """Draw one record by its kind.

    Raises
    ------
    ParameterError
        It is of a kind that another page shows.

    """
    if record["kind"] == "training":
        training_results(record, cache.lab())
    elif record["kind"] == "study":
        study_results(record)
    else:
        raise ParameterError(
            f"run '{record['label']}' is a {record['kind']} run, no training; open it "
            "on the Benchmark page"
        )


def compared(run_ids: Sequence[str]) -> None:
    """Show stored trainings beside each other.

    Parameters
    ----------
    run_ids : sequence of str
        As in the address; one that is not stored gives a message.

    """
    with widgets.said_plainly():
        records = [model_cache.record(run) for run in dict.fromkeys(run_ids)]
        odd = [record["label"] for record in records if record["kind"] != "training"]
        if odd or not 2 <= len(records) <= MOST:
            raise ParameterError(
                f"{format.count(len(records), 'run')} chosen, {len(odd)} of them no "
                f"trainings; choose 2 to {MOST} different trainings to compare"
            )
        comparison(records)


def _comparison_made(result: Mapping[str, Any]) -> None:
    """Show the trainings of a comparison, and why some of them failed."""
    for failed in result["failed"]:
        st.warning(
            f"**{failed['plan']}** could not be trained: {failed['reason']}",
            icon=":material/warning:",
        )
    runs = [str(run) for run in result["runs"]]
    if len(runs) == 1:
        stored(runs[0])
    else:
        compared(runs)


def _corpus_made(view: jobs.JobView) -> None:
    """Say that the corpus is there, and lead to the form."""
    root = Path(str(view.result()["root"]))
    cache.forget_corpora()
    st.success(f"'{root.name}' is ready in '{root}'.", icon=":material/check_circle:")
    if st.button("Train a model on it", type="primary", icon=":material/neurology:"):
        st.session_state[state.MODEL_CORPORA] = [root.name]
        st.switch_page("pages/model.py")
