"""Say how long a support vector machine will take, from small ones."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ser_core.errors import ParameterError
from ser_core.models.classical import build_svm

_SMALL: Final = 250
_LARGER: Final = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class FitEstimate:
    """A forecast of the time of one fit.

    Attributes
    ----------
    seconds, seconds_low, seconds_high : float
        The forecast, and what it would be if time grew with the square (low) or the
        cube (high) of the number of utterances.
    n_train : int
        The utterances it is for.
    n_timed : int
        The utterances of the larger trial.

    """

    seconds: float
    seconds_low: float
    seconds_high: float
    n_train: int
    n_timed: int


def estimate_svm_seconds(
    X: npt.NDArray[np.float32],
    y: npt.NDArray[np.str_],
    *,
    n_train: int | None = None,
) -> FitEstimate:
    """Time two small fits of the report's SVM and extrapolate.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32
        Scaled features; at most 500 rows, evenly spaced, are used.
    y : ndarray of shape (n_samples,), str
    n_train : int, optional
        Utterances of the fit to forecast, all of X by default.

    Returns
    -------
    estimate : FitEstimate

    Raises
    ------
    ParameterError
        Fewer than 8 rows, `n_train` below 1, or one class only.

    Notes
    -----
    The time grows between the square and the cube of the number of utterances
    (kernel values, then iterations). The exponent between the two trials is used
    where it lies in that range, else its nearer end.

    References
    ----------
    L. Bottou and C.-J. Lin, "Support Vector Machine Solvers", in Large Scale Kernel
    Machines, MIT Press, 2007, doi:10.7551/mitpress/7496.003.0003.

    """
    wanted = len(X) if n_train is None else n_train
    if len(X) < 8 or wanted < 1:
        raise ParameterError(
            f"{len(X)} rows for a fit of {wanted}; an estimate needs 8 rows or more "
            "and a fit of at least 1"
        )
    if len(np.unique(y)) < 2:
        raise ParameterError("one class only; an SVM needs utterances of two or more")
    n_large = min(_LARGER, len(X))
    n_small = min(_SMALL, n_large // 2)
    small_s = _time_fit(X, y, n_small)
    large_s = _time_fit(X, y, n_large)
    exponent = math.log(large_s / small_s) / math.log(n_large / n_small)
    growth = wanted / n_large
    forecasts = [large_s * growth**power for power in (2.0, 3.0)]
    return FitEstimate(
        seconds=large_s * growth ** min(max(exponent, 2.0), 3.0),
        seconds_low=min(forecasts),
        seconds_high=max(forecasts),
        n_train=wanted,
        n_timed=n_large,
    )


def _time_fit(
    X: npt.NDArray[np.float32], y: npt.NDArray[np.str_], n_rows: int
) -> float:
    """Return the seconds that a fit of n_rows takes, never 0."""
    rows = _spread_rows(y, n_rows)
    started = time.perf_counter()
    build_svm().fit(X[rows], y[rows])
    return max(time.perf_counter() - started, 1e-6)


def _spread_rows(y: npt.NDArray[np.str_], n_rows: int) -> npt.NDArray[np.intp]:
    """Choose rows evenly over the classes' order, so that two classes are there."""
    by_class = np.argsort(y, kind="stable")
    return by_class[np.linspace(0, len(y) - 1, n_rows).round().astype(np.intp)]
