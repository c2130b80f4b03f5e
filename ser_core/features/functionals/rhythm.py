"""Measures of timing: voiced stretches, pauses, loudness peaks."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ser_core.features.functionals.frames import FRAMES_PER_SECOND, Array

RHYTHM: Final[dict[str, tuple[str, str]]] = {
    "clip_duration": ("logarithm of the clip's duration", "ln s"),
    "speech_duration": ("logarithm of the time from first to last speech", "ln s"),
    "voiced_share": ("share of frames that are voiced", "1"),
    "voiced_rate": ("voiced stretches a second", "1/s"),
    "voiced_mean": ("mean duration of voiced stretches", "s"),
    "voiced_std": ("standard deviation of that duration", "s"),
    "voiced_longest": ("longest voiced stretch", "s"),
    "unvoiced_rate": ("stretches without voice a second", "1/s"),
    "unvoiced_mean": ("mean duration of stretches without voice", "s"),
    "unvoiced_std": ("standard deviation of that duration", "s"),
    "unvoiced_longest": ("longest stretch without voice", "s"),
    "peak_rate": ("peaks of the level a second, as syllable nuclei", "1/s"),
    "peak_distance_mean": ("mean time from peak to peak", "s"),
    "peak_distance_std": ("standard deviation of that time", "s"),
    "quiet_share": ("share of frames 25 dB or more below the loud ones", "1"),
    "pause_rate": ("quiet stretches of 100 ms or more a second", "1/s"),
    "pause_share": ("share of the time within such stretches", "1"),
}
"""Name of each measure: what it is, and its unit."""

_PEAK_RANGE_DB: Final = 20.0
_PEAK_DIP_DB: Final = 2.0
_QUIET_DB: Final = 25.0
_PAUSE_S: Final = 0.1
_SMOOTHING: Final = 7


def rhythm(level: Array, voiced: npt.NDArray[np.bool_], *, clip_frames: int) -> Array:
    """Measure the timing of a clip.

    Parameters
    ----------
    level : ndarray of shape (n_frames,), float64
        In dB, from the first to the last frame of speech.
    voiced : ndarray of shape (n_frames,), bool
    clip_frames : int
        Frames of the whole clip.

    Returns
    -------
    values : ndarray of shape (len(RHYTHM),), float64
        In the order of `RHYTHM`.

    Notes
    -----
    Peaks are maxima of the level, smoothed over 70 ms, at most 20 dB below its 95 %
    quantile, with a dip of at least 2 dB between two of them; this follows the idea of
    de Jong and Wempe, without their test of voicing.

    References
    ----------
    N. H. de Jong, T. Wempe, "Praat script to detect syllable nuclei and measure speech
    rate automatically", Behavior Research Methods 41(2), 2009,
    doi 10.3758/BRM.41.2.385.

    """
    seconds = len(level) / FRAMES_PER_SECOND
    loud = float(np.quantile(level, 0.95))
    quiet = level < loud - _QUIET_DB
    pauses = _durations(quiet)
    pauses = pauses[pauses >= _PAUSE_S]
    gaps = np.diff(_peaks(level, loud)) / FRAMES_PER_SECOND
    n_peaks = len(gaps) + 1
    return np.array(
        [
            np.log(clip_frames / FRAMES_PER_SECOND),
            np.log(seconds),
            voiced.mean(),
            *_stretches(voiced, seconds),
            *_stretches(~voiced, seconds),
            n_peaks / seconds,
            gaps.mean() if len(gaps) else seconds,
            gaps.std() if len(gaps) else 0.0,
            quiet.mean(),
            len(pauses) / seconds,
            pauses.sum() / seconds,
        ]
    )


def _durations(flags: npt.NDArray[np.bool_]) -> Array:
    """Return the durations in seconds of the stretches in which a flag is set."""
    edges = np.diff(np.concatenate([[0], flags.astype(np.int64), [0]]))
    durations: Array = (
        np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
    ) / FRAMES_PER_SECOND
    return durations


def _stretches(flags: npt.NDArray[np.bool_], seconds: float) -> list[float]:
    """Return how many stretches there are a second, and how long they are."""
    durations = _durations(flags)
    if len(durations) == 0:
        return [0.0, 0.0, 0.0, 0.0]
    return [
        len(durations) / seconds,
        float(durations.mean()),
        float(durations.std()),
        float(durations.max()),
    ]


def _peaks(level: Array, loud: float) -> list[int]:
    """Return the frames of the level's peaks; one at least."""
    kernel = np.hanning(_SMOOTHING + 2)[1:-1]
    padded = np.pad(level, _SMOOTHING // 2, mode="edge")
    smooth = np.convolve(padded, kernel / kernel.sum(), mode="valid")
    rising = smooth[1:-1] > smooth[:-2]
    high = smooth[1:-1] > loud - _PEAK_RANGE_DB
    found = np.flatnonzero(rising & (smooth[1:-1] >= smooth[2:]) & high) + 1
    kept: list[int] = []
    for peak in found.tolist():
        if not kept or _dip(smooth, kept[-1], peak) >= _PEAK_DIP_DB:
            kept.append(peak)
        elif smooth[peak] > smooth[kept[-1]]:
            kept[-1] = peak
    return kept or [int(smooth.argmax())]


def _dip(smooth: Array, first: int, second: int) -> float:
    """Return how far the level falls between two peaks, from the lower one."""
    return float(min(smooth[first], smooth[second]) - smooth[first:second].min())
