"""Three ways to a corpus: register a folder, generate one, download one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import streamlit as st

from pages._view import cache, format, state, visitor, widgets
from pages._view.job_view import open_job, start_button
from ser_core import jobs
from ser_core.corpora.allowed_folders import offered
from ser_core.corpora.reader import READER_NAMES
from ser_core.errors import ParameterError
from ser_core.jobs.sharing import register_corpus
from ser_core.store.data_folder import DataFolder
from ser_core.store.settings import settings

_PAGE: Final = "pages/corpora.py"
LOOK_INSIDE: Final = "Look inside"
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}")
_RECOGNISE: Final = "recognise it"
_FULL_SIZE: Final = 27_854
# measured over the synthesiser's output: FLAC, 44.1 kHz, 16 bit
_BYTES_EACH: Final = 200_000


def register_form(data: DataFolder) -> None:
    """Register a folder of this machine, or of those the operator offers."""
    folders = settings(data).corpus_folders
    choice = None if folders is None else offered(folders)
    if choice is not None and not choice:
        widgets.empty(
            "On this server, the operator registers folders. Generate a synthetic "
            "corpus or download one, or ask the operator for yours."
        )
        return
    whose = "on the machine that runs SER Lab" if choice is None else "of this list"
    st.write(
        f"Any folder {whose}. THAI-SER, RAVDESS, TESS, SAVEE, CREMA-D and EMO-DB are "
        "recognised; every other folder needs one sub-folder for each emotion."
    )
    with st.form("corpora.register", border=True):
        path = _choose_folder(choice)
        left, right = st.columns(2)
        name = left.text_input(
            "Name (optional)",
            key=state.CORPORA_NAME,
            placeholder="the folder's own name",
        )
        reader = right.selectbox(
            "Read as", [_RECOGNISE, *READER_NAMES], key=state.CORPORA_READER
        )
        sent = st.form_submit_button("Register", type="primary")
    if not sent:
        return
    if not path.strip():
        st.error("folder is empty; type the path of a folder", icon=":material/error:")
        return
    with widgets.said_plainly():
        added = register_corpus(
            path.strip(),
            visitor=visitor.visitor(),
            data=data,
            name=name.strip() or None,
            reader=None if reader == _RECOGNISE else reader,
        )
        cache.forget_corpora()
        st.session_state[state.CORPORA_CHOSEN] = added.name
        st.success(
            f"'{added.name}' is registered and read as {added.reader or 'found'}. "
            "See it under *Look inside*.",
            icon=":material/check_circle:",
        )


def _choose_folder(choice: Sequence[Path] | None) -> str:
    """Ask for a folder: any path, or one of those that are offered."""
    if choice is None:
        return st.text_input(
            "Folder", key=state.CORPORA_PATH, placeholder="/data/RAVDESS"
        )
    chosen = st.selectbox(
        "Folder",
        choice,
        format_func=lambda path: f"{path.parent.name}/{path.name}",
        key=f"{state.CORPORA_PATH}-offered",
    )
    return str(chosen)


def synthesis(
    data: DataFolder, *, name: str, utterances: int, seed: int
) -> dict[str, object]:
    """Return the parameters of a job that generates a corpus in the data folder.

    Raises
    ------
    ParameterError
        The name could lead out of the data folder.

    """
    if not _PLAIN_NAME.fullmatch(name):
        raise ParameterError(
            f"folder's name = {name!r} is not allowed; use up to 60 letters, digits, "
            "spaces, dots, hyphens and underscores, beginning with a letter or digit"
        )
    return {
        "folder": str(data.corpora / name),
        "utterances": int(utterances),
        "seed": int(seed),
    }


def generate_form(data: DataFolder) -> None:
    """Generate the synthetic corpus in a job."""
    st.write(
        "Voices made by SER Lab in THAI-SER's layout, with its distribution of lengths "
        "and labels. They need no download and compress like speech, so timings are "
        "real; accuracy on them says nothing about people. Generating again with the "
        "same seed continues where it stopped."
    )
    with st.container(border=True):
        one, two, three = st.columns(3)
        count = one.number_input(
            "Utterances",
            min_value=1,
            max_value=_FULL_SIZE,
            value=400,
            step=100,
            key=state.CORPORA_COUNT,
            persist_state="session",
            help=f"1 to {_FULL_SIZE:,}, the size of THAI-SER. About a tenth carries a "
            "label outside the five emotions, as there, and is left out when read.",
        )
        seed = two.number_input(
            "Seed",
            min_value=0,
            value=0,
            step=1,
            key=state.CORPORA_SEED,
            persist_state="session",
            help="The same seed gives the same voices on this machine.",
        )
        name = three.text_input(
            "Folder's name",
            value="synthetic",
            key=state.CORPORA_TARGET,
            persist_state="session",
            help="Below `corpora` in the data folder",
        )
        st.caption(
            f"About {format.size(count * _BYTES_EACH)} on the disk; "
            f"{format.size(data.free_bytes())} are free."
        )
        if start_button("Generate", icon=None, key="corpora.generate"):
            with widgets.said_plainly():
                open_job(
                    _PAGE,
                    kind="synthesize",
                    parameters=synthesis(data, name=name, utterances=count, seed=seed),
                )


def corpus_ready(view: jobs.JobView) -> None:
    """Say what a finished job made, and where to look at it."""
    result = view.result()
    cache.forget_corpora()
    root = Path(str(result["root"]))
    st.success(f"'{root.name}' is ready in '{root}'.", icon=":material/check_circle:")
    if st.button("Look inside", type="primary", icon=":material/search:"):
        st.session_state[state.CORPORA_CHOSEN] = root.name
        st.session_state[state.CORPORA_SECTION] = LOOK_INSIDE
        st.switch_page(_PAGE)
