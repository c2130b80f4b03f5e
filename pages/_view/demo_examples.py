"""Examples: made-up voices and recordings of corpora, the truth told afterwards."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import streamlit as st

from pages._view import cache, state, widgets
from pages._view.demo_clip import Clip, of_content, of_recording
from ser_core.corpora.contract import ReadOptions
from ser_core.corpora.listing import select_evenly
from ser_core.corpora.registry import registered
from ser_core.corpora.synthetic_examples import synthetic_voices
from ser_core.corpora.utterance import Utterance
from ser_core.store.data_folder import DataFolder

N_EXAMPLES: Final = 12
MADE_UP: Final = ""
"""Choice that needs no corpus, by a name that no corpus has."""


def choose_example(data: DataFolder) -> list[Clip]:
    """Let the visitor choose one of a corpus's recordings, its label not told.

    Returns
    -------
    clips : list of Clip
        One, or none where nothing can be chosen.

    """
    corpora = {entry.name: entry for entry in registered(data) if entry.available}
    if st.session_state.get(state.DEMO_EXAMPLE_CORPUS) not in (None, MADE_UP, *corpora):
        del st.session_state[state.DEMO_EXAMPLE_CORPUS]
    name = str(
        st.selectbox(
            "Corpus",
            [*corpora, MADE_UP],
            format_func=lambda name: name or "made-up voices, no corpus needed",
            key=state.DEMO_EXAMPLE_CORPUS,
            persist_state="session",
        )
    )
    if name == MADE_UP:
        return _made_up()
    entry = corpora[name]
    read = cache.corpus(str(entry.root), entry.reader, ReadOptions())
    widgets.synthetic_badge(synthetic=read.synthetic)
    chosen = examples(read.utterances)
    if not chosen:
        st.warning(
            "No recording of this corpus can be used; look inside it on the Corpora "
            "page for the reasons.",
            icon=":material/warning:",
        )
        return []
    number = _number(len(chosen), name)
    if number is None:
        return []
    utterance = chosen[number]
    return [
        of_recording(
            utterance.path,
            name=f"Example {number + 1} of {name}",
            truth=utterance.emotion,
            corpus=read.name,
        )
    ]


def _made_up() -> list[Clip]:
    """Let the visitor choose a voice that needs no corpus."""
    widgets.synthetic_badge(synthetic=True)
    st.caption(
        "Voices made by SER Lab, to try this page at once. A model that learned from "
        "people has never heard anything like them."
    )
    voices = synthetic_voices()
    number = _number(len(voices), MADE_UP)
    if number is None:
        return []
    return [
        of_content(
            voices[number].recording(),
            name=f"Made-up voice {number + 1}",
            truth=voices[number].emotion,
            corpus="synthetic",
        )
    ]


def _number(count: int, name: str) -> int | None:
    """Let the visitor choose one of several by its number."""
    return st.pills(
        "Example",
        range(count),
        format_func=lambda index: str(index + 1),
        key=f"{state.DEMO_EXAMPLE}-{name}",
        help="Spread over emotions and speakers. What the corpus calls it is told "
        "after the answer.",
    )


def examples(utterances: Sequence[Utterance]) -> list[Utterance]:
    """Choose a few recordings, spread over emotions and speakers.

    Parameters
    ----------
    utterances : sequence of Utterance

    Returns
    -------
    chosen : list of Utterance
        At most `N_EXAMPLES`, in an order that tells nothing and stays.

    """
    by_emotion: dict[str, list[Utterance]] = defaultdict(list)
    for utterance in sorted(utterances, key=lambda u: str(u.path)):
        by_emotion[utterance.emotion].append(utterance)
    each = -(-N_EXAMPLES // max(len(by_emotion), 1))
    chosen = [u for known in by_emotion.values() for u in select_evenly(known, each)]
    random.Random(0).shuffle(chosen)
    return chosen[:N_EXAMPLES]
