"""Find what sounds in a recording."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ser_core.errors import AudioError

SILENCE_DBFS: Final = -80.0
"""A clip whose loudest frame lies below this is silent, whatever is relative to it."""

_FRAME_S: Final = 0.025
_HOP_S: Final = 0.01
_LEAST_POWER: Final = 1e-20


def frame_levels_db(
    y: npt.NDArray[np.float32], *, frame_length: int, hop_length: int
) -> npt.NDArray[np.float64]:
    """Compute the level of each frame.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        At least one sample.
    frame_length, hop_length : int
        In samples. Frames begin at 0, `hop_length` ...; the last one is the first that
        reaches the end, and is measured over what it holds.

    Returns
    -------
    levels_db : ndarray of shape (n_frames,), float64
        Root mean square in dB relative to full scale, at least -200.

    """
    n_frames = 1 + max(0, -(-(len(y) - frame_length) // hop_length))
    sums = np.concatenate([[0.0], np.cumsum(np.square(y, dtype=np.float64))])
    begins = np.arange(n_frames) * hop_length
    ends = np.minimum(begins + frame_length, len(y))
    power = (sums[ends] - sums[begins]) / (ends - begins)
    levels: npt.NDArray[np.float64] = 10 * np.log10(np.maximum(power, _LEAST_POWER))
    return levels


def sounding_stretches(
    y: npt.NDArray[np.float32],
    *,
    sample_rate: int,
    silence_db: float,
    keep_s: float,
    min_pause_s: float,
) -> list[tuple[int, int]]:
    """Find the stretches between silences.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32, in [-1, 1]
    sample_rate : int
        In Hz.
    silence_db : float
        A frame is silent when its level is this far below that of the loudest frame.
    keep_s : float
        Silence kept on both sides of a stretch, in seconds.
    min_pause_s : float
        Silence between two stretches that is shorter belongs to them, in seconds.

    Returns
    -------
    stretches : list of (begin, end)
        In samples, rising and disjoint; never empty.

    Raises
    ------
    AudioError
        No frame reaches `SILENCE_DBFS`.

    Notes
    -----
    Frames of 25 ms every 10 ms.

    """
    frame_length = max(round(_FRAME_S * sample_rate), 1)
    hop_length = max(round(_HOP_S * sample_rate), 1)
    levels = frame_levels_db(y, frame_length=frame_length, hop_length=hop_length)
    loudest = float(levels.max())
    if loudest < SILENCE_DBFS:
        raise AudioError(
            f"nothing but silence is left: its loudest frame lies at {loudest:.0f} "
            f"dBFS, and sound begins at {SILENCE_DBFS:.0f} dBFS; leave the recording "
            "out, or remove no silence"
        )
    sounding = np.flatnonzero(levels > loudest - silence_db)
    begins = sounding * hop_length
    ends = np.minimum(begins + frame_length, len(y))
    gaps = begins[1:] - ends[:-1] >= max(min_pause_s * sample_rate, 1)
    return _kept(
        begins[np.concatenate([[True], gaps])],
        ends[np.concatenate([gaps, [True]])],
        keep=round(keep_s * sample_rate),
        n_samples=len(y),
    )


def _kept(
    begins: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
    *,
    keep: int,
    n_samples: int,
) -> list[tuple[int, int]]:
    """Widen stretches by what is kept around them, and join those that then meet."""
    stretches: list[tuple[int, int]] = []
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        wide = (max(begin - keep, 0), min(end + keep, n_samples))
        if stretches and wide[0] <= stretches[-1][1]:
            wide = (stretches.pop()[0], wide[1])
        stretches.append(wide)
    return stretches
