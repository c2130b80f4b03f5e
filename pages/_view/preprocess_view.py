"""What pre-processing does to one recording: see it and hear it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from pages._view import cache, widgets
from pages._view.figures import preprocess as figures
from pages._view.preprocess_cache import (
    BeforeAfter,
    before_after,
    before_after_samples,
)
from pages._view.private_sound import private
from ser_core.audio.preprocessing import WINDOWS, Preprocessing
from ser_core.errors import AudioError


def show(path: Path, preprocessing: Preprocessing, *, key: str = "preprocess") -> None:
    """Show and play a recording before and after pre-processing.

    Parameters
    ----------
    path : Path
        Any file that libsndfile reads.
    preprocessing : Preprocessing
    key : str, default "preprocess"
        Of the widgets; another one for each place on a page.

    """
    steps = preprocessing.steps()
    if not steps:
        st.caption("No step is chosen: the recording is analysed as it is.")
        return
    try:
        status = path.stat()
        seen = before_after(
            str(path), status.st_mtime_ns, status.st_size, preprocessing
        )
        heard = cache.recording(str(path), status.st_mtime_ns, status.st_size)
    except OSError as error:
        st.error(
            f"'{path.name}' cannot be opened ({error.strerror}). Read the corpus "
            "again, because its files have changed.",
            icon=":material/error:",
        )
        return
    except AudioError as error:
        st.error(error.message, icon=":material/error:")
        return
    _show(seen, heard.wav, preprocessing, key)


def show_samples(
    y: np.ndarray,
    preprocessing: Preprocessing,
    *,
    sample_rate: int,
    known_by: str,
    wav: bytes,
    key: str = "preprocess",
) -> None:
    """Show and play samples before and after pre-processing.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32, in [-1, 1]
    preprocessing : Preprocessing
    sample_rate : int
        In Hz.
    known_by : str
        By which these samples are known again in this session.
    wav : bytes
        The same, to be played.
    key : str, default "preprocess"
        Of the widgets.

    Raises
    ------
    AudioError
        Nothing but silence is in it.

    """
    if not preprocessing.steps():
        st.caption("No step is chosen: the recording is analysed as it is.")
        return
    seen = before_after_samples(known_by, preprocessing, _y=y, _sample_rate=sample_rate)
    _show(seen, wav, preprocessing, key)


def _show(
    seen: BeforeAfter, before: bytes, preprocessing: Preprocessing, key: str
) -> None:
    """Show both, by ear and eye."""
    _sound(before, private(seen.after_wav))
    _pictures(seen, preprocessing.steps(), key)
    _stages(seen)
    _words(preprocessing, seen.sample_rate)


def _sound(before: bytes, after: bytes) -> None:
    """Play both, next to each other."""
    left, right = st.columns(2)
    left.markdown("**Before**")
    left.audio(before, format="audio/wav")
    right.markdown("**After**")
    right.audio(after, format="audio/wav")


def _pictures(seen: BeforeAfter, steps: tuple[str, ...], key: str) -> None:
    """Draw both as wave and as mel bands."""
    widgets.chart(
        figures.waveforms(
            seen.before,
            seen.after,
            sample_rate=seen.sample_rate,
            steps=steps,
            mode=widgets.mode(),
        ),
        key=f"{key}.waveforms",
    )
    widgets.chart(
        figures.mel_spectrograms(
            seen.before_picture, seen.after_picture, steps=steps, mode=widgets.mode()
        ),
        key=f"{key}.mels",
    )


def _stages(seen: BeforeAfter) -> None:
    """List what each step left."""
    st.dataframe(
        pd.DataFrame(
            {
                "after": [stage.step for stage in seen.stages],
                "seconds": [round(stage.duration_s, 3) for stage in seen.stages],
                "peak (dBFS)": [round(stage.peak_dbfs, 1) for stage in seen.stages],
                "loudness (LUFS)": [
                    round(stage.loudness_lufs, 1) for stage in seen.stages
                ],
            }
        ),
        hide_index=True,
    )


def _words(preprocessing: Preprocessing, sample_rate: int) -> None:
    """Say what cannot be seen."""
    st.caption(
        f"Done here at the recording's own {sample_rate:,} Hz; a feature set brings it "
        "to its own rate first, where the same steps find nearly the same."
    )
    if preprocessing.window != WINDOWS[0]:
        st.caption(
            f"The window '{preprocessing.window}' belongs to the analysis that follows "
            "and changes no sample."
        )
