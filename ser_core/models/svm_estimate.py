"""Say how long the report's support vector machine will take."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ser_core.models.fit_estimate import FitEstimate, estimate_fit
from ser_core.models.registry import REPORT_PARAMETERS

__all__ = ["FitEstimate", "estimate_svm_seconds"]


def estimate_svm_seconds(
    X: npt.NDArray[np.float32],
    y: npt.NDArray[np.str_],
    *,
    n_train: int | None = None,
) -> FitEstimate:
    """Time two small fits of the report's SVM and extrapolate.

    Parameters
    ----------
    X, y, n_train
        As for `ser_core.models.fit_estimate.estimate_fit`.

    Returns
    -------
    estimate : FitEstimate

    Raises
    ------
    ParameterError
        Fewer than 8 rows, `n_train` below 1, or one class only.

    """
    return estimate_fit(
        "svm", X, y, n_train=n_train, parameters=REPORT_PARAMETERS["svm"]
    )
