"""Waveform, mel bands, MFCC and pitch of one recording over the same seconds."""

from __future__ import annotations

import streamlit as st

from pages._view import demo_cache, widgets
from pages._view.demo_view import View, choose_stretch
from pages._view.figures import demo_pictures as figures


def pictures_tab(view: View) -> None:
    """Draw the pictures of a recording, or of a stretch of a long one.

    Raises
    ------
    AudioError
        The stretch cannot be decoded any more.

    """
    stretch = choose_stretch(view, key="pictures")
    if stretch is None:
        return
    y, sample_rate = stretch.y, stretch.sample_rate
    with st.spinner("Drawing …"):
        seen = demo_cache.pictures(view.kept, stretch.span, y, sample_rate)
        chart = figures.aligned(
            y,
            seen,
            sample_rate=sample_rate,
            # a stretch of a long recording is one answer, as its title says
            segments=view.result.segments if stretch.span == view.whole else (),
            mode=widgets.mode(),
        )
    widgets.chart(chart, key="demo.pictures")
