"""When a model answers, and when it says that it is unsure."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ser_core.errors import ParameterError
from ser_core.inference.decision import (
    CARELESS_CONFIDENCE,
    UNSURE,
    decide,
    least_confidence,
)


def card(min_confidence: float | None = 0.5, max_distance: float | None = 2.0) -> Any:
    if min_confidence is None:
        return SimpleNamespace(abstention=None)
    return SimpleNamespace(
        abstention=SimpleNamespace(
            min_confidence=min_confidence, max_distance=max_distance
        )
    )


def test_most_probable_class_is_answered() -> None:
    decision = decide({"angry": 0.7, "sad": 0.3}, card=card(), distance=1.0)
    assert (decision.emotion, decision.best, decision.reasons) == ("angry", "angry", ())
    assert decision.confidence == 0.7


def test_low_confidence_is_unsure_and_says_which_class_was_nearest() -> None:
    decision = decide({"angry": 0.4, "sad": 0.35, "happy": 0.25}, card=card())
    assert decision.emotion == UNSURE
    assert decision.best == "angry"
    assert "40%" in decision.reasons[0]
    assert "50%" in decision.reasons[0]


def test_unlike_the_training_is_unsure_however_confident() -> None:
    decision = decide({"angry": 0.99, "sad": 0.01}, card=card(), distance=2.5)
    assert decision.emotion == UNSURE
    assert "2.5" in decision.reasons[0]


def test_every_reason_is_told() -> None:
    decision = decide(
        {"angry": 0.4, "sad": 0.6}, card=card(min_confidence=0.9), distance=9.0
    )
    assert len(decision.reasons) == 2


def test_silence_is_reason_enough() -> None:
    decision = decide(
        {"angry": 0.5, "sad": 0.5},
        card=card(min_confidence=0.9),
        distance=9.0,
        unheard=["it is silent"],
    )
    assert decision.emotion == UNSURE
    assert decision.reasons == ("it is silent",)


def test_visitor_may_ask_for_more_or_less_confidence() -> None:
    chances = {"angry": 0.4, "sad": 0.35, "happy": 0.25}
    assert decide(chances, card=card(), min_confidence=0.0).emotion == "angry"
    assert decide(chances, card=card(), min_confidence=0.41).emotion == UNSURE


def test_card_without_abstention_has_a_default() -> None:
    assert least_confidence(card(None)) == CARELESS_CONFIDENCE
    assert decide({"a": 0.39, "b": 0.61}, card=card(None), distance=99.0).best == "b"


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan")])
def test_confidence_outside_0_to_1_is_refused(wrong: float) -> None:
    with pytest.raises(ParameterError, match="min_confidence"):
        decide({"a": 1.0}, card=card(), min_confidence=wrong)
