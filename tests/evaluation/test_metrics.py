"""Metrics against figures worked out by hand."""

from __future__ import annotations

import pytest

from ser_core.errors import ParameterError
from ser_core.evaluation.metrics import evaluate

# truth  sad sad sad sad happy happy angry
# found  sad sad sad happy happy sad happy
TRUTH = ["sad", "sad", "sad", "sad", "happy", "happy", "angry"]
FOUND = ["sad", "sad", "sad", "happy", "happy", "sad", "happy"]
CLASSES = ["angry", "happy", "sad"]


def test_figures_are_those_worked_out_by_hand() -> None:
    result = evaluate(TRUTH, FOUND, classes=CLASSES)
    assert result.accuracy == pytest.approx(4 / 7)
    # recalls: angry 0/1, happy 1/2, sad 3/4
    assert result.uar == pytest.approx((0 + 0.5 + 0.75) / 3)
    # F1: angry 0; happy P 1/3, R 1/2 -> 0.4; sad P 3/4, R 3/4 -> 0.75
    assert result.macro_f1 == pytest.approx((0 + 0.4 + 0.75) / 3)
    assert result.confusion == ((0, 1, 0), (0, 1, 1), (0, 1, 3))
    happy = result.report()["happy"]
    assert happy == pytest.approx(
        {"precision": 1 / 3, "recall": 0.5, "f1": 0.4, "support": 2}
    )


def test_class_absent_from_the_truth_does_not_lower_the_recall() -> None:
    result = evaluate(["sad", "happy"], ["sad", "happy"], classes=CLASSES)
    assert result.uar == 1.0
    assert result.macro_f1 == 1.0
    assert result.per_class["angry"].support == 0


def test_label_outside_the_classes_is_named() -> None:
    with pytest.raises(ParameterError, match="calm"):
        evaluate(["sad"], ["calm"], classes=CLASSES)


@pytest.mark.parametrize(("truth", "found"), [([], []), (["sad"], ["sad", "sad"])])
def test_what_cannot_be_compared_is_refused(truth: list[str], found: list[str]) -> None:
    with pytest.raises(ParameterError, match="predicted labels"):
        evaluate(truth, found, classes=CLASSES)
