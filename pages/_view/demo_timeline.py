"""A recording over time: its stretches of speech, each with its emotion, to hear."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages._view import demo_cache, demo_words, state, widgets
from pages._view.demo_view import View
from pages._view.figures import demo_timeline as figures
from ser_core.inference.results import Segment


def timeline_tab(view: View) -> None:
    """Draw the emotion over time and list the stretches, the chosen one to hear.

    Raises
    ------
    AudioError
        The stretch cannot be decoded any more.

    """
    segments = view.result.segments
    widgets.chart(
        figures.timeline(
            segments,
            view.result.envelope,
            classes=view.model.classes,
            duration_s=view.result.duration_s,
            mode=widgets.mode(),
        ),
        key="demo.timeline",
    )
    if not segments:
        return
    if len(segments) == 1:
        st.markdown("**1 stretch of speech**")
    else:
        st.markdown(
            f"**{len(segments):,} stretches of speech** · select one to hear it"
        )
    event = st.dataframe(
        segments_table(segments),
        key=f"{state.DEMO_SEGMENT}-{view.clip.key[:12]}",
        on_select="rerun",
        selection_mode="single-row-required",
        hide_index=True,
        placeholder="",
        height="content" if len(segments) <= 8 else 320,
        column_config={
            "confidence": st.column_config.ProgressColumn(
                format="%.0f %%", min_value=0, max_value=100
            )
        },
    )
    chosen = [row for row in event.selection.rows if row < len(segments)]
    segment = segments[chosen[0] if chosen else 0]
    y, sample_rate = view.samples((segment.start_s, segment.end_s))
    st.audio(demo_cache.wav(y, sample_rate), format="audio/wav")
    for reason in segment.decision.reasons:
        st.caption(demo_words.reason(reason))


def segments_table(segments: Sequence[Segment]) -> pd.DataFrame:
    """Lay stretches out as a table, one row each."""
    return pd.DataFrame(
        {
            "from": [demo_words.clock(segment.start_s) for segment in segments],
            "to": [demo_words.clock(segment.end_s) for segment in segments],
            "emotion": [segment.decision.emotion for segment in segments],
            "most probable": [segment.decision.best for segment in segments],
            "confidence": [100 * segment.decision.confidence for segment in segments],
        }
    )
