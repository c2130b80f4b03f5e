"""What a training part must hold before a model is fitted to it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.errors import ParameterError
from ser_core.models.catalogue import model_info

_BLOCK_ROWS: Final = 512


def check_training_part(
    name: str,
    y: npt.NDArray[np.str_],
    X: npt.NDArray[np.float32] | None = None,
    *,
    parameters: Mapping[str, Any] | None = None,
    pca: float | None = None,
) -> None:
    """Refuse a training part that the model cannot be fitted to.

    Parameters
    ----------
    name : str
        The model, one of `ser_core.models.registry.MODELS`.
    y : ndarray of shape (n_train,), str
        Labels of the training part.
    X : ndarray of shape (n_train, n_features), float32, optional
        Its features, read 512 rows at a time; not looked at where they are not made
        yet.
    parameters : mapping, optional
        What differs from the model's defaults.
    pca : float or int, optional
        As `ser_core.models.registry.build_recogniser` takes it.

    Raises
    ------
    ParameterError
        The model is not known; there are fewer than two classes; too few utterances
        or members of a class for what the model holds back, calibrates on or counts
        as neighbours; more components than rows or columns; or a value of X that is
        not finite.

    """
    info = model_info(name)
    given = dict(parameters or {})
    _check_classes(y)
    for part in info.parts or (name,):
        own = given
        if info.parts:
            head = f"{part}__"
            own = {
                key.removeprefix(head): value
                for key, value in given.items()
                if key.startswith(head)
            }
        check = {"mlp": _check_mlp, "svm": _check_svm, "knn": _check_knn}.get(part)
        if check is not None:
            check(y, own)
    if X is not None:
        _check_features(X, n_labels=len(y))
    _check_components(pca, n_train=len(y), X=X)


def _check_classes(y: npt.NDArray[np.str_]) -> None:
    """Refuse fewer than two classes."""
    n_classes = len(np.unique(y))
    if n_classes < 2:
        raise ParameterError(
            f"the training part holds {n_classes} class(es); a classifier needs "
            "at least two: choose files of more than one emotion"
        )


def _check_mlp(y: npt.NDArray[np.str_], parameters: Mapping[str, Any]) -> None:
    """Refuse too few rows for the share that the MLP holds back to stop early."""
    if not parameters.get("early_stopping", True):
        return
    share = float(parameters.get("validation_fraction", 0.1))
    n_classes = len(np.unique(y))
    if math.ceil(share * len(y)) < n_classes:
        needed = math.floor((n_classes - 1) / share) + 1
        raise ParameterError(
            f"the training part holds {len(y)} utterances of {n_classes} classes; "
            f"the MLP needs {needed} or more, because it holds back a share of "
            f"{share:g} to stop early: take more files"
        )
    _check_smallest(y, model="the MLP")


def _check_svm(y: npt.NDArray[np.str_], parameters: Mapping[str, Any]) -> None:
    """Refuse a lone member where probabilities are to be calibrated."""
    if parameters.get("probability", True):
        _check_smallest(y, model="the calibration of the SVM")


def _check_knn(y: npt.NDArray[np.str_], parameters: Mapping[str, Any]) -> None:
    """Refuse more neighbours than there are rows."""
    wanted = int(parameters.get("n_neighbors", 5))
    if wanted > len(y):
        raise ParameterError(
            f"n_neighbors = {wanted} is more than the {len(y)} utterances of the "
            "training part; take more files, or ask for fewer neighbours"
        )


def _check_smallest(y: npt.NDArray[np.str_], *, model: str) -> None:
    """Refuse a class with one member."""
    classes, counts = np.unique(y, return_counts=True)
    if counts.min() < 2:
        rare = str(classes[counts.argmin()])
        raise ParameterError(
            f"class {rare!r} has 1 utterance in the training part; {model} needs "
            "2 or more: take more files, or leave that emotion out"
        )


def _check_features(X: npt.NDArray[np.float32], *, n_labels: int) -> None:
    """Refuse values that are not finite, and a number of rows other than labels."""
    if len(X) != n_labels:
        raise ParameterError(
            f"X has {len(X)} rows and y {n_labels} labels; give one label per row"
        )
    for start in range(0, len(X), _BLOCK_ROWS):
        finite = np.isfinite(X[start : start + _BLOCK_ROWS])
        if not finite.all():
            row, column = np.argwhere(~finite)[0]
            raise ParameterError(
                f"row {start + row}, column {column} of the training part holds "
                f"{X[start + row, column]}; features must be finite: compute them "
                "again, or leave that file out"
            )


def _check_components(
    pca: float | None, *, n_train: int, X: npt.NDArray[np.float32] | None
) -> None:
    """Refuse more components than there are rows or columns."""
    limit = n_train if X is None else min(X.shape)
    if pca is not None and pca > limit:
        raise ParameterError(
            f"pca = {pca} is more than the {limit} components that the training part "
            "can have; ask for fewer, or for a share of the variance, as 0.95"
        )
