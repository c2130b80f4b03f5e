"""The outline of a recording's waveform, in one pass and constant memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ser_core.errors import ParameterError

MOST_POINTS: Final = 2_000
"""Most points of an envelope: two a pixel of a wide screen."""

_LONGEST_FIRST_S: Final = 0.01


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """The extremes of a signal over short stretches of equal length.

    Attributes
    ----------
    times_s : ndarray of shape (n_points,), float64
        Middle of each stretch in seconds, rising.
    low, high : ndarray of shape (n_points,), float32
        Least and greatest sample of each stretch.

    """

    times_s: npt.NDArray[np.float64]
    low: npt.NDArray[np.float32]
    high: npt.NDArray[np.float32]


class EnvelopeMeter:
    """Reduce a signal that comes in blocks to at most `MOST_POINTS` points.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    n_samples : int, default 0
        How many samples are expected. Only the grid depends on it: where more or fewer
        come, the envelope is complete all the same.

    Raises
    ------
    ParameterError
        The rate is not positive.

    Notes
    -----
    A stretch is at first as long as the expected length asks for, 10 ms at most. When
    there are more stretches than points, neighbours are joined in pairs, so that
    stretches are twice as long from then on. The result does not depend on how the
    signal is cut into blocks.

    """

    def __init__(self, *, sample_rate: int, n_samples: int = 0) -> None:
        if sample_rate <= 0:
            raise ParameterError(
                f"sample_rate = {sample_rate}, and it must be positive; give it in Hz"
            )
        wanted = -(-max(n_samples, 1) // MOST_POINTS)
        self._sample_rate = sample_rate
        self._width = min(wanted, max(round(_LONGEST_FIRST_S * sample_rate), 1))
        self._low = np.full(MOST_POINTS, np.inf, dtype=np.float32)
        self._high = np.full(MOST_POINTS, -np.inf, dtype=np.float32)
        self._n_samples = 0

    def feed(self, y: npt.NDArray[np.float32]) -> None:
        """Take the next samples.

        Parameters
        ----------
        y : ndarray of shape (n_samples,), float32
            One channel; any number of samples, none as well.

        """
        done = 0
        while done < len(y):
            room = MOST_POINTS * self._width - self._n_samples
            if room == 0:
                self._halve()
                continue
            part = y[done : done + room]
            self._take(part)
            done += len(part)

    def finish(self) -> Envelope:
        """Return the envelope of what has come.

        Returns
        -------
        envelope : Envelope
            Without points where there were no samples.

        """
        n_points = -(-self._n_samples // self._width)
        begins = np.arange(n_points, dtype=np.float64) * self._width
        ends = np.minimum(begins + self._width, self._n_samples)
        return Envelope(
            times_s=(begins + ends) / (2 * self._sample_rate),
            low=self._low[:n_points].copy(),
            high=self._high[:n_points].copy(),
        )

    def _take(self, part: npt.NDArray[np.float32]) -> None:
        """Enter samples that fit into the present grid."""
        first, within = divmod(self._n_samples, self._width)
        begins = np.arange(-within, len(part), self._width)
        begins[0] = 0
        points = slice(first, first + len(begins))
        lows = np.minimum.reduceat(part, begins)
        highs = np.maximum.reduceat(part, begins)
        self._low[points] = np.minimum(self._low[points], lows)
        self._high[points] = np.maximum(self._high[points], highs)
        self._n_samples += len(part)

    def _halve(self) -> None:
        """Join neighbouring stretches in pairs."""
        half = MOST_POINTS // 2
        self._low[:half] = self._low.reshape(half, 2).min(axis=1)
        self._high[:half] = self._high.reshape(half, 2).max(axis=1)
        self._low[half:] = np.inf
        self._high[half:] = -np.inf
        self._width *= 2
