"""What the tabs of one recording share."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages._view import demo_cache, demo_words, state
from pages._view.demo_clip import Clip
from ser_core.inference.loading import SpeechModel
from ser_core.inference.results import FileResult
from ser_core.models.card_text import inert
from ser_core.store.data_folder import DataFolder


@dataclass(frozen=True, kw_only=True)
class View:
    """One recording that was heard, as it is looked at now.

    Attributes
    ----------
    clip : Clip
    kept : Place
        What is known of it.
    result : FileResult
        Decided at the visitor's level of confidence.
    model : SpeechModel
    data : DataFolder

    """

    clip: Clip
    kept: demo_cache.Place
    result: FileResult
    model: SpeechModel
    data: DataFolder

    @property
    def whole(self) -> demo_cache.Span:
        """Beginning and end of the recording in seconds."""
        return demo_cache.whole(self.kept)

    def samples(self, span: demo_cache.Span) -> tuple[demo_cache.Samples, int]:
        """Return the samples of a stretch and their rate.

        Raises
        ------
        AudioError
            It cannot be decoded any more.

        """
        return demo_cache.excerpt(self.clip, self.kept, span, self.data)


def choose_span(view: View, *, key: str) -> demo_cache.Span | None:
    """Return the stretch to look at: a short recording whole, of a long one a part.

    Returns
    -------
    span : tuple of float, or None
        None where a long recording has no stretch of speech.

    """
    if view.result.y is not None:
        return view.whole
    segments = view.result.segments
    if not segments:
        st.caption("No stretch of speech was found in this recording.")
        return None
    number = st.selectbox(
        "Stretch",
        range(len(segments)),
        format_func=lambda index: (
            f"{demo_words.clock(segments[index].start_s)} to "
            f"{demo_words.clock(segments[index].end_s)} · "
            f"{inert(segments[index].decision.emotion)}"
        ),
        key=f"{state.DEMO_SEGMENT}-{key}-{view.clip.key[:12]}",
        help="A long recording is looked at one stretch of speech at a time.",
    )
    chosen = segments[number or 0]
    return chosen.start_s, chosen.end_s
