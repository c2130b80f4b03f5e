"""What pre-processing makes of one recording, kept for the session that looks at it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

import numpy as np
import soundfile
import streamlit as st

from pages._view import cache
from ser_core.audio.loudness import integrated_loudness
from ser_core.audio.preprocess import stages
from ser_core.audio.preprocessing import Preprocessing
from ser_core.features.picture import MelPicture, mel_picture

_FULL_SCALE_POWER: Final = 1.0


@dataclass(frozen=True)
class Stage:
    """One step and what it left.

    Attributes
    ----------
    step : str
        Name of the step; ``original`` before the first.
    duration_s, peak_dbfs, loudness_lufs : float
        Of the signal after it; `peak_dbfs` is minus infinity in digital silence.

    """

    step: str
    duration_s: float
    peak_dbfs: float
    loudness_lufs: float


@dataclass(frozen=True)
class BeforeAfter:
    """One recording before and after pre-processing.

    Attributes
    ----------
    before, after : ndarray of shape (n_samples,), float32, in [-1, 1]
    sample_rate : int
        In Hz.
    before_picture, after_picture : MelPicture
        Relative to the same power.
    after_wav : bytes
        16-bit PCM WAV, which every browser plays.
    stages : tuple of Stage
        The original and every step after it.

    """

    before: np.ndarray
    after: np.ndarray
    sample_rate: int
    before_picture: MelPicture
    after_picture: MelPicture
    after_wav: bytes
    stages: tuple[Stage, ...]


@st.cache_data(max_entries=8, ttl=600, show_spinner="Pre-processing …", scope="session")
def before_after(
    path: str, modified_ns: int, size: int, preprocessing: Preprocessing
) -> BeforeAfter:
    """Pre-process one recording at its own rate.

    Raises
    ------
    AudioError
        The recording cannot be decoded, or nothing but silence is in it.

    """
    heard = cache.recording(path, modified_ns, size)
    return _work(heard.y, heard.sample_rate, preprocessing)


@st.cache_data(max_entries=4, ttl=600, show_spinner="Pre-processing …", scope="session")
def before_after_samples(
    key: str, preprocessing: Preprocessing, *, _y: np.ndarray, _sample_rate: int
) -> BeforeAfter:
    """Pre-process samples at their own rate.

    Parameters
    ----------
    key : str
        By which these samples are known again.
    preprocessing : Preprocessing
    _y : ndarray of shape (n_samples,), float32, in [-1, 1]
    _sample_rate : int
        In Hz.

    Raises
    ------
    AudioError
        Nothing but silence is in it.

    """
    return _work(_y, _sample_rate, preprocessing)


def _work(y: np.ndarray, rate: int, preprocessing: Preprocessing) -> BeforeAfter:
    """Pre-process samples and describe every stage."""
    done = stages(y, sample_rate=rate, preprocessing=preprocessing)
    after = done[-1][1] if done else y
    return BeforeAfter(
        before=y,
        after=after,
        sample_rate=rate,
        before_picture=_picture(y, rate),
        after_picture=_picture(after, rate),
        after_wav=_wav(after, rate),
        stages=tuple(_stage(step, z, rate) for step, z in [("original", y), *done]),
    )


def _picture(y: np.ndarray, sample_rate: int) -> MelPicture:
    """Draw a signal relative to a power that does not depend on it."""
    return mel_picture(y, sample_rate=sample_rate, reference=_FULL_SCALE_POWER)


def _wav(y: np.ndarray, sample_rate: int) -> bytes:
    """Write a signal as every browser plays it."""
    buffer = io.BytesIO()
    soundfile.write(buffer, y, sample_rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def _stage(step: str, y: np.ndarray, sample_rate: int) -> Stage:
    """Describe the signal after a step."""
    with np.errstate(divide="ignore"):
        peak_dbfs = 20 * float(np.log10(np.abs(y).max()))
    return Stage(
        step=step,
        duration_s=len(y) / sample_rate,
        peak_dbfs=peak_dbfs,
        loudness_lufs=integrated_loudness(y, sample_rate=sample_rate),
    )
