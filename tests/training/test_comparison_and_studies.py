"""Several plans in one job, and studies of one plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ser_core.errors import ParameterError
from ser_core.store.data_folder import DataFolder
from ser_core.store.runs import RunStore
from ser_core.training.comparison import run_comparison
from ser_core.training.pairs import paired_tests
from ser_core.training.plan import TrainingPlan
from ser_core.training.studies import run_study
from ser_core.training.studies.importance import column_groups, contour

pytestmark = pytest.mark.timeout(150)


def document(tones: Path, **fields: Any) -> dict[str, Any]:
    values = {"features": "means180", "model": "knn", "split": "kfold", "n_folds": 2}
    return TrainingPlan(corpora=(str(tones),), **{**values, **fields}).to_json()


def study(
    name: str, tones: Path, data: DataFolder, tmp_path: Path, **fields: Any
) -> dict[str, Any]:
    return run_study(
        {"study": name, "plan": document(tones, **fields)},
        data=data,
        work_folder=tmp_path,
        emit=lambda event: None,
    )


def test_each_plan_of_a_comparison_is_a_stored_run(
    tones: Path, data: DataFolder, tmp_path: Path
) -> None:
    plans = [document(tones, model=model) for model in ("knn", "dt")]
    result = run_comparison(
        {"plans": plans}, data=data, work_folder=tmp_path, emit=lambda event: None
    )
    store = RunStore(data.runs)
    records = [store.get(run) for run in result["runs"]]
    assert [record["model"] for record in records] == ["knn", "dt"]
    assert result["failed"] == []
    (pair,) = paired_tests(records)
    assert sorted(pair["runs"]) == sorted(result["runs"])
    assert pair["n"] == 72
    assert "knn on means180" in pair["words"]


def test_a_plan_that_cannot_be_run_does_not_end_the_others(
    tones: Path, data: DataFolder, tmp_path: Path
) -> None:
    plans = [document(tones, split="loco", n_folds=None), document(tones)]
    result = run_comparison(
        {"plans": plans}, data=data, work_folder=tmp_path, emit=lambda event: None
    )
    assert len(result["runs"]) == 1
    assert "add a corpus" in result["failed"][0]["reason"]
    assert "loco" in result["failed"][0]["plan"]


def test_a_model_whose_library_fails_does_not_end_the_others(
    tones: Path, data: DataFolder, tmp_path: Path
) -> None:
    hopeless = document(tones, model="svm", parameters={"kernel": "precomputed"})
    result = run_comparison(
        {"plans": [hopeless, document(tones)]},
        data=data,
        work_folder=tmp_path,
        emit=lambda event: None,
    )
    assert len(result["runs"]) == 1
    reason = result["failed"][0]["reason"]
    assert reason.startswith("svm could not be fitted to the training part of fold 1: ")
    assert "choose other parameters" in reason


def test_a_comparison_of_nothing_is_refused(data: DataFolder, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="list of training plans"):
        run_comparison({}, data=data, work_folder=tmp_path, emit=lambda event: None)


def test_a_learning_curve_grows_for_both_splits(
    tones: Path, data: DataFolder, tmp_path: Path
) -> None:
    record = study("learning-curve", tones, data, tmp_path, model="lr")
    rows = record["rows"]
    for split in ("kfold", "loso"):
        sizes = [row["n_train"] for row in rows if row["split"] == split]
        assert len(sizes) == 5
        assert sizes == sorted(sizes)
    whole = [row for row in rows if row["share"] == 1.0]
    assert [row["n_train"] for row in whole] == [36, 60]


def test_a_share_too_small_for_the_model_is_left_out_and_named(
    tones: Path, data: DataFolder, tmp_path: Path
) -> None:
    record = study("learning-curve", tones, data, tmp_path, model="mlp")
    assert min(row["share"] for row in record["rows"]) > 0.1
    assert any("10%" in note for note in record["notes"])


def test_twenty_coefficients_make_longer_vectors_than_thirteen(
    tones: Path, data: DataFolder, tmp_path: Path
) -> None:
    record = study("coefficients", tones, data, tmp_path, limit=24)
    thirteen, twenty = record["rows"]
    assert (thirteen["n_values"], twenty["n_values"]) == (6_500, 10_000)
    assert twenty["matrix_bytes"] == 24 * 10_000 * 4
    assert thirteen["seconds_features"] > 0
    assert thirteen["split"] == twenty["split"] == "loso"


def test_dimensions_add_up_to_everything(
    tones: Path, data: DataFolder, tmp_path: Path
) -> None:
    record = study("dimensions", tones, data, tmp_path)
    shares = [row["share"] for row in record["rows"]]
    assert shares == sorted(shares, reverse=True)
    assert record["rows"][-1]["cumulated"] == pytest.approx(1.0)
    assert "of 180 components" in record["notes"][0]


def test_importance_finds_the_columns_that_tell_the_tones_apart(
    tones: Path, data: DataFolder, tmp_path: Path
) -> None:
    record = study("importance", tones, data, tmp_path, model="lr")
    drops = {row["name"]: row["drop"] for row in record["rows"]}
    assert len(drops) == 180
    assert max(drops.values()) > 0
    assert np.median(list(drops.values())) == pytest.approx(0, abs=0.05)


def test_columns_of_one_contour_are_permuted_together() -> None:
    names = [f"frame{t:03d}_mfcc{c:02d}" for t in range(100) for c in range(13)]
    groups = column_groups(names)
    assert list(groups) == [f"mfcc{c:02d}" for c in range(13)]
    assert groups["mfcc01"][:3] == [1, 14, 27]
    assert contour("f0_semitone_p20") == "f0"


def test_an_unknown_study_is_refused(
    tones: Path, data: DataFolder, tmp_path: Path
) -> None:
    with pytest.raises(ParameterError, match="study = 'astrology'"):
        study("astrology", tones, data, tmp_path)


def test_without_the_extension_the_study_says_why(
    tones: Path, data: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ser_core.training.studies import acceleration

    monkeypatch.setattr(
        acceleration, "acceleration_available", lambda: (False, "not for this machine")
    )
    record = study("acceleration", tones, data, tmp_path)
    assert record["rows"] == []
    assert record["notes"] == ["not for this machine"]


def test_both_arms_of_every_model_are_told(
    tones: Path, data: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ser_core.models.acceleration import Acceleration, ArmTiming
    from ser_core.training.studies import acceleration

    def timed(name: str, X: Any, y: Any, **_: Any) -> Acceleration:
        stock = ArmTiming(arm="stock", first_s=2.0, median_s=1.0, repeats=3)
        fast = ArmTiming(
            arm="accelerated",
            first_s=1.5,
            median_s=0.5,
            repeats=3,
            accelerated=name != "lr",
            fallback_reason="left to stock" if name == "lr" else None,
        )
        return Acceleration(
            model=name, available=True, reason="", n_train=len(X), arms=(stock, fast)
        )

    monkeypatch.setattr(acceleration, "acceleration_available", lambda: (True, "here"))
    monkeypatch.setattr(acceleration, "accelerated", timed)
    rows = study("acceleration", tones, data, tmp_path)["rows"]
    assert [row["model"] for row in rows[:2]] == ["knn", "knn"]
    assert len(rows) == 2 * len(acceleration.MODELS)
    fell_back = {row["model"] for row in rows if row["fell_back"]}
    assert fell_back == {"lr"}
