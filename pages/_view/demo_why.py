"""What drove the answer: groups of features, and parts of the recording."""

from __future__ import annotations

import streamlit as st

from pages._view import demo_cache, state, widgets
from pages._view.demo_view import Stretch, View, choose_stretch
from pages._view.figures import demo_why as figures
from ser_core.audio.envelope import Envelope, EnvelopeMeter
from ser_core.inference.explanation import Occluded, in_words
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
    stretch = choose_stretch(view, key="why")
    if stretch is None:
        return
    with st.spinner("Trying it without each group of features …"):
        effects = demo_cache.groups(
            view.kept, stretch.span, stretch.y, stretch.sample_rate, view.model
        )
    words = st.container()
    widgets.chart(figures.groups(effects, mode=widgets.mode()), key="demo.groups")
    parts: tuple[Occluded, ...] = ()
    if st.toggle(
        "Which moments drove it",
        key=state.DEMO_OCCLUDE,
        help="Covers one part after the other with the recording's own background and "
        "hears the rest again; that takes about as long as the recording.",
    ):
        parts = _parts(view, stretch)
        outline = _envelope(stretch)
        widgets.chart(
            figures.occlusion(parts, outline, mode=widgets.mode()),
            key="demo.occlusion",
        )
    with words:
        widgets.notes(
            [inert(s) for s in in_words(effects, parts, decision=stretch.decision)]
        )


def _parts(view: View, stretch: Stretch) -> tuple[Occluded, ...]:
    """Hear the recording without each of its parts, with a bar."""
    room = st.empty()

    def tell(done: int, total: int) -> None:
        room.progress(done / total, text="Trying it without each part …")

    parts = demo_cache.parts(
        view.kept,
        stretch.span,
        stretch.y,
        stretch.sample_rate,
        view.model,
        progress=tell,
    )
    room.empty()
    return parts


def _envelope(stretch: Stretch) -> Envelope:
    """Return the outline of a stretch, whose seconds count from its beginning."""
    meter = EnvelopeMeter(sample_rate=stretch.sample_rate, n_samples=len(stretch.y))
    meter.feed(stretch.y)
    return meter.finish()
