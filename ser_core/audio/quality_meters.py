"""What the quality of a recording is read from, each in one pass over its blocks."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ser_core.audio.blocks import Blocks

Array = npt.NDArray[np.float64]

SILENCE_DB: Final = -100.0
"""Below the least step of 16 bits (-90 dBFS): silence out of a computer."""

NOTHING_DBFS: Final = -200.0
"""Level of no sound at all."""

FULL_SCALE: Final = 0.999
"""Samples from here on count as full scale: lossy copies and export shift them."""

LEAST_RUN: Final = 3
"""Samples at the extreme that make a flat top; two neighbours happen by themselves."""

_LEVEL_STEP_DB: Final = 0.5
_LOWEST_LEVEL_DB: Final = -120.0
_N_LEVELS: Final = 320
_WINDOW_S: Final = 0.032


class FlatTops:
    """Count runs of samples at the extreme of one channel in one direction.

    Notes
    -----
    The extreme is not known before the end: whenever a greater sample comes, the count
    starts again. Samples at `FULL_SCALE` and beyond are one level.

    """

    def __init__(self) -> None:
        self.extreme = 0.0
        self.n_runs = 0
        self.n_samples = 0
        self.longest = 0
        self._open = 0

    def feed(self, y: npt.NDArray[np.float32]) -> None:
        """Take the next samples of the channel, upside down for the other direction."""
        if not len(y):
            return
        clamped = np.minimum(y, np.float32(FULL_SCALE))
        greatest = float(clamped.max())
        if greatest > self.extreme:
            self.extreme = greatest
            self.n_runs = self.n_samples = self.longest = self._open = 0
        at_extreme = np.concatenate([[False], clamped == self.extreme, [False]])
        edges = np.flatnonzero(np.diff(at_extreme.astype(np.int8)))
        begins, ends = edges[::2].tolist(), edges[1::2].tolist()
        if self._open and (not begins or begins[0] > 0):
            self._close(self._open)
            self._open = 0
        for begin, end in zip(begins, ends, strict=True):
            length = end - begin + (self._open if begin == 0 else 0)
            self._open = 0
            if end == len(y):
                self._open = length
            else:
                self._close(length)

    def finish(self) -> None:
        """Count the run that the end of the recording cuts off."""
        self._close(self._open)
        self._open = 0

    def _close(self, length: int) -> None:
        """Count a run that is over, if it is one."""
        if length >= LEAST_RUN and self.extreme > 0:
            self.n_runs += 1
            self.n_samples += length
            self.longest = max(self.longest, length)


class Levels:
    """Distribution of the levels of frames, in steps of 0.5 dB.

    Digital silence is counted apart: it is padding, and no noise floor.
    """

    def __init__(self) -> None:
        self.n_silent = 0
        self.counts = np.zeros(_N_LEVELS, dtype=np.int64)
        self._power = np.zeros(_N_LEVELS)

    def feed(self, frames: npt.NDArray[np.float32]) -> None:
        """Take frames of shape (n_frames, length); a constant offset has no level."""
        power: Array = np.var(frames, axis=1, dtype=np.float64)
        level = 10 * np.log10(np.maximum(power, 1e-20))
        heard = level >= SILENCE_DB
        self.n_silent += int(len(level) - heard.sum())
        steps = ((level[heard] - _LOWEST_LEVEL_DB) / _LEVEL_STEP_DB).astype(np.int64)
        steps = np.minimum(steps, _N_LEVELS - 1)
        self.counts += np.bincount(steps, minlength=_N_LEVELS)
        self._power += np.bincount(steps, power[heard], minlength=_N_LEVELS)

    @property
    def n_frames(self) -> int:
        """Number of frames that have come."""
        return self.n_silent + int(self.counts.sum())

    def percentile(self, share: float) -> float:
        """Return the level that this share of the frames stays below, in dBFS."""
        reached = np.cumsum(self.counts) >= share * self.counts.sum()
        step = int(np.argmax(reached))
        return _LOWEST_LEVEL_DB + (step + 0.5) * _LEVEL_STEP_DB

    def mean_above(self, level_db: float) -> float:
        """Return the level of the mean power of frames from this level on, in dBFS."""
        lowest = int(max((level_db - _LOWEST_LEVEL_DB) / _LEVEL_STEP_DB, 0))
        n_frames = int(self.counts[lowest:].sum())
        if not n_frames:
            return NOTHING_DBFS
        return decibels(float(self._power[lowest:].sum()) / n_frames)


class MeanSpectrum:
    """Mean power spectrum of a signal.

    Parameters
    ----------
    sample_rate : int
        In Hz.

    Notes
    -----
    Welch's method: Hann windows of about 32 ms that do not overlap.

    """

    def __init__(self, *, sample_rate: int) -> None:
        self._n_fft = int(2 ** max(round(np.log2(_WINDOW_S * sample_rate)), 5))
        self._window = np.hanning(self._n_fft + 1)[:-1]
        self._frames = Blocks(self._n_fft)
        self._sum = np.zeros(self._n_fft // 2 + 1)
        self._n_frames = 0
        bins = np.arange(self._n_fft // 2 + 1, dtype=np.float64)
        self.frequencies_hz: Array = bins * (sample_rate / self._n_fft)

    def feed(self, y: npt.NDArray[np.float32]) -> None:
        """Take the next samples."""
        frames = self._frames.feed(y)
        for first in range(0, len(frames), 256):
            self._add(frames[first : first + 256])

    def finish(self) -> Array:
        """Return the mean power of each frequency; of a short signal, padded."""
        if not self._n_frames:
            padded = np.zeros((1, self._n_fft), dtype=np.float32)
            padded[0, : len(self._frames.rest)] = self._frames.rest
            self._add(padded)
        return np.asarray(self._sum / self._n_frames, dtype=np.float64)

    def _add(self, frames: npt.NDArray[np.float32]) -> None:
        """Add the spectra of frames, without their means."""
        centred = frames - frames.mean(axis=1, keepdims=True, dtype=np.float64)
        spectra = np.fft.rfft(centred * self._window, axis=1)
        self._sum += (spectra.real**2 + spectra.imag**2).sum(axis=0)
        self._n_frames += len(frames)


def decibels(power: float) -> float:
    """Return a power in dB, at least `NOTHING_DBFS`."""
    return 10 * float(np.log10(max(power, 1e-20)))
