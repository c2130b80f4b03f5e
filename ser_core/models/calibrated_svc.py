"""A support vector machine whose probabilities come from a calibration around it."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar, Final, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.svm import SVC
from sklearn.utils._param_validation import Interval
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

_OF_THE_MACHINE: Final = (
    "C",
    "kernel",
    "degree",
    "gamma",
    "coef0",
    "tol",
    "class_weight",
    "cache_size",
    "max_iter",
    "random_state",
)


class CalibratedSVC(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Predict by a bare `SVC`; give probabilities by a calibration on the same data.

    Parameters
    ----------
    C, kernel, degree, gamma, coef0, tol, class_weight, cache_size, max_iter
        As `sklearn.svm.SVC` has them.
    probability : bool, default True
        Whether to calibrate. Without it a fit takes about a third of the time and
        there is no `predict_proba`.
    n_folds : int, default 3
        Folds inside the training part on which the calibration is fitted; fewer
        where a class has fewer members.
    random_state : int, RandomState or None
        Seed of the folds.

    Attributes
    ----------
    svc_ : SVC
        Fitted to the whole training part: the same machine as without calibration.
    calibration_ : CalibratedClassifierCV
        With `probability` only.
    classes_ : ndarray of shape (n_classes,)
    n_iter_ : ndarray of shape (n_pairs_of_classes,), int
    n_features_in_ : int

    Notes
    -----
    Each class has a sigmoid over the machine's decision value, fitted on values of
    utterances that the machine of that fold has not seen; the sigmoids are then
    divided by their sum [1]_ [2]_. `predict` counts the machine's pairwise votes
    instead. So the class with the highest probability may differ from the predicted
    one, mostly where two classes are nearly equal. Accuracy is that of `predict`.

    References
    ----------
    .. [1] J. Platt, "Probabilistic Outputs for Support Vector Machines and
       Comparisons to Regularized Likelihood Methods", in Advances in Large Margin
       Classifiers, MIT Press, 1999.
    .. [2] B. Zadrozny and C. Elkan, "Transforming Classifier Scores into Accurate
       Multiclass Probability Estimates", KDD, 2002, doi:10.1145/775047.775151.

    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **{name: SVC._parameter_constraints[name] for name in _OF_THE_MACHINE},
        "probability": ["boolean"],
        "n_folds": [Interval(Integral, 2, None, closed="left")],
    }

    def __init__(
        self,
        *,
        C: float = 1.0,
        kernel: str = "rbf",
        degree: int = 3,
        gamma: str | float = "scale",
        coef0: float = 0.0,
        tol: float = 1e-3,
        class_weight: Any = None,
        cache_size: float = 200,
        max_iter: int = -1,
        probability: bool = True,
        n_folds: int = 3,
        random_state: Any = None,
    ) -> None:
        self.C = C
        self.kernel = kernel
        self.degree = degree
        self.gamma = gamma
        self.coef0 = coef0
        self.tol = tol
        self.class_weight = class_weight
        self.cache_size = cache_size
        self.max_iter = max_iter
        self.probability = probability
        self.n_folds = n_folds
        self.random_state = random_state

    def fit(
        self, X: npt.ArrayLike, y: npt.ArrayLike, groups: npt.ArrayLike | None = None
    ) -> Self:
        """Fit the machine, then the calibration.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        groups : array-like of shape (n_samples,), optional
            Speakers: where given, the calibration's folds keep them apart if every
            fold can still learn every class.

        Returns
        -------
        self : CalibratedSVC

        Raises
        ------
        ValueError
            One class only; or, with `probability`, a class with one member.

        """
        self._validate_params()
        rows, labels = validate_data(self, X, y, dtype=[np.float64, np.float32])
        check_classification_targets(labels)
        self.classes_, counts = np.unique(labels, return_counts=True)
        if len(self.classes_) < 2:
            raise ValueError(f"{len(self.classes_)} class in y; at least 2 are needed")
        machine = self._machine()
        if not self.probability:
            self.svc_ = machine.fit(rows, labels)
            self.n_iter_ = self.svc_.n_iter_
            return self
        if counts.min() < 2:
            raise ValueError(
                f"class {str(self.classes_[counts.argmin()])!r} has 1 member; "
                "calibration needs 2 or more: set probability=False, or leave the "
                "class out"
            )
        self.calibration_ = CalibratedClassifierCV(
            machine,
            method="sigmoid",
            cv=self._folds(rows, labels, groups, smallest=int(counts.min())),
            ensemble=False,
        ).fit(rows, labels)
        self.svc_ = self.calibration_.calibrated_classifiers_[0].estimator
        self.n_iter_ = self.svc_.n_iter_
        return self

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the class of each row, by the machine alone."""
        check_is_fitted(self)
        found: npt.NDArray[Any] = self.svc_.predict(self._checked(X))
        return found

    def decision_function(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the machine's value of each row and class (two classes: one value)."""
        check_is_fitted(self)
        values: npt.NDArray[np.float64] = self.svc_.decision_function(self._checked(X))
        return values

    @available_if(lambda self: self.probability)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return calibrated probabilities of shape (n_samples, n_classes)."""
        check_is_fitted(self)
        chances: npt.NDArray[np.float64] = self.calibration_.predict_proba(
            self._checked(X)
        )
        return chances

    def _machine(self) -> SVC:
        """Build the bare machine."""
        return SVC(**{name: getattr(self, name) for name in _OF_THE_MACHINE})

    def _checked(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Check rows against the training part."""
        rows: npt.NDArray[Any] = validate_data(
            self, X, dtype=[np.float64, np.float32], reset=False
        )
        return rows

    def _folds(
        self,
        X: npt.NDArray[Any],
        y: npt.NDArray[Any],
        groups: npt.ArrayLike | None,
        *,
        smallest: int,
    ) -> Any:
        """Return folds that keep groups apart, or plain stratified ones."""
        n_folds = min(self.n_folds, smallest)
        if groups is not None and len(np.unique(groups)) >= n_folds:
            seed = self.random_state
            apart = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
            folds = list(apart.split(X, y, groups))
            if all(len(np.unique(y[rows])) == len(self.classes_) for rows, _ in folds):
                return folds
        return StratifiedKFold(n_folds, shuffle=True, random_state=self.random_state)
