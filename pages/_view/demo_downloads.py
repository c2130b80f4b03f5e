"""Results to take away: a table on the page, CSV and JSON as files."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages._view import demo_words
from ser_core.inference.results import FileResult, results_csv, segments_csv


def downloads(results: Sequence[FileResult], *, name: str) -> None:
    """Show the probabilities and offer results as files.

    Parameters
    ----------
    results : sequence of FileResult
    name : str
        Beginning of the files' names.

    """
    if len(results) == 1:
        _table(results[0])
    buttons(results, name=name)


def buttons(results: Sequence[FileResult], *, name: str) -> None:
    """Offer results as files, made beforehand.

    What Streamlit makes only when it is asked for belongs to no session: the end of
    any other visitor's run removes it, often before the browser has fetched it.
    """
    with st.container(horizontal=True):
        st.download_button(
            "Results (CSV)",
            results_csv(results),
            f"{name}.csv",
            "text/csv",
            icon=":material/table:",
            on_click="ignore",
            key=f"{name}-csv",
        )
        st.download_button(
            "Segments (CSV)",
            segments_csv(results),
            f"{name}-segments.csv",
            "text/csv",
            icon=":material/timeline:",
            on_click="ignore",
            key=f"{name}-segments",
            disabled=not any(result.segments for result in results),
        )
        st.download_button(
            "Results (JSON)",
            to_json(results),
            f"{name}.json",
            "application/json",
            icon=":material/data_object:",
            on_click="ignore",
            key=f"{name}-json",
            help="As `python -m ser_core predict --json` prints it, in a list.",
        )


def to_json(results: Sequence[FileResult]) -> str:
    """Write results as a JSON list."""
    found = [result.to_json() for result in results]
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _table(result: FileResult) -> None:
    """Show the probability of every class."""
    ordered = [
        (name, 100 * share) for name, share in demo_words.first(result.probabilities)
    ]
    st.dataframe(
        pd.DataFrame(ordered, columns=["emotion", "probability"]),
        hide_index=True,
        height="content",
        width=420,
        column_config={
            "probability": st.column_config.ProgressColumn(
                format="%.0f %%", min_value=0, max_value=100
            )
        },
    )
