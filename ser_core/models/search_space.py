"""What a search for parameters may choose from, model by model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ser_core.errors import ParameterError
from ser_core.models.catalogue import model_info
from ser_core.models.registry import build_model

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

_FULL_COVARIANCE_COLUMNS: Final = 1_000
"""Above this many columns full covariances are not tried: they would not fit."""


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers between two ends, both included.

    Attributes
    ----------
    low, high : float
    log : bool
        Whether equal ratios, not differences, are equally likely.
    whole : bool
        Whole numbers only.

    """

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def suggest(self, trial: BaseTrial, name: str, *, gamma_scale: float) -> Any:
        """Draw a value of the parameter `name`."""
        if self.whole:
            low, high = int(self.low), int(self.high)
            return trial.suggest_int(name, low, high, log=self.log)
        return trial.suggest_float(name, self.low, self.high, log=self.log)

    def coordinate(self, value: Any) -> Any:
        """Return what stands for a value in the search."""
        return value


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some values, which may be of any type that JSON has.

    Attributes
    ----------
    values : tuple
        In the search, each goes by its text.

    """

    values: tuple[Any, ...]

    def suggest(self, trial: BaseTrial, name: str, *, gamma_scale: float) -> Any:
        """Draw a value of the parameter `name`."""
        labels = [str(value) for value in self.values]
        return self.values[labels.index(trial.suggest_categorical(name, labels))]

    def coordinate(self, value: Any) -> Any:
        """Return what stands for a value in the search."""
        return str(list(value) if isinstance(value, tuple) else value)


@dataclass(frozen=True, slots=True)
class Gamma:
    """Widths of a Gaussian kernel as multiples of scikit-learn's "scale".

    Attributes
    ----------
    low, high : float
        Of the multiple; 1 stands for "scale" itself.

    """

    low: float
    high: float

    def suggest(self, trial: BaseTrial, name: str, *, gamma_scale: float) -> Any:
        """Draw a value of the parameter `name`."""
        multiple = trial.suggest_float(name, self.low, self.high, log=True)
        return "scale" if multiple == 1 else multiple * gamma_scale

    def coordinate(self, value: Any) -> Any:
        """Return what stands for a value in the search."""
        return 1.0


Dimension = Range | Choice | Gamma
Space = Mapping[str, Dimension]

_WEIGHT: Final = Choice((None, "balanced"))

_SPACES: Final[dict[str, dict[str, Dimension]]] = {
    "mlp": {
        "hidden_layer_sizes": Choice(([50], [100], [200], [100, 100], [200, 100])),
        "alpha": Range(1e-5, 10, log=True),
        "learning_rate_init": Range(1e-4, 1e-2, log=True),
        "batch_size": Choice(("auto", 32, 64)),
    },
    "svm": {
        "C": Range(0.1, 300, log=True),
        "gamma": Gamma(0.05, 20),
        "class_weight": _WEIGHT,
    },
    "knn": {
        "n_neighbors": Range(1, 50, log=True, whole=True),
        "weights": Choice(("uniform", "distance")),
        "metric": Choice(("minkowski", "manhattan", "cosine")),
    },
    "lr": {"C": Range(1e-4, 100, log=True), "class_weight": _WEIGHT},
    "dt": {
        "criterion": Choice(("gini", "entropy")),
        "max_depth": Choice((None, 4, 8, 12, 16, 24)),
        "min_samples_leaf": Range(1, 50, log=True, whole=True),
        "class_weight": _WEIGHT,
    },
    "rf": {
        "n_estimators": Range(50, 400, log=True, whole=True),
        "max_features": Choice(("sqrt", "log2", 0.1, 0.2)),
        "min_samples_leaf": Range(1, 10, log=True, whole=True),
        "class_weight": Choice((None, "balanced", "balanced_subsample")),
    },
    "xgb": {
        "n_estimators": Range(50, 400, log=True, whole=True),
        "learning_rate": Range(0.02, 0.4, log=True),
        "max_depth": Range(2, 8, whole=True),
        "min_child_weight": Range(1, 10, log=True),
        "subsample": Range(0.5, 1),
        "colsample_bytree": Range(0.1, 1),
        "reg_lambda": Range(0.1, 10, log=True),
        "class_weight": _WEIGHT,
    },
    "lgbm": {
        "n_estimators": Range(50, 400, log=True, whole=True),
        "learning_rate": Range(0.02, 0.4, log=True),
        "num_leaves": Range(7, 63, log=True, whole=True),
        "min_child_samples": Range(5, 60, log=True, whole=True),
        "subsample": Range(0.5, 1),
        "colsample_bytree": Range(0.1, 1),
        "reg_lambda": Range(0, 10),
        "class_weight": _WEIGHT,
    },
    "gmm": {
        "covariance_type": Choice(("diag", "full")),
        "max_components": Range(1, 8, whole=True),
        "reg_covar": Range(1e-3, 1, log=True),
        "priors": Choice(("empirical", "uniform")),
    },
    "kls": {
        "alpha": Range(0.03, 3, log=True),
        "squash": Choice((None, 3.0)),
        "priors": Choice(("uniform", "empirical")),
    },
}


def search_space(
    name: str, *, fixed: Mapping[str, Any] | None = None, n_features: int = 0
) -> dict[str, Dimension]:
    """Return what may be searched for a model.

    Parameters
    ----------
    name : str
        One of `ser_core.models.registry.MODELS`. A vote has the dimensions of its
        parts, as `<part>__<parameter>`.
    fixed : mapping, optional
        Parameters that are given and therefore not searched.
    n_features : int, default 0
        Columns that the model gets.

    Returns
    -------
    space : dict of str to Range, Choice or Gamma

    Raises
    ------
    ParameterError
        The model is not known, or nothing is left to search.

    """
    parts = model_info(name).parts
    if parts:
        space = {f"{p}__{key}": dim for p in parts for key, dim in _SPACES[p].items()}
    else:
        space = dict(_SPACES[name])
    if n_features > _FULL_COVARIANCE_COLUMNS:
        space.pop("covariance_type", None)
    left = {key: value for key, value in space.items() if key not in (fixed or {})}
    if not left:
        raise ParameterError(
            f"every parameter that could be searched for model {name!r} is given "
            f"({', '.join(space)}); give fewer, or train without a search"
        )
    return left


def default_point(name: str, space: Space) -> dict[str, Any]:
    """Return where the model's default parameters lie in the search."""
    defaults = build_model(name).get_params()  # type: ignore[attr-defined]
    return {key: dim.coordinate(defaults[key]) for key, dim in space.items()}


def suggest(trial: BaseTrial, space: Space, *, gamma_scale: float) -> dict[str, Any]:
    """Draw parameters for a trial.

    Parameters
    ----------
    trial : optuna trial
    space : mapping
        As `search_space` returns it.
    gamma_scale : float
        What scikit-learn's `gamma="scale"` is on the data.

    Returns
    -------
    parameters : dict
        As `ser_core.models.registry.build_model` takes them.

    """
    return {
        key: dimension.suggest(trial, key, gamma_scale=gamma_scale)
        for key, dimension in space.items()
    }
