"""A training run from corpora to its record."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ser_core.errors import ModelError, ParameterError, RecordError
from ser_core.features.matrix import open_matrix
from ser_core.models.bundle import load_bundle
from ser_core.store.data_folder import DataFolder
from ser_core.store.runs import RunStore
from ser_core.training.plan import TrainingPlan
from ser_core.training.record import validate
from ser_core.training.runner import n_fold_workers, run_training
from tests.training.tone_corpora import ravdess_tones, write_tone

pytestmark = pytest.mark.timeout(150)


def run(
    data: DataFolder, tmp_path: Path, **fields: Any
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    events: list[dict[str, Any]] = []
    plan = TrainingPlan(**{"features": "means180", "model": "knn", **fields})
    record = run_training(
        plan,
        data=data,
        work_folder=tmp_path,
        emit=lambda event: events.append(dict(event)),
        n_workers=fields.get("n_workers", 1),
    )
    return record, events


@pytest.fixture(scope="module")
def both(
    tones: Path, data: DataFolder, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Run KNN on a random split; the unseen speakers come along."""
    return run(
        data, tmp_path_factory.mktemp("work"), corpora=(str(tones),), split="kfold"
    )


def test_a_random_split_is_joined_by_unseen_speakers(
    both: tuple[dict[str, Any], list[dict[str, Any]]],
) -> None:
    record, _ = both
    unseen = record["unseen_speakers"]
    assert not record["speaker_independent"]
    assert unseen["speaker_independent"]
    assert (record["shared_speakers"], unseen["shared_speakers"]) == (6, 0)
    assert record["n_test"] == unseen["n_test"] == 72
    assert record["gap"]


def test_pooled_predictions_are_those_of_plain_scikit_learn(
    both: tuple[dict[str, Any], list[dict[str, Any]]], data: DataFolder
) -> None:
    record, _ = both
    unseen = record["unseen_speakers"]
    rows = unseen["predictions"]
    matrix = open_matrix(data, record["matrix_key"])
    row_of = {path: i for i, path in enumerate(matrix.paths)}
    X = np.asarray(matrix.X, dtype=np.float64)[[row_of[path] for path in rows["path"]]]
    y, speakers = np.array(rows["truth"]), np.array(rows["speaker"])
    expected = np.empty_like(y)
    for speaker in np.unique(speakers):
        train, test = speakers != speaker, speakers == speaker
        model = make_pipeline(StandardScaler(), KNeighborsClassifier())
        expected[test] = model.fit(X[train], y[train]).predict(X[test])
    assert rows["predicted"] == expected.tolist()
    assert unseen["uar"] == pytest.approx(balanced_accuracy_score(y, expected))


def test_the_record_is_plain_json_and_names_no_folder_above_the_corpus(
    both: tuple[dict[str, Any], list[dict[str, Any]]], tones: Path
) -> None:
    record, _ = both
    text = json.dumps(record, allow_nan=False)
    assert str(tones.parent) not in text
    assert record["plan"]["corpora"] == [tones.name]
    assert TrainingPlan.from_json(record["plan"]).model == "knn"


def test_the_store_lists_its_headline(
    both: tuple[dict[str, Any], list[dict[str, Any]]], tmp_path: Path
) -> None:
    record, _ = both
    store = RunStore(tmp_path / "runs.sqlite")
    store.add(record)
    (summary,) = store.list()
    assert summary.model == "knn"
    assert summary.uar == record["uar"]
    assert summary.uar_unseen == record["unseen_speakers"]["uar"]


def test_progress_counts_every_fold(
    both: tuple[dict[str, Any], list[dict[str, Any]]],
) -> None:
    record, events = both
    n_folds = len(record["folds"]) + len(record["unseen_speakers"]["folds"])
    folds = [event for event in events if event["type"] == "fold"]
    assert [event["done"] for event in folds] == list(range(1, n_folds + 1))
    assert {event["part"] for event in folds} == {"main", "unseen"}
    stages = [e["name"] for e in events if e.get("state") == "finished"]
    assert stages == ["metadata", "features", "training", "evaluation"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.pop("gap"), "gap"),
        (lambda r: r["predictions"]["path"].pop(), "entries for 72"),
        (lambda r: r["confusion"]["counts"].pop(), "3 by 3"),
        (lambda r: r["predictions"]["truth"].__setitem__(0, 9), "beyond the 3"),
        (lambda r: r.update(colour="red"), "colour"),
    ],
)
def test_a_damaged_record_is_refused(
    both: tuple[dict[str, Any], list[dict[str, Any]]], change: Any, message: str
) -> None:
    record = copy.deepcopy(both[0])
    change(record)
    with pytest.raises(RecordError, match=message):
        validate(record)


