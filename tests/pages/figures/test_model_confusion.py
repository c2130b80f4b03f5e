"""The confusion matrix, and what choosing one of its cells gives."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from training_records import training_record

from pages._view.figures.model_confusion import cell_from_selection, confusion
from pages._view.figures.model_tables import clips


def matrix(**how: Any) -> Any:
    figure = confusion(training_record(), **how).figure
    assert figure is not None
    return figure


def test_rows_are_the_truth_and_add_up_to_a_hundred() -> None:
    figure = matrix(unseen=True)
    heat = figure.data[0]
    assert [sum(row) for row in heat.z] == pytest.approx([100] * 8)
    counts = training_record()["unseen_speakers"]["confusion"]["counts"]
    assert heat.z[0][1] == pytest.approx(100 * counts[0][1] / sum(counts[0]))
    assert figure.layout.yaxis.title.text == "true class"


def test_counts_are_written_into_the_cells() -> None:
    counts = training_record()["confusion"]["counts"]
    figure = matrix(rates=False)
    written = {(note.y, note.x): note.text for note in figure.layout.annotations}
    assert written == {
        (row, column): str(counts[row][column])
        for row in range(8)
        for column in range(8)
    }


def test_every_cell_has_one_marker_that_names_it() -> None:
    record = training_record()
    squares = matrix().data[-1]
    assert squares.type == "scatter"
    assert len(squares.x) == 64
    for x, y, data in zip(squares.x, squares.y, squares.customdata, strict=True):
        assert (data[0], data[1]) == (y, x)
        row, column = (record["classes"].index(label) for label in (y, x))
        assert data[2] == record["confusion"]["counts"][row][column]


def test_a_chosen_cell_is_framed_and_an_unknown_one_is_not() -> None:
    frame = matrix(selected=("calm", "sad")).layout.shapes[0]
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (5.5, 6.5, 0.5, 1.5)
    assert not matrix(selected=("calm", "bored")).layout.shapes


@pytest.mark.parametrize("unseen", [False, True])
def test_clips_behind_a_cell_are_as_many_as_it_counts(unseen: bool) -> None:
    record = training_record()
    result = record["unseen_speakers"] if unseen else record
    counts = result["confusion"]["counts"]
    classes = record["classes"]
    for row, truth in enumerate(classes):
        for column, predicted in enumerate(classes):
            found = clips(record, truth=truth, predicted=predicted, unseen=unseen)
            assert len(found) == counts[row][column]


def test_a_selection_of_streamlit_names_its_cell() -> None:
    point = {"curve_number": 1, "customdata": ["calm", "sad", 3, 9.0]}
    event = {"selection": {"points": [point], "point_indices": [14]}}
    assert cell_from_selection(event) == ("calm", "sad")
    assert cell_from_selection(event["selection"]) == ("calm", "sad")
    as_attributes = SimpleNamespace(selection=SimpleNamespace(points=[point]))
    assert cell_from_selection(as_attributes) == ("calm", "sad")
    numbered = {"points": [{"customdata": {"0": "calm", "1": "sad"}}]}
    assert cell_from_selection(numbered) == ("calm", "sad")


def test_names_that_were_escaped_come_back_as_they_were() -> None:
    point = {"customdata": ["a &amp; b", "&lt;c&gt;"]}
    assert cell_from_selection({"points": [point]}) == ("a & b", "<c>")


@pytest.mark.parametrize(
    "event",
    [
        None,
        {},
        {"selection": {"points": []}},
        {"selection": {"points": [{}]}},
        {"selection": {"points": [{"customdata": ["calm"]}]}},
        {"selection": {"points": [{"customdata": [1, 2]}]}},
        {"selection": {"points": "calm"}},
        "calm",
    ],
)
def test_no_selection_is_no_cell(event: object) -> None:
    assert cell_from_selection(event) is None


def test_a_missing_result_is_said() -> None:
    alone = training_record(split="speaker")
    assert confusion(alone).figure is None
    assert "of a random split" in confusion(alone).reading
    assert confusion(alone, unseen=True).figure is not None
