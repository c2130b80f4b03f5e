"""The lean perceptron: scikit-learn's to the bit, without its copies."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from ser_core.models.classical import build_mlp
from ser_core.models.lean_mlp import LeanMLPClassifier, lean

pytestmark = pytest.mark.filterwarnings(
    f"ignore::{ConvergenceWarning.__module__}.{ConvergenceWarning.__name__}"
)


@parametrize_with_checks([LeanMLPClassifier(max_iter=100)])
def test_lean_mlp_is_a_scikit_learn_estimator(estimator, check) -> None:
    check(estimator)


def clusters(n_samples: int, n_features: int, *, n_classes: int) -> Any:
    rng = np.random.default_rng(n_samples)
    y = rng.integers(0, n_classes, n_samples)
    X = rng.normal(size=(n_samples, n_features)) + 0.4 * y[:, None]
    return X.astype(np.float32), np.array(["angry", "happy", "sad"])[y]


def assert_same_fit(X: Any, y: Any, weights: Any = None, **parameters: Any) -> None:
    parameters = {"early_stopping": True, "random_state": 42, **parameters}
    plain = MLPClassifier(**parameters).fit(X, y, sample_weight=weights)
    ours = LeanMLPClassifier(**parameters).fit(X, y, sample_weight=weights)
    for found, expected in zip(
        [*ours.coefs_, *ours.intercepts_],
        [*plain.coefs_, *plain.intercepts_],
        strict=True,
    ):
        assert found.dtype == expected.dtype
        assert found.tobytes() == expected.tobytes()
    assert ours.n_iter_ == plain.n_iter_
    for curve in ("loss_curve_", "validation_scores_"):
        assert getattr(ours, curve, None) == getattr(plain, curve, None)
    assert ours.predict_proba(X).tobytes() == plain.predict_proba(X).tobytes()


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"shuffle": False},
        {"batch_size": 7, "max_iter": 5},
        {"hidden_layer_sizes": (9, 5), "activation": "tanh"},
        {"validation_fraction": 0.3},
        {"solver": "sgd", "learning_rate": "adaptive", "max_iter": 30},
        {"early_stopping": False, "max_iter": 30},
        {"solver": "lbfgs", "max_iter": 3},
    ],
)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_fit_is_scikit_learn_s_to_the_bit(
    parameters: dict[str, Any], n_classes: int
) -> None:
    X, y = clusters(450, 12, n_classes=n_classes)
    assert_same_fit(X, y, **parameters)


def test_other_inputs_give_the_same_fit_too() -> None:
    X, y = clusters(300, 12, n_classes=3)
    assert_same_fit(X.astype(np.float64), y)
    assert_same_fit(np.asfortranarray(X), y)
    assert_same_fit(sparse.csr_array(X), y, max_iter=10)
    weights = np.random.default_rng(0).uniform(0.5, 2, len(y))
    assert_same_fit(X, y, weights)


def test_report_s_mlp_becomes_lean_with_its_parameters() -> None:
    reports = build_mlp()
    ours = lean(reports)
    assert isinstance(ours, LeanMLPClassifier)
    assert ours.get_params() == reports.get_params()
    assert lean(ours) is ours
    other = SVC()
    assert lean(other) is other


def test_fit_takes_no_copy_of_the_training_part() -> None:
    X, y = clusters(3_000, 1_500, n_classes=3)

    def peak_bytes(kind: type[MLPClassifier]) -> int:
        model = kind(hidden_layer_sizes=(2,), early_stopping=True, max_iter=1)
        tracemalloc.start()
        model.fit(X, y)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    peak_bytes(LeanMLPClassifier)  # what is loaded lazily is loaded now
    assert peak_bytes(LeanMLPClassifier) < X.nbytes / 3  # a tenth, and a batch
    assert peak_bytes(MLPClassifier) > X.nbytes  # else there is nothing to save