def test_two_workers_give_what_one_gives(
    both: tuple[dict[str, Any], list[dict[str, Any]]],
    tones: Path,
    data: DataFolder,
    tmp_path: Path,
) -> None:
    plan = TrainingPlan(
        corpora=(str(tones),), features="means180", model="knn", split="kfold"
    )
    again = run_training(
        plan, data=data, work_folder=tmp_path, emit=lambda event: None, n_workers=2
    )
    for key in ("predictions", "uar", "uar_interval", "confusion"):
        assert again[key] == both[0][key]


def test_a_split_that_keeps_speakers_apart_has_no_twin(
    tones: Path, data: DataFolder, tmp_path: Path
) -> None:
    record, _ = run(data, tmp_path, corpora=(str(tones),), split="loso")
    assert record["speaker_independent"]
    assert record["unseen_speakers"] is None
    assert [fold["name"] for fold in record["folds"]] == [
        f"{i:02d}" for i in range(1, 7)
    ]


def test_leaving_a_corpus_out_trains_on_the_other(
    tones: Path, german_tones: Path, data: DataFolder, tmp_path: Path
) -> None:
    record, _ = run(
        data, tmp_path, corpora=(str(tones), str(german_tones)), split="loco"
    )
    assert record["classes"] == ["angry", "happy", "sad"]
    assert record["emotions_dropped"] == {"bored": 16}
    assert sorted(fold["n_test"] for fold in record["folds"]) == [48, 72]


def test_speakers_of_one_number_in_two_corpora_are_two(
    tones: Path, german_tones: Path, data: DataFolder, tmp_path: Path
) -> None:
    """Both have a speaker 03; RAVDESS has 6 and EMO-DB 4."""
    record, _ = run(
        data, tmp_path, corpora=(str(tones), str(german_tones)), split="kfold"
    )
    assert record["n_speakers"] == len(record["by_speaker"]) == 10
    assert record["unseen_speakers"]["n_speakers"] == 10


def test_actors_in_two_folders_are_never_tested_and_trained_on(
    tmp_path: Path, data: DataFolder
) -> None:
    """As RAVDESS's speech and songs, which come as two downloads."""
    whole = ravdess_tones(tmp_path / "whole", actors=4)
    for path in sorted(whole.rglob("*.wav")):
        half = tmp_path / f"half {path.stem.split('-')[5]}" / path.parent.name
        half.mkdir(parents=True, exist_ok=True)
        path.rename(half / path.name)
    halves = tuple(str(tmp_path / f"half {i}") for i in ("01", "02"))
    record, _ = run(data, tmp_path, corpora=halves, split="kfold", n_folds=3)
    unseen = record["unseen_speakers"]
    assert record["shared_speakers"] == record["n_speakers"] == 4
    assert (unseen["split"], unseen["shared_speakers"]) == ("loso", 0)
    assert {fold["n_train"] for fold in unseen["folds"]} == {36}


def test_gender_and_emotion_make_classes(
    tones: Path, data: DataFolder, tmp_path: Path
) -> None:
    record, _ = run(
        data, tmp_path, corpora=(str(tones),), split="kfold", labels="gender-emotion"
    )
    assert len(record["classes"]) == 6
    assert "female_happy" in record["classes"]


def test_too_many_components_are_refused_before_features_are_computed(
    tones: Path, data: DataFolder, tmp_path: Path
) -> None:
    events: list[Any] = []
    plan = TrainingPlan(corpora=(str(tones),), features="functionals", pca=10_000)
    with pytest.raises(ParameterError, match="pca = 10000 is more than the 60"):
        run_training(plan, data=data, work_folder=tmp_path, emit=events.append)
    assert "features" not in {event.get("name") for event in events}


def test_what_has_no_class_is_told(
    tones: Path, data: DataFolder, tmp_path: Path
) -> None:
    for number, label in enumerate(["happy", "sad", "angry", "bored"] * 3):
        path = tmp_path / "unknown" / label / f"{number}.wav"
        write_tone(path, f0_hz=500.0 + 10 * number, seed=number)
    record, _ = run(
        data,
        tmp_path,
        corpora=(str(tones), str(tmp_path / "unknown")),
        split="kfold",
        labels="gender-emotion",
        label_sets="all",
    )
    notes = " ".join(record["notes"])
    assert "12 of 84 utterances were left out" in notes
    assert "Not every corpus has bored" in notes


