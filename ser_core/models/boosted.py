"""Gradient-boosted trees of two libraries, as scikit-learn expects a classifier."""

from __future__ import annotations

from abc import abstractmethod
from numbers import Integral, Real
from typing import Any, ClassVar, Final, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, check_random_state, validate_data

_SHARE: Final = [Interval(Real, 0, 1, closed="right")]
_COUNT: Final = [Interval(Integral, 1, None, closed="left")]
_POSITIVE: Final = [Interval(Real, 0, None, closed="neither")]
_NOT_NEGATIVE: Final = [Interval(Real, 0, None, closed="left")]
_SHARED: Final[dict[str, list[Any]]] = {
    "n_estimators": _COUNT,
    "learning_rate": _POSITIVE,
    "subsample": _SHARE,
    "colsample_bytree": _SHARE,
    "reg_alpha": _NOT_NEGATIVE,
    "reg_lambda": _NOT_NEGATIVE,
    "max_bin": [Interval(Integral, 2, None, closed="left")],
    "class_weight": [StrOptions({"balanced"}), dict, None],
    "n_jobs": [Integral],
    "random_state": ["random_state"],
}


class _BoostedTrees(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Encode classes as 0, 1, … for a library, weigh them, and decode."""

    class_weight: Any
    random_state: Any

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> Self:
        """Fit the library's trees.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            float32 is not copied to float64.
        y : array-like of shape (n_samples,)

        Returns
        -------
        self : estimator

        Raises
        ------
        ValueError
            One class only, or values that are not finite.

        """
        self._validate_params()
        X, y = validate_data(self, X, y, dtype=[np.float32, np.float64])
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"{len(self.classes_)} class in y; at least 2 are needed")
        weights = None
        if self.class_weight is not None:
            weights = compute_sample_weight(self.class_weight, y)
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        if isinstance(self.random_state, Integral):
            seed = self.random_state
        self.trees_ = self._build(int(seed)).fit(X, codes, sample_weight=weights)
        return self

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the class of each row of X that is most probable."""
        chances = self.predict_proba(X)
        found: npt.NDArray[Any] = self.classes_[chances.argmax(axis=1)]
        return found

    def predict_proba(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return probabilities of shape (n_samples, n_classes), rows summing to 1."""
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=[np.float32, np.float64], reset=False)
        chances = np.asarray(self.trees_.predict_proba(rows), dtype=np.float64)
        normalised: npt.NDArray[np.float64] = chances / chances.sum(1, keepdims=True)
        return normalised

    @abstractmethod
    def _build(self, seed: int) -> Any:
        """Build the library's own estimator."""


class XGBoostClassifier(_BoostedTrees):
    """Boosted trees by XGBoost, with its defaults and class names of any type.

    Parameters
    ----------
    n_estimators : int, default 100
        Rounds; each grows one tree per class.
    max_depth : int, default 6
        Of a tree.
    learning_rate : float, default 0.3
        How much of each tree's correction is taken.
    min_child_weight : float, default 1
        Least sum of second derivatives in a leaf.
    subsample, colsample_bytree : float in (0, 1], default 1
        Shares of rows and of columns that each tree sees.
    gamma, reg_alpha, reg_lambda : float, default 0, 0, 1
        Least gain of a division; L1 and L2 penalties on the leaves.
    max_bin : int, default 256
        Steps into which a feature is divided.
    class_weight : {"balanced"}, dict or None, default None
    n_jobs : int, default 1
        Threads.
    random_state : int, RandomState or None

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    trees_ : xgboost.XGBClassifier
        Fitted to codes 0 … n_classes - 1.
    n_features_in_ : int

    References
    ----------
    T. Chen and C. Guestrin, "XGBoost: A Scalable Tree Boosting System", KDD, 2016,
    doi:10.1145/2939672.2939785.

    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **_SHARED,
        "max_depth": _COUNT,
        "min_child_weight": _NOT_NEGATIVE,
        "gamma": _NOT_NEGATIVE,
    }

    def __init__(
        self,
        *,
        n_estimators: int = 100,
        max_depth: int = 6,
        learning_rate: float = 0.3,
        min_child_weight: float = 1.0,
        subsample: float = 1.0,
        colsample_bytree: float = 1.0,
        gamma: float = 0.0,
        reg_alpha: float = 0.0,
        reg_lambda: float = 1.0,
        max_bin: int = 256,
        class_weight: Any = None,
        n_jobs: int = 1,
        random_state: Any = None,
    ) -> None:
        self.n_estimators = n_estimators
        self.max_depth = max_depth
        self.learning_rate = learning_rate
        self.min_child_weight = min_child_weight
        self.subsample = subsample
        self.colsample_bytree = colsample_bytree
        self.gamma = gamma
        self.reg_alpha = reg_alpha
        self.reg_lambda = reg_lambda
        self.max_bin = max_bin
        self.class_weight = class_weight
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _build(self, seed: int) -> Any:
        """Build the library's own estimator."""
        from xgboost import XGBClassifier

        given = self.get_params(deep=False)
        del given["class_weight"], given["random_state"]
        return XGBClassifier(
            **given, random_state=seed, tree_method="hist", verbosity=0
        )


class LightGBMClassifier(_BoostedTrees):
    """Boosted trees by LightGBM, with its defaults and without its log.

    Parameters
    ----------
    n_estimators : int, default 100
        Rounds; each grows one tree per class.
    num_leaves : int, default 31
        Of a tree.
    max_depth : int, default -1
        Of a tree; -1 for no limit.
    learning_rate : float, default 0.1
        How much of each tree's correction is taken.
    min_child_samples : int, default 20
        Least rows in a leaf.
    subsample, colsample_bytree : float in (0, 1], default 1
        Shares of rows (drawn anew for each round) and of columns that a tree sees.
    reg_alpha, reg_lambda : float, default 0
        L1 and L2 penalties on the leaves.
    max_bin : int, default 255
        Steps into which a feature is divided.
    class_weight : {"balanced"}, dict or None, default None
    n_jobs : int, default 1
        Threads.
    random_state : int, RandomState or None

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    trees_ : lightgbm.LGBMClassifier
        Fitted to codes 0 … n_classes - 1.
    n_features_in_ : int

    References
    ----------
    G. Ke et al., "LightGBM: A Highly Efficient Gradient Boosting Decision Tree",
    NIPS, 2017.

    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **_SHARED,
        "num_leaves": [Interval(Integral, 2, None, closed="left")],
        "max_depth": [Integral],
        "min_child_samples": _COUNT,
    }

    def __init__(
        self,
        *,
        n_estimators: int = 100,
        num_leaves: int = 31,
        max_depth: int = -1,
        learning_rate: float = 0.1,
        min_child_samples: int = 20,
        subsample: float = 1.0,
        colsample_bytree: float = 1.0,
        reg_alpha: float = 0.0,
        reg_lambda: float = 0.0,
        max_bin: int = 255,
        class_weight: Any = None,
        n_jobs: int = 1,
        random_state: Any = None,
    ) -> None:
        self.n_estimators = n_estimators
        self.num_leaves = num_leaves
        self.max_depth = max_depth
        self.learning_rate = learning_rate
        self.min_child_samples = min_child_samples
        self.subsample = subsample
        self.colsample_bytree = colsample_bytree
        self.reg_alpha = reg_alpha
        self.reg_lambda = reg_lambda
        self.max_bin = max_bin
        self.class_weight = class_weight
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _build(self, seed: int) -> Any:
        """Build the library's own estimator, so that it repeats itself exactly."""
        from lightgbm import LGBMClassifier

        given = self.get_params(deep=False)
        del given["class_weight"], given["random_state"]
        return LGBMClassifier(
            **given,
            random_state=seed,
            subsample_freq=1 if self.subsample < 1 else 0,
            deterministic=True,
            force_col_wise=True,
            verbosity=-1,
        )
