"""What pre-processing makes of a visitor's recording, by ear and eye."""

from __future__ import annotations

import streamlit as st

from pages._view import demo_cache, format, model_words, preprocess_view, state, widgets
from pages._view.demo_view import View, choose_stretch
from ser_core.audio.preprocessing import STEPS, WINDOWS, parse_steps
from ser_core.errors import ParameterError

_SOUND_STEPS = [step for step in STEPS if step not in WINDOWS]


def preprocess_tab(view: View) -> None:
    """Let the visitor choose steps and hear what they do; the model's own come first.

    Raises
    ------
    AudioError
        The stretch cannot be decoded any more, or nothing but silence is in it.

    """
    if view.result.unheard:
        st.caption("There is nothing in this recording that steps could change.")
        return
    stretch = choose_stretch(view, key="preprocess")
    if stretch is None:
        return
    own = [s for s in view.model.feature_set.preprocessing.steps() if s in _SOUND_STEPS]
    key = f"{state.DEMO_STEPS}-{view.model.name}"
    state.begin_with(key, own or ["denoise", "trim"])
    steps = widgets.some_of(
        "Steps", _SOUND_STEPS, key=key, default=(), names=model_words.STEPS
    )
    if own:
        named = format.listing([model_words.STEPS[step] for step in own])
        st.caption(f"This model hears every recording after: {named}.")
    else:
        st.caption(
            "This model hears recordings as they are; the steps are here to be tried."
        )
    try:
        chosen = parse_steps(steps)
    except ParameterError as error:
        st.error(error.message, icon=":material/error:")
        return
    start_s, end_s = stretch.span
    preprocess_view.show_samples(
        stretch.y,
        chosen,
        sample_rate=stretch.sample_rate,
        known_by=f"{view.clip.key}-{start_s:.3f}-{end_s:.3f}",
        wav=demo_cache.wav(stretch.y, stretch.sample_rate),
        key="demo.preprocess",
    )
