"""Functionals: what is kept of a contour, whatever its length."""

from __future__ import annotations

from typing import Final

import numpy as np

from ser_core.features.functionals.frames import FRAMES_PER_SECOND, Array

STATISTICS: Final[dict[str, tuple[str, str]]] = {
    "mean": ("mean", "{unit}"),
    "std": ("standard deviation (ddof 0)", "{unit}"),
    "skew": ("skewness, 0 where nothing varies", "1"),
    "kurt": ("kurtosis, 3 for a normal distribution, logarithm of it", "1"),
    "q05": ("5 % quantile", "{unit}"),
    "q50": ("median", "{unit}"),
    "q95": ("95 % quantile", "{unit}"),
    "iqr": ("75 % quantile less 25 % quantile", "{unit}"),
    "slope": ("slope of the straight line through the frames", "{unit}/s"),
    "bend": (
        "second-order coefficient of the parabola through the frames, their "
        "time from -1 to 1",
        "{unit}",
    ),
    "delta_std": ("standard deviation of the delta", "{unit}/s"),
    "delta_mean_abs": ("mean absolute value of the delta", "{unit}/s"),
    "first_third": ("mean of the first third less the mean", "{unit}"),
    "last_third": ("mean of the last third less the mean", "{unit}"),
}
"""Name of each functional: what it is, and its unit from that of the contour."""

_QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
_DELTA_REACH: Final = 2


def statistics(contours: Array) -> Array:
    """Compute the functionals of several contours of one length.

    Parameters
    ----------
    contours : ndarray of shape (n_contours, n_frames), float64
        One value every 10 ms; none or one frame is possible.

    Returns
    -------
    values : ndarray of shape (n_contours, len(STATISTICS)), float64
        In the order of `STATISTICS`; all 0 where there is no frame.

    """
    if contours.shape[1] == 0:
        return np.zeros((len(contours), len(STATISTICS)))
    parts = [
        _moments(contours),
        _quantiles(contours),
        _trend(contours),
        _deltas(contours),
        _thirds(contours),
    ]
    return np.concatenate(parts, axis=1)


def delta(contours: Array) -> Array:
    """Return the regression slope over five frames, per second; edges repeat.

    Parameters
    ----------
    contours : ndarray of shape (n_contours, n_frames), float64

    """
    padded = np.pad(contours, ((0, 0), (_DELTA_REACH, _DELTA_REACH)), mode="edge")
    n = contours.shape[1]
    total = np.zeros_like(contours)
    for k in range(1, _DELTA_REACH + 1):
        ahead = padded[:, _DELTA_REACH + k : _DELTA_REACH + k + n]
        behind = padded[:, _DELTA_REACH - k : _DELTA_REACH - k + n]
        total += k * (ahead - behind)
    norm = 2 * sum(k * k for k in range(1, _DELTA_REACH + 1))
    slope: Array = total * (FRAMES_PER_SECOND / norm)
    return slope


def _moments(x: Array) -> Array:
    """Return mean, standard deviation, skewness and log kurtosis."""
    mean = x.mean(axis=1)
    apart = x - mean[:, None]
    std = np.sqrt((apart**2).mean(axis=1))
    # below this nothing varies but the last digits
    varies = std > 1e-9 * (1 + np.abs(mean))
    z = apart / np.where(varies, std, 1.0)[:, None]
    skew = np.where(varies, (z**3).mean(axis=1), 0.0)
    kurt = np.where(varies, np.log(np.maximum((z**4).mean(axis=1), 1.0)), np.log(3.0))
    return np.stack([mean, std, skew, kurt], axis=1)


def _quantiles(x: Array) -> Array:
    """Return three quantiles and the distance of the quartiles."""
    q05, q25, q50, q75, q95 = np.quantile(x, _QUANTILES, axis=1)
    return np.stack([q05, q50, q95, q75 - q25], axis=1)


def _trend(x: Array) -> Array:
    """Return slope per second and bend."""
    n = x.shape[1]
    t = np.linspace(-1, 1, n) if n > 1 else np.zeros(1)
    apart = x - x.mean(axis=1, keepdims=True)
    power = max(float((t**2).sum()), 1e-12)
    slope = (apart * t).sum(axis=1) / power
    rest = apart - slope[:, None] * t
    arch = t**2 - (t**2).mean()
    arch_power = float((arch**2).sum())
    bend = (rest * arch).sum(axis=1) / arch_power if n > 2 else np.zeros(len(x))
    seconds = max(n - 1, 1) / FRAMES_PER_SECOND
    return np.stack([slope * 2 / seconds, bend], axis=1)


def _deltas(x: Array) -> Array:
    """Return how much the contour moves from frame to frame."""
    d = delta(x)
    return np.stack([d.std(axis=1), np.abs(d).mean(axis=1)], axis=1)


def _thirds(x: Array) -> Array:
    """Return the means of the first and last third less the mean."""
    third = max(1, x.shape[1] // 3)
    mean = x.mean(axis=1)
    first = x[:, :third].mean(axis=1) - mean
    last = x[:, -third:].mean(axis=1) - mean
    return np.stack([first, last], axis=1)
