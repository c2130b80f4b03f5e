"""The choice of a model, and beside it always what to expect of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from pages._view import demo_words, format, state, widgets
from ser_core.inference.loading import ModelChoice, model_choices
from ser_core.models.card import CardCorpus, ModelCard
from ser_core.models.card_text import inert
from ser_core.store.data_folder import DataFolder

_SAVED: Final = "pages/model.py"
_FAR_OFF: Final = 0.1
"""Calibration error on another corpus from which it is told."""


def choose_model(data: DataFolder) -> ModelChoice | None:
    """Let the visitor choose a model.

    Returns
    -------
    choice : ModelChoice or None
        With a card; None where the chosen one cannot be used, after saying why.

    """
    choices = {choice.name: choice for choice in model_choices(data)}
    usable = [name for name, choice in choices.items() if choice.card is not None]
    if st.session_state.get(state.DEMO_MODEL) not in (None, *choices):
        del st.session_state[state.DEMO_MODEL]
    names = list(choices)
    state.begin_with(state.DEMO_MODEL, (usable or names)[0])
    name = st.selectbox(
        "Model",
        names,
        format_func=lambda name: _title(choices[name]),
        key=state.DEMO_MODEL,
        persist_state="session",
    )
    choice = choices[str(name)]
    if choice.card is None:
        st.error(
            f"This model cannot be used: {inert(choice.problem or 'no reason told')}",
            icon=":material/error:",
        )
        return None
    _about(choice.card)
    return choice


def _title(choice: ModelChoice) -> str:
    """Name a model in the list."""
    title = "default (comes with SER Lab)" if choice.shipped else choice.name
    return title if choice.card is not None else f"{title} (cannot be used)"


def _about(card: ModelCard) -> None:
    """Say what a model learned from, how well it does, and what it tells apart."""
    widgets.synthetic_badge(synthetic=any(c.synthetic for c in card.corpora))
    corpora = format.listing([_corpus(corpus) for corpus in card.corpora])
    st.markdown(f"**Learned from** {corpora or 'recordings that nobody named'}.")
    st.markdown(_unseen(card))
    others = _elsewhere(card)
    if others:
        st.markdown(others)
    st.markdown(
        "**Tells apart** "
        f"{format.listing([inert(name) for name in card.classes])}; nothing else."
    )


def _corpus(corpus: CardCorpus) -> str:
    """Describe one corpus in a few words."""
    known = {True: "acted speech", False: "not acted", None: None}[corpus.acted]
    if corpus.synthetic:
        known = "voices made by SER Lab"
    speakers = corpus.n_speakers and format.count(corpus.n_speakers, "speaker")
    about = [corpus.language and inert(corpus.language), known, speakers]
    told = ", ".join(word for word in about if word)
    name = inert(demo_words.corpus(corpus.name))
    return f"{name} ({told})" if told else name


def _unseen(card: ModelCard) -> str:
    """Say how well a model does on people whom it never heard."""
    found = unseen_result(card)
    if found is None:
        reason = card.results.unseen_speakers_reason
        return "**On unseen speakers** it was never measured" + (
            f": {inert(reason)}." if reason else "."
        )
    return (
        f"**On unseen speakers** it finds {_uar(found)} of each emotion on average "
        f"(UAR); guessing would find {demo_words.chance(card.classes)}."
    )


def unseen_result(card: ModelCard) -> Mapping[str, Any] | None:
    """Return a card's figures on unseen speakers, if it has any."""
    if card.results.unseen_speakers is not None:
        return card.results.unseen_speakers
    return card.results.plan if card.results.plan.get("speaker_independent") else None


def _uar(result: Mapping[str, Any]) -> str:
    """Write a UAR with its interval."""
    text = f"**{format.percent(result['uar'])}**"
    interval = result.get("uar_interval")
    if interval:
        low, high = interval
        text += f" ({format.percent(low)} to {format.percent(high)})"
    return text


def _elsewhere(card: ModelCard) -> str:
    """Say how well a model does on corpora that it never heard."""
    told = [
        f"{inert(demo_words.corpus(other.name))} {format.percent(other.uar)}"
        for other in card.results.other_corpora
    ]
    if not told:
        return ""
    text = f"**On other corpora** (UAR): {format.listing(told)}"
    off = max(other.ece for other in card.results.other_corpora)
    if off > _FAR_OFF:
        text += f"; its percentages are off there by up to {100 * off:.0f} points"
    return f"{text}."


def card_of(choice: ModelChoice) -> None:
    """Show the whole card of a model, folded away."""
    assert choice.card is not None
    with st.expander("The model's card: figures, calibration, limits, licence"):
        st.markdown(choice.card.to_markdown())
        if not choice.shipped:
            st.page_link(
                _SAVED,
                label="Open it among the saved models",
                icon=":material/save:",
                query_params={state.SECTION: "saved", state.BUNDLE: choice.name},
            )
