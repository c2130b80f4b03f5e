"""Our own functionals: contours of level, spectrum, cepstrum and voice, summed up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from ser_core.features.functional_set import Functionals

__all__ = ["compute", "functionals"]


def compute(
    y: npt.NDArray[np.float32], feature_set: Functionals
) -> npt.NDArray[np.float32]:
    """Compute the functionals of a mono signal at the rate of the feature set.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32, in [-1, 1]
    feature_set : Functionals

    Returns
    -------
    values : ndarray of shape ``feature_set.shape``, float32

    Raises
    ------
    ParameterError
        The rate is not 16 kHz, or there is no sample.

    """
    return functionals(y, sample_rate=feature_set.sample_rate)


def functionals(
    y: npt.NDArray[np.float32], *, sample_rate: int
) -> npt.NDArray[np.float32]:
    """Compute the functionals of a mono signal.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32, in [-1, 1]
        One sample or more.
    sample_rate : int
        In Hz; 16,000.

    Returns
    -------
    values : ndarray of shape (n_columns,), float32
        As `ser_core.features.functionals.columns.columns` lists them. Finite for
        silence, clicks, noise and clips of a single sample.

    Raises
    ------
    ParameterError
        The rate is not 16 kHz, or there is no sample.

    """
    # librosa takes seconds to import; whoever only names the columns need not wait
    from ser_core.features.functionals.vector import vector

    return vector(y, sample_rate=sample_rate)
