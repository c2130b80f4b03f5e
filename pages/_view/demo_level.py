"""How sure an answer must be: the visitor's slider, and what the card says of it."""

from __future__ import annotations

import streamlit as st

from pages._view import demo_words, state
from ser_core.inference.decision import least_confidence
from ser_core.models.card import ModelCard


def level_of(card: ModelCard) -> float:
    """Return the confidence from which an answer is given, as the slider stands.

    Returns
    -------
    level : float
        0 to 1; where the visitor moved nothing, the card's.

    """
    key = _key(card)
    state.begin_with(key, round(100 * least_confidence(card)))
    return float(st.session_state[key]) / 100


def choose_level(card: ModelCard) -> None:
    """Let the visitor say how sure an answer must be, and say what that meant."""
    level = level_of(card)
    st.slider(
        "Answer only when at least this sure (%)",
        0,
        100,
        key=_key(card),
        help="Below it the answer is *unsure*. Where it begins is on the model's card.",
    )
    st.caption(demo_words.curve_sentence(card.abstention, level))


def _key(card: ModelCard) -> str:
    """Name the slider of a model; each has a level of its own."""
    return f"{state.DEMO_CONFIDENCE}-{card.name}-{card.created_utc}"
