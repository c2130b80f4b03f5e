"""How each model is made before any parameter is changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ser_core.models.catalogue import model_info
from ser_core.models.classical import build_mlp, build_svm


def build_estimator(name: str, *, seed: int, n_threads: int) -> Any:
    """Build a model with its default parameters.

    Parameters
    ----------
    name : str
        A model that is known and available.
    seed : int
        Of everything that the model draws at random.
    n_threads : int
        Threads of the models that have a setting for them; the MLP and the linear
        ones use those that the process's linear algebra library was given.

    Returns
    -------
    estimator : sklearn estimator
        Not fitted yet.

    """
    parts = model_info(name).parts
    if not parts:
        return _BUILDERS[name](seed, n_threads)
    from sklearn.ensemble import VotingClassifier

    members = [(part, _BUILDERS[part](seed, n_threads)) for part in parts]
    return VotingClassifier(members, voting="soft")


def _mlp(seed: int, n_threads: int) -> Any:
    """Build the report's MLP."""
    return build_mlp().set_params(random_state=seed)


def _svm(seed: int, n_threads: int) -> Any:
    """Build the report's SVC within its calibration."""
    from ser_core.models.calibrated_svc import CalibratedSVC

    reports = build_svm()
    return CalibratedSVC(
        C=reports.C, kernel=reports.kernel, gamma=reports.gamma, random_state=seed
    )


def _knn(seed: int, n_threads: int) -> Any:
    """Build k nearest neighbours, which draws nothing at random."""
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(n_jobs=n_threads)


def _lr(seed: int, n_threads: int) -> Any:
    """Build a logistic regression with room to converge."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=1_000, random_state=seed)


def _dt(seed: int, n_threads: int) -> Any:
    """Build a decision tree."""
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier(random_state=seed)


def _rf(seed: int, n_threads: int) -> Any:
    """Build a random forest."""
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(n_jobs=n_threads, random_state=seed)


def _xgb(seed: int, n_threads: int) -> Any:
    """Build XGBoost's trees."""
    from ser_core.models.boosted import XGBoostClassifier

    return XGBoostClassifier(n_jobs=n_threads, random_state=seed)


def _lgbm(seed: int, n_threads: int) -> Any:
    """Build LightGBM's trees."""
    from ser_core.models.boosted import LightGBMClassifier

    return LightGBMClassifier(n_jobs=n_threads, random_state=seed)


def _gmm(seed: int, n_threads: int) -> Any:
    """Build one mixture of Gaussians per class."""
    from ser_core.models.gmm import GaussianMixtureClassifier

    return GaussianMixtureClassifier(random_state=seed)


def _kls(seed: int, n_threads: int) -> Any:
    """Build kernel least squares."""
    from ser_core.models.kernel_least_squares import KernelLeastSquaresClassifier

    return KernelLeastSquaresClassifier(random_state=seed)


_BUILDERS: Final[dict[str, Callable[[int, int], Any]]] = {
    "mlp": _mlp,
    "svm": _svm,
    "knn": _knn,
    "lr": _lr,
    "dt": _dt,
    "rf": _rf,
    "xgb": _xgb,
    "lgbm": _lgbm,
    "gmm": _gmm,
    "kls": _kls,
}
