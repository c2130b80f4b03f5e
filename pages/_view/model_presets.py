"""The protocols of the sources as one choice that fills the form."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from pages._view import cache, format, model_cache, state
from ser_core.audio.preprocessing import WINDOWS
from ser_core.labels import EMOTIONS
from ser_core.training.plan import TrainingPlan
from ser_core.training.presets import PRESETS, Preset, find_corpora, preset

_OWN: Final = ""
_DEFAULTS: Final[dict[str, Any]] = {
    "seed": 0,
    "labels": "emotion",
    "label_sets": "common",
    "emotions": EMOTIONS,
    "channels": ("speech", "song"),
    "min_agreement": None,
    "pca": None,
}


def choose_preset() -> str | None:
    """Offer the sources' protocols; say what one is and what is not as there.

    Returns
    -------
    name : str or None
        None for a plan of the visitor's own.

    """
    names = [_OWN, *(candidate.name for candidate in PRESETS)]
    name = st.selectbox(
        "Start from",
        names,
        format_func=lambda name: preset(name).title if name else "a plan of my own",
        key=state.MODEL_PRESET,
        on_change=_fill_form,
        persist_state="session",
        help="The protocols of the sources. One fills the form below; everything in it "
        "can still be changed.",
    )
    if not name:
        return None
    _about(preset(name))
    return str(name)


def _about(chosen: Preset) -> None:
    """Say where a protocol is from, what differs, and which corpora it lacks."""
    st.caption(f":material/menu_book: {chosen.source}. {chosen.differences}")
    corpora = find_corpora(chosen, data=cache.lab())
    if not corpora.missing:
        return
    lacking = format.listing([name.upper() for name in corpora.missing])
    instead = (
        f"It runs on {format.listing(list(corpora.found))} instead."
        if corpora.found
        else "Choose other corpora below, or register these on the Corpora page."
    )
    st.warning(
        f"Not registered here: {lacking}. {instead} The figures then answer another "
        "question than the source's.",
        icon=":material/library_music:",
    )


def _fill_form() -> None:
    """Put the protocol just chosen into the form's fields."""
    name = st.session_state[state.MODEL_PRESET]
    if not name:
        return
    chosen = preset(name)
    settings = _DEFAULTS | dict(chosen.settings)
    base, *steps = settings["features"].split("+")
    possible = {info.name for info in model_cache.models() if info.available}
    agreement = settings["min_agreement"]
    fields: dict[str, Any] = {
        state.MODEL_AGREEMENT: round(100 * agreement) if agreement else 0,
        state.MODEL_CHANNELS: list(settings["channels"]),
        state.MODEL_LABEL_SETS: settings["label_sets"],
        state.MODEL_EMOTIONS: list(settings["emotions"]),
        state.MODEL_LABELS: settings["labels"],
        state.MODEL_FEATURES: base,
        state.MODEL_STEPS: [step for step in steps if step not in WINDOWS],
        state.MODEL_MODELS: [model for model in chosen.models if model in possible],
        state.MODEL_PCA_ON: settings["pca"] is not None,
        state.MODEL_SPLIT: settings["split"],
        state.MODEL_FOLDS: settings.get("n_folds"),
        state.MODEL_TUNE: 0,
        state.MODEL_SEED: settings["seed"],
    }
    if settings["pca"] is not None:
        fields[state.MODEL_PCA] = round(100 * settings["pca"])
    corpora = find_corpora(chosen, data=cache.lab())
    if corpora.found:
        fields[state.MODEL_CORPORA] = list(corpora.found)
    # what is possible depends on the corpora, which change with the protocol
    st.session_state.pop(state.MODEL_POSSIBLE, None)
    st.session_state.update(fields)


def follows(plan: TrainingPlan, name: str) -> bool:
    """Tell whether a plan is still what a preset says, corpora and model aside."""
    settings = dict(preset(name).settings)
    return all(getattr(plan, field) == value for field, value in settings.items())
