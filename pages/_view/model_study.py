"""Studies of a plan: ask for one, and read what it found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pandas as pd
import streamlit as st

from pages._view import cache, format, state, widgets
from pages._view.figures import (
    Chart,
    model_acceleration,
    model_coefficients,
    model_dimensions,
    model_importance,
    model_learning,
)

Record = dict[str, Any]

CHARTS: Final[Mapping[str, Callable[..., Chart]]] = {
    "learning-curve": model_learning.learning_curve,
    "coefficients": model_coefficients.coefficients,
    "dimensions": model_dimensions.explained_variance,
    "importance": model_importance.importance,
    "acceleration": model_acceleration.acceleration,
}
"""The figure of each study."""


def study_results(record: Record) -> None:
    """Show a record of kind ``study``.

    Parameters
    ----------
    record : dict
        As in docs/architecture.md; it is not changed.

    """
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{record['label']}** · {record['corpus']['n_files']:,} files · "
            f"{format.when(record['created_utc'])}",
            width="content",
        )
        widgets.synthetic_badge(synthetic=record["corpus"]["synthetic"])
    draw = CHARTS.get(record["study"])
    if draw is not None:
        widgets.chart(draw(record, mode=widgets.mode()), key=f"study-{record['id']}")
    widgets.notes(record["notes"])
    with st.expander("In figures", expanded=draw is None):
        st.dataframe(pd.DataFrame(record["rows"]), hide_index=True, placeholder="")


def newest_study(study: str) -> None:
    """Show the newest stored study of a kind, or say that there is none."""
    for run in cache.runs().list():
        if run.kind == "study" and run.study == study:
            st.subheader("The newest of these", anchor=False)
            st.page_link(
                "pages/model.py",
                label="Link to it",
                icon=":material/link:",
                query_params={state.RUN: run.id},
            )
            study_results(cache.runs().get(run.id))
            return
    widgets.empty("Nobody has run this study here yet.")
