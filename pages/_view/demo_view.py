"""What the tabs of one recording share."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages._view import demo_cache, demo_words, state
from pages._view.demo_clip import Clip
from ser_core.inference.decision import Decision
from ser_core.inference.loading import SpeechModel
from ser_core.inference.results import FileResult, Segment
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


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """What a tab looks at: a short recording whole, or a part of a long one.

    Attributes
    ----------
    span : tuple of float
        Beginning and end in seconds.
    y : ndarray of shape (n_samples,), float32
    sample_rate : int
        In Hz.
    decision : Decision or None
        What is answered to it.

    """

    span: demo_cache.Span
    y: demo_cache.Samples
    sample_rate: int
    decision: Decision | None


def choose_stretch(view: View, *, key: str) -> Stretch | None:
    """Return what is looked at: a short recording whole, of a long one a stretch.

    Returns
    -------
    stretch : Stretch or None
        None where a long recording has no stretch of speech, after saying so.

    Raises
    ------
    AudioError
        It cannot be decoded any more.

    """
    span, decision = view.whole, view.result.decision
    if view.result.y is None:
        segment = _choose_segment(view, key=key)
        if segment is None:
            return None
        span, decision = (segment.start_s, segment.end_s), segment.decision
    y, sample_rate = view.samples(span)
    return Stretch(span=span, y=y, sample_rate=sample_rate, decision=decision)


def _choose_segment(view: View, *, key: str) -> Segment | None:
    """Ask for one of a long recording's stretches of speech."""
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
            f"{segments[index].decision.emotion}"
        ),
        key=f"{state.DEMO_SEGMENT}-{key}-{view.clip.key[:12]}",
        help="A long recording is looked at one stretch of speech at a time.",
    )
    return segments[number or 0]
