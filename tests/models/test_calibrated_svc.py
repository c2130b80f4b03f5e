"""The support vector machine with probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from model_clusters import overlapping
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import check_estimator

from ser_core.models.calibrated_svc import CalibratedSVC
from ser_core.models.registry import REPORT_PARAMETERS, build_model


@pytest.mark.parametrize("probability", [True, False])
def test_it_is_a_scikit_learn_estimator(probability: bool) -> None:
    check_estimator(CalibratedSVC(probability=probability), on_skip=None)


def test_predictions_are_those_of_the_reports_machine() -> None:
    X, y = overlapping(200)
    bare = SVC(C=1.0, kernel="rbf", gamma="scale", random_state=42).fit(
        X[:150], y[:150]
    )
    found = bare.predict(X[150:])
    values = bare.decision_function(X[150:])
    for parameters in (None, REPORT_PARAMETERS["svm"]):
        model = build_model("svm", parameters=parameters).fit(X[:150], y[:150])
        assert np.array_equal(model.predict(X[150:]), found)
        assert np.array_equal(model.decision_function(X[150:]), values)


def test_probabilities_are_those_of_a_sigmoid_calibration() -> None:
    X, y = overlapping(200)
    folds = StratifiedKFold(3, shuffle=True, random_state=5)
    reference = CalibratedClassifierCV(
        SVC(random_state=5), method="sigmoid", cv=folds, ensemble=False
    ).fit(X, y)
    model = CalibratedSVC(random_state=5).fit(X, y)
    assert np.array_equal(model.predict_proba(X), reference.predict_proba(X))


def test_speakers_are_kept_apart_in_the_calibration() -> None:
    X, y = overlapping(120)
    speakers = np.arange(120) // 10
    folds = list(
        StratifiedGroupKFold(3, shuffle=True, random_state=0).split(X, y, speakers)
    )
    reference = CalibratedClassifierCV(SVC(), cv=folds, ensemble=False).fit(X, y)
    model = CalibratedSVC(random_state=0)
    apart = model.fit(X, y, groups=speakers).predict_proba(X)
    mixed = model.fit(X, y).predict_proba(X)
    assert np.array_equal(apart, reference.predict_proba(X))
    assert not np.array_equal(apart, mixed)


def test_speakers_of_one_class_each_fall_back_to_random_folds() -> None:
    X, y = overlapping(60)
    model = CalibratedSVC(random_state=0)
    grouped = model.fit(X, y, groups=y).predict_proba(X)
    assert np.array_equal(grouped, model.fit(X, y).predict_proba(X))


def test_two_members_of_a_class_are_enough() -> None:
    X, y = overlapping(60)
    keep = np.concatenate([np.flatnonzero(y != "sad"), np.flatnonzero(y == "sad")[:2]])
    assert CalibratedSVC().fit(X[keep], y[keep]).predict_proba(X).shape == (60, 3)


def test_lone_member_is_refused_only_where_it_matters() -> None:
    X, y = overlapping(60)
    keep = np.concatenate([np.flatnonzero(y != "sad"), np.flatnonzero(y == "sad")[:1]])
    with pytest.raises(ValueError, match="'sad' has 1 member"):
        CalibratedSVC().fit(X[keep], y[keep])
    CalibratedSVC(probability=False).fit(X[keep], y[keep])


def test_without_calibration_there_are_no_probabilities() -> None:
    assert not hasattr(CalibratedSVC(probability=False), "predict_proba")
    assert hasattr(CalibratedSVC(), "predict_proba")
