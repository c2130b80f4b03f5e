"""A long recording, or all recordings of a corpus: heard by a job."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

from pages._view import format, state, widgets
from pages._view.job_view import open_job, start_button
from ser_core.corpora.registry import RegisteredCorpus, registered
from ser_core.inference.files import recordings_below
from ser_core.store.data_folder import DataFolder

PAGE: Final = "pages/demo.py"
MANY, ONE = "many recordings", "one recording"
_USUAL_FILES: Final = 100


def whole_corpus(data: DataFolder, *, model_name: str) -> None:
    """Let the visitor start a job over recordings of a registered corpus.

    Parameters
    ----------
    data : DataFolder
    model_name : str
        The model that hears them.

    """
    corpora = {entry.name: entry for entry in registered(data) if entry.available}
    if not corpora:
        widgets.empty(
            "There is no corpus here yet. Generate the synthetic one, download one, or "
            "register a folder.",
            page="pages/corpora.py",
            label="Open Corpora",
        )
        return
    if st.session_state.get(state.DEMO_CORPUS) not in (None, *corpora):
        del st.session_state[state.DEMO_CORPUS]
    name = st.selectbox(
        "Corpus ", list(corpora), key=state.DEMO_CORPUS, persist_state="session"
    )
    entry = corpora[str(name)]
    files = list(recordings(str(entry.root)))
    how = widgets.one_of("What is heard", [MANY, ONE], key=state.DEMO_CORPUS_ONE)
    chosen = _one(files, entry) if how == ONE else _many(files, entry)
    st.caption(
        "A job of its own: it goes on when you close this tab, its address can be "
        "shared, and a recording may last many hours, for it is heard block by block."
    )
    if not chosen:
        return
    label = f"Hear {format.count(len(chosen), 'recording')}"
    if start_button(label, icon=":material/hearing:", key="demo.start"):
        with widgets.said_plainly():
            open_job(
                PAGE,
                kind="predict",
                parameters={
                    "corpus": entry.name,
                    "files": chosen,
                    "model": model_name,
                    "timeline": how == ONE,
                },
            )


@st.cache_data(max_entries=8, ttl=300, show_spinner="Listing the recordings …")
def recordings(root: str) -> list[str]:
    """List the recordings below a corpus's folder, by their paths in it."""
    place = Path(root)
    return [path.relative_to(place).as_posix() for path in recordings_below([place])]


def _one(files: list[str], entry: RegisteredCorpus) -> list[str]:
    """Ask for one recording."""
    file = st.selectbox("Recording", files, key=f"{state.DEMO_TIMELINE}-{entry.name}")
    return [] if file is None else [file]


def _many(files: list[str], entry: RegisteredCorpus) -> list[str]:
    """Ask how many recordings, taken evenly over the sorted list."""
    number = st.number_input(
        f"Recordings (of {len(files):,})",
        min_value=1,
        max_value=len(files),
        value=min(_USUAL_FILES, len(files)),
        step=50,
        key=f"{state.DEMO_CORPUS_FILES}-{entry.name}",
        help="Taken evenly over the sorted list, so that every speaker and emotion "
        "keeps its share.",
    )
    return [files[i * len(files) // int(number)] for i in range(int(number))]
