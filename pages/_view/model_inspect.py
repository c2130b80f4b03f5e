"""The confusion matrix: choose a cell, and hear the recordings behind it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages._view import format, state, widgets
from pages._view.figures import model_confusion
from pages._view.model_clips import clips_behind, show_clips
from ser_core.store.data_folder import DataFolder

Record = dict[str, Any]
Result = dict[str, Any]


@st.fragment
def inspect_confusion(record: Record, *, key: str, data: DataFolder) -> None:
    """Draw the matrix; a cell is chosen by a click, or by two lists.

    Parameters
    ----------
    record : dict
        Of kind ``training``.
    key : str
        Of this record, for the widgets.
    data : DataFolder
        Whose corpora the clips are played from.

    """
    side, result = _choose_side(record)
    key = f"{key}-{side}"
    classes = record["classes"]
    truth_key = f"{state.MODEL_TRUTH}-{key}"
    predicted_key = f"{state.MODEL_PREDICTED}-{key}"
    if truth_key not in st.session_state:
        first = commonest_mistake(result)
        st.session_state[truth_key], st.session_state[predicted_key] = first
    rates = st.toggle(
        "Percent of each true class", value=True, key=f"{state.MODEL_CELL}-rates-{key}"
    )
    _matrix(record, result, rates=rates, key=key, keys=(truth_key, predicted_key))
    st.markdown(
        "**Recordings behind a cell** · click one above, or choose it here (arrow keys "
        "work in both lists)"
    )
    left, right = st.columns(2)
    truth = left.selectbox("True class", classes, key=truth_key)
    predicted = right.selectbox("Taken for", classes, key=predicted_key)
    clips = clips_behind(
        result, truth=classes.index(truth), predicted=classes.index(predicted)
    )
    taken = "recognised" if truth == predicted else f"taken for **{predicted}**"
    st.markdown(f"{format.count(len(clips), 'recording')} of **{truth}** {taken}")
    show_clips(
        record,
        clips,
        predicted=classes.index(predicted),
        key=f"{key}-{truth}-{predicted}",
        data=data,
    )


def _choose_side(record: Record) -> tuple[str, Result]:
    """Let the visitor choose which of the two splits is looked into."""
    unseen = record["unseen_speakers"]
    if unseen is None:
        return "main", record
    side = widgets.one_of(
        "Tested on",
        ["unseen", "main"],
        key=state.MODEL_TWIN,
        names={"unseen": "unseen speakers", "main": "the random split"},
    )
    return side, unseen if side == "unseen" else record


def commonest_mistake(result: Result) -> tuple[str, str]:
    """Return the cell off the diagonal that takes most of its true class.

    Returns
    -------
    truth, predicted : str

    """
    labels, counts = result["confusion"]["labels"], result["confusion"]["counts"]
    cells = [
        (count / max(sum(row), 1), truth, labels[column])
        for truth, row in zip(labels, counts, strict=True)
        for column, count in enumerate(row)
        if labels[column] != truth
    ]
    _, truth, predicted = max(cells, key=lambda cell: cell[0])
    return truth, predicted


def _matrix(
    record: Record, result: Result, *, rates: bool, key: str, keys: tuple[str, str]
) -> None:
    """Draw the matrix with the chosen cell framed; a click chooses another."""
    selected = (st.session_state[keys[0]], st.session_state[keys[1]])
    drawn = model_confusion.confusion(
        record,
        unseen=bool(result["speaker_independent"]),
        rates=rates,
        selected=selected,
        mode=widgets.mode(),
    )
    chart_key = f"{state.MODEL_CELL}-{key}"

    def choose() -> None:
        cell = model_confusion.cell_from_selection(st.session_state.get(chart_key))
        if cell is not None and set(cell) <= set(record["classes"]):
            st.session_state[keys[0]], st.session_state[keys[1]] = cell

    widgets.chart(drawn, key=chart_key, on_select=choose)
