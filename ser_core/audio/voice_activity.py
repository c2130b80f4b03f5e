"""Where somebody speaks in a recording, in one pass and constant memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from ser_core.audio.blocks import Blocks
from ser_core.audio.silence import SILENCE_DBFS
from ser_core.audio.speech_stretches import (
    FRAMES_PER_SECOND,
    Lengths,
    Span,
    StretchBuilder,
)
from ser_core.errors import AudioError, ParameterError

if TYPE_CHECKING:
    import soxr

Array = npt.NDArray[np.float64]

_SAMPLE_RATE: Final = 16_000
_HOP_LENGTH: Final = _SAMPLE_RATE // FRAMES_PER_SECOND
_N_FFT: Final = 512
_LEAD: Final = (_N_FFT - _HOP_LENGTH) // 2
_BANDS_HZ: Final = (100, 250, 450, 700, 1_000, 1_400, 1_900, 2_500, 3_200, 4_000, 5_500)
_BLOCKS_PER_SECOND: Final = 2

_REACH: Final = 400
"""The noise floor is looked for in 4 s on both sides of a frame."""

_GROUP: Final = 100
_SHORT: Final = 3
_LONG: Final = 7
"""Frames on both sides over which band powers and noise floors are averaged."""

_MAJORITY: Final = 5
_SPEECH_DB: Final = 5.0
"""Mean distance from the noise floor in the five clearest bands, from which on.

