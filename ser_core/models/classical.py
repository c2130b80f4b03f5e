"""The source report's two classifiers, and the scaling that goes before them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.models.training_part import check_training_part

if TYPE_CHECKING:
    from sklearn.neural_network import MLPClassifier
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

__all__ = [
    "SEED",
    "build_mlp",
    "build_svm",
    "check_training_part",
    "fit_scaler",
    "scale_in_place",
]

SEED: Final = 42
"""The seed of the report's classifiers and split."""

_BLOCK_ROWS: Final = 512


def build_mlp() -> MLPClassifier:
    """Build the report's multi-layer perceptron.

    One hidden layer of 100 rectified units, Adam, early stopping on a tenth of the
    training part. (`learning_rate` only matters to another solver; it is kept as
    the report has it.)
    """
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(
        hidden_layer_sizes=(100,),
        activation="relu",
        solver="adam",
        alpha=1e-4,
        batch_size="auto",
        learning_rate="adaptive",
        learning_rate_init=1e-3,
        max_iter=300,
        shuffle=True,
        random_state=SEED,
        early_stopping=True,
        n_iter_no_change=10,
    )


def build_svm() -> SVC:
    """Build the report's support vector machine with a Gaussian kernel."""
    from sklearn.svm import SVC

    return SVC(C=1.0, kernel="rbf", gamma="scale", random_state=SEED)


def fit_scaler(X: npt.NDArray[np.float32]) -> StandardScaler:
    """Fit a `StandardScaler` block by block.

    Parameters
    ----------
    X : ndarray of shape (n_train, n_features), float32
        The training part alone: scaling must not see the others.

    Returns
    -------
    scaler : StandardScaler
        Means and deviations in float64.

    Notes
    -----
    Fitted at once, the scaler would make float64 copies of the whole matrix. In
    blocks it needs those of 512 rows, and gives the same result up to rounding.

    """
    from sklearn.preprocessing import StandardScaler

    scaler: StandardScaler = StandardScaler(copy=False)
    for start in range(0, len(X), _BLOCK_ROWS):
        scaler.partial_fit(X[start : start + _BLOCK_ROWS])
    return scaler


def scale_in_place(X: npt.NDArray[np.float32], *, scaler: Any) -> None:
    """Standardise each column of X where it lies.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32
        Overwritten.
    scaler : StandardScaler
        As `fit_scaler` returns it.

    """
    for start in range(0, len(X), _BLOCK_ROWS):
        block = X[start : start + _BLOCK_ROWS]
        block[:] = scaler.transform(block)
