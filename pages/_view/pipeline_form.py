"""The report's pipeline: which version, over what, with which classifier."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages._view import cache, state, widgets, words
from pages._view.corpus_choice import choose_corpus, choose_files
from pages._view.job_view import open_job, start_button, submit_job
from pages._view.pipeline_results import pipeline_results
from ser_core.bench.pipeline import VERSIONS, PipelinePlan
from ser_core.execution import INNER_THREADS
from ser_core.models.registry import REPORT_MODELS
from ser_core.store.data_folder import DataFolder

_PAGE: Final = "pages/benchmark.py"


def pipeline_form(data: DataFolder) -> None:
    """Ask for one or both versions, start them, and show the newest of each."""
    st.write(
        "The whole pipeline of the report: metadata, feature extraction, "
        "preprocessing, training, evaluation. The **first version** extracts "
        "sequentially, the **enhanced version** over loky. Afterwards, outside the "
        "measured times, the same classifier is fitted once more on other speakers "
        "than it is tested on."
    )
    left, right = st.columns(2, gap="large")
    with left, st.container(border=True):
        chosen = choose_corpus(data, key=state.PIPELINE_CORPUS)
        if chosen is None:
            return
        entry, read = chosen
        limit = choose_files(read, key=state.PIPELINE_FILES)
    with right, st.container(border=True):
        versions = widgets.some_of(
            "Versions",
            VERSIONS,
            key=state.PIPELINE_VERSIONS,
            default=VERSIONS,
            names=words.VERSIONS,
        )
        model = widgets.one_of(
            "Classifier",
            list(REPORT_MODELS),
            key=state.PIPELINE_MODEL,
            names=words.MODELS,
        )
        inner = widgets.one_of(
            "Inner threads",
            list(INNER_THREADS),
            key=state.PIPELINE_INNER,
            names=words.INNER_THREADS,
            help_text=words.INNER_HELP,
        )
        if model == "svm":
            st.caption(
                "An SVM's fit grows with the square of the files or faster. The job "
                "times a small one first and says in its live view how long the whole "
                "one will take; cancel it there if that is too long."
            )
    with widgets.said_plainly():
        plans = [
            PipelinePlan(
                corpus=entry.name,
                version=version,
                model=model,
                limit=limit,
                inner_threads=inner,
            )
            for version in versions
        ]
        if not plans:
            st.warning("Choose at least one version.", icon=":material/warning:")
        elif start_button("Start"):
            _start(plans)
    _newest()


def _start(plans: list[PipelinePlan]) -> None:
    """Submit all plans in turn and open the last, which waits for the others."""
    *before, last = plans
    for plan in before:
        submit_job(kind="pipeline", parameters=plan.to_json())
    open_job(_PAGE, kind="pipeline", parameters=last.to_json())


def _newest() -> None:
    """Show the newest stored run of each version beside each other."""
    newest: dict[str | None, str] = {}
    for run in cache.runs().list():
        if run.kind == "pipeline":
            newest.setdefault(run.version, run.id)
    st.subheader("Newest runs", anchor=False)
    if not newest:
        widgets.empty("No pipeline has run yet. Start both versions above.")
        return
    records = {version: cache.runs().get(run) for version, run in newest.items()}
    pipeline_results(first=records.get("first"), enhanced=records.get("enhanced"))
