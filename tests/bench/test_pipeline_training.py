"""The pipeline's way with the features gives what scikit-learn's plain way gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix
from sklearn.preprocessing import StandardScaler

from ser_core.bench.pipeline_training import build_report_model, recognise
from ser_core.bench.unseen_speakers import try_unseen_speakers
from ser_core.corpora.utterance import Utterance
from ser_core.errors import ParameterError
from ser_core.evaluation.splits import random_split, speaker_split
from ser_core.measure.stages import StageRecorder
from ser_core.models.classical import build_mlp, build_svm

pytestmark = pytest.mark.timeout(120)

CLASSES = ["angry", "happy", "sad"]


@pytest.fixture
def labels() -> np.ndarray:
    return np.array(CLASSES)[np.random.default_rng(1).integers(0, 3, 420)]


@pytest.fixture(name="X")
def mapped_features(tmp_path: Path, labels: np.ndarray) -> np.ndarray:
    """Map a matrix of overlapping classes, with an offset and a constant column."""
    rng = np.random.default_rng(2)
    values = 40 * rng.normal(size=(420, 30)) + 300
    values += 12 * np.searchsorted(CLASSES, labels)[:, None]
    values[:, 3] = -7
    np.save(tmp_path / "x.npy", values.astype(np.float32))
    return np.load(tmp_path / "x.npy", mmap_mode="r")


def plainly(X: np.ndarray, y: np.ndarray, *, split: Any, model: Any) -> np.ndarray:
    """Do as the report's code does, with scikit-learn alone."""
    scaler = StandardScaler()
    X_train = scaler.fit_transform(np.array(X)[split.train])
    model.fit(X_train, y[split.train])
    found = model.predict(scaler.transform(np.array(X)[split.test]))
    return confusion_matrix(y[split.test], found, labels=CLASSES)


@pytest.mark.parametrize(("name", "build"), [("mlp", build_mlp), ("svm", build_svm)])
def test_confusions_are_those_of_plain_scikit_learn(
    X: np.ndarray, labels: np.ndarray, name: str, build: Any
) -> None:
    told: list[int] = []
    with StageRecorder() as recorder:
        found = recognise(
            X,
            labels,
            model_name=name,
            recorder=recorder,
            forecast=lambda X_train, y_train: told.append(len(y_train)),
        )
    expected = plainly(X, labels, split=random_split(labels.tolist()), model=build())
    assert np.array_equal(found.evaluation.confusion, expected)
    assert 0.4 < found.evaluation.accuracy < 1  # else any model would do
    stages = [stage["name"] for stage in recorder.stages]
    assert stages == ["preprocessing", "training", "evaluation"]
    assert told == [294]


def test_unseen_speakers_are_those_of_plain_scikit_learn(
    X: np.ndarray, labels: np.ndarray
) -> None:
    speakers = [str(i % 11) for i in range(420)]
    utterances = [
        Utterance(path=Path(f"{i}.wav"), corpus="folder", emotion=e, label=e, speaker=s)
        for i, (e, s) in enumerate(zip(labels, speakers, strict=True))
    ]
    unseen = try_unseen_speakers(X, labels, utterances, model_name="mlp")
    split = speaker_split(labels.tolist(), speakers)
    assert unseen.result is not None
    expected = plainly(X, labels, split=split, model=build_mlp())
    assert np.array_equal(unseen.result.confusion, expected)


def test_features_stay_in_single_precision(X: np.ndarray, labels: np.ndarray) -> None:
    types: list[np.dtype[Any]] = []
    with StageRecorder() as recorder:
        recognise(
            X,
            labels,
            model_name="mlp",
            recorder=recorder,
            forecast=lambda X_train, y_train: types.append(X_train.dtype),
        )
    assert types == [np.float32]
    model = build_report_model("mlp").fit(X[:80], labels[:80])
    assert {c.dtype for c in model.coefs_} == {np.dtype(np.float32)}  # type: ignore[attr-defined]


def test_features_that_are_not_finite_are_refused(
    X: np.ndarray, labels: np.ndarray
) -> None:
    spoilt = np.array(X)
    spoilt[:, 5] = np.nan
    with StageRecorder() as recorder, pytest.raises(ParameterError, match="column 5"):
        recognise(
            spoilt,
            labels,
            model_name="mlp",
            recorder=recorder,
            forecast=lambda X_train, y_train: None,
        )
