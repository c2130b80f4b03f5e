"""Tables of trained models: values sort as numbers, what is missing is empty."""

from __future__ import annotations

import pandas as pd
import pytest
from study_records import comparison_records
from training_records import training_record

from pages._view.figures import model_tables


def test_runs_sort_by_value_and_carry_their_ids() -> None:
    records = comparison_records()
    table = model_tables.runs(records)
    assert list(table.index) == [record["id"] for record in records]
    assert pd.api.types.is_float_dtype(table["UAR unseen (%)"])
    first = records[0]
    assert table["UAR random (%)"].iloc[0] == round(first["uar"] * 100, 1)
    unseen = first["unseen_speakers"]
    assert table["WAR unseen (%)"].iloc[0] == round(unseen["war"] * 100, 1)
    low, high = unseen["uar_interval"]
    words = f"{low * 100:.1f}–{high * 100:.1f} %"
    assert table["UAR unseen, 95 %"].iloc[0] == words


def test_a_speaker_split_fills_the_unseen_columns_alone() -> None:
    table = model_tables.runs([training_record(split="speaker")])
    assert pd.isna(table["UAR random (%)"].iloc[0])
    assert table["UAR unseen (%)"].iloc[0] > 0


def test_no_runs_make_an_empty_table_with_its_columns() -> None:
    table = model_tables.runs([])
    assert len(table) == 0
    assert "UAR unseen (%)" in table.columns


def test_classes_stand_in_the_records_order_with_both_splits() -> None:
    record = training_record()
    table = model_tables.per_class(record)
    assert list(table["class"]) == record["classes"]
    f1 = record["unseen_speakers"]["per_class"]["calm"]["f1"]
    assert table.set_index("class").loc["calm", "F1 unseen (%)"] == round(f1 * 100, 1)
    assert table["files random"].sum() == record["n_test"]


def test_speakers_and_folds_add_up_to_the_tested_files() -> None:
    record = training_record()
    speakers, folds = model_tables.by_speaker(record), model_tables.folds(record)
    assert speakers["files unseen"].sum() == 1440
    assert folds["tested on"].sum() == 1440 + record["n_test"]
    assert len(folds) == 1 + 6


def test_clips_tell_file_speaker_and_how_sure_the_model_was() -> None:
    record = training_record()
    table = model_tables.clips(record, truth="calm", predicted="sad", unseen=True)
    told = record["unseen_speakers"]["predictions"]
    row = told["path"].index(table["file"].iloc[0])
    assert set(table["corpus"]) == {"ravdess"}
    assert set(table["true class"]) == {"calm"}
    assert set(table["taken for"]) == {"sad"}
    assert table["sure (%)"].is_monotonic_decreasing
    assert (table["sure (%)"] >= table["true class (%)"]).all()
    assert told["speaker"][row] == table["speaker"].iloc[0]


def test_clips_without_probabilities_leave_them_empty() -> None:
    record = training_record(probabilities=False)
    table = model_tables.clips(record, truth="calm", predicted="calm")
    assert len(table) > 0
    assert table["sure (%)"].isna().all()


@pytest.mark.parametrize("cell", [("calm", "unheard"), ("unheard", "calm")])
def test_clips_of_an_unknown_class_are_none(cell: tuple[str, str]) -> None:
    truth, predicted = cell
    table = model_tables.clips(training_record(), truth=truth, predicted=predicted)
    assert len(table) == 0
    assert "file" in table.columns


def test_trials_have_a_column_for_each_parameter() -> None:
    table = model_tables.trials(training_record(tuned=True))
    assert len(table) == 20
    assert "C" in table.columns
    assert len(model_tables.trials(training_record())) == 0


@pytest.mark.parametrize(
    "table",
    [
        model_tables.per_class,
        model_tables.by_speaker,
        model_tables.folds,
        model_tables.trials,
        lambda record: model_tables.runs([record]),
        lambda record: model_tables.clips(record, truth="calm", predicted="sad"),
    ],
)
def test_tables_take_records_that_lack_everything(table: object) -> None:
    assert callable(table)
    whole = training_record(tuned=True)
    for record in ({"kind": "training"}, dict.fromkeys(whole, None)):
        assert isinstance(table(record), pd.DataFrame)


def test_recording_conditions_are_rows_of_their_own() -> None:
    record = training_record()
    record["by_condition"] = [{"condition": "zoom", "n": 4, "war": 0.75, "uar": 0.5}]
    (row,) = model_tables.by_condition(record).to_dict("records")
    assert row == {"recorded by": "zoom", "files": 4, "WAR (%)": 75.0, "UAR (%)": 50.0}
