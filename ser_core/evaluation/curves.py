"""ROC and precision-recall of each class against the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.evaluation.metrics import Labels, check_labels
from ser_core.evaluation.probabilities import check_probabilities
from ser_core.evaluation.rates import Floats

MAX_POINTS: Final = 200
"""Points of a curve; more cannot be told apart on a screen."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassCurves:
    """Curves of one class against the rest.

    Attributes
    ----------
    support : int
        Utterances that carry the class.
    false_positive_rate, true_positive_rate : tuple of float
        ROC, both rising from 0 to 1.
    auc : float
        Area under the ROC of all points; 0.5 is chance.
    recall, precision : tuple of float
        Precision-recall curve, recall rising.
    average_precision : float
        Of all points; the class's share of the utterances is chance.

    """

    support: int
    false_positive_rate: tuple[float, ...]
    true_positive_rate: tuple[float, ...]
    auc: float
    recall: tuple[float, ...]
    precision: tuple[float, ...]
    average_precision: float


@dataclass(frozen=True, kw_only=True)
class Curves:
    """Curves of every class that can have one.

    Attributes
    ----------
    per_class : mapping of str to ClassCurves
        In the order of the classes.
    absent : tuple of str
        Classes without curves: no tested utterance carries them, or all do.

    """

    per_class: Mapping[str, ClassCurves]
    absent: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return asdict(self)


def curves(
    truth: Labels, probabilities: npt.ArrayLike, classes: Sequence[str]
) -> Curves:
    """Compute ROC and precision-recall of each class against the rest.

    Parameters
    ----------
    truth : sequence of str, length n_samples
    probabilities : array-like of shape (n_samples, n_classes)
        One column a class, in the order of `classes`.
    classes : sequence of str

    Returns
    -------
    curves : Curves
        At most 200 points a curve, evenly spaced along it with both ends; areas are
        of all points.

    Raises
    ------
    ParameterError
        A label is not among `classes`, or `probabilities` are none.

    """
    check_labels(truth, truth, classes)
    y = np.asarray([str(label) for label in truth])
    p = check_probabilities(probabilities, n_rows=len(y), n_classes=len(classes))
    found = {}
    absent = []
    for column, label in enumerate(classes):
        here = y == label
        if here.all() or not here.any():
            absent.append(label)
        else:
            found[label] = _class_curves(here, p[:, column])
    return Curves(per_class=found, absent=tuple(absent))


def _class_curves(here: npt.NDArray[np.bool_], score: Floats) -> ClassCurves:
    """Compute the curves of one class."""
    from sklearn.metrics import (
        average_precision_score,
        precision_recall_curve,
        roc_auc_score,
        roc_curve,
    )

    false_rate, true_rate, _ = roc_curve(here, score)
    precision, recall, _ = precision_recall_curve(here, score)
    false_rate, true_rate = _thinned(false_rate, true_rate)
    recall, precision = _thinned(recall[::-1], precision[::-1])
    return ClassCurves(
        support=int(here.sum()),
        false_positive_rate=tuple(false_rate.tolist()),
        true_positive_rate=tuple(true_rate.tolist()),
        auc=float(roc_auc_score(here, score)),
        recall=tuple(recall.tolist()),
        precision=tuple(precision.tolist()),
        average_precision=float(average_precision_score(here, score)),
    )


def _thinned(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Keep points evenly spaced along a curve, its ends among them."""
    if len(x) <= MAX_POINTS:
        return x, y
    along = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
    wanted = np.linspace(0, along[-1], MAX_POINTS)
    kept = np.unique(np.clip(np.searchsorted(along, wanted), 0, len(x) - 1))
    kept[0], kept[-1] = 0, len(x) - 1
    return x[kept], y[kept]