def test_an_emotion_that_no_corpus_has_is_told(
    tones: Path, data: DataFolder, tmp_path: Path
) -> None:
    wanted = ("happy", "sad", "disgust")
    record, _ = run(
        data, tmp_path, corpora=(str(tones),), split="kfold", emotions=wanted
    )
    assert record["classes"] == ["happy", "sad"]
    assert "No chosen corpus has disgust." in record["notes"]


def test_a_search_of_which_nothing_came_is_recorded(
    tones: Path, data: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: object, parameters: object) -> None:
        raise ValueError("made to fail")

    monkeypatch.setattr("ser_core.models.inner_folds.InnerFolds.running_uar", fails)
    record, _ = run(
        data, tmp_path, corpora=(str(tones),), split="speaker", seed=9, tune=1
    )
    assert record["tuning"]["best_value"] is None
    assert record["tuning"]["best_parameters"] == {}
    assert record["tuning"]["trials"][0]["state"] == "failed"


def test_components_and_search_are_recorded(
    tones: Path, data: DataFolder, tmp_path: Path
) -> None:
    record, _ = run(
        data,
        tmp_path,
        corpora=(str(tones),),
        split="speaker",
        n_folds=2,
        pca=0.9,
        tune=2,
    )
    assert len(record["pca"]["components"]) == 2
    searches = record["tuning"]["searches"]
    assert [search["fold"] for search in searches] == [
        fold["name"] for fold in record["folds"]
    ]
    assert len(record["tuning"]["trials"]) == 2


def test_a_saved_model_predicts_as_it_did(
    tones: Path, data: DataFolder, tmp_path: Path
) -> None:
    record, _ = run(
        data, tmp_path, corpora=(str(tones),), split="kfold", save="tone-model"
    )
    assert record["bundle"] == "tone-model"
    bundle = load_bundle(data.models / "tone-model")
    matrix = open_matrix(data, record["matrix_key"])
    found = bundle.recogniser.predict(np.asarray(matrix.X))
    assert set(found.tolist()) <= set(record["classes"])
    with pytest.raises(ModelError, match="tone-model"):
        run(data, tmp_path, corpora=(str(tones),), split="kfold", save="tone-model")


def test_a_broken_file_is_listed_and_left_out(data: DataFolder, tmp_path: Path) -> None:
    root = ravdess_tones(tmp_path / "tones", actors=3)
    (root / "Actor_01" / "03-01-03-01-01-01-01.wav").write_bytes(b"RIFF, no more")
    record, _ = run(data, tmp_path, corpora=(str(root),), split="loso")
    assert record["n_test"] == 35
    assert [f["path"] for f in record["failures"]] == [
        "Actor_01/03-01-03-01-01-01-01.wav"
    ]
    assert any("left out" in note for note in record["notes"])


def test_one_speaker_is_refused_by_a_speaker_split_in_words(
    data: DataFolder, tmp_path: Path
) -> None:
    root = ravdess_tones(tmp_path / "tones", actors=1)
    with pytest.raises(ParameterError, match="speaker"):
        run(data, tmp_path, corpora=(str(root),), split="speaker")


def test_one_speaker_on_a_random_split_says_why_there_is_no_twin(
    data: DataFolder, tmp_path: Path
) -> None:
    root = ravdess_tones(tmp_path / "tones", actors=1)
    record, _ = run(data, tmp_path, corpora=(str(root),), split="kfold", n_folds=2)
    assert record["unseen_speakers"] is None
    assert record["unseen_speakers_reason"]
    assert record["interval_reason"]


def test_unknown_genders_are_refused_before_any_feature(
    data: DataFolder, tmp_path: Path
) -> None:
    from tests.training.tone_corpora import write_tone

    for number in range(8):
        label = ("happy", "sad")[number % 2]
        path = tmp_path / "voices" / label / f"{number}.wav"
        write_tone(path, f0_hz=300.0, seed=number)
    with pytest.raises(ParameterError, match="gender is unknown"):
        run(
            data,
            tmp_path,
            corpora=(str(tmp_path / "voices"),),
            split="kfold",
            labels="gender-emotion",
        )


def test_workers_are_bounded_by_memory() -> None:
    assert n_fold_workers(8, training_bytes=2**60) == 1
    assert n_fold_workers(1, training_bytes=1) == 1
