"""The choice of features and models, each with what it is and where it comes from."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages._view import (
    format,
    model_cache,
    model_words,
    preprocess_view,
    state,
    widgets,
)
from pages._view.model_data import DataChoice
from ser_core.audio.preprocessing import STEPS, WINDOWS
from ser_core.errors import ParameterError
from ser_core.features.registry import FEATURE_SETS, feature_set
from ser_core.models.catalogue import ModelInfo

_DEFAULT_FEATURES: Final = "functionals"
_DEFAULT_MODELS: Final = ("svm",)
_EXAMPLES: Final = 50


def choose_features() -> str | None:
    """Ask for a feature set and its pre-processing.

    Returns
    -------
    features : str or None
        Its label; None while the steps exclude each other, after saying so.

    """
    infos = {info.name: info for info in model_cache.feature_sets()}
    names = list(infos)
    state.begin_with(state.MODEL_FEATURES, _DEFAULT_FEATURES)
    name = str(
        st.selectbox(
            "Features",
            names,
            format_func=lambda name: f"{name} · {infos[name].title}",
            key=state.MODEL_FEATURES,
            persist_state="session",
        )
    )
    info = infos[name]
    st.caption(f"{info.size:,} values a recording. {info.description}")
    st.caption(f":material/menu_book: {info.source}")
    if not info.available:
        st.warning(f"{info.reason}", icon=":material/block:")
    steps = _choose_steps(name)
    try:
        chosen_set = feature_set("+".join((name, *steps)))
    except ParameterError as error:
        st.error(error.message, icon=":material/error:")
        return None
    return chosen_set.label


def _choose_steps(name: str) -> list[str]:
    """Ask what is done to the signal first; only what this feature set knows."""
    refused = FEATURE_SETS[name].refused_steps
    sound = [step for step in STEPS if step not in WINDOWS and step not in refused]
    windows = [window for window in WINDOWS if window not in refused]
    steps = widgets.some_of(
        "Pre-processing",
        sound,
        key=state.MODEL_STEPS,
        default=(),
        names=model_words.STEPS,
        help_text="Done to the signal before it is analysed, in this order. Part of "
        "what the features are: another choice is another feature set.",
    )
    if len(windows) < 2:
        return steps
    window = widgets.one_of(
        "Window of the analysis",
        windows,
        key=state.MODEL_WINDOW,
        names={WINDOWS[0]: f"{WINDOWS[0]} (its own)"},
    )
    return steps if window == WINDOWS[0] else [*steps, window]


def preprocessing_example(chosen: DataChoice, features: str) -> None:
    """Let the visitor see and hear what the steps do to one recording.

    Parameters
    ----------
    chosen : DataChoice
        Whose recordings can be chosen.
    features : str
        Label of a feature set; without steps there is nothing to see.

    """
    preprocessing = feature_set(features).preprocessing
    if not preprocessing.steps():
        return
    with st.expander("See and hear what the pre-processing does"):
        if not st.toggle("Show a recording before and after", key=state.MODEL_EXAMPLE):
            return
        corpus = next(iter(chosen.read.values()))
        paths = [utterance.path for utterance in corpus.utterances[:_EXAMPLES]]
        path = st.selectbox("Recording", paths, format_func=lambda path: path.name)
        if path is not None:
            preprocess_view.show(path, preprocessing)


def choose_models(features: str | None) -> list[str]:
    """Ask for one or several models; those that cannot be had are named."""
    infos = {info.name: info for info in model_cache.models()}
    possible = [name for name, info in infos.items() if info.available]
    state.begin_with(
        state.MODEL_MODELS, [name for name in _DEFAULT_MODELS if name in possible]
    )
    chosen = list(
        st.multiselect(
            "Models",
            possible,
            format_func=lambda name: infos[name].title,
            key=state.MODEL_MODELS,
            persist_state="session",
            help="Several are trained one after the other on the same features, and "
            "compared at the end.",
        )
    )
    size = 0 if features is None else feature_set(features).size
    for name in chosen:
        _about(infos[name], size)
    missing = [info for info in infos.values() if not info.available]
    if missing:
        with st.expander(f"{format.count(len(missing), 'model')} cannot be had here"):
            widgets.notes([f"**{info.title}**: {info.reason}" for info in missing])
    return chosen


def _about(info: ModelInfo, size: int) -> None:
    """Say what a chosen model is, and when it will be slow."""
    slow = info.n_features_slow is not None and size > info.n_features_slow
    st.caption(
        f"**{info.title}** ({info.family}): {info.description} "
        f":material/menu_book: {info.source}"
        + (
            f" :material/timer: With {size:,} columns a fit may take minutes; PCA "
            "shortens it."
            if slow
            else ""
        )
    )
