"""Judge predictions: accuracy, recalls, F1 and the confusion matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ser_core.errors import ParameterError

Labels = Sequence[str] | npt.NDArray[np.str_]


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassScore:
    """How one class was found.

    Attributes
    ----------
    precision, recall, f1 : float, in [0, 1]
        0 where nothing was predicted, or nothing was there to be found.
    support : int
        Utterances that carry the class.

    """

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What predictions are worth.

    Attributes
    ----------
    accuracy : float
        Share of utterances that are right (WAR, weighted average recall).
    uar : float
        Unweighted average recall: the mean recall of the classes that occur in the
        truth. Chance is one over their number.
    macro_f1 : float
        Mean F1 of the classes that occur in the truth.
    per_class : mapping of str to ClassScore
    classes : tuple of str
        Order of rows and columns of the confusion matrix.
    confusion : tuple of tuple of int
        Rows are the truth, columns the predictions.

    """

    accuracy: float
    uar: float
    macro_f1: float
    per_class: Mapping[str, ClassScore]
    classes: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]

    def report(self) -> dict[str, dict[str, Any]]:
        """Return the per-class figures as plain JSON."""
        return {label: asdict(score) for label, score in self.per_class.items()}


def evaluate(truth: Labels, predicted: Labels, *, classes: Sequence[str]) -> Evaluation:
    """Compare predicted labels with the true ones.

    Parameters
    ----------
    truth, predicted : sequence of str, length n_samples
    classes : sequence of str
        Every class that the model knows or the truth holds.

    Returns
    -------
    evaluation : Evaluation
        All figures float64.

    Raises
    ------
    ParameterError
        There is nothing to compare, the lengths differ, or a label is not among
        `classes`.

    Notes
    -----
    Recall of class *c* is the share of its utterances that are found, precision the
    share of predictions of *c* that are right, F1 their harmonic mean.

    """
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    check_labels(truth, predicted, classes)
    labels = list(classes)
    precision, recall, f1, support = precision_recall_fscore_support(
        truth, predicted, labels=labels, zero_division=0.0
    )
    present = support > 0
    confusion = confusion_matrix(truth, predicted, labels=labels)
    return Evaluation(
        accuracy=float(np.trace(confusion) / confusion.sum()),
        uar=float(recall[present].mean()),
        macro_f1=float(f1[present].mean()),
        per_class={
            label: ClassScore(
                precision=float(precision[i]),
                recall=float(recall[i]),
                f1=float(f1[i]),
                support=int(support[i]),
            )
            for i, label in enumerate(labels)
        },
        classes=tuple(labels),
        confusion=tuple(tuple(int(n) for n in row) for row in confusion),
    )


def check_labels(truth: Labels, predicted: Labels, classes: Sequence[str]) -> None:
    """Refuse what cannot be compared.

    Raises
    ------
    ParameterError
        There is nothing to compare, the lengths differ, a class is named twice, or a
        label is not among them.

    """
    if len(truth) != len(predicted) or len(truth) == 0:
        raise ParameterError(
            f"{len(truth)} true and {len(predicted)} predicted labels; "
            "as many of each are expected, and at least one"
        )
    if len(set(classes)) != len(classes):
        raise ParameterError(
            f"classes = {', '.join(classes)} names one twice; name each once"
        )
    unknown = {*map(str, truth), *map(str, predicted)} - set(classes)
    if unknown:
        raise ParameterError(
            f"label(s) {', '.join(sorted(unknown))} are not among the classes "
            f"{', '.join(classes)}; give every class that occurs"
        )
