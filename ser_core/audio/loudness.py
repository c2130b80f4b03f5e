"""How loud a recording is, weighted as the ear weighs it."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

SILENT_LUFS: Final = -70.0
"""What silence is given: the absolute gate, below which nothing counts."""

_BLOCK_S: Final = 0.4
_OFFSET_DB: Final = -0.691


def integrated_loudness(y: npt.NDArray[np.float32], *, sample_rate: int) -> float:
    """Measure the integrated loudness of one channel.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32, in [-1, 1]
    sample_rate : int
        In Hz.

    Returns
    -------
    loudness_lufs : float
        In LUFS, at least `SILENT_LUFS`.

    Notes
    -----
    By pyloudnorm: K-weighting, blocks of 0.4 s with 75 % overlap, an absolute gate at
    -70 LUFS and a relative one 10 LU below the mean. A clip shorter than one block has
    no gate: its mean square as a whole counts.

    References
    ----------
    ITU-R BS.1770-4, "Algorithms to measure audio programme loudness and true-peak
    audio level", 2015.

    C. J. Steinmetz, J. D. Reiss, "pyloudnorm: A simple yet flexible loudness meter in
    Python", 150th AES Convention, 2021.

    """
    import pyloudnorm

    if len(y) < _BLOCK_S * sample_rate:
        return mean_square_loudness(k_weighted(y, sample_rate=sample_rate))
    meter = pyloudnorm.Meter(sample_rate)
    return max(float(meter.integrated_loudness(y.astype(np.float64))), SILENT_LUFS)


def k_weighted(
    y: npt.NDArray[np.float32], *, sample_rate: int
) -> npt.NDArray[np.float64]:
    """Filter a signal by the K-weighting of ITU-R BS.1770.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
    sample_rate : int
        In Hz.

    Returns
    -------
    weighted : ndarray of shape (n_samples,), float64

    """
    import pyloudnorm

    shelf = pyloudnorm.IIRfilter(4.0, 1 / np.sqrt(2), 1500.0, sample_rate, "high_shelf")
    high_pass = pyloudnorm.IIRfilter(0.0, 0.5, 38.0, sample_rate, "high_pass")
    weighted: npt.NDArray[np.float64] = high_pass.apply_filter(
        shelf.apply_filter(y.astype(np.float64))
    )
    return weighted


def mean_square_loudness(weighted: npt.NDArray[np.float64]) -> float:
    """Return the loudness of a K-weighted stretch as a whole, in LUFS, ungated."""
    power = float(np.mean(np.square(weighted)))
    if power <= 0:
        return SILENT_LUFS
    return max(_OFFSET_DB + 10 * float(np.log10(power)), SILENT_LUFS)
