"""What pre-processing does to one recording: see it and hear it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from pages._view import cache, widgets
from pages._view.figures import preprocess as figures
from pages._view.preprocess_cache import BeforeAfter, before_after
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
    _sound(heard.wav, seen.after_wav)
    _pictures(seen, steps, key)
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
