"""What each stretch of a clip does to the probability of a class."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from ser_core.audio.noise import quietest_part
from ser_core.audio.silence import frame_levels_db
from ser_core.errors import AudioError, ParameterError

LONGEST_S: Final = 15.0
"""Longest clip that is taken apart, in seconds: what is classified as one clip."""

MAX_PARTS: Final = 16
"""A clip is heard once again for each of its parts, which takes time."""

_PART_S: Final = 0.4
_SHORTEST_PART_S: Final = 0.1
_FADE_S: Final = 0.01
_FRAME_S: Final = 0.032
_FLOOR_SHARE: Final = 0.1
_DIGITAL_SILENCE_DB: Final = -120.0
_LEAST_BELOW_DB: Final = 35.0
_SPECTRUM: Final = 512


class Hearing(Protocol):
    """What is needed of a model; `ser_core.inference.loading.SpeechModel` has it."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, as the columns of the probabilities."""
        ...

    def features(
        self, samples: npt.NDArray[np.float32], *, sample_rate: int
    ) -> npt.NDArray[np.float32]:
        """Return features of shape (n_features,)."""
        ...

    def probabilities(self, X: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Return probabilities of shape (n_samples, n_classes)."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Occluded:
    """What happens when one stretch of a clip is covered.

    Attributes
    ----------
    start_s, end_s : float
        In seconds from the clip's beginning.
    of : str
        The class.
    probability : float
        Of the class in the whole clip, 0 to 1.
    without : float or None
        The same when the stretch is covered; None where nothing that can be analysed
        is left then.

    """

    start_s: float
    end_s: float
    of: str
    probability: float
    without: float | None

    @property
    def effect(self) -> float:
        """By how much the class is less probable without the stretch.

        Where nothing is left without it, that is the whole probability.
        """
        return self.probability - (self.without or 0.0)


def occlusion(
    model: Hearing,
    y: npt.NDArray[np.float32],
    *,
    sample_rate: int,
    n_parts: int | None = None,
    of: str | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> tuple[Occluded, ...]:
    """Cover a clip part by part, and tell what that does to the decided class.

    Parameters
    ----------
    model : SpeechModel
    y : ndarray of shape (n_samples,), float32, in [-1, 1]
        At most `LONGEST_S` seconds.
    sample_rate : int
        In Hz.
    n_parts : int, optional
        2 to `MAX_PARTS` parts of equal length; by default as many as make parts of
        0.4 s, which are longer in clips of more than 6.4 s.
    of : str, optional
        The class; by default the most probable one of the clip.
    seed : int, default 0
        Of the noise that covers.
    progress : callable, optional
        Takes the number of clips that were analysed and that of all: one more than
        there are parts.
    should_stop : callable, optional
        Asked before each analysis.

    Returns
    -------
    parts : tuple of Occluded
        In time, without gaps. Empty for clips of less than 0.2 s, which have no parts,
        and when `should_stop` said so.

    Raises
    ------
    ParameterError
        y is no mono signal or too long, `n_parts` is not possible, or `of` is no class.
    AudioError
        The clip itself cannot be analysed.

    Notes
    -----
    What covers has to be as neutral as can be. Digital silence is not: no recording
    falls silent like that, and the edges click. Here the part becomes noise with level
    and spectrum of the quietest tenth of the clip itself (at least 35 dB below its
    loudest frame, and nothing at all where the clip has digital silence), with
    cross-fades of 10 ms of equal power. It sounds like a pause, and a pause is not
    quite nothing: it makes speech slower. A part without speech is covered by what it
    was before.

    The clips are analysed one after the other, which takes most of the time, and
    predicted in one batch.

    References
    ----------
    M. D. Zeiler, R. Fergus, "Visualizing and Understanding Convolutional Networks",
    Proc. ECCV, 2014, doi 10.1007/978-3-319-10590-1_53.

    """
    bounds = _bounds(y, sample_rate=sample_rate, n_parts=n_parts)
    if of is not None and of not in model.classes:
        raise ParameterError(
            f"of = {of!r} is no class of the model; choose one of: "
            f"{', '.join(model.classes)}"
        )
    if not bounds:
        return ()
    n_clips = len(bounds) + 1
    covered = _covered(y, bounds, sample_rate=sample_rate, seed=seed)
    rows: list[npt.NDArray[np.float32] | None] = []
    for number, clip in enumerate(itertools.chain([y], covered)):
        if should_stop is not None and should_stop():
            return ()
        try:
            rows.append(model.features(clip, sample_rate=sample_rate))
        except AudioError:
            if number == 0:
                raise
            # as when the part was all that is left after silence is removed
            rows.append(None)
        if progress is not None:
            progress(number + 1, n_clips)
    explained, values = _values(model, rows, of=of)
    return tuple(
        Occluded(
            start_s=start / sample_rate,
            end_s=end / sample_rate,
            of=explained,
            probability=values[0] or 0.0,
            without=value,
        )
        for (start, end), value in zip(bounds, values[1:], strict=True)
    )


def _bounds(
    y: npt.NDArray[np.float32], *, sample_rate: int, n_parts: int | None
) -> list[tuple[int, int]]:
    """Cut a clip into parts of equal length, in samples."""
    if y.ndim != 1:
        raise ParameterError(
            f"y has the shape {y.shape}; give one channel, as the mean over all of them"
        )
    duration_s = len(y) / sample_rate
    if duration_s > LONGEST_S:
        raise ParameterError(
            f"y has {duration_s:.1f} s and at most {LONGEST_S:g} s can be taken apart; "
            "give one segment of it"
        )
    possible = min(MAX_PARTS, int(duration_s / _SHORTEST_PART_S))
    if n_parts is None:
        n_parts = min(possible, max(2, round(duration_s / _PART_S)))
        if n_parts < 2:
            return []
    if not 2 <= n_parts <= possible:
        raise ParameterError(
            f"n_parts = {n_parts} is not possible for {duration_s:.2f} s; give 2 to "
            f"{MAX_PARTS} parts of at least {_SHORTEST_PART_S:g} s, or leave it"
        )
    edges = np.linspace(0, len(y), n_parts + 1).round().astype(int).tolist()
    return list(itertools.pairwise(edges))


def _values(
    model: Hearing,
    rows: list[npt.NDArray[np.float32] | None],
    *,
    of: str | None,
) -> tuple[str, list[float | None]]:
    """Return the class, and its probability in each clip that could be analysed."""
    analysed = [number for number, row in enumerate(rows) if row is not None]
    probabilities = model.probabilities(np.stack([r for r in rows if r is not None]))
    explained = (
        int(probabilities[0].argmax()) if of is None else model.classes.index(of)
    )
    values: list[float | None] = [None] * len(rows)
    for number, row in zip(analysed, probabilities, strict=True):
        values[number] = float(row[explained])
    return model.classes[explained], values


def _covered(
    y: npt.NDArray[np.float32],
    bounds: list[tuple[int, int]],
    *,
    sample_rate: int,
    seed: int,
) -> Iterator[npt.NDArray[np.float32]]:
    """Yield the clip with one part after the other covered by its own noise."""
    noise = floor_noise(y, sample_rate=sample_rate, seed=seed)
    fade = max(1, round(_FADE_S * sample_rate))
    for start, end in bounds:
        kept = np.ones(len(y), dtype=np.float32)
        kept[start:end] = 0
        ramp = np.cos(np.linspace(0, np.pi / 2, fade + 2)[1:-1]).astype(np.float32)
        before = kept[max(0, start - fade) : start]
        before[:] = ramp[fade - len(before) :]
        after = kept[end : end + fade]
        after[:] = ramp[::-1][: len(after)]
        yield kept * y + np.sqrt(1 - np.square(kept)) * noise


def floor_noise(
    y: npt.NDArray[np.float32], *, sample_rate: int, seed: int = 0
) -> npt.NDArray[np.float32]:
    """Make noise that sounds like the pauses of a clip.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32, in [-1, 1]
    sample_rate : int
        In Hz.
    seed : int, default 0

    Returns
    -------
    noise : ndarray of shape (n_samples,), float32
        Gaussian, with the mean power spectrum of the quietest tenth of the frames;
        scaled down to 35 dB below the loudest frame where it would be louder. Zeros
        where a tenth of the frames is digital silence.

    """
    length = max(1, round(_FRAME_S * sample_rate))
    levels = frame_levels_db(y, frame_length=length, hop_length=max(1, length // 4))
    if np.quantile(levels, _FLOOR_SHARE) < _DIGITAL_SILENCE_DB:
        return np.zeros(len(y), dtype=np.float32)
    quiet = quietest_part(y, frame_length=length, noise_share=_FLOOR_SHARE)
    white = np.random.default_rng(seed).standard_normal(len(y))
    spectrum = np.fft.rfft(white)
    hz = np.linspace(0, 1, len(spectrum))
    amplitude = _mean_spectrum(quiet)
    spectrum *= np.interp(hz, np.linspace(0, 1, len(amplitude)), amplitude)
    noise = np.fft.irfft(spectrum, n=len(y))
    wanted_db = min(_level_db(quiet), float(levels.max()) - _LEAST_BELOW_DB)
    noise *= 10 ** ((wanted_db - _level_db(noise)) / 20)
    return noise.astype(np.float32)


def _mean_spectrum(y: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the root of the mean power spectrum, in a unit that does not matter."""
    n_frames = max(1, len(y) // _SPECTRUM)
    frames = np.resize(y.astype(np.float64), (n_frames, _SPECTRUM))
    power = np.square(np.abs(np.fft.rfft(frames * np.hanning(_SPECTRUM), axis=1)))
    root: npt.NDArray[np.float64] = np.sqrt(power.mean(axis=0))
    return root


def _level_db(y: npt.NDArray[np.floating]) -> float:
    """Return the root mean square in dB relative to full scale, at least -200."""
    return float(10 * np.log10(max(1e-20, np.mean(np.square(y, dtype=np.float64)))))
