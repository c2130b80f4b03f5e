"""When a model says *unsure* instead of an emotion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.errors import ParameterError
from ser_core.evaluation.metrics import Labels
from ser_core.evaluation.probabilities import check_probabilities

LEAST_ANSWERED: Final = 1 / 3
"""Share of unseen voices' clips that are answered at least."""

KNOWN_SHARE: Final = 0.999
"""Share of unseen voices' clips that lie nearer than the greatest distance allowed.

Lower shares take other microphones for no speech: of EMO-DB, 79 % of the clips lie
beyond 99 % of CREMA-D's, and 26 % beyond 99.9 %; noise, tones and music lie beyond
both (docs/models.md)."""

GRID: Final[tuple[float, ...]] = tuple(round(0.05 * i, 2) for i in range(20))
"""Confidences at which the curve is given."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AbstentionPoint:
    """What is answered from one confidence on.

    Attributes
    ----------
    confidence : float
        0 to 1; an answer is given from here on.
    share : float
        Of the clips that are answered.
    accuracy : float or None
        Share of these answers that is right; None where nothing is answered.

    """

    confidence: float
    share: float
    accuracy: float | None


@dataclass(frozen=True, kw_only=True)
class Abstention:
    """When a model answers, and what its answers are worth then.

    Attributes
    ----------
    min_confidence : float
        Below it the answer is *unsure*; 0 to 1.
    max_distance : float or None
        Beyond it, too, see `ser_core.models.training_distance.distances`; None where
        nothing is known of the distances of unseen voices.
    curve : tuple of AbstentionPoint
        By rising confidence, `min_confidence` among them.
    basis : str
        How both were chosen, in words.

    """

    min_confidence: float
    max_distance: float | None
    curve: tuple[AbstentionPoint, ...]
    basis: str

    @property
    def chosen(self) -> AbstentionPoint:
        """The point of the curve at `min_confidence`."""
        return next(p for p in self.curve if p.confidence == self.min_confidence)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Abstention:
        """Read what a card holds; the card's shape has checked it."""
        points = tuple(AbstentionPoint(**row) for row in document["curve"])
        return cls(**{**document, "curve": points})


def choose_abstention(
    truth: Labels,
    probabilities: npt.ArrayLike,
    classes: Sequence[str],
    *,
    held_out_distances: npt.ArrayLike | None = None,
) -> Abstention:
    """Choose from which confidence and up to which distance a model answers.

    Parameters
    ----------
    truth : sequence of str, length n_samples
    probabilities : array-like of shape (n_samples, n_classes)
        Calibrated, of clips whose speakers the predicting model did not know.
    classes : sequence of str
        The columns.
    held_out_distances : array-like of shape (n_clips,), optional
        Distances of clips from the training data of models that did not know their
        speakers.

    Returns
    -------
    abstention : Abstention

    Raises
    ------
    ParameterError
        There is nothing to choose by, or what is given are no probabilities.

    Notes
    -----
    A right answer counts +1, a wrong one -1 and "unsure" 0; the confidence that is
    chosen makes their sum greatest. So the answers that are held back are those of
    which fewer than half are right: whoever asks is not told what is more likely wrong
    than right. That is Chow's rule [1]_ where an error costs twice what no answer
    costs, with the confidence as it was measured and not as it claims to be. Where it
    would answer less than `LEAST_ANSWERED` of the clips, so many are answered: a model
    that never says anything cannot be tried.

    The distance is the one that `KNOWN_SHARE` of the held-out clips lie below.

    References
    ----------
    .. [1] C. K. Chow, "On optimum recognition error and reject tradeoff", IEEE
       Transactions on Information Theory 16(1), 1970, doi 10.1109/TIT.1970.1054406.

    """
    p = check_probabilities(probabilities, n_rows=len(truth), n_classes=len(classes))
    if not len(p):
        raise ParameterError(
            "there are no predictions to choose a confidence by; give one or more"
        )
    confidence = p.max(axis=1)
    best = np.asarray(classes, dtype=np.str_)[p.argmax(axis=1)]
    right = best == np.asarray(truth, dtype=np.str_)
    least, bounded = _least_confidence(confidence, right)
    distance = None
    if held_out_distances is not None:
        known = np.asarray(held_out_distances, dtype=np.float64)
        distance = round(float(np.quantile(known, KNOWN_SHARE)), 3)
    return Abstention(
        min_confidence=least,
        max_distance=distance,
        curve=tuple(_point(confidence, right, at) for at in sorted({*GRID, least})),
        basis=_basis(len(p), bounded=bounded, distance=distance),
    )


def answered(
    confidence: npt.NDArray[np.float64],
    distance: npt.NDArray[np.float64] | None,
    abstention: Abstention,
) -> npt.NDArray[np.bool_]:
    """Tell which clips are answered.

    Parameters
    ----------
    confidence : ndarray of shape (n_samples,), float64
        Calibrated probability of the most probable class.
    distance : ndarray of shape (n_samples,), float64, or None
        From the training data.
    abstention : Abstention

    Returns
    -------
    answered : ndarray of shape (n_samples,), bool

    """
    sure: npt.NDArray[np.bool_] = confidence >= abstention.min_confidence
    if distance is not None and abstention.max_distance is not None:
        sure = sure & (distance <= abstention.max_distance)
    return sure


def _least_confidence(
    confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]
) -> tuple[float, bool]:
    """Return the confidence from which to answer, and whether the bound made it."""
    falling = np.argsort(-confidence, kind="stable")
    worth = np.cumsum(np.where(right[falling], 1, -1))
    # answers of equal confidence are given or held back together
    last = np.append(np.diff(confidence[falling]) != 0, True)
    places = np.flatnonzero(last)
    # of equal sums the one that answers most
    best = places[len(places) - 1 - int(np.argmax(worth[places][::-1]))]
    needed = int(np.ceil(LEAST_ANSWERED * len(confidence))) - 1
    bounded = bool(best < needed or worth[best] <= 0)
    if bounded:
        best = places[np.searchsorted(places, needed)]
    # rounded down: what is answered at the exact value is answered at this one too
    return float(np.floor(confidence[falling[best]] * 100) / 100), bounded


def _point(
    confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], at: float
) -> AbstentionPoint:
    """Return what is answered from one confidence on."""
    sure = confidence >= at
    accuracy = float(right[sure].mean()) if sure.any() else None
    return AbstentionPoint(confidence=at, share=float(sure.mean()), accuracy=accuracy)


def _basis(n: int, *, bounded: bool, distance: float | None) -> str:
    """Say in words how both limits were chosen."""
    text = (
        f"Chosen on {n:,} predictions for speakers that the predicting model had not "
        "heard. "
    )
    if bounded:
        text += (
            "The surest third of them is answered, so that the model can be tried at "
            "all; it is wrong so often that by its errors it had better say less."
        )
    else:
        text += (
            "Answers are held back where fewer than half of them are right: a right "
            "answer counts as much as a wrong one costs, and no answer counts nothing."
        )
    if distance is not None:
        text += (
            f" {KNOWN_SHARE:.1%} of clips of such speakers lie nearer to the training "
            "data than the greatest distance at which an answer is given."
        )
    return text
