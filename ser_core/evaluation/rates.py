"""Recognition figures from confusion counts, for one matrix or a stack of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.float64] | npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Rates:
    """Figures of a stack of confusion matrices, all float64.

    Attributes
    ----------
    war, uar, macro_f1, weighted_f1 : ndarray of shape (...)
        One value a matrix.
    precision, recall, f1 : ndarray of shape (..., n_classes)
        NaN where a class does not occur in the truth; precision of a class that is
        never predicted is 0.

    """

    war: Floats
    uar: Floats
    macro_f1: Floats
    weighted_f1: Floats
    precision: Floats
    recall: Floats
    f1: Floats


def confusion_counts(
    truth: npt.NDArray[np.intp], predicted: npt.NDArray[np.intp], *, n_classes: int
) -> npt.NDArray[np.int64]:
    """Count how often each class was taken for each.

    Parameters
    ----------
    truth, predicted : ndarray of shape (n_samples,), intp
        Numbers of classes.
    n_classes : int

    Returns
    -------
    counts : ndarray of shape (n_classes, n_classes), int64
        Rows are the truth, columns the predictions.

    """
    cells = np.bincount(truth * n_classes + predicted, minlength=n_classes**2)
    return cells.reshape(n_classes, n_classes)


def rates(counts: Counts) -> Rates:
    """Work out the figures of confusion matrices.

    Parameters
    ----------
    counts : ndarray of shape (..., n_classes, n_classes)
        Rows are the truth, columns the predictions; whole or weighted.

    Returns
    -------
    rates : Rates

    Notes
    -----
    UAR and macro F1 are means over the classes that occur in the truth, and the
    weighted F1 is weighted by how often they do. F1 is twice the hits over the sum of
    support and predictions, which is the harmonic mean of precision and recall.

    """
    hits = np.diagonal(counts, axis1=-2, axis2=-1).astype(np.float64)
    support = counts.sum(axis=-1).astype(np.float64)
    found = counts.sum(axis=-2).astype(np.float64)
    total = support.sum(axis=-1)
    present = support > 0
    nothing = np.where(present, 0.0, np.nan)
    precision = _over(hits, found, otherwise=nothing)
    recall = _over(hits, support, otherwise=nothing)
    f1 = _over(2 * hits, support + found, otherwise=nothing)
    for shares in (precision, f1):
        shares[~present] = np.nan
    n_present = present.sum(axis=-1).astype(np.float64)
    return Rates(
        war=hits.sum(axis=-1) / total,
        uar=np.nansum(recall, axis=-1) / n_present,
        macro_f1=np.nansum(f1, axis=-1) / n_present,
        weighted_f1=np.nansum(f1 * support, axis=-1) / total,
        precision=precision,
        recall=recall,
        f1=f1,
    )


def _over(part: Floats, whole: Floats, *, otherwise: Floats) -> Floats:
    """Divide, and give another value where there is nothing to divide by."""
    return np.divide(part, whole, out=otherwise.copy(), where=whole > 0)
