"""Do to a signal what a `Preprocessing` describes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from ser_core.audio.loudness import SILENT_LUFS, integrated_loudness
from ser_core.audio.noise import denoised
from ser_core.audio.preprocessing import Preprocessing
from ser_core.audio.silence import sounding_stretches

Signal = npt.NDArray[np.float32]
_Step = Callable[[Signal, int, Preprocessing], Signal]


def preprocess(y: Signal, *, sample_rate: int, preprocessing: Preprocessing) -> Signal:
    """Do all steps of a description.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32, in [-1, 1]
        One channel.
    sample_rate : int
        In Hz.
    preprocessing : Preprocessing
        What to do.

    Returns
    -------
    y : ndarray of shape (n_kept,), float32
        The same array where there is nothing to do.

    Raises
    ------
    AudioError
        Silence is to be removed and nothing else is there.

    Notes
    -----
    The order is fixed, that of `ser_core.audio.preprocessing.STEPS`: noise first, so
    that silence is found in what is left; then silence; then the level, which is that
    of what is kept. The window belongs to the analysis that follows and changes
    nothing here. Digital silence passes noise removal and scaling unchanged.

    """
    done = stages(y, sample_rate=sample_rate, preprocessing=preprocessing)
    return done[-1][1] if done else y


def stages(
    y: Signal, *, sample_rate: int, preprocessing: Preprocessing
) -> list[tuple[str, Signal]]:
    """Do all steps of a description and keep the signal after each.

    Parameters
    ----------
    y, sample_rate, preprocessing
        As for `preprocess`.

    Returns
    -------
    stages : list of (step, signal)
        In the order in which they are done, without the signal as it came and without
        the window, which changes no sample.

    Raises
    ------
    AudioError
        As for `preprocess`.

    """
    done: list[tuple[str, Signal]] = []
    for step in preprocessing.steps():
        if step in _WORK:
            y = _WORK[step](y, sample_rate, preprocessing)
            done.append((step, y))
    return done


def _denoise(y: Signal, sample_rate: int, preprocessing: Preprocessing) -> Signal:
    """Lower the background noise."""
    return denoised(
        y,
        sample_rate=sample_rate,
        reduction=preprocessing.noise_reduction,
        noise_share=preprocessing.noise_share,
    )


def _trim(y: Signal, sample_rate: int, preprocessing: Preprocessing) -> Signal:
    """Cut silence at both ends."""
    stretches = sounding_stretches(
        y,
        sample_rate=sample_rate,
        silence_db=preprocessing.silence_db,
        keep_s=preprocessing.keep_s,
        min_pause_s=preprocessing.min_pause_s,
    )
    return y[stretches[0][0] : stretches[-1][1]]


def _cut_silence(y: Signal, sample_rate: int, preprocessing: Preprocessing) -> Signal:
    """Cut silence at both ends and in long pauses."""
    stretches = sounding_stretches(
        y,
        sample_rate=sample_rate,
        silence_db=preprocessing.silence_db,
        keep_s=preprocessing.keep_s,
        min_pause_s=preprocessing.min_pause_s,
    )
    return np.concatenate([y[begin:end] for begin, end in stretches])


def _normalise(y: Signal, _sample_rate: int, preprocessing: Preprocessing) -> Signal:
    """Scale to a peak."""
    return scaled_to_peak(y, peak=preprocessing.peak)


def _loudness(y: Signal, sample_rate: int, preprocessing: Preprocessing) -> Signal:
    """Scale to a loudness, by no more than what the peak allows."""
    loudness_lufs = integrated_loudness(y, sample_rate=sample_rate)
    if loudness_lufs <= SILENT_LUFS:
        return y
    gain = 10 ** ((preprocessing.loudness_lufs - loudness_lufs) / 20)
    return (y * min(gain, 1 / _peak(y))).astype(np.float32)


_WORK: Final[dict[str, _Step]] = {
    "denoise": _denoise,
    "trim": _trim,
    "cut-silence": _cut_silence,
    "normalise": _normalise,
    "loudness": _loudness,
}


def scaled_to_peak(y: Signal, *, peak: float = 1.0) -> Signal:
    """Scale a signal so that its largest absolute sample is `peak`.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32
    peak : float, default 1.0

    Returns
    -------
    y : ndarray of shape (n_samples,), float32
        Digital silence comes back as it is.

    """
    largest = _peak(y)
    return (y * (peak / largest)).astype(np.float32) if largest > 0 else y


def _peak(y: Signal) -> float:
    """Return the largest absolute sample."""
    return float(np.abs(y).max())
