"""The source report's two classifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ser_core.models.training_part import check_training_part

if TYPE_CHECKING:
    from sklearn.neural_network import MLPClassifier
    from sklearn.svm import SVC

__all__ = [
    "SEED",
    "build_mlp",
    "build_svm",
    "check_training_part",
]

SEED: Final = 42
"""The seed of the report's classifiers and split."""


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
