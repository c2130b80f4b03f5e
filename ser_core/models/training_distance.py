"""How far a clip lies from what a model was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.errors import ModelError

QUANTILES: Final[tuple[float, ...]] = (0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
"""Shares of the training rows whose distances are kept."""

_LEAST_VARIANCE: Final = 1e-12
_BLOCK_ROWS: Final = 512


@dataclass(frozen=True, kw_only=True)
class TrainingDistances:
    """The distances of the training rows from their own mean.

    Attributes
    ----------
    space : {"scaled", "pca"}
        Where they are measured: behind the scaler, or behind PCA too.
    n_rows, n_dimensions : int
    quantiles : mapping of float to float
        Share of the rows -> distance below which they lie, see `distances`.

    """

    space: str
    n_rows: int
    n_dimensions: int
    quantiles: Mapping[float, float]

    def share_nearer(self, distance: float) -> float:
        """Tell which share of the training rows lies nearer than a distance.

        Returns
        -------
        share : float
            0 to 1, interpolated between the quantiles that are kept; beyond the
            farthest training row it is 1.

        """
        shares = sorted(self.quantiles)
        return float(
            np.interp(
                distance, [0.0, *(self.quantiles[s] for s in shares)], [0, *shares]
            )
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "space": self.space,
            "n_rows": self.n_rows,
            "n_dimensions": self.n_dimensions,
            "quantiles": [[s, d] for s, d in sorted(self.quantiles.items())],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> TrainingDistances:
        """Read what `to_json` wrote; the card's shape has checked it."""
        return cls(**{**document, "quantiles": dict(document["quantiles"])})


def distances(recogniser: Any, X: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return how far rows lie from the mean of the training rows.

    Parameters
    ----------
    recogniser : Pipeline
        Fitted: a scaler, perhaps PCA, and a model.
    X : ndarray of shape (n_samples, n_features), float32
        Features as they were extracted.

    Returns
    -------
    distance : ndarray of shape (n_samples,), float64
        1 is the root mean square of the training rows themselves.

    Raises
    ------
    ModelError
        The recogniser has no steps before its model.

    Notes
    -----
    The root mean square over the dimensions behind the last step before the model,
    each divided by its deviation over the training part: 1 after scaling, the square
    root of the explained variance after PCA. Behind PCA that is the Mahalanobis
    distance within the components that are kept, divided by the square root of their
    number; behind scaling alone, the same with a diagonal covariance.

    References
    ----------
    P. C. Mahalanobis, "On the generalised distance in statistics", Proceedings of the
    National Institute of Sciences of India 2(1), 1936.

    """
    found = np.empty(len(X))
    for start in range(0, len(X), _BLOCK_ROWS):
        # a copy, because the scaler of a lean training scales in place
        block = np.array(X[start : start + _BLOCK_ROWS])
        rows, deviations = _before_model(recogniser, block)
        mean_square = np.mean(np.square(rows / deviations, dtype=np.float64), axis=1)
        found[start : start + _BLOCK_ROWS] = np.sqrt(mean_square)
    return found


def training_distances(
    recogniser: Any, X: npt.NDArray[np.float32]
) -> TrainingDistances:
    """Summarise the distances of the rows that a recogniser was fitted on.

    Parameters
    ----------
    recogniser : Pipeline
        Fitted.
    X : ndarray of shape (n_train, n_features), float32
        The training part.

    Returns
    -------
    summary : TrainingDistances

    Raises
    ------
    ModelError
        As `distances`.

    Notes
    -----
    A model knows its own rows: with few rows and many components these lie nearer
    than new rows of the same kind do, so the upper quantiles are a strict bound.

    """
    found = distances(recogniser, X)
    _, deviations = _before_model(recogniser, np.array(X[:1]))
    return TrainingDistances(
        space="pca" if len(recogniser.steps) > 2 else "scaled",
        n_rows=len(X),
        n_dimensions=int(np.size(deviations)),
        quantiles={q: float(np.quantile(found, q)) for q in QUANTILES},
    )


def _before_model(
    recogniser: Any, X: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64]]:
    """Return rows as the model sees them, and each dimension's deviation."""
    steps = getattr(recogniser, "steps", [])
    if len(steps) < 2:
        raise ModelError(
            "distances need a recogniser with a scaler before its model; build it "
            "with build_recogniser"
        )
    rows: npt.NDArray[Any] = recogniser[:-1].transform(X)
    variances = getattr(steps[-2][1], "explained_variance_", None)
    if variances is None or getattr(steps[-2][1], "whiten", False):
        return rows, np.ones(rows.shape[1])
    return rows, np.sqrt(np.maximum(variances, _LEAST_VARIANCE))