Judged on clips of EMO-DB, RAVDESS and CREMA-D joined with pauses in white and pink
noise: at 5 dB below the speech 82 to 96 % of it are found, and steady noise alone is
never speech.
"""

_N_CLEAREST: Final = 5
_RANGE_DB: Final = 40.0
"""What lies further below the loudest within reach is breath, echo or hiss."""

_LEAST_POWER: Final = 1e-10


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """A part of a recording in which somebody speaks.

    Attributes
    ----------
    start, end : int
        First sample, and sample after the last, at the recording's own rate.

    """

    start: int
    end: int


class VoiceActivity:
    """Find stretches of speech in a signal that comes in blocks.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    min_pause_s : float, default 0.35
        A shorter pause does not end a stretch. 0.02 or more.
    min_s : float, default 0.8
        Shorter stretches are dropped, unless there are no others.
    max_s : float, default 6.0
        Longer ones are split where they are quietest. At least twice `min_s`.

    Raises
    ------
    ParameterError
        A duration or the rate is outside what is allowed.

    Notes
    -----
    The signal is resampled to 16 kHz and cut into frames of 32 ms every 10 ms. In ten
    bands from 100 to 5,500 Hz the power, averaged over 70 ms, is compared with the
    least within 4 s on both sides, averaged over 150 ms. A frame is speech when the
    five clearest bands lie 5 dB above that on average, and the frame at most 40 dB
    below the loudest one within reach and above -80 dBFS; each frame follows the
    majority of the eleven around it. Runs below 60 ms and stretches with less than
    0.2 s of speech are dropped, stretches are widened by 0.1 s on both sides.

    Steady noise is its own floor, however loud it is: it is no speech. Music and noise
    that comes and goes pass as speech. The result does not depend on how the signal is
    cut into blocks; a stretch is returned about 4.5 s after its end.

    """

    def __init__(
        self,
        *,
        sample_rate: int,
        min_pause_s: float = 0.35,
        min_s: float = 0.8,
        max_s: float = 6.0,
    ) -> None:
        lengths = _lengths(sample_rate, min_pause_s, min_s, max_s)
        self._sample_rate = sample_rate
        self._most_samples = int(max_s * sample_rate)
        self._n_samples = 0
        self._blocks = Blocks(max(sample_rate // _BLOCKS_PER_SECOND, 1))
        self._resampler = _resampler(sample_rate)
        self._tail = np.zeros(_LEAD, dtype=np.float32)
        self._decider = _Decider()
        self._builder = StretchBuilder(lengths)

    def feed(self, y: npt.NDArray[np.float32]) -> list[Stretch]:
        """Take the next samples and return the stretches that are complete by them.

        Parameters
        ----------
        y : ndarray of shape (n_samples,), float32, in [-1, 1]
            One channel.

        Returns
        -------
        stretches : list of Stretch
            Rising and disjoint, over all calls.

        Raises
        ------
        AudioError
            A sample is not finite.

        """
        if not np.isfinite(y).all():
            raise AudioError(
                "the recording holds samples that are not finite (NaN or infinite); "
                "export it again, at best as 16-bit FLAC or WAV"
            )
        self._n_samples += len(y)
        spans: list[Span] = []
        # blocks of one size: neither resampler nor transform depends on the caller's
        for block in self._blocks.feed(y):
            spans += self._take(self._resampled(block))
        return self._in_samples(spans)

    def finish(self) -> list[Stretch]:
        """Return what is left when the signal is over.

        Returns
        -------
        stretches : list of Stretch
            Empty where nobody speaks.

        """
        rest = self._resampled(self._blocks.rest, last=True)
        padding = np.zeros(_N_FFT - _LEAD, dtype=np.float32)
        spans = self._take(np.concatenate([rest, padding]))
        spans += self._build(*self._decider.finish())
        spans += self._builder.finish()
        return self._in_samples(spans)

    def _resampled(
        self, y: npt.NDArray[np.float32], *, last: bool = False
    ) -> npt.NDArray[np.float32]:
        """Bring a block to 16 kHz."""
        if self._resampler is None:
            return y
        return np.asarray(self._resampler.resample_chunk(y, last=last))

    def _take(self, y: npt.NDArray[np.float32]) -> list[Span]:
        """Cut a signal at 16 kHz into frames and decide what can be decided."""
        joined = np.concatenate([self._tail, y])
        n_frames = max(0, 1 + (len(joined) - _N_FFT) // _HOP_LENGTH)
        self._tail = joined[n_frames * _HOP_LENGTH :].copy()
        if not n_frames:
            return []
        view = np.lib.stride_tricks.sliding_window_view(joined, _N_FFT)
        power = _band_powers(view[: n_frames * _HOP_LENGTH : _HOP_LENGTH])
        return self._build(*self._decider.feed(power))

    def _build(
        self, speech: npt.NDArray[np.bool_], levels_db: npt.NDArray[np.float64]
    ) -> list[Span]:
        """Hand decided frames on."""
        spans: list[Span] = []
        for is_speech, level_db in zip(
            speech.tolist(), levels_db.tolist(), strict=True
        ):
            spans += self._builder.step(is_speech, level_db)
        return spans

    def _in_samples(self, spans: list[Span]) -> list[Stretch]:
        """Turn frames into samples of the recording, within its bounds."""
        stretches = []
        for first, after in spans:
            start = first * self._sample_rate // FRAMES_PER_SECOND
            end = after * self._sample_rate // FRAMES_PER_SECOND
            end = min(end, self._n_samples, start + self._most_samples)
            if start < end:
                stretches.append(Stretch(start=start, end=end))
        return stretches


class _Decider:
    """Decide for each frame whether it is speech, from the frames around it."""

    def __init__(self) -> None:
        self._power = np.zeros((0, len(_BANDS_HZ) - 1))
        self._first = 0  # frame number of the first row that is kept
        self._done = 0

    def feed(self, power: Array) -> tuple[npt.NDArray[np.bool_], Array]:
        """Take band powers and return decision and level of frames, in order."""
        self._power = np.concatenate([self._power, power])
        ahead = _REACH + _LONG + _MAJORITY
        parts = []
        while self._first + len(self._power) >= self._done + _GROUP + ahead:
            parts.append(self._decide(_GROUP))
            old = self._done - ahead - self._first
            if old > 0:
                self._power = self._power[old:]
                self._first += old
        return _joined(parts)

    def finish(self) -> tuple[npt.NDArray[np.bool_], Array]:
        """Return decision and level of the frames that are left."""
        parts = []
        while (left := self._first + len(self._power) - self._done) > 0:
            parts.append(self._decide(min(_GROUP, left)))
        return _joined(parts)

    def _decide(self, n_frames: int) -> tuple[npt.NDArray[np.bool_], Array]:
        """Decide for the next frames."""
        # slow to import, and whoever only reads about stretches need not wait
        from scipy.ndimage import minimum_filter1d

        reach = _REACH + _LONG + _MAJORITY
        here = self._done - self._first
        first, after = max(here - reach, 0), here + n_frames + reach
        power = self._power[first:after]
        smooth = _averaged(power, _SHORT) + _LEAST_POWER
        floor = _averaged(power, _LONG) + _LEAST_POWER
        floor = minimum_filter1d(floor, 2 * _REACH + 1, axis=0, mode="nearest")
        distance_db = 10 * np.log10(smooth / floor)
        clearest = np.sort(distance_db, axis=1)[:, -_N_CLEAREST:].mean(axis=1)
        level_db = 10 * np.log10(smooth.sum(axis=1))
        top_db = -minimum_filter1d(-level_db, 2 * _REACH + 1, mode="nearest")
        speech = (clearest > _SPEECH_DB) & (
            level_db > np.maximum(top_db - _RANGE_DB, SILENCE_DBFS)
        )
        wanted = slice(here - first, here - first + n_frames)
        self._done += n_frames
        return _majority(speech)[wanted], level_db[wanted]


def _lengths(
    sample_rate: int, min_pause_s: float, min_s: float, max_s: float
) -> Lengths:
    """Check the durations and turn them into frames."""
    if sample_rate <= 0:
        raise ParameterError(
            f"sample_rate = {sample_rate}, and it must be positive; give it in Hz"
        )
    if not min_pause_s >= 0.02:
        raise ParameterError(
            f"min_pause_s = {min_pause_s}, and frames are 0.01 s apart; give 0.02 s or "
            "more"
        )
    if not 0 < 2 * min_s <= max_s < float("inf"):
        raise ParameterError(
            f"min_s = {min_s} and max_s = {max_s}; min_s must be positive and max_s at "
            "least twice as much, so that a stretch that is split stays long enough"
        )
    return Lengths(
        pause=round(min_pause_s * FRAMES_PER_SECOND),
        least=max(round(min_s * FRAMES_PER_SECOND), 1),
        most=max(int(max_s * FRAMES_PER_SECOND), 2),
    )


def _resampler(sample_rate: int) -> soxr.ResampleStream | None:
    """Make what brings blocks to 16 kHz."""
    if sample_rate == _SAMPLE_RATE:
        return None
    import soxr

    return soxr.ResampleStream(sample_rate, _SAMPLE_RATE, 1, dtype="float32")


def _band_powers(frames: npt.NDArray[np.float32]) -> Array:
    """Return the mean square of frames in each band, of shape (n_frames, n_bands)."""
    window = np.hanning(_N_FFT)
    hz = np.fft.rfftfreq(_N_FFT, 1 / _SAMPLE_RATE)
    edges = np.searchsorted(hz, _BANDS_HZ)
    spectra = np.fft.rfft(frames * window, axis=1)
    power = (spectra.real**2 + spectra.imag**2) * (2 / (_N_FFT * np.sum(window**2)))
    bands = np.add.reduceat(power[:, : edges[-1]], edges[:-1], axis=1)
    return np.asarray(bands, dtype=np.float64)


def _averaged(rows: Array, reach: int) -> Array:
    """Average each row with those around it; the first and last one are repeated."""
    padded = np.pad(rows, ((reach, reach), (0, 0)), mode="edge")
    # one row after the other: a running sum would depend on where it began
    total = sum(padded[k : k + len(rows)] for k in range(2 * reach + 1))
    return np.asarray(total / (2 * reach + 1), dtype=np.float64)


def _majority(speech: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Let each frame follow the majority of those around it."""
    padded = np.pad(speech.astype(np.int64), _MAJORITY)
    width = 2 * _MAJORITY + 1
    votes = np.convolve(padded, np.ones(width, dtype=np.int64), mode="valid")
    return np.asarray(2 * votes > width)


def _joined(
    parts: list[tuple[npt.NDArray[np.bool_], Array]],
) -> tuple[npt.NDArray[np.bool_], Array]:
    """Put decisions and levels of several groups together."""
    if not parts:
        return np.zeros(0, dtype=np.bool_), np.zeros(0)
    return (
        np.concatenate([speech for speech, _ in parts]),
        np.concatenate([levels for _, levels in parts]),
    )
