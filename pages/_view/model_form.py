"""The plan of a training: what is learned, by which models, judged how; start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import streamlit as st

from pages._view import format, model_words, state, widgets
from pages._view.job_view import may_start_here, open_job, start_button
from pages._view.model_choices import (
    choose_features,
    choose_models,
    preprocessing_example,
)
from pages._view.model_data import DataChoice, available, choose_data
from pages._view.model_estimate import expected_training
from pages._view.model_first import first_minute
from pages._view.model_presets import choose_preset, follows
from ser_core.evaluation.splits import SPLITS
from ser_core.models.bundle_folders import bundle_folder, check_free
from ser_core.store.data_folder import DataFolder
from ser_core.training.plan import TrainingPlan

PAGE: Final = "pages/model.py"


def model_form(data: DataFolder) -> None:
    """Ask for a plan, say how long it takes, and start it."""
    entries = available(data)
    if not entries:
        first_minute(data)
        return
    preset = choose_preset()
    left, right = st.columns(2, gap="large")
    with left, st.container(border=True):
        st.markdown("**What is learned from**")
        chosen = choose_data(entries)
    with right, st.container(border=True):
        st.markdown("**What is learned, and by what**")
        features = choose_features()
        models = choose_models(features)
        pca = _choose_pca()
    if chosen is not None and features is not None:
        preprocessing_example(chosen, features)
    with st.container(border=True):
        st.markdown("**How it is judged**")
        judged = _choose_judging()
    if chosen is None or features is None:
        return
    with widgets.said_plainly():
        plans = _plans(chosen, features, models, pca=pca, preset=preset, **judged)
        if not plans:
            st.warning("Choose at least one model.", icon=":material/warning:")
            return
        for plan in plans:
            if plan.save is not None:
                check_free(bundle_folder(data, plan.save))
        _start(plans, data=data, n_files=chosen.n_files)


def _choose_pca() -> float | None:
    """Ask whether the columns are reduced first, and how far."""
    reduce = st.toggle(
        "Reduce the columns first (PCA)",
        key=state.MODEL_PCA_ON,
        persist_state="session",
        help="Principal components, fitted on the training part of each fold alone. "
        "Fewer columns train faster; accuracy may rise or fall.",
    )
    if not reduce:
        return None
    state.begin_with(state.MODEL_PCA, 95)
    percent = st.slider(
        "Share of the variance kept (%)",
        50,
        99,
        key=state.MODEL_PCA,
        persist_state="session",
    )
    return percent / 100


def _choose_judging() -> dict[str, Any]:
    """Ask for the split, its numbers and the name to save under."""
    left, right = st.columns(2, gap="large")
    with left:
        split = str(
            st.selectbox(
                "Split",
                SPLITS,
                format_func=model_words.split_name,
                key=state.MODEL_SPLIT,
                persist_state="session",
            )
        )
        st.caption(model_words.SPLIT_MEANS.get(split, ""))
        if split not in model_words.SPEAKERS_APART:
            st.caption(f":material/compare: {model_words.TWIN_NOTE}")
    with right:
        folds, tune, seed = _choose_numbers(folded=split in model_words.FOLDED)
        save = st.text_input(
            "Save the model as (optional)",
            key=state.MODEL_SAVE,
            persist_state="session",
            placeholder="my-model",
            help="Afterwards the model is fitted once more, on all of the files, and "
            "kept under this name with its card. Up to 60 letters, digits, dots, "
            "hyphens and underscores. A run can be saved later as well: it is fitted "
            "again then.",
        )
    return {
        "split": split,
        "n_folds": folds,
        "tune": tune,
        "seed": seed,
        "save": save.strip() or None,
    }


def _choose_numbers(*, folded: bool) -> tuple[int | None, int, int]:
    """Ask for the folds (where they can be chosen), the search and the seed."""
    one, two, three = st.columns(3)
    folds = one.number_input(
        "Folds",
        value=None,
        min_value=2,
        max_value=100,
        placeholder="its own",
        disabled=not folded,
        key=state.MODEL_FOLDS,
        persist_state="session",
        help="For k folds and speakers apart. Empty for the split's own number.",
    )
    tune = two.number_input(
        "Trials of a search",
        min_value=0,
        max_value=1000,
        step=5,
        key=state.MODEL_TUNE,
        persist_state="session",
        help="Looks for better parameters inside the training part of each fold, "
        "so that the test part stays unseen. 0 keeps the model's own parameters. "
        "Every trial is a fit.",
    )
    seed = three.number_input(
        "Seed",
        min_value=0,
        max_value=2**32 - 1,
        key=state.MODEL_SEED,
        persist_state="session",
        help="Of the shuffling, the model and the search. The same seed gives the "
        "same figures.",
    )
    return (int(folds) if folds and folded else None), int(tune), int(seed)


def _plans(
    chosen: DataChoice,
    features: str,
    models: Sequence[str],
    *,
    save: str | None,
    preset: str | None,
    **rest: Any,
) -> list[TrainingPlan]:
    """Make one plan for each model; several get the model's name into their own.

    Raises
    ------
    ParameterError
        A value is outside what is allowed.

    """
    plans = [
        TrainingPlan(
            corpora=chosen.corpora,
            features=features,
            model=model,
            limit=chosen.limit,
            emotions=chosen.emotions,
            label_sets=chosen.label_sets,
            labels=chosen.labels,
            min_agreement=chosen.min_agreement,
            channels=chosen.channels,
            save=save if save is None or len(models) == 1 else f"{save}-{model}",
            **rest,
        )
        for model in models
    ]
    # a plan that was changed is no longer the source's protocol
    return [
        replace(plan, preset=preset) if preset and follows(plan, preset) else plan
        for plan in plans
    ]


def _start(plans: Sequence[TrainingPlan], *, data: DataFolder, n_files: int) -> None:
    """Say what the plans amount to, and start them on demand."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if start_button("Train", key="model.start"):
            _open(plans)
        st.markdown(
            f"{format.count(len(plans), 'model')} × {n_files:,} files"
            + (", one after the other" if len(plans) > 1 else ""),
            width="content",
        )
        if may_start_here():  # folds are timed for it, which takes the machine
            expected_training(plans, data=data)


def _open(plans: Sequence[TrainingPlan]) -> None:
    """Submit one plan as a training, several as a comparison, and open its view."""
    if len(plans) == 1:
        open_job(PAGE, kind="train", parameters=plans[0].to_json())
    open_job(
        PAGE,
        kind="compare",
        parameters={"plans": [plan.to_json() for plan in plans]},
    )
