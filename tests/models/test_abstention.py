from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from ser_core.errors import ParameterError
from ser_core.models.abstention import Abstention, answered, choose_abstention

CLASSES = ("a", "b", "c")


def predictions(
    confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]
) -> tuple[list[str], npt.NDArray[np.float64]]:
    """Make predictions of class a with these confidences, right or wrong."""
    rest = (1 - confidence) / 2
    truth = ["a" if r else "b" for r in right]
    return truth, np.column_stack([confidence, rest, rest])


def honest(n: int = 6_000) -> tuple[list[str], npt.NDArray[np.float64]]:
    """Make predictions that are right as often as they say."""
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.34, 1.0, n)
    return predictions(confidence, rng.random(n) < confidence)


def test_answers_are_held_back_where_fewer_than_half_are_right() -> None:
    found = choose_abstention(*honest(), CLASSES)
    assert found.min_confidence == pytest.approx(0.5, abs=0.06)


def test_the_confidence_is_what_was_measured_and_not_what_is_claimed() -> None:
    rng = np.random.default_rng(1)
    confidence = rng.uniform(0.34, 1.0, 6_000)
    # right in half of the cases at a claimed 0.8
    found = choose_abstention(
        *predictions(confidence, rng.random(6_000) < confidence - 0.3), CLASSES
    )
    assert found.min_confidence == pytest.approx(0.8, abs=0.06)


def test_the_sum_of_right_less_wrong_is_greatest_at_the_chosen_confidence() -> None:
    truth, p = honest(400)
    found = choose_abstention(truth, p, CLASSES)
    right = np.array(truth) == "a"

    def worth(at: float) -> int:
        sure = p[:, 0] >= at
        return int(right[sure].sum() - (~right[sure]).sum())

    at_hundredths = [worth(i / 100) for i in range(100)]
    # the confidence is rounded down to hundredths, which may cost a few clips
    assert worth(found.min_confidence) >= max(at_hundredths) - 3


def test_a_model_that_is_mostly_wrong_still_answers_a_third() -> None:
    rng = np.random.default_rng(2)
    confidence = rng.uniform(0.34, 1.0, 3_000)
    found = choose_abstention(
        *predictions(confidence, rng.random(3_000) < 0.2), CLASSES
    )
    assert found.chosen.share == pytest.approx(1 / 3, abs=0.02)
    assert "surest third" in found.basis


def test_a_model_that_is_always_right_always_answers() -> None:
    confidence = np.linspace(0.4, 1, 50)
    found = choose_abstention(
        *predictions(confidence, np.ones(50, dtype=bool)), CLASSES
    )
    assert found.chosen.share == 1
    assert found.chosen.accuracy == 1


def test_the_curve_answers_less_the_more_it_asks_for() -> None:
    found = choose_abstention(*honest(), CLASSES)
    shares = [point.share for point in found.curve]
    assert shares == sorted(shares, reverse=True)
    assert found.curve[0].share == 1
    places = [point.confidence for point in found.curve]
    assert places == sorted(set(places))
    assert found.chosen in found.curve
    # where everything is honest, who asks for more gets better answers
    accuracies = [point.accuracy for point in found.curve[::4]]
    assert accuracies == sorted(accuracies)  # type: ignore[type-var]


def test_equal_confidences_are_answered_together() -> None:
    confidence = np.repeat([0.9, 0.5, 0.4], 10)
    right = np.array([True] * 10 + [True] * 6 + [False] * 4 + [False] * 10)
    found = choose_abstention(*predictions(confidence, right), CLASSES)
    assert found.chosen.share == pytest.approx(20 / 30)


def test_nearly_all_held_out_clips_are_near_enough() -> None:
    away = np.random.default_rng(3).uniform(0.5, 2.0, 10_000)
    found = choose_abstention(*honest(), CLASSES, held_out_distances=away)
    assert found.max_distance is not None
    assert (away <= found.max_distance).mean() == pytest.approx(0.999, abs=0.001)
    assert choose_abstention(*honest(), CLASSES).max_distance is None


def test_unsure_and_far_clips_are_not_answered() -> None:
    limits = Abstention(min_confidence=0.5, max_distance=2.0, curve=(), basis="")
    confidence = np.array([0.6, 0.4, 0.6, 0.5])
    far = np.array([1.0, 1.0, 3.0, 2.0])
    assert answered(confidence, far, limits).tolist() == [True, False, False, True]
    assert answered(confidence, None, limits).tolist() == [True, False, True, True]


def test_no_predictions_are_refused() -> None:
    with pytest.raises(ParameterError, match="no predictions"):
        choose_abstention([], np.empty((0, 3)), CLASSES)
