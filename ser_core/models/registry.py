"""The estimators by the names that pages, plans and records use."""

from __future__ import annotations

from typing import Final, Protocol, Self

import numpy as np
import numpy.typing as npt

from ser_core.errors import ParameterError
from ser_core.models.classical import build_mlp, build_svm

MODELS: Final[tuple[str, ...]] = ("mlp", "svm")
"""The models known by name."""


class Classifier(Protocol):
    """What every estimator here can do, as scikit-learn has it."""

    def fit(self, X: npt.NDArray[np.float32], y: npt.NDArray[np.str_]) -> Self:
        """Fit to X of shape (n_samples, n_features) and y of shape (n_samples,)."""
        ...

    def predict(self, X: npt.NDArray[np.float32]) -> npt.NDArray[np.str_]:
        """Return the class of each row of X."""
        ...


def build_model(name: str) -> Classifier:
    """Build an estimator that is not fitted yet.

    Parameters
    ----------
    name : {"mlp", "svm"}

    Returns
    -------
    model : Classifier

    Raises
    ------
    ParameterError
        The name is not in `MODELS`.

    """
    if name == "mlp":
        mlp: Classifier = build_mlp()
        return mlp
    if name == "svm":
        svm: Classifier = build_svm()
        return svm
    raise ParameterError(
        f"model = {name!r} is not known; choose one of: {', '.join(MODELS)}"
    )
