"""The simulated records that pages and figures are tested on agree with themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from study_records import STUDY_ROWS, study_record
from training_records import training_record

from ser_core.evaluation.metrics import evaluate
from ser_core.training.schema import check_shape


@pytest.mark.parametrize("split", ["random-70-15-15", "kfold", "speaker", "loco"])
def test_figures_of_a_simulated_record_follow_from_its_predictions(split: str) -> None:
    record = training_record(split=split, corpora=("ravdess", "emo-db"))
    classes = record["classes"]
    for result in (record, record["unseen_speakers"]):
        if result is None:
            continue
        rows = result["predictions"]
        scores = evaluate(
            [classes[i] for i in rows["truth"]],
            [classes[i] for i in rows["predicted"]],
            classes=classes,
        )
        assert scores.uar == pytest.approx(result["uar"])
        assert scores.accuracy == pytest.approx(result["war"])
        assert scores.macro_f1 == pytest.approx(result["macro_f1"])
        assert [list(row) for row in scores.confusion] == result["confusion"]["counts"]
        assert sum(fold["n_test"] for fold in result["folds"]) == result["n_test"]
        assert {len(rows[name]) for name in rows} == {result["n_test"]}


def test_a_random_split_has_its_unseen_speakers_and_no_other_has() -> None:
    assert training_record()["unseen_speakers"]["speaker_independent"] is True
    alone = training_record(split="speaker")
    assert alone["unseen_speakers"] is None
    assert alone["unseen_speakers_reason"]


def test_few_speakers_have_a_reason_in_place_of_intervals() -> None:
    record = training_record(n_speakers=5)
    assert record["uar_interval"] is None
    assert "5 speakers" in record["interval_reason"]


def test_a_simulated_record_is_plain_json_and_nobody_elses() -> None:
    record = training_record(tuned=True, pca=0.95)
    assert json.loads(json.dumps(record)) == record
    record["per_class"].clear()
    assert training_record(tuned=True, pca=0.95)["per_class"]


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"tuned": True, "pca": 0.95},
        {"split": "loco", "corpora": ("ravdess", "emo-db")},
        {"n_speakers": 5, "probabilities": False},
    ],
)
def test_simulated_records_have_the_shape_of_real_ones(chosen: dict[str, Any]) -> None:
    check_shape(training_record(**chosen))


@pytest.mark.parametrize("study", sorted(STUDY_ROWS))
def test_simulated_studies_have_the_shape_of_real_ones(study: str) -> None:
    check_shape(study_record(study))
