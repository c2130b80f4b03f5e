"""One recording: play it and see it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages._view import cache, widgets
from pages._view.figures import corpus as figures
from pages._view.private_sound import private
from ser_core.errors import AudioError


def listen(path: Path, *, caption: str) -> None:
    """Play a recording from disk, whatever its format, and draw it.

    Parameters
    ----------
    path : Path
        Any file that libsndfile reads; the browser gets 16-bit WAV, because not
        every browser plays FLAC or Opus.
    caption : str

    """
    try:
        status = path.stat()
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
    st.caption(f"{caption} · {heard.sample_rate:,} Hz")
    st.audio(private(heard.wav), format="audio/wav")
    left, right = st.columns(2)
    with left:
        widgets.chart(
            figures.waveform(
                heard.y, sample_rate=heard.sample_rate, mode=widgets.mode()
            ),
            key="corpora.waveform",
        )
    with right:
        picture = cache.picture(str(path), status.st_mtime_ns, status.st_size)
        widgets.chart(
            figures.mel_spectrogram(
                picture.power_db,
                times_s=picture.times_s,
                frequencies_hz=picture.frequencies_hz,
                mode=widgets.mode(),
            ),
            key="corpora.mel",
        )
