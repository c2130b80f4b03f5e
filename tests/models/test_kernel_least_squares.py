"""Least squares under a Gaussian kernel, against solutions computed apart."""

from __future__ import annotations

import numpy as np
import pytest
from model_clusters import overlapping
from sklearn.base import clone
from sklearn.gaussian_process.kernels import RBF
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics import log_loss
from sklearn.utils.estimator_checks import check_estimator

from ser_core.models.kernel_least_squares import KernelLeastSquaresClassifier


def targets(y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    return np.where(y[:, None] == classes, 1.0, -1 / (len(classes) - 1))


def uneven(n: int, **how: int) -> tuple[np.ndarray, np.ndarray]:
    X, y = overlapping(n, **how)
    y[: n // 3] = "sad"
    return X.astype(np.float64), y


@pytest.mark.parametrize(
    "model",
    [
        KernelLeastSquaresClassifier(),
        KernelLeastSquaresClassifier(max_centres=10, random_state=0),
    ],
)
def test_it_is_a_scikit_learn_estimator(model) -> None:
    check_estimator(model, on_skip=None)


@pytest.mark.parametrize("priors", ["uniform", "empirical"])
def test_scores_are_those_of_kernel_ridge_regression(priors: str) -> None:
    X, y = uneven(90)
    model = KernelLeastSquaresClassifier(
        alpha=0.2, gamma=0.05, squash=None, priors=priors
    ).fit(X[:70], y[:70])
    share = {name: (y[:70] == name).mean() for name in model.classes_}
    weights = np.array([1 / (3 * share[name]) for name in y[:70]])
    if priors == "empirical":
        weights[:] = 1
    reference = KernelRidge(alpha=0.2, kernel="rbf", gamma=0.05).fit(
        X[:70], targets(y[:70], model.classes_), sample_weight=weights
    )
    np.testing.assert_allclose(
        model.decision_function(X[70:]), reference.predict(X[70:]), atol=1e-9
    )


def test_gamma_by_scale_is_half_the_inverse_of_the_total_variance() -> None:
    X, y = uneven(60)
    squashed = 3 * np.tanh(X / 3)
    by_scale = KernelLeastSquaresClassifier().fit(X, y)
    width = np.sqrt(squashed.var() * X.shape[1])
    kernel = RBF(width)(squashed[:1], squashed)
    np.testing.assert_allclose(
        by_scale.decision_function(X[:1]), kernel @ by_scale.dual_, atol=1e-9
    )


@pytest.mark.parametrize("max_centres", [8_000, 24])
def test_sharpness_is_chosen_on_rows_left_out_one_by_one(max_centres: int) -> None:
    X, y = uneven(36)
    model = KernelLeastSquaresClassifier(
        gamma=0.05, priors="empirical", max_centres=max_centres, random_state=0
    )
    model.fit(X, y)
    scores = np.empty((36, 3))
    for i in range(36):
        rest = np.delete(np.arange(36), i)
        if max_centres > 36:
            scores[i] = clone(model).fit(X[rest], y[rest]).decision_function(X[[i]])
        else:
            scores[i] = score_with_centres(model, X, y, rest)[i]
    factors = model.sharpness_ * np.array([0.8, 1.0, 1.25])
    losses = [loss_of(factor * scores, y, model.classes_) for factor in factors]
    assert losses[1] == min(losses)
    assert losses[1] == pytest.approx(loss_of(model.sharpness_ * scores, y, None))


def score_with_centres(model, X, y, rest) -> np.ndarray:
    """Solve the normal equations of the given rows with the model's centres."""
    squashed = 3 * np.tanh(X / 3)
    kernel = RBF(np.sqrt(1 / (2 * 0.05)))
    K = kernel(squashed, model.centres_)
    system = K[rest].T @ K[rest] + 0.3 * kernel(model.centres_)
    pull = K[rest].T @ targets(y, model.classes_)[rest]
    return K @ np.linalg.solve(system, pull)


def loss_of(logits: np.ndarray, y: np.ndarray, classes: np.ndarray | None) -> float:
    chances = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    return float(log_loss(y, chances, labels=classes))


def test_as_many_centres_as_rows_come_near_the_exact_solution() -> None:
    X, y = uneven(120, n_features=6)
    exact = KernelLeastSquaresClassifier().fit(X, y)
    near = KernelLeastSquaresClassifier(max_centres=119, random_state=0).fit(X, y)
    np.testing.assert_allclose(
        exact.decision_function(X), near.decision_function(X), atol=0.05
    )


def test_a_far_value_counts_no_more_than_a_bounded_one() -> None:
    X, y = uneven(90)
    model = KernelLeastSquaresClassifier().fit(X, y)
    far, farther = X[:1].copy(), X[:1].copy()
    far[0, 0], farther[0, 0] = 30, 3_000
    np.testing.assert_allclose(
        model.decision_function(far), model.decision_function(farther), atol=1e-6
    )


def test_rare_classes_weigh_as_much_as_frequent_ones() -> None:
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(0, 1, (190, 2)), rng.normal(1.5, 1, (10, 2))])
    y = np.repeat(["neutral", "angry"], [190, 10])
    even = KernelLeastSquaresClassifier().fit(X, y).predict(X) == "angry"
    plain = KernelLeastSquaresClassifier(priors="empirical").fit(X, y).predict(X)
    assert even[190:].sum() > (plain == "angry")[190:].sum()


def test_single_precision_gives_nearly_the_same_scores() -> None:
    X, y = uneven(90)
    double = KernelLeastSquaresClassifier().fit(X, y).decision_function(X)
    single = KernelLeastSquaresClassifier().fit(X.astype(np.float32), y)
    assert single.centres_.dtype == np.float32
    np.testing.assert_allclose(
        single.decision_function(X.astype(np.float32)), double, atol=1e-4
    )


def test_constant_features_do_not_stop_it() -> None:
    model = KernelLeastSquaresClassifier().fit(np.zeros((6, 3)), ["a", "b"] * 3)
    np.testing.assert_allclose(model.predict_proba(np.zeros((1, 3))), 0.5)
