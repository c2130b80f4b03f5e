"""Boosted trees: the libraries' own results, with names for classes."""

from __future__ import annotations

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from model_clusters import overlapping
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.estimator_checks import check_estimator
from xgboost import XGBClassifier

from ser_core.models.boosted import LightGBMClassifier, XGBoostClassifier
from ser_core.models.registry import build_model

BOTH = (XGBoostClassifier, LightGBMClassifier)


@pytest.mark.parametrize("kind", BOTH)
def test_it_is_a_scikit_learn_estimator(kind) -> None:
    check_estimator(kind(n_estimators=10), on_skip=None)


@pytest.mark.parametrize("weight", [None, "balanced"])
@pytest.mark.parametrize(
    ("name", "library"),
    [
        ("xgb", XGBClassifier(random_state=1, n_jobs=1)),
        ("lgbm", LGBMClassifier(random_state=1, n_jobs=1, verbosity=-1)),
    ],
)
def test_probabilities_are_the_librarys_own(name: str, library, weight) -> None:
    X, y = overlapping(150)
    y[:40] = "sad"
    codes = np.searchsorted(np.unique(y), y)
    weights = None if weight is None else compute_sample_weight(weight, y)
    expected = library.fit(X, codes, sample_weight=weights).predict_proba(X)
    model = build_model(name, seed=1, parameters={"class_weight": weight}).fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X), expected, atol=1e-6)


@pytest.mark.parametrize("kind", BOTH)
def test_two_classes_have_two_columns(kind) -> None:
    X, y = overlapping(60, n_classes=2)
    assert kind(n_estimators=5).fit(X, y).predict_proba(X).shape == (60, 2)


@pytest.mark.parametrize("kind", BOTH)
def test_nothing_is_printed(kind, capfd: pytest.CaptureFixture[str]) -> None:
    X, y = overlapping(24)
    X[:, 1] = 0
    kind(n_estimators=5).fit(X, y).predict(X)
    printed = capfd.readouterr()
    assert printed.out + printed.err == ""
