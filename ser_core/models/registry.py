"""The estimators by the names that pages, plans and records use."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

import numpy as np
import numpy.typing as npt

from ser_core.errors import ModelError, ParameterError
from ser_core.execution.parameters import is_whole
from ser_core.models.building import build_estimator
from ser_core.models.catalogue import (
    MODELS,
    REPORT_MODELS,
    ModelInfo,
    model_info,
    model_infos,
)
from ser_core.models.classical import SEED
from ser_core.models.parameters import parameter_names, set_parameters

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = [
    "MODELS",
    "REPORT_MODELS",
    "REPORT_PARAMETERS",
    "Classifier",
    "ModelInfo",
    "build_model",
    "build_recogniser",
    "model_info",
    "model_infos",
    "parameter_names",
]

REPORT_PARAMETERS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {"mlp": {}, "svm": {"probability": False}}
)
"""What makes a model exactly the report's, which had no use for probabilities."""


class Classifier(Protocol):
    """What every estimator here can do, as scikit-learn has it."""

    classes_: npt.NDArray[np.str_]

    def fit(self, X: npt.NDArray[np.float32], y: npt.NDArray[np.str_]) -> Self:
        """Fit to X of shape (n_samples, n_features) and y of shape (n_samples,)."""
        ...

    def predict(self, X: npt.NDArray[np.float32]) -> npt.NDArray[np.str_]:
        """Return the class of each row of X."""
        ...

    def predict_proba(self, X: npt.NDArray[np.float32]) -> npt.NDArray[np.floating]:
        """Return probabilities of shape (n_samples, n_classes), rows summing to 1."""
        ...


def build_model(
    name: str,
    *,
    seed: int = SEED,
    parameters: Mapping[str, Any] | None = None,
    n_threads: int = 1,
) -> Classifier:
    """Build an estimator that is not fitted yet.

    Parameters
    ----------
    name : str
        One of `MODELS`.
    seed : int, default 42
        Of everything that the model draws at random: the same seed, data and number
        of threads give the same model.
    parameters : mapping, optional
        What differs from the model's defaults; `parameter_names(name)` lists what
        may.
    n_threads : int, default 1
        Threads within one fit, of the models that have a setting for them.

    Returns
    -------
    model : Classifier
        Takes classes as strings. Without scaling: see `build_recogniser`.

    Raises
    ------
    ParameterError
        The name is not in `MODELS`; a parameter is not known or its value is not
        allowed; the seed is not between 0 and 2**32 - 1; or `n_threads` is below 1.
    ModelError
        A library that the model needs is not installed.

    """
    info = model_info(name)
    if info.reason is not None:
        raise ModelError(f"model {name!r} cannot be built here: {info.reason}")
    _check_whole("seed", seed, low=0, high=2**32 - 1)
    _check_whole("n_threads", n_threads, low=1, high=4096)
    model: Classifier = build_estimator(name, seed=seed, n_threads=n_threads)
    if parameters:
        set_parameters(model, parameters, name=name)
    return model


def build_recogniser(
    name: str,
    *,
    seed: int = SEED,
    parameters: Mapping[str, Any] | None = None,
    pca: float | None = None,
    n_threads: int = 1,
) -> Pipeline:
    """Build a model with the steps that go before it.

    Parameters
    ----------
    name, seed, parameters, n_threads
        As for `build_model`.
    pca : float in (0, 1) or int of at least 1, optional
        Principal components between scaling and model: as many as explain this share
        of the variance, or this number of them. None for no such step.

    Returns
    -------
    recogniser : Pipeline
        Steps `scaler`, `pca` (if wanted) and `model`, all to be fitted on the
        training part together.

    Raises
    ------
    ParameterError, ModelError
        As for `build_model`; or `pca` is out of range.

    """
    from sklearn.pipeline import Pipeline

    from ser_core.models.scaling import BlockScaler

    model = build_model(name, seed=seed, parameters=parameters, n_threads=n_threads)
    steps: list[tuple[str, Any]] = [("scaler", BlockScaler())]
    if pca is not None:
        steps.append(("pca", _components(pca, seed=seed)))
    return Pipeline([*steps, ("model", model)])


def _components(pca: float, *, seed: int) -> Any:
    """Build the step of principal components."""
    from sklearn.decomposition import PCA

    share = isinstance(pca, float) and 0 < pca < 1
    if not share and not (is_whole(pca) and pca >= 1):
        raise ParameterError(
            f"pca = {pca!r} is not possible; give a share of the variance between 0 "
            "and 1, as 0.95, or a whole number of components of at least 1"
        )
    return PCA(n_components=pca, random_state=seed)


def _check_whole(name: str, value: int, *, low: int, high: int) -> None:
    """Refuse what is not a whole number within a range."""
    if not is_whole(value) or not low <= value <= high:
        raise ParameterError(
            f"{name} = {value!r} is not possible; give a whole number from {low} to "
            f"{high}"
        )
