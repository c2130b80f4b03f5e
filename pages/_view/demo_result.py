"""One recording: what is heard in it, how sure that is, and everything behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

from pages._view import demo_cache, demo_words, format, state, widgets
from pages._view.demo_clip import Clip
from pages._view.demo_downloads import downloads
from pages._view.demo_level import choose_level, level_of
from pages._view.demo_pictures import pictures_tab
from pages._view.demo_preprocess import preprocess_tab
from pages._view.demo_timeline import timeline_tab
from pages._view.demo_view import View
from pages._view.demo_why import why_tab
from pages._view.figures import demo_result as figures
from ser_core.errors import AudioError
from ser_core.inference.decision import UNSURE, Decision
from ser_core.inference.listening import WHOLE_S
from ser_core.inference.loading import SpeechModel
from ser_core.inference.results import FileResult
from ser_core.models.card import ModelCard
from ser_core.models.card_text import inert
from ser_core.store.data_folder import DataFolder

OVER_TIME, PICTURES, WHY = "Over time", "Pictures", "Why"
PREPROCESSING, TAKE_AWAY = "Pre-processing", "Table and downloads"
_TABS: Final = (OVER_TIME, PICTURES, WHY, PREPROCESSING, TAKE_AWAY)


def one_clip(
    clip: Clip,
    model: SpeechModel,
    model_key: str,
    data: DataFolder,
    *,
    slider: bool = True,
) -> None:
    """Hear a recording, unless it was heard already, and show what is heard.

    Parameters
    ----------
    clip : Clip
    model : SpeechModel
    model_key : str
        By which the model is known again.
    data : DataFolder
    slider : bool, default True
        With the choice of how sure an answer must be; without where it is drawn
        elsewhere.

    """
    kept = demo_cache.place(clip.key, model_key)
    if kept.result is None:
        try:
            kept.result = _hear(clip, model, data)
        except AudioError as error:
            st.warning(inert(error.message), icon=":material/hourglass_empty:")
            st.button("Try again", icon=":material/refresh:", key="demo.again")
            return
    if kept.result.error is not None:
        st.error(inert(kept.result.error), icon=":material/error:")
        return
    show(clip, kept, model, data, slider=slider)


def _hear(clip: Clip, model: SpeechModel, data: DataFolder) -> FileResult:
    """Hear a recording, with a bar for one that takes its time."""
    room = st.empty()
    with room.container(), st.spinner("Listening …"):
        bar = st.empty()

        def tell(done_s: float, total_s: float) -> None:
            if total_s > WHOLE_S:
                bar.progress(
                    min(done_s / total_s, 1.0),
                    text=f"{demo_words.clock(done_s)} of {demo_words.clock(total_s)}",
                )

        result = demo_cache.hear(clip, model, data, progress=tell)
    room.empty()
    return result


def show(
    clip: Clip,
    kept: demo_cache.Place,
    model: SpeechModel,
    data: DataFolder,
    *,
    slider: bool = True,
) -> None:
    """Show what was heard in a recording.

    The answer comes first and is on the page before any picture is computed; what a
    tab holds is computed when it is open.
    """
    assert kept.result is not None
    level = level_of(model.card)
    result = kept.result.decided(model.card, level)
    view = View(clip=clip, kept=kept, result=result, model=model, data=data)
    left, right = st.columns([2, 3], gap="large")
    with left:
        _answer(view)
    with right:
        widgets.chart(
            figures.probabilities(
                result.probabilities,
                decided=None if result.decision is None else result.decision.emotion,
                min_confidence=level,
                mode=widgets.mode(),
            ),
            key="demo.probabilities",
        )
        if slider:
            choose_level(model.card)
    _tabs(view)


def _tabs(view: View) -> None:
    """Show what is behind the answer, one open tab at a time."""
    tabs = st.tabs(list(_TABS), key=state.DEMO_TAB, on_change="rerun")
    drawn = (timeline_tab, pictures_tab, why_tab, preprocess_tab, _take_away)
    for tab, draw in zip(tabs, drawn, strict=True):
        if tab.open:
            with tab, widgets.said_plainly():
                draw(view)


def _take_away(view: View) -> None:
    """Offer the result of one recording."""
    downloads([view.result], name="ser-lab-demo")


def _answer(view: View) -> None:
    """Write the answer large, then everything that qualifies it."""
    result = view.result
    decision = result.decision
    assert decision is not None
    with st.container(border=True, key="demo.answer"):
        st.caption(inert(view.clip.name))
        st.markdown(f"# {inert(decision.emotion).capitalize()}")
        st.markdown(_sureness(decision, result))
        if not result.unheard:
            for reason in decision.reasons:
                st.caption(demo_words.reason(reason))
        _truth(view.clip, decision, view.model.card)
        if result.y is not None:
            st.audio(demo_cache.wav(result.y, result.sample_rate), format="audio/wav")
        elif result.segments:
            st.caption("Its stretches can be heard one by one, below.")
        st.caption(_facts(result))
    for warning in result.warnings:
        st.warning(
            f"**{inert(warning.message)}** {inert(warning.remedy)}",
            icon=":material/warning:",
        )


def _sureness(decision: Decision, result: FileResult) -> str:
    """Say how sure the answer is, and what comes next."""
    if result.unheard:
        return "There is nothing to judge."
    ordered = demo_words.first(result.probabilities)
    sure = f"**{format.percent(decision.confidence)}** sure"
    if decision.emotion == UNSURE:
        sure = (
            f"Most probable: {inert(decision.best)}, "
            f"**{format.percent(decision.confidence)}**"
        )
    if len(ordered) < 2:
        return sure
    name, share = ordered[1]
    return f"{sure}; next: {inert(name)}, {format.percent(share)}"


def _truth(clip: Clip, decision: Decision, card: ModelCard) -> None:
    """Tell what the corpus calls an example, now that the answer is given."""
    if clip.truth is None:
        return
    if decision.emotion == UNSURE:
        verdict = "not answered"
    elif clip.truth == decision.emotion:
        verdict = ":green[the same]"
    else:
        verdict = ":orange[not the same]"
    if clip.truth not in card.classes:
        verdict = "which this model does not know"
    told = "The corpus says" if isinstance(clip.source, Path) else "It was made as"
    st.markdown(f":material/label: {told} **{inert(clip.truth)}**: {verdict}.")
    if clip.corpus in {corpus.name for corpus in card.corpora}:
        st.caption(
            "The model learned from this corpus, so this says little about how it does "
            "with a new voice."
        )


def _facts(result: FileResult) -> str:
    """Put what is known of the file into a line."""
    return " · ".join(
        [
            format.duration(result.duration_s),
            f"{result.sample_rate:,} Hz",
            demo_words.channels(result.n_channels),
            inert(result.container),
        ]
    )
