"""A classifier that describes each class by a mixture of Gaussians."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar, Final, Self

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.mixture import GaussianMixture
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, check_random_state, validate_data

_MEMBERS_PER_COMPONENT: Final = 5
"""A class gets no more components than a fifth of its members."""


class GaussianMixtureClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Decide by Bayes' rule between one Gaussian mixture per class.

    Parameters
    ----------
    covariance_type : {"diag", "full"}, default "diag"
        Of every component.
    max_components : int, default 4
        Most components of a class. From 1 on, one more is tried as long as it lowers
        the Bayesian information criterion on the class's training rows.
    reg_covar : float, default 1e-2
        Added to the variances, in squared units of the features (which are expected
        to be standardised).
    priors : {"empirical", "uniform"}, default "empirical"
        Shares of the classes: those of the training part, or all the same.
    max_iter : int, default 100
        Most steps of expectation maximisation.
    random_state : int, RandomState or None
        Seed of the mixtures' starting points.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    mixtures_ : list of GaussianMixture
        One per class.
    n_components_ : ndarray of shape (n_classes,), int
    log_priors_ : ndarray of shape (n_classes,), float64
    n_iter_ : int
        Most steps that a mixture took.
    n_features_in_ : int

    Notes
    -----
    log p(class | x) = log prior + log p(x | class) - log of the sum over the classes,
    all in logarithms, because likelihoods of many features leave the range of
    floating point [1]_. A class with fewer than twice 5 members has one component;
    one with a single member has that row as its mean and the covariance of the whole
    training part around the mean.

    References
    ----------
    .. [1] D. Reynolds and R. Rose, "Robust Text-Independent Speaker Identification
       Using Gaussian Mixture Speaker Models", IEEE Transactions on Speech and Audio
       Processing, 1995, doi:10.1109/89.365379.
    .. [2] G. Schwarz, "Estimating the Dimension of a Model", The Annals of
       Statistics, 1978, doi:10.1214/aos/1176344136.

    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "covariance_type": [StrOptions({"diag", "full"})],
        "max_components": [Interval(Integral, 1, None, closed="left")],
        "reg_covar": [Interval(Real, 0, None, closed="neither")],
        "priors": [StrOptions({"empirical", "uniform"})],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        covariance_type: str = "diag",
        max_components: int = 4,
        reg_covar: float = 1e-2,
        priors: str = "empirical",
        max_iter: int = 100,
        random_state: Any = None,
    ) -> None:
        self.covariance_type = covariance_type
        self.max_components = max_components
        self.reg_covar = reg_covar
        self.priors = priors
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> Self:
        """Fit a mixture to the rows of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)

        Returns
        -------
        self : GaussianMixtureClassifier

        Raises
        ------
        ValueError
            One class only, or values that are not finite.

        """
        self._validate_params()
        rows, labels = validate_data(self, X, y, dtype=[np.float64, np.float32])
        check_classification_targets(labels)
        self.classes_, counts = np.unique(labels, return_counts=True)
        if len(self.classes_) < 2:
            raise ValueError(f"{len(self.classes_)} class in y; at least 2 are needed")
        seeds = check_random_state(self.random_state).randint(
            np.iinfo(np.int32).max, size=len(self.classes_)
        )
        self.mixtures_ = [
            self._fit_class(rows, labels == name, seed=int(seed))
            for name, seed in zip(self.classes_, seeds, strict=True)
        ]
        self.n_components_ = np.array([m.n_components for m in self.mixtures_])
        self.n_iter_ = max(mixture.n_iter_ for mixture in self.mixtures_)
        shares = counts if self.priors == "empirical" else np.ones(len(counts))
        self.log_priors_ = np.log(shares / shares.sum())
        return self

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the class of each row of X that is most probable."""
        joint = self._joint_log_likelihood(X)
        found: npt.NDArray[Any] = self.classes_[joint.argmax(axis=1)]
        return found

    def predict_log_proba(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return log probabilities of shape (n_samples, n_classes)."""
        joint = self._joint_log_likelihood(X)
        logs: npt.NDArray[np.float64] = joint - logsumexp(joint, axis=1, keepdims=True)
        return logs

    def predict_proba(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return probabilities of shape (n_samples, n_classes), rows summing to 1."""
        chances: npt.NDArray[np.float64] = np.exp(self.predict_log_proba(X))
        return chances

    def _joint_log_likelihood(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return log prior + log likelihood of each row under each class."""
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        columns = [mixture.score_samples(rows) for mixture in self.mixtures_]
        joint: npt.NDArray[np.float64] = np.add(
            np.column_stack(columns), self.log_priors_, dtype=np.float64
        )
        return joint

    def _fit_class(
        self, X: npt.NDArray[Any], members: npt.NDArray[np.bool_], *, seed: int
    ) -> GaussianMixture:
        """Fit mixtures to a class's rows and keep the one with the lowest BIC."""
        rows = X[members].astype(np.float64)
        if len(rows) < 2:
            return self._around(rows[0], X, seed=seed)
        limit = min(self.max_components, max(1, len(rows) // _MEMBERS_PER_COMPONENT))
        best = self._mixture(1, seed=seed).fit(rows)
        lowest = best.bic(rows)
        for n_components in range(2, limit + 1):
            mixture = self._mixture(n_components, seed=seed).fit(rows)
            criterion = mixture.bic(rows)
            if criterion >= lowest:
                break
            best, lowest = mixture, criterion
        return best

    def _around(
        self, row: npt.NDArray[Any], X: npt.NDArray[Any], *, seed: int
    ) -> GaussianMixture:
        """Give a lone member the spread of the whole training part."""
        mixture = self._mixture(1, seed=seed).fit(X.astype(np.float64))
        mixture.means_ = row[None, :]
        return mixture

    def _mixture(self, n_components: int, *, seed: int) -> GaussianMixture:
        """Build a mixture that is not fitted yet."""
        return GaussianMixture(
            n_components,
            covariance_type=self.covariance_type,
            reg_covar=self.reg_covar,
            max_iter=self.max_iter,
            random_state=seed,
        )
