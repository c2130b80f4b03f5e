"""Statistics that several contours share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ser_core.features.functionals.frames import FRAMES_PER_SECOND, Array

Flags = npt.NDArray[np.bool_]

LEAST_FRAMES = 5
"""Fewer frames than these are no contour."""


def runs(flags: Flags) -> list[tuple[int, int]]:
    """Return begin and end (exclusive) of each stretch of true frames."""
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def line_slope(contour: Array, frames: npt.NDArray[np.intp]) -> float:
    """Return the slope of the least-squares line, in units a second."""
    t = frames / FRAMES_PER_SECOND
    spread = float(np.square(t - t.mean()).sum())
    if spread == 0:
        return 0.0
    return float(((t - t.mean()) * (contour - contour.mean())).sum() / spread)


def movement(contour: Array, flags: Flags) -> dict[str, float]:
    """Return mean rise, fall and absolute slope between neighbouring flagged frames.

    Parameters
    ----------
    contour : ndarray of shape (n_frames,), float64
    flags : ndarray of shape (n_frames,), bool
        Frames that count; a slope needs two in a row.

    Returns
    -------
    movement : dict of str to float
        ``rise`` (0 or more), ``fall`` (0 or less) and ``movement``, in units a second;
        0 where there is none.

    """
    slopes = np.diff(contour)[flags[1:] & flags[:-1]] * FRAMES_PER_SECOND
    rising, falling = slopes[slopes > 0], slopes[slopes < 0]
    return {
        "rise": mean_or_zero(rising),
        "fall": mean_or_zero(falling),
        "movement": mean_or_zero(np.abs(slopes)),
    }


def mean_or_zero(values: Array) -> float:
    """Return the mean, 0 of nothing."""
    return float(values.mean()) if values.size else 0.0
