"""How cepstra move together: the logarithm of their covariance matrix."""

from __future__ import annotations

from typing import Final

import numpy as np

from ser_core.features.functionals.frames import Array
from ser_core.features.functionals.statistics import delta

N_CEPSTRA: Final = 13
"""Coefficients that take part, from the zeroth; their deltas take part too."""

_DELTA_SCALE: Final = 0.1
"""Deltas are taken per 100 ms, which brings them to the size of the cepstra."""

_RIDGE: Final = 1.0


def log_covariance(cepstra: Array) -> Array:
    """Return the logarithm of the covariance of cepstra and their deltas.

    Parameters
    ----------
    cepstra : ndarray of shape (n_mfcc, n_frames), float64
        In dB; `N_CEPSTRA` coefficients or more, one frame or more.

    Returns
    -------
    values : ndarray of shape (351,), float64
        Upper triangle of the matrix logarithm, row by row, what is off the diagonal
        times the square root of 2: so the Euclidean distance of two vectors is the
        log-Euclidean distance of the two matrices.

    Notes
    -----
    The covariance has ddof 0, and 1 dB² is added along its diagonal, which keeps it
    positive definite for any number of frames.

    References
    ----------
    V. Arsigny, P. Fillard, X. Pennec, N. Ayache, "Log-Euclidean metrics for fast and
    simple calculus on diffusion tensors", Magnetic Resonance in Medicine 56(2), 2006,
    doi 10.1002/mrm.20965.

    """
    kept = cepstra[:N_CEPSTRA]
    rows = np.concatenate([kept, _DELTA_SCALE * delta(kept)])
    apart = rows - rows.mean(axis=1, keepdims=True)
    # einsum, not BLAS: the same bits whatever number of threads BLAS has
    covariance = np.einsum("it,jt->ij", apart, apart) / rows.shape[1]
    values, vectors = np.linalg.eigh(covariance + _RIDGE * np.eye(len(rows)))
    logs = np.log(np.maximum(values, _RIDGE))
    logarithm = np.einsum("ik,k,jk->ij", vectors, logs, vectors)
    first, second = np.triu_indices(len(rows))
    scale = np.where(first == second, 1.0, np.sqrt(2.0))
    triangle: Array = logarithm[first, second] * scale
    return triangle
