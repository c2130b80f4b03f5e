"""Follow a voice from period to period."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ser_core.features.functionals.frames import HOP_LENGTH, SAMPLE_RATE, Array

_SHORTEST, _LONGEST = 0.8, 1.25
_LEAST_CORRELATION: Final = 0.5
_AMPLITUDE_SHARE: Final = 0.2
"""Share of a period, on each side of its mark, over which amplitude is measured."""


def follow_periods(y: Array, *, begin: int, end: int, f0_hz: Array) -> Array:
    """Mark every period of a voiced stretch.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float64
        At 16 kHz.
    begin, end : int
        The stretch, in samples.
    f0_hz : ndarray of shape (n_frames,), float64
        Fundamental frequency in frames from `begin` on, none of them 0.

    Returns
    -------
    marks : ndarray of shape (n_marks,), float64
        Rising, in samples and parts of them; empty where nothing can be followed.

    Notes
    -----
    From the largest sample of the period in the middle, each next mark lies where the
    period around it is most alike, within 0.8 to 1.25 of the expected period, to both
    sides until the stretch ends or a correlation falls below 0.5. A parabola through
    the correlation gives the parts of a sample.

    """
    middle = (begin + end) // 2
    half = round(_period_at(f0_hz, begin, middle) / 2)
    if middle - half < 0 or middle + half > len(y):
        return np.zeros(0)
    start = middle - half + int(np.abs(y[middle - half : middle + half]).argmax())
    right = _walk(y, start, 1, begin, end, f0_hz)
    left = _walk(y, start, -1, begin, end, f0_hz)
    return np.array([*left[::-1], float(start), *right])


def amplitudes(y: Array, marks: Array) -> Array:
    """Measure the amplitude of each period.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float64
    marks : ndarray of shape (n_marks,), float64
        As from `follow_periods`.

    Returns
    -------
    amplitudes : ndarray of shape (n_marks,), float64
        Root mean square under a Hann window around the mark, over a fifth of the
        period to either side.

    """
    if len(marks) < 2:
        return np.zeros(len(marks))
    lengths = np.diff(marks)
    width = _AMPLITUDE_SHARE * np.concatenate([lengths, lengths[-1:]])
    reach = int(np.ceil(width.max()))
    centres = np.round(marks).astype(np.intp)
    places = centres[:, None] + np.arange(-reach, reach + 1)
    offsets = np.abs(places - marks[:, None]) / width[:, None]
    weights = np.where(offsets < 1, 0.5 + 0.5 * np.cos(np.pi * offsets), 0.0)
    samples = y[np.clip(places, 0, len(y) - 1)]
    power = (weights * samples**2).sum(axis=1) / weights.sum(axis=1)
    size: Array = np.sqrt(power)
    return size


def _period_at(f0_hz: Array, begin: int, place: float) -> float:
    """Return the expected period at a place, in samples."""
    frame = min(max(round((place - begin) / HOP_LENGTH), 0), len(f0_hz) - 1)
    return SAMPLE_RATE / float(f0_hz[frame])


def _walk(
    y: Array, start: int, direction: int, begin: int, end: int, f0_hz: Array
) -> list[float]:
    """Return the marks from a start to one side, without the start."""
    marks: list[float] = []
    place = float(start)
    while True:
        step = _next_period(y, round(place), direction, _period_at(f0_hz, begin, place))
        if step is None:
            return marks
        place += direction * step
        if not begin <= place < end:
            return marks
        marks.append(place)


def _next_period(
    y: Array, centre: int, direction: int, expected: float
) -> float | None:
    """Return the distance to the next mark, None where nothing is alike."""
    half = max(round(expected / 2), 2)
    nearest, farthest = int(_SHORTEST * expected), int(np.ceil(_LONGEST * expected))
    # one lag more on both sides for the parabola
    lags = np.arange(nearest - 1, farthest + 2)
    low = centre - half + (direction * lags).min()
    high = centre + half + (direction * lags).max()
    if min(low, centre - half) < 0 or max(high, centre + half) > len(y):
        return None
    here = y[centre - half : centre + half]
    there = np.lib.stride_tricks.sliding_window_view(y[low:high], 2 * half)
    if direction < 0:
        there = there[::-1]
    r = _correlations(here, there)
    best = 1 + int(r[1:-1].argmax())
    if r[best] < _LEAST_CORRELATION:
        return None
    a, b, c = r[best - 1 : best + 2]
    curvature = min(a - 2 * b + c, -1e-12)
    return float(lags[best] + np.clip(0.5 * (a - c) / curvature, -0.5, 0.5))


def _correlations(here: Array, there: npt.NDArray[np.float64]) -> Array:
    """Return the normalised correlation of one period with each of several."""
    power = np.einsum("ln,ln->l", there, there) * float(here @ here)
    r: Array = (there @ here) / np.sqrt(np.maximum(power, 1e-30))
    return r
