"""What drove the answer: groups of features, and parts of the recording."""

from __future__ import annotations

import streamlit as st

from pages._view import demo_cache, state, widgets
from pages._view.demo_view import View, choose_span
from pages._view.figures import demo_why as figures
from ser_core.audio.envelope import Envelope, EnvelopeMeter
from ser_core.inference.explanation import in_words
from ser_core.models.card_text import inert


def why_tab(view: View) -> None:
    """Say what drove the answer.

    Raises
    ------
    AudioError
        The stretch cannot be decoded any more.

    """
    if view.result.unheard:
        st.caption("There is nothing in this recording that could drive an answer.")
        return
    span = choose_span(view, key="why")
    if span is None:
        return
    y, sample_rate = view.samples(span)
    with st.spinner("Trying it without each group of features …"):
        groups = demo_cache.groups(view.kept, span, y, sample_rate, view.model)
    words = st.container()
    widgets.chart(figures.groups(groups, mode=widgets.mode()), key="demo.groups")
    parts: tuple[demo_cache.Occluded, ...] = ()
    if st.toggle(
        "Which moments drove it",
        key=state.DEMO_OCCLUDE,
        help="Covers one part after the other with the recording's own background and "
        "hears the rest again; about as long as the recording.",
    ):
        parts = _parts(view, span, y, sample_rate)
        widgets.chart(
            figures.occlusion(parts, _envelope(y, sample_rate), mode=widgets.mode()),
            key="demo.occlusion",
        )
    with words:
        for line in in_words(groups, parts):
            st.markdown(f"- {inert(line)}")


def _parts(
    view: View, span: demo_cache.Span, y: demo_cache.Samples, sample_rate: int
) -> tuple[demo_cache.Occluded, ...]:
    """Hear the recording without each of its parts, with a bar."""
    room = st.empty()

    def tell(done: int, total: int) -> None:
        room.progress(done / total, text="Trying it without each part …")

    parts = demo_cache.parts(view.kept, span, y, sample_rate, view.model, progress=tell)
    room.empty()
    return parts


def _envelope(y: demo_cache.Samples, sample_rate: int) -> Envelope:
    """Return the outline of a stretch, whose seconds count from its beginning."""
    meter = EnvelopeMeter(sample_rate=sample_rate, n_samples=len(y))
    meter.feed(y)
    return meter.finish()
