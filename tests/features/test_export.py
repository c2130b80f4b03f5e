"""Features as CSV: what was written comes back to the bit."""

from __future__ import annotations

import csv
import resource
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ser_core.corpora.utterance import Utterance
from ser_core.errors import ParameterError, SerError
from ser_core.features.export import export_csv
from ser_core.features.matrix import FeatureMatrix

N_ROWS = 700


@dataclass(frozen=True)
class Rows:
    train: np.ndarray
    test: np.ndarray


SPLIT = Rows(train=np.arange(N_ROWS)[::-2], test=np.arange(0, N_ROWS, 2)[:40])


@pytest.fixture
def matrix(tmp_path: Path) -> FeatureMatrix:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N_ROWS, 3)) * 10.0 ** rng.integers(-30, 30, size=(N_ROWS, 3))
    np.save(tmp_path / "x.npy", X.astype(np.float32))
    paths = tuple(f"sad/{i:03d}, “é”.wav" for i in range(N_ROWS))
    return FeatureMatrix(
        X=np.load(tmp_path / "x.npy", mmap_mode="r"),
        utterances=tuple(
            Utterance(
                path=tmp_path / path,
                corpus="folder",
                emotion="sad",
                label="sad",
                speaker=None if i % 3 else f"s{i}",
            )
            for i, path in enumerate(paths)
        ),
        paths=paths,
        corpus_of_row=np.zeros(N_ROWS, dtype=np.int64),
        corpora=("folder",),
        column_names=("a", "b", "c, the third"),
        feature_set={},
        failures=(),
        notes=(),
        duplicates=(),
        key="0" * 64,
        path=tmp_path / "x.npy",
    )


def test_values_come_back_to_the_bit_in_the_split_s_order(
    matrix: FeatureMatrix, tmp_path: Path
) -> None:
    for path, rows in zip(
        export_csv(matrix, SPLIT, tmp_path / "out"),
        (SPLIT.train, SPLIT.test),
        strict=True,
    ):
        table = pd.read_csv(path, dtype=str)
        found = table[["a", "b", "c, the third"]].astype(float).to_numpy(np.float32)
        assert np.array_equal(found, matrix.X[rows])
        assert table["path"].tolist() == [matrix.paths[row] for row in rows]


def test_text_columns_stand_before_the_features(
    matrix: FeatureMatrix, tmp_path: Path
) -> None:
    train, test = export_csv(matrix, SPLIT, tmp_path)
    assert (train.name, test.name) == ("train_features.csv", "test_features.csv")
    with test.open(encoding="utf-8", newline="") as stream:
        lines = list(csv.reader(stream))
    assert lines[0] == ["path", "corpus", "speaker", "label", "a", "b", "c, the third"]
    assert lines[1][:4] == ["sad/000, “é”.wav", "folder", "s0", "sad"]
    assert lines[2][:4] == ["sad/002, “é”.wav", "folder", "", "sad"]
    assert len(lines) == 41


def test_other_labels_can_be_given(matrix: FeatureMatrix, tmp_path: Path) -> None:
    labels = [f"female_{i}" for i in range(N_ROWS)]
    _, test = export_csv(matrix, SPLIT, tmp_path, labels=labels)
    assert pd.read_csv(test)["label"].tolist() == [labels[row] for row in SPLIT.test]
    with pytest.raises(ParameterError, match="2 labels were given for 700 rows"):
        export_csv(matrix, SPLIT, tmp_path, labels=["sad", "happy"])


def test_matrix_without_utterances_is_refused(
    matrix: FeatureMatrix, tmp_path: Path
) -> None:
    with pytest.raises(ParameterError, match="700 rows and 0 utterances"):
        export_csv(replace(matrix, utterances=()), SPLIT, tmp_path)


def test_full_disk_is_said_and_leaves_no_part(
    matrix: FeatureMatrix, tmp_path: Path
) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (9_000, before[1]))
    try:
        with pytest.raises(SerError, match="make room"):
            export_csv(matrix, SPLIT, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list((tmp_path / "out").iterdir()) == []
