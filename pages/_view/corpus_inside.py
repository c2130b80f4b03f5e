"""Inside one corpus: counts, charts, filters, table, listening, what was left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from pages._view import cache, state, widgets
from pages._view.audio_view import listen
from pages._view.figures import corpus as figures
from ser_core.corpora.contract import ReadOptions
from ser_core.corpora.registry import RegisteredCorpus
from ser_core.corpora.utterance import Corpus, Problem

_WITH_RATERS: Final = ("thai-ser", "synthetic")
_MICROPHONES: Final = ("con", "clip", "middle", "mic")
_ROOMS: Final = ("studio", "zoom")
_READ_AT_ONCE: Final = 2_000
# 500 frames of 512 samples at 44,100 Hz: what the reference features keep.
_KEPT_S: Final = 500 * 512 / 44_100


def corpus_inside(chosen: RegisteredCorpus) -> None:
    """Show one corpus.

    Parameters
    ----------
    chosen : RegisteredCorpus
        A corpus whose folder is there.

    """
    root = str(chosen.root)
    everything = cache.corpus(root, chosen.reader, ReadOptions())
    options = _filters(everything)
    corpus = (
        everything
        if options == ReadOptions()
        else cache.corpus(root, chosen.reader, options)
    )
    _headline(corpus)
    if not corpus.utterances:
        st.warning(
            "No utterance passes these filters. Lower the agreement, or choose more "
            "microphones and rooms.",
            icon=":material/filter_alt_off:",
        )
    else:
        key = cache.corpus_key(corpus, root, chosen.reader, options)
        _charts(corpus, key)
        _utterances(corpus, key)
    _left_out(corpus)


def _filters(corpus: Corpus) -> ReadOptions:
    """Offer the filters that this kind of corpus knows."""
    if corpus.name not in _WITH_RATERS:
        return ReadOptions()
    with st.container(border=True):
        first, second, third = st.columns(3)
        agreement = first.slider(
            "Raters who agree, at least (%)",
            0,
            100,
            0,
            5,
            key=state.CORPORA_AGREEMENT,
            help="Share of raters behind the label. 0 keeps every labelled file.",
        )
        with second:
            microphones = widgets.some_of(
                "Microphones",
                _MICROPHONES,
                key=state.CORPORA_MICROPHONE,
                default=(),
                help_text="None chosen: every file that carries a label of its own. "
                "The recordings 'clip' and 'middle' borrow the label of 'con'.",
            )
        with third:
            rooms = widgets.some_of(
                "Recorded", _ROOMS, key=state.CORPORA_SETTING, default=_ROOMS
            )
    return ReadOptions(
        min_agreement=agreement / 100 if agreement else None,
        microphones=frozenset(microphones) or None,
        rooms=None if len(rooms) in (0, len(_ROOMS)) else frozenset(rooms),
    )


def _headline(corpus: Corpus) -> None:
    """Say in figures what this corpus is."""
    speakers = {u.speaker for u in corpus.utterances if u.speaker is not None}
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(corpus.root.name, anchor=False, width="content")
        if not corpus.synthetic:
            st.badge(corpus.name, color="blue")
        widgets.synthetic_badge(synthetic=corpus.synthetic)
    first, second, third, fourth = st.columns(4)
    first.metric("Utterances", f"{len(corpus.utterances):,}", border=True)
    second.metric(
        "Emotions", str(len({u.emotion for u in corpus.utterances})), border=True
    )
    third.metric(
        "Speakers",
        f"{len(speakers):,}" if speakers else "unknown",
        border=True,
        help="Without speakers, accuracy on unseen speakers cannot be measured.",
    )
    fourth.metric("Could not be placed", f"{len(corpus.problems):,}", border=True)


def _charts(corpus: Corpus, key: str) -> None:
    """Draw labels, and durations once somebody asks for them."""
    asked = st.toggle(
        "Read the lengths of the recordings",
        value=len(corpus.utterances) <= _READ_AT_ONCE,
        key=f"{state.CORPORA_LENGTHS}-{key[:12]}",
        help="Opens every file's header; some seconds for ten thousand files.",
    )
    left, right = st.columns(2)
    with left:
        widgets.chart(
            figures.label_counts(
                [u.emotion for u in corpus.utterances],
                [u.gender for u in corpus.utterances],
                synthetic=corpus.synthetic,
                mode=widgets.mode(),
            ),
            key="corpora.labels",
        )
    if asked:
        with right:
            _lengths(corpus, key)


def _lengths(corpus: Corpus, key: str) -> None:
    """Draw how long the recordings are, and name those that cannot be read."""
    lengths = cache.lengths(corpus, key)
    widgets.chart(
        figures.durations(
            list(lengths.seconds.values()),
            kept_s=_KEPT_S,
            synthetic=corpus.synthetic,
            mode=widgets.mode(),
        ),
        key="corpora.durations",
    )
    if lengths.failures:
        with st.expander(f"{len(lengths.failures):,} recordings cannot be opened"):
            st.dataframe(_problems(lengths.failures), hide_index=True)


def _problems(problems: Sequence[Problem]) -> pd.DataFrame:
    """Lay problems out as a table, one row each."""
    return pd.DataFrame(
        {
            "file or entry": [problem.path for problem in problems],
            "reason": [problem.reason for problem in problems],
        }
    )


def _utterances(corpus: Corpus, key: str) -> None:
    """Show the table of utterances and play the one that is selected."""
    rows = cache.table(corpus, key)
    emotions = sorted(rows["emotion"].unique())
    shown = widgets.some_of(
        "Emotions", emotions, key=state.CORPORA_EMOTIONS, default=()
    )
    wanted = rows["emotion"].isin(shown or emotions)
    visible = rows[wanted]
    st.markdown(f"**{len(visible):,} utterances** · select one to listen to it")
    event = st.dataframe(
        visible,
        key=state.CORPORA_TABLE,
        on_select="rerun",
        selection_mode="single-row-required",
        hide_index=True,
        height=300,
        column_config={
            "agreement": st.column_config.NumberColumn(format="percent"),
            "file": st.column_config.TextColumn(width="large"),
        },
    )
    selected = [row for row in event.selection.rows if row < len(visible)]
    row = visible.iloc[selected[0] if selected else 0]
    listen(corpus.root / str(row["file"]), caption=_describe(row))


def _describe(row: pd.Series) -> str:
    """Put one utterance into a line."""
    return f"{row['file']} · {row['emotion']} (label: {row['label']})"


def _left_out(corpus: Corpus) -> None:
    """List defects, what was left out on purpose, and oddities."""
    if not (corpus.problems or corpus.left_out or corpus.notes):
        st.caption("Every file of this folder was placed.")
        return
    with st.expander("What was left out, and what is odd here", expanded=False):
        if corpus.problems:
            st.markdown(f"**Could not be placed ({len(corpus.problems):,})**")
            st.dataframe(_problems(corpus.problems), hide_index=True)
        if corpus.left_out:
            st.markdown("**Left out on purpose**")
            st.dataframe(
                pd.DataFrame(
                    {
                        "reason": list(corpus.left_out),
                        "entries": list(corpus.left_out.values()),
                    }
                ),
                hide_index=True,
            )
        if corpus.notes:
            st.markdown("**Notes**")
            widgets.notes(corpus.notes)
