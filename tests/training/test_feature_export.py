"""The features of a stored training, written apart as they were trained and tested."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from ser_core.corpora.registry import register
from ser_core.errors import ParameterError
from ser_core.store.data_folder import DataFolder
from ser_core.training.feature_export import export_fold
from ser_core.training.plan import TrainingPlan
from ser_core.training.runner import run_training

pytestmark = pytest.mark.timeout(150)


@pytest.fixture(scope="module")
def record(
    tones: Path, data: DataFolder, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    entry = register(tones, data=data, name="tones")
    return run_training(
        TrainingPlan(
            corpora=(entry.name,),
            features="means180",
            model="knn",
            split="random-80-20",
            emotions=("angry", "happy"),
        ),
        data=data,
        work_folder=tmp_path_factory.mktemp("work"),
        emit=lambda event: None,
        n_workers=1,
    )


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("unseen", [False, True])
def test_both_files_hold_the_rows_of_the_fold(
    record: dict[str, Any], data: DataFolder, tmp_path: Path, unseen: bool
) -> None:
    train, test = export_fold(record, tmp_path, data=data, unseen=unseen)
    result = record["unseen_speakers"] if unseen else record
    first = [
        path
        for path, fold in zip(
            result["predictions"]["path"], result["predictions"]["fold"], strict=True
        )
        if fold == 0
    ]
    assert [row["path"] for row in rows(test)] == first
    learned = {row["path"] for row in rows(train)}
    assert len(learned) == result["folds"][0]["n_train"]
    assert not learned & set(first)
    assert {row["label"] for row in rows(train)} == {"angry", "happy"}


def test_unseen_speakers_of_the_test_are_not_in_training(
    record: dict[str, Any], data: DataFolder, tmp_path: Path
) -> None:
    train, test = export_fold(record, tmp_path, data=data, unseen=True)
    speakers = [{row["speaker"] for row in rows(path)} for path in (train, test)]
    assert speakers[1]
    assert not speakers[0] & speakers[1]


def test_a_fold_that_is_not_there_is_refused(
    record: dict[str, Any], data: DataFolder, tmp_path: Path
) -> None:
    with pytest.raises(ParameterError, match="fold = 7"):
        export_fold(record, tmp_path, data=data, fold=7)


def test_recordings_that_changed_since_are_refused(
    record: dict[str, Any], data: DataFolder, tmp_path: Path
) -> None:
    other = {**record["corpora"][0], "fingerprint": "0" * 64}
    with pytest.raises(ParameterError, match="not those"):
        export_fold({**record, "corpora": [other]}, tmp_path, data=data)
