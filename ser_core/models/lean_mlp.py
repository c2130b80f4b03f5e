"""scikit-learn's multi-layer perceptron without a second copy of its training part."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import get_config
from sklearn.neural_network import MLPClassifier


class LeanMLPClassifier(MLPClassifier):  # type: ignore[misc]
    """Fit as `MLPClassifier` does, to the bit, in half the memory.

    Takes the parameters of that class and has its attributes.

    Notes
    -----
    With early stopping, `MLPClassifier` splits what it is given into a part to train
    on and one to stop by: copies that are as large as the original, which the caller
    keeps at the same time. Here the split is one of row numbers; a batch, and the
    part to stop by when it is judged, are taken from the original when they are
    needed. All arithmetic is scikit-learn's.

    """

    def _fit_stochastic(self, X: Any, *arguments: Any) -> None:
        """Train on rows by their numbers, where scikit-learn would copy them."""
        if self.early_stopping and _can_be_numbered(X):
            X = _Rows(X)
        super()._fit_stochastic(X, *arguments)

    def _score(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Take the rows of the part to stop by for as long as they are judged."""
        if isinstance(X, _Rows):
            X = X.take()
        return super()._score(X, y, sample_weight=sample_weight)


def lean(model: Any) -> Any:
    """Return a model that fits equally in less memory, where there is one.

    Parameters
    ----------
    model : sklearn estimator
        Not fitted.

    Returns
    -------
    model : sklearn estimator
        A `LeanMLPClassifier` for an `MLPClassifier`; any other as it is.

    """
    if type(model) is not MLPClassifier:
        return model
    return LeanMLPClassifier(**model.get_params())


class _Rows:
    """A matrix, or some rows of it by their numbers.

    Rows of the matrix are numbers, and only rows of those are values: the first
    choice is the split, the second one a batch.
    """

    def __init__(
        self,
        X: npt.NDArray[np.floating[Any]],
        numbers: npt.NDArray[np.intp] | None = None,
    ) -> None:
        self._X = X
        self._numbers = numbers
        n_rows = len(X) if numbers is None else len(numbers)
        self.shape = (n_rows, X.shape[1])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        """Take rows, as scikit-learn asks for them: ``rows[numbers, ...]``."""
        chosen = key[0] if isinstance(key, tuple) else key
        if self._numbers is None:
            return _Rows(self._X, np.arange(len(self._X))[chosen])
        return self._X[self._numbers[chosen]]

    def take(self) -> npt.NDArray[np.floating[Any]]:
        """Return the values of all rows."""
        return self._X if self._numbers is None else self._X[self._numbers]


def _can_be_numbered(X: Any) -> bool:
    """Tell whether rows can be taken late: of a plain array, by numpy itself."""
    return isinstance(X, np.ndarray) and not get_config()["array_api_dispatch"]
