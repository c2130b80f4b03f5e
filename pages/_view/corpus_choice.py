"""The choice of a corpus and of a number of files, as every form offers it."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages._view import cache, widgets
from ser_core.corpora.contract import ReadOptions
from ser_core.corpora.registry import RegisteredCorpus, registered
from ser_core.corpora.utterance import Corpus
from ser_core.store.data_folder import DataFolder

_USUAL_FILES: Final = 400


def choose_corpus(
    data: DataFolder, *, key: str
) -> tuple[RegisteredCorpus, Corpus] | None:
    """Let the visitor choose among the corpora whose folders are there.

    Parameters
    ----------
    data : DataFolder
    key : str
        State key of the choice.

    Returns
    -------
    chosen : tuple of (RegisteredCorpus, Corpus), or None
        None where there is nothing to choose, after saying so.

    """
    corpora = {entry.name: entry for entry in registered(data) if entry.available}
    if not corpora:
        widgets.empty(
            "There is no corpus yet. Generate the synthetic one (offline, under a "
            "minute for 400 utterances), download one, or register a folder.",
            page="pages/corpora.py",
            label="Open Corpora",
        )
        return None
    name = st.selectbox("Corpus", list(corpora), key=key, persist_state="session")
    entry = corpora[str(name)]
    read = cache.corpus(str(entry.root), entry.reader, ReadOptions())
    if not read.utterances:
        st.warning(
            f"Corpus '{entry.name}' has no utterance that can be used. Look inside it "
            "on the Corpora page for the reasons.",
            icon=":material/warning:",
        )
        return None
    widgets.synthetic_badge(synthetic=read.synthetic)
    return entry, read


def choose_files(read: Corpus, *, key: str) -> int | None:
    """Let the visitor choose how many files are used; None means all."""
    available = len(read.utterances)
    number = st.number_input(
        f"Files (of {available:,})",
        value=min(_USUAL_FILES, available),
        step=50,
        key=key,
        persist_state="session",
        help="Taken evenly over the sorted list, so that every speaker and emotion "
        "keeps its share.",
    )
    return None if number == available else number
