"""Curves against scikit-learn's areas and by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.metrics import auc, average_precision_score, roc_auc_score

from ser_core.errors import ParameterError
from ser_core.evaluation.curves import MAX_POINTS, curves

CLASSES = ["angry", "happy", "sad"]


def test_curves_are_those_worked_out_by_hand() -> None:
    # sad scores .9 (sad), .8 (not), .6 (sad), .1 (not)
    sad = np.array([0.9, 0.8, 0.6, 0.1])
    p = np.stack([1 - sad, sad], axis=1)
    found = curves(["sad", "happy", "sad", "happy"], p, ["happy", "sad"])
    curve = found.per_class["sad"]
    assert curve.false_positive_rate == (0, 0, 0.5, 0.5, 1)
    assert curve.true_positive_rate == (0, 0.5, 0.5, 1, 1)
    assert curve.auc == 0.75
    assert curve.average_precision == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert curve.support == 2


def test_long_curves_are_thinned_and_keep_their_shape() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, size=5000)
    p = rng.dirichlet(np.ones(3), size=5000)
    p[np.arange(5000), y] += 0.3
    p /= p.sum(axis=1, keepdims=True)
    found = curves(np.array(CLASSES)[y].tolist(), p, CLASSES)
    assert list(found.per_class) == CLASSES
    for i, curve in enumerate(found.per_class.values()):
        assert len(curve.false_positive_rate) <= MAX_POINTS
        assert len(curve.recall) == len(curve.precision) <= MAX_POINTS
        assert curve.auc == pytest.approx(roc_auc_score(y == i, p[:, i]))
        assert curve.average_precision == pytest.approx(
            average_precision_score(y == i, p[:, i])
        )
        x, z = curve.false_positive_rate, curve.true_positive_rate
        assert (x[0], z[0], x[-1], z[-1]) == (0, 0, 1, 1)
        assert auc(x, z) == pytest.approx(curve.auc, abs=0.005)
        assert (curve.recall[0], curve.recall[-1]) == (0, 1)
        assert list(curve.recall) == sorted(curve.recall)


def test_absent_class_has_no_curve_and_is_named() -> None:
    p = np.full((4, 3), 1 / 3)
    found = curves(["sad", "happy", "sad", "happy"], p, CLASSES)
    assert found.absent == ("angry",)
    assert list(found.per_class) == ["happy", "sad"]
    json.dumps(found.to_json(), allow_nan=False)


def test_class_that_is_everywhere_has_no_curve() -> None:
    found = curves(["sad", "sad"], [[0.5, 0.5]] * 2, ["happy", "sad"])
    assert found.absent == ("happy", "sad")


def test_what_are_no_probabilities_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"sum to 0\.9"):
        curves(["sad", "happy"], [[0.5, 0.4]] * 2, ["happy", "sad"])
