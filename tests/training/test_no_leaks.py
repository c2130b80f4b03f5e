"""Nothing that is fitted may know the test part."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.pipeline import Pipeline

from ser_core.training import folds
from ser_core.training.folds import FoldResult, FoldTask, FoldWork

N_TRAIN, N_TEST, N_FEATURES = 60, 20, 12


def planted() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.str_]]:
    """Make features that say little, whose test rows hold a leak beyond all bounds."""
    rng = np.random.default_rng(0)
    y = np.array(["happy", "sad", "angry", "neutral"])[rng.integers(0, 4, 80)]
    X = rng.normal(size=(80, N_FEATURES)).astype(np.float32)
    X[:, 0] += 2.0 * (y == "happy") - 2.0 * (y == "sad")
    X[:, 1] += 2.0 * (y == "angry")
    return X, y


def leaked(X: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Put something into some test rows that any fit which saw them would follow."""
    changed = X.copy()
    changed[N_TRAIN : N_TRAIN + 10] = 1e4 * np.random.default_rng(1).normal(
        size=(10, N_FEATURES)
    )
    return changed


def fit(
    X: npt.NDArray[np.float32],
    y: npt.NDArray[np.str_],
    monkeypatch: pytest.MonkeyPatch,
    **fields: Any,
) -> FoldResult:
    monkeypatch.setattr(folds, "open_matrix", lambda data, key: SimpleNamespace(X=X))
    task = FoldTask(
        **{"data_root": "", "matrix_key": "", "model": "lr", "seed": 0, **fields}
    )
    return task(
        FoldWork(
            part="main",
            name="fold 1",
            train=np.arange(N_TRAIN),
            test=np.arange(N_TRAIN, N_TRAIN + N_TEST),
            y_train=y[:N_TRAIN],
            groups_train=np.array([f"s{i % 5}" for i in range(N_TRAIN)]),
        )
    )


@pytest.mark.parametrize("model", ["lr", "knn", "svm", "gmm", "mlp", "rf", "dt"])
@pytest.mark.parametrize("pca", [None, 0.9])
def test_what_is_in_other_test_rows_changes_no_prediction(
    model: str, pca: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y = planted()
    clean = fit(X, y, monkeypatch, model=model, pca=pca)
    dirty = fit(leaked(X), y, monkeypatch, model=model, pca=pca)
    assert clean.predicted[10:].tolist() == dirty.predicted[10:].tolist()
    assert clean.probabilities is not None
    assert dirty.probabilities is not None
    assert np.array_equal(clean.probabilities[10:], dirty.probabilities[10:])
    assert clean.components == dirty.components


def test_a_search_does_not_see_the_test_part(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    X, y = planted()
    found = []
    for name, values in (("clean", X), ("dirty", leaked(X))):
        result = fit(
            values,
            y,
            monkeypatch,
            tune=3,
            search_folder=str(tmp_path / name),
            search_key="leak",
        )
        assert result.search is not None
        found.append(
            (
                result.search["best_parameters"],
                [trial["value"] for trial in result.search["trials"]],
                result.predicted[10:].tolist(),
            )
        )
    assert found[0] == found[1]


def test_the_planted_leak_would_show_in_a_pipeline_that_scales_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same change moves predictions where the scaler is fitted on all rows."""
    X, y = planted()

    def predictions(values: npt.NDArray[np.float32]) -> list[str]:
        class LeakyPipeline(Pipeline):  # type: ignore[misc]
            def fit(self, X_train: Any, y_train: Any) -> LeakyPipeline:
                self.steps[0][1].fit(values)
                self.steps[-1][1].fit(self.steps[0][1].transform(X_train), y_train)
                return self

        def build(*args: Any, **kwargs: Any) -> Pipeline:
            honest = original(*args, **kwargs)
            return LeakyPipeline(honest.steps)

        monkeypatch.setattr(folds, "build_recogniser", build)
        return fit(values, y, monkeypatch).predicted[10:].tolist()

    original = folds.build_recogniser
    assert predictions(X) != predictions(leaked(X))


def test_a_fold_is_told_by_its_name_and_not_by_its_rows() -> None:
    rows = np.arange(1_000)
    labels = np.array(["happy"] * 1_000)
    work = FoldWork(part="main", name="fold 3", train=rows, test=rows, y_train=labels)
    assert repr(work) == "fold 3 (main)"
