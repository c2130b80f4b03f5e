"""A classifier that fits class membership by least squares under a Gaussian kernel."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any, ClassVar, Final, Self

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.linalg.lapack import dpotri
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, check_random_state, validate_data

Array = npt.NDArray[np.float64]

_BLOCK_ROWS: Final = 1_024
_SHARPNESS: Final = (0.1, 100.0)
_JITTER: Final = 1e-8


class KernelLeastSquaresClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Fit class membership by regularised least squares under a Gaussian kernel.

    Parameters
    ----------
    alpha : float, default 0.3
        Strength of the regularisation, greater than 0.
    gamma : {"scale"} or float, default "scale"
        Of the kernel ``exp(-gamma * ||a - b||**2)``. "scale" is half the inverse of
        the total variance of the training rows: ``1 / (2 * n_features * X.var())``.
    squash : float or None, default 3.0
        Feature x becomes ``squash * tanh(x / squash)``, which hardly changes
        standardised values around 0 and bounds those far out. None leaves them.
    priors : {"uniform", "empirical"}, default "uniform"
        "uniform" weights rows so that every class counts the same.
    max_centres : int, default 8000
        Of more training rows than this, so many drawn at random carry the solution;
        all rows are still fitted. Time grows with rows x the square of the centres,
        memory with the square of the centres.
    random_state : int, RandomState or None
        Seed of that draw.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    centres_ : ndarray of shape (n_centres, n_features)
        Squashed training rows.
    dual_ : ndarray of shape (n_centres, n_classes), float64
    gamma_ : float
    sharpness_ : float
        Factor between scores and logarithms of probabilities.
    n_features_in_ : int

    Notes
    -----
    Row i has the target 1 for its class and ``-1 / (n_classes - 1)`` for the others.
    With W the diagonal of the rows' weights, mean 1, the exact solution is
    ``(K + alpha * W**-1) A = Y`` [1]_; with centres c it is
    ``(K_cn W K_nc + alpha * K_cc) A = K_cn W Y`` [2]_. The class of the highest score
    is predicted.

    Probabilities are the softmax of the scores times a factor, the one under which
    the training rows, each scored by the fit to all the others, have the least log
    loss [3]_. Those others hold the same speakers, so that the probabilities are
    somewhat too sure of speakers that were not in training.

    References
    ----------
    .. [1] R. Rifkin, G. Yeo, T. Poggio, "Regularized Least-Squares Classification",
       Advances in Learning Theory, NATO Science Series III vol. 190, 2003.
    .. [2] A. Smola, B. Schölkopf, "Sparse Greedy Matrix Approximation for Machine
       Learning", ICML, 2000.
    .. [3] C. Guo, G. Pleiss, Y. Sun, K. Weinberger, "On Calibration of Modern Neural
       Networks", ICML, 2017, arXiv 1706.04599.

    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "alpha": [Interval(Real, 0, None, closed="neither")],
        "gamma": [StrOptions({"scale"}), Interval(Real, 0, None, closed="neither")],
        "squash": [None, Interval(Real, 0, None, closed="neither")],
        "priors": [StrOptions({"uniform", "empirical"})],
        "max_centres": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        alpha: float = 0.3,
        gamma: str | float = "scale",
        squash: float | None = 3.0,
        priors: str = "uniform",
        max_centres: int = 8_000,
        random_state: Any = None,
    ) -> None:
        self.alpha = alpha
        self.gamma = gamma
        self.squash = squash
        self.priors = priors
        self.max_centres = max_centres
        self.random_state = random_state

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> Self:
        """Fit to the training rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Standardised.
        y : array-like of shape (n_samples,)

        Returns
        -------
        self : KernelLeastSquaresClassifier

        Raises
        ------
        ValueError
            One class only, or values that are not finite.

        """
        self._validate_params()
        rows, labels = validate_data(self, X, y, dtype=[np.float64, np.float32])
        check_classification_targets(labels)
        self.classes_, found, counts = np.unique(
            labels, return_inverse=True, return_counts=True
        )
        if len(self.classes_) < 2:
            raise ValueError(f"{len(self.classes_)} class in y; at least 2 are needed")
        rows = self._squashed(rows)
        self.gamma_ = self._width(rows)
        weights = np.ones(len(rows))
        if self.priors == "uniform":
            weights = len(rows) / (len(counts) * counts[found])
        targets = np.full((len(rows), len(counts)), -1 / (len(counts) - 1))
        targets[np.arange(len(rows)), found] = 1.0
        solve = self._solve if len(rows) <= self.max_centres else self._solve_centres
        left_out = solve(rows, targets, weights)
        self.sharpness_ = _sharpness(left_out, found, weights)
        return self

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the class of each row of X that has the highest score."""
        highest = self._scores(X).argmax(axis=1)
        found: npt.NDArray[Any] = self.classes_[highest]
        return found

    def decision_function(self, X: npt.ArrayLike) -> Array:
        """Return scores of shape (n_samples, n_classes); of two classes, the second."""
        scores = self._scores(X)
        return scores[:, 1] if len(self.classes_) == 2 else scores

    def predict_proba(self, X: npt.ArrayLike) -> Array:
        """Return probabilities of shape (n_samples, n_classes), rows summing to 1."""
        scores = self._scores(X)
        chances: Array = softmax(self.sharpness_ * scores, axis=1)
        return chances

    def _scores(self, X: npt.ArrayLike) -> Array:
        """Return the score of each row of X for each class."""
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        scores = np.empty((len(rows), len(self.classes_)))
        for part, kernel in self._kernel_blocks(self._squashed(rows)):
            scores[part] = kernel @ self.dual_
        return scores

    def _squashed(self, rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return rows whose far values are drawn in."""
        if self.squash is None:
            return rows
        squashed: npt.NDArray[Any] = np.tanh(rows / rows.dtype.type(self.squash))
        squashed *= rows.dtype.type(self.squash)
        return squashed

    def _width(self, rows: npt.NDArray[Any]) -> float:
        """Return the kernel's gamma."""
        if not isinstance(self.gamma, str):
            return float(self.gamma)
        variance = float(rows.var(dtype=np.float64))
        return 1 / (2 * rows.shape[1] * variance) if variance > 0 else 1.0

    def _kernel_blocks(self, rows: npt.NDArray[Any]) -> Iterator[tuple[slice, Array]]:
        """Yield the kernel of some rows with all centres, a block at a time."""
        centres = self.centres_
        lengths = np.einsum("ij,ij->i", centres, centres, dtype=np.float64)
        for first in range(0, len(rows), _BLOCK_ROWS):
            part = slice(first, min(first + _BLOCK_ROWS, len(rows)))
            block = rows[part]
            apart = (block @ centres.T).astype(np.float64)
            apart *= -2
            apart += lengths
            apart += np.einsum("ij,ij->i", block, block, dtype=np.float64)[:, None]
            np.maximum(apart, 0, out=apart)
            apart *= -self.gamma_
            yield part, np.exp(apart, out=apart)

    def _solve(self, rows: npt.NDArray[Any], targets: Array, weights: Array) -> Array:
        """Fit with every row as a centre; return the scores of rows left out."""
        self.centres_ = rows
        system = np.empty((len(rows), len(rows)), order="F")
        for part, kernel in self._kernel_blocks(rows):
            # symmetric, so its columns may be written as rows
            system[:, part] = kernel.T
        system[np.diag_indices_from(system)] += self.alpha / weights
        factor = cho_factor(system, lower=True, overwrite_a=True, check_finite=False)
        self.dual_ = cho_solve(factor, targets, check_finite=False)
        inverse, _ = dpotri(factor[0], lower=True, overwrite_c=True)
        left_out: Array = targets - self.dual_ / np.diagonal(inverse)[:, None]
        return left_out

    def _solve_centres(
        self, rows: npt.NDArray[Any], targets: Array, weights: Array
    ) -> Array:
        """Fit with some rows as centres; return the scores of rows left out."""
        random = check_random_state(self.random_state)
        chosen = random.choice(len(rows), self.max_centres, replace=False)
        self.centres_ = rows[np.sort(chosen)]
        n_centres = len(self.centres_)
        system = np.zeros((n_centres, n_centres), order="F")
        for part, kernel in self._kernel_blocks(self.centres_):
            system[:, part] = self.alpha * kernel.T
        system[np.diag_indices_from(system)] += _JITTER * len(rows)
        pull = np.zeros((n_centres, targets.shape[1]))
        for part, kernel in self._kernel_blocks(rows):
            weighted = kernel * weights[part, None]
            system += weighted.T @ kernel
            pull += weighted.T @ targets[part]
        factor = cho_factor(system, lower=True, overwrite_a=True, check_finite=False)
        self.dual_ = cho_solve(factor, pull, check_finite=False)
        left_out = np.empty_like(targets)
        for part, kernel in self._kernel_blocks(rows):
            half = solve_triangular(factor[0], kernel.T, lower=True, check_finite=False)
            leverage = weights[part] * (half**2).sum(axis=0)
            miss = targets[part] - kernel @ self.dual_
            left_out[part] = (
                targets[part] - miss / np.maximum(1 - leverage, 1e-9)[:, None]
            )
        return left_out


def _sharpness(scores: Array, found: npt.NDArray[np.intp], weights: Array) -> float:
    """Return the factor under which softmax of the scores has the least log loss."""
    rows = np.arange(len(scores))

    def loss(exponent: float) -> float:
        logs = log_softmax(np.exp(exponent) * scores, axis=1)[rows, found]
        return float(-(weights * logs).mean())

    low, high = np.log(_SHARPNESS)
    best = minimize_scalar(loss, bounds=(low, high), method="bounded")
    return float(np.exp(best.x))
