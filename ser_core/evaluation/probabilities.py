"""What probabilities are worth: calibration and log-loss.

References
----------
C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural
networks", ICML 2017.

"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ser_core.errors import ParameterError
from ser_core.evaluation.rates import Floats

N_BINS: Final = 10
"""Bins of equal width of the confidence."""

TOLERANCE: Final = 1e-3
"""How far the sum of a row may be from 1; rounding to four digits stays below."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CalibrationBin:
    """Utterances of similar confidence.

    Attributes
    ----------
    confidence : float
        Mean probability of the predicted class.
    accuracy : float
        Share of them that is right.
    n : int

    """

    confidence: float
    accuracy: float
    n: int


def check_probabilities(
    probabilities: npt.ArrayLike, *, n_rows: int, n_classes: int
) -> Floats:
    """Refuse what are no probabilities, and bring the sum of each row to 1.

    Parameters
    ----------
    probabilities : array-like of shape (n_samples, n_classes)
    n_rows, n_classes : int
        The shape that is expected.

    Returns
    -------
    probabilities : ndarray of shape (n_samples, n_classes), float64

    Raises
    ------
    ParameterError
        The shape is another, a value is not finite or outside 0 to 1, or a row does
        not sum to 1.

    """
    p: Floats = np.array(probabilities, dtype=np.float64)
    if p.shape != (n_rows, n_classes):
        raise ParameterError(
            f"probabilities have the shape {p.shape}; ({n_rows}, {n_classes}) is "
            "expected: one row an utterance, one column a class"
        )
    odd = ~np.isfinite(p) | (p < 0) | (p > 1 + TOLERANCE)
    if odd.any():
        row, column = (int(i) for i in np.argwhere(odd)[0])
        raise ParameterError(
            f"probability {p[row, column]} in row {row}, column {column} is not "
            "allowed; values from 0 to 1 are expected: check the model's predict_proba"
        )
    sums = p.sum(axis=1)
    off = np.flatnonzero(np.abs(sums - 1) > TOLERANCE)
    if len(off):
        raise ParameterError(
            f"the probabilities of row {off[0]} sum to {sums[off[0]]:.6g} "
            f"({len(off)} such row(s)); each row must sum to 1: check the model's "
            "predict_proba"
        )
    p /= sums[:, None]
    return p


def log_losses(probabilities: Floats, truth: npt.NDArray[np.intp]) -> Floats:
    """Return the negative natural logarithm of what the true class was given.

    Parameters
    ----------
    probabilities : ndarray of shape (n_samples, n_classes), float64
    truth : ndarray of shape (n_samples,), intp

    Returns
    -------
    losses : ndarray of shape (n_samples,), float64, in nats
        A probability below the resolution of float64 (2.2e-16) counts as that, so
        that one row cannot make the mean infinite.

    """
    given = probabilities[np.arange(len(truth)), truth]
    return -np.log(np.clip(given, np.finfo(np.float64).eps, 1.0))


def calibration_bins(
    probabilities: Floats,
    predicted: npt.NDArray[np.intp],
    right: npt.NDArray[np.bool_],
) -> tuple[CalibrationBin, ...]:
    """Compare confidence with accuracy, in bins of confidence.

    Parameters
    ----------
    probabilities : ndarray of shape (n_samples, n_classes), float64
    predicted : ndarray of shape (n_samples,), intp
        The class that was predicted, which need not be the most probable one.
    right : ndarray of shape (n_samples,), bool

    Returns
    -------
    bins : tuple of CalibrationBin
        By rising confidence; bins without utterances are left out.

    """
    confidence = probabilities[np.arange(len(predicted)), predicted]
    # bins are closed above: (0, 0.1], …, (0.9, 1]
    number = np.clip(np.ceil(confidence * N_BINS).astype(int) - 1, 0, N_BINS - 1)
    return tuple(
        CalibrationBin(
            confidence=float(confidence[number == i].mean()),
            accuracy=float(right[number == i].mean()),
            n=int((number == i).sum()),
        )
        for i in np.unique(number)
    )


def expected_calibration_error(bins: tuple[CalibrationBin, ...]) -> float:
    """Return the mean gap between confidence and accuracy, weighted by utterances."""
    n = sum(each.n for each in bins)
    return sum(each.n * abs(each.confidence - each.accuracy) for each in bins) / n
