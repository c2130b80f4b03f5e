"""The decision: an emotion, or *unsure* and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ser_core.errors import ParameterError
from ser_core.models.card import ModelCard

UNSURE: Final = "unsure"
"""The answer that is none of a model's classes."""

CARELESS_CONFIDENCE: Final = 0.4
"""What a model must be sure of where its card does not say."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What is answered to one clip.

    Attributes
    ----------
    emotion : str
        A class of the model, or `UNSURE`.
    best : str
        The most probable class, also where the answer is `UNSURE`.
    confidence : float
        Probability of `best`, 0 to 1.
    reasons : tuple of str
        Why it is unsure; empty otherwise.

    """

    emotion: str
    best: str
    confidence: float
    reasons: tuple[str, ...] = ()


def least_confidence(card: ModelCard) -> float:
    """Return the confidence from which a model answers, unless somebody asks otherwise.

    Returns
    -------
    confidence : float
        Of the card, else `CARELESS_CONFIDENCE`; 0 to 1.

    """
    if card.abstention is None:
        return CARELESS_CONFIDENCE
    return card.abstention.min_confidence


def decide(
    probabilities: Mapping[str, float],
    *,
    card: ModelCard,
    distance: float | None = None,
    min_confidence: float | None = None,
    unheard: Sequence[str] = (),
) -> Decision:
    """Answer with the most probable class, or not at all.

    Parameters
    ----------
    probabilities : mapping of str to float
        Of every class, calibrated.
    card : ModelCard
        Of the model; says from which confidence and up to which distance it answers.
    distance : float, optional
        From the training data, as `ser_core.models.training_distance.distances`.
    min_confidence : float, optional
        In place of the card's; 0 to 1.
    unheard : sequence of str, optional
        Reasons why there is nothing to be heard, as silence; then the only ones.

    Returns
    -------
    decision : Decision

    Raises
    ------
    ParameterError
        `min_confidence` lies outside 0 to 1.

    References
    ----------
    C. K. Chow, "On optimum recognition error and reject tradeoff", IEEE Transactions
    on Information Theory 16(1), 1970, doi 10.1109/TIT.1970.1054406.

    """
    check_confidence(min_confidence)
    needed = least_confidence(card) if min_confidence is None else min_confidence
    best = max(probabilities, key=lambda name: probabilities[name])
    confidence = float(probabilities[best])
    if unheard:
        return Decision(
            emotion=UNSURE, best=best, confidence=confidence, reasons=tuple(unheard)
        )
    reasons = []
    if confidence < needed:
        reasons.append(
            f"the most probable emotion, {best}, has {confidence:.0%}, and an answer "
            f"is given from {needed:.0%}"
        )
    farthest = None if card.abstention is None else card.abstention.max_distance
    if distance is not None and farthest is not None and distance > farthest:
        reasons.append(
            "it sounds unlike anything the model was trained on (distance "
            f"{distance:.1f}, answers are given up to {farthest:.1f})"
        )
    return Decision(
        emotion=UNSURE if reasons else best,
        best=best,
        confidence=confidence,
        reasons=tuple(reasons),
    )


def check_confidence(min_confidence: float | None) -> None:
    """Check a confidence from which an answer is given.

    Raises
    ------
    ParameterError
        It lies outside 0 to 1.

    """
    if min_confidence is not None and not 0 <= min_confidence <= 1:
        raise ParameterError(
            f"min_confidence = {min_confidence!r} is not allowed; give 0 (always "
            "answer) to 1"
        )
