"""Results of many recordings: how often which answer, a table, files to take away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from pages._view import format, widgets
from pages._view.demo_downloads import buttons
from pages._view.figures import demo_batch as figures
from ser_core.inference.decision import UNSURE
from ser_core.inference.results import FileResult

COLUMNS: Final[Any] = {
    "file": st.column_config.TextColumn(width="medium"),
    "emotion": st.column_config.TextColumn(width="small"),
    "seconds": st.column_config.NumberColumn(width="small", format="%.1f"),
    "to keep in mind": st.column_config.TextColumn(width="large"),
    "confidence": st.column_config.ProgressColumn(
        format="%.0f %%", min_value=0, max_value=100
    ),
}
"""How the columns of `results_table` are shown."""


def overview(
    results: Sequence[FileResult],
    *,
    name: str,
    truths: Sequence[str | None] | None = None,
) -> None:
    """Say and draw how often which answer was given, and offer files.

    Parameters
    ----------
    results : sequence of FileResult
    name : str
        Beginning of the files' names.
    truths : sequence of str or None, optional
        What a corpus calls each.

    """
    failed = sum(result.error is not None for result in results)
    unsure = sum(
        result.decision is not None and result.decision.emotion == UNSURE
        for result in results
    )
    heard = len(results) - failed
    told = [format.count(heard, "recording") + " heard"]
    told.append(f"{unsure:,} without an answer")
    told.append(f"{failed:,} that cannot be read")
    st.markdown(f"**{told[0]}** · {told[1]} · {told[2]}")
    if truths is not None:
        st.markdown(compared(results, truths))
    buttons(results, name=name)
    widgets.chart(figures.counts(results, mode=widgets.mode()), key="demo.counts")


def compared(results: Sequence[FileResult], truths: Sequence[str | None]) -> str:
    """Say how many answers are what the corpus says.

    Parameters
    ----------
    results : sequence of FileResult
    truths : sequence of str or None
        What a corpus calls each.

    """
    judged = [
        (result, result.decision.emotion == truth, truth)
        for result, truth in zip(results, truths, strict=True)
        if truth is not None
        and result.decision is not None
        and result.decision.emotion != UNSURE
    ]
    if not judged:
        return "No answer can be compared with a label."
    right = sum(same for _, same, _ in judged)
    unknown = sum(truth not in result.probabilities for result, _, truth in judged)
    sentences = [
        f"{right:,} of {format.count(len(judged), 'answer')} "
        f"({format.percent(right / len(judged))}) are what the corpus says."
    ]
    if unknown:
        sentences.append(
            f"The corpus gives {unknown:,} of these recordings a label that the model "
            "cannot answer."
        )
    sentences.append(
        "That is a fair figure only if the model never learned from these speakers."
    )
    return " ".join(sentences)


def choose_row(
    results: Sequence[FileResult],
    *,
    key: str,
    truths: Sequence[str | None] | None = None,
) -> int | None:
    """Show the table; return the number of the row that was chosen, if one was."""
    st.markdown("**All of them** · select one to see it in full")
    event = st.dataframe(
        results_table(results, truths),
        key=key,
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        placeholder="",
        height="content" if len(results) <= 10 else 400,
        column_config=COLUMNS,
    )
    chosen = [row for row in event.selection.rows if row < len(results)]
    return chosen[0] if chosen else None


def results_table(
    results: Sequence[FileResult], truths: Sequence[str | None] | None = None
) -> pd.DataFrame:
    """Lay results out as a table, one row a file."""
    rows = pd.DataFrame(
        {
            "file": [result.file for result in results],
            "emotion": [
                "" if result.decision is None else result.decision.emotion
                for result in results
            ],
            "confidence": [
                None
                if result.decision is None or result.unheard
                else 100 * result.decision.confidence
                for result in results
            ],
            "seconds": [
                None if result.error else round(result.duration_s, 1)
                for result in results
            ],
            "to keep in mind": [_remarks(result) for result in results],
        }
    )
    if truths is not None:
        rows.insert(2, "corpus says", [truth or "" for truth in truths])
    return rows


def _remarks(result: FileResult) -> str:
    """Say in a line why a recording got no answer, or what is wrong with it."""
    if result.error is not None:
        return f"cannot be read: {result.error}"
    told = [warning.message for warning in result.warnings]
    if result.decision is not None and not result.unheard:
        told = [*result.decision.reasons, *told]
    return "; ".join(told)
