"""One mixture of Gaussians per class, against densities computed apart."""

from __future__ import annotations

import numpy as np
import pytest
from model_clusters import overlapping
from scipy.stats import multivariate_normal
from sklearn.naive_bayes import GaussianNB
from sklearn.utils.estimator_checks import check_estimator

from ser_core.models.gmm import GaussianMixtureClassifier


@pytest.mark.parametrize(
    "model",
    [
        GaussianMixtureClassifier(max_components=2),
        GaussianMixtureClassifier(covariance_type="full", max_components=1),
    ],
)
def test_it_is_a_scikit_learn_estimator(model) -> None:
    check_estimator(model, on_skip=None)


def test_one_diagonal_component_is_naive_bayes() -> None:
    X, y = overlapping(90)
    X = X.astype(np.float64)
    y[:20] = "sad"
    ours = GaussianMixtureClassifier(max_components=1, reg_covar=1e-12).fit(X, y)
    reference = GaussianNB(var_smoothing=0).fit(X, y)
    np.testing.assert_allclose(
        ours.predict_proba(X), reference.predict_proba(X), atol=1e-9
    )


def test_one_full_component_is_bayes_rule_on_normal_densities() -> None:
    X, y = overlapping(90)
    X = X.astype(np.float64)
    y[:20] = "sad"
    ours = GaussianMixtureClassifier(
        covariance_type="full", max_components=1, reg_covar=1e-9, priors="uniform"
    ).fit(X, y)
    densities = np.column_stack(
        [
            multivariate_normal(
                X[y == name].mean(0), np.cov(X[y == name].T, ddof=0)
            ).pdf(X)
            for name in ours.classes_
        ]
    )
    expected = densities / densities.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(ours.predict_proba(X), expected, atol=1e-6)


def test_number_of_components_follows_the_data() -> None:
    rng = np.random.default_rng(0)
    two = np.concatenate([rng.normal(-4, 1, (60, 2)), rng.normal(4, 1, (60, 2))])
    one = rng.normal(0, 1, (120, 2))
    X = np.concatenate([two, one])
    y = np.repeat(["happy", "sad"], 120)
    model = GaussianMixtureClassifier(random_state=0).fit(X, y)
    assert model.n_components_.tolist() == [2, 1]
    assert model.score(X, y) > 0.95


def test_priors_are_the_shares_of_the_training_part() -> None:
    X, y = overlapping(90)
    y[:60] = "sad"
    found = GaussianMixtureClassifier().fit(X, y)
    shares = np.unique(y, return_counts=True)[1] / len(y)
    np.testing.assert_allclose(np.exp(found.log_priors_), shares)
    equal = GaussianMixtureClassifier(priors="uniform").fit(X, y)
    np.testing.assert_allclose(np.exp(equal.log_priors_), 1 / 3)


def test_rows_far_from_every_class_still_have_probabilities() -> None:
    X, y = overlapping(60, n_features=500)
    chances = GaussianMixtureClassifier().fit(X, y).predict_proba(X + 1000)
    assert np.isfinite(chances).all()
    np.testing.assert_allclose(chances.sum(axis=1), 1)


def test_class_with_one_member_has_the_spread_of_all_rows() -> None:
    X, y = overlapping(61)
    y[y == "sad"] = "happy"
    y[0] = "sad"
    model = GaussianMixtureClassifier(reg_covar=1e-9).fit(X.astype(np.float64), y)
    lone = model.mixtures_[model.classes_.tolist().index("sad")]
    np.testing.assert_allclose(lone.means_, X[:1], atol=1e-6)
    np.testing.assert_allclose(lone.covariances_[0], X.var(axis=0), rtol=1e-4)


def test_small_class_has_one_component() -> None:
    X, y = overlapping(60)
    keep = np.concatenate([np.flatnonzero(y != "sad"), np.flatnonzero(y == "sad")[:9]])
    model = GaussianMixtureClassifier(max_components=8).fit(X[keep], y[keep])
    assert model.n_components_[model.classes_ == "sad"] == 1
