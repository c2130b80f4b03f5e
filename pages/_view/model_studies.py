"""The form of the studies: which question, of which data and model."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages._view import model_cache, model_words, state, widgets
from pages._view.job_view import open_job, start_button
from pages._view.model_choices import choose_features
from pages._view.model_data import available, choose_data
from pages._view.model_first import first_minute
from pages._view.model_study import newest_study
from ser_core.evaluation.splits import SPLITS
from ser_core.store.data_folder import DataFolder
from ser_core.training.plan import TrainingPlan
from ser_core.training.schema import STUDIES

_PAGE: Final = "pages/model.py"
_FIXED_FEATURES: Final = "mfcc13x500"


def studies_form(data: DataFolder) -> None:
    """Ask for a study, start it, and show the newest of its kind."""
    entries = available(data)
    if not entries:
        first_minute(data)
        return
    study = widgets.one_of(
        "Question", list(STUDIES), key=state.MODEL_STUDY, names=model_words.STUDIES
    )
    st.write(model_words.STUDY_MEANS[study])
    left, right = st.columns(2, gap="large")
    with left, st.container(border=True):
        st.markdown("**Of which recordings**")
        chosen = choose_data(entries)
    with right, st.container(border=True):
        st.markdown("**Of which features and model**")
        # the report's question brings its own two feature sets
        features = _FIXED_FEATURES if study == "coefficients" else choose_features()
        model, split = _choose_model(), _choose_split()
    if chosen is None or features is None:
        return
    with widgets.said_plainly():
        plan = TrainingPlan(
            corpora=chosen.corpora,
            features=features,
            model=model,
            split=split,
            limit=chosen.limit,
            emotions=chosen.emotions,
            label_sets=chosen.label_sets,
            labels=chosen.labels,
            min_agreement=chosen.min_agreement,
            channels=chosen.channels,
        )
        if start_button("Run the study", key="model.study_start"):
            open_job(
                _PAGE, kind="study", parameters={"study": study, "plan": plan.to_json()}
            )
    newest_study(study)


def _choose_model() -> str:
    """Ask for one model."""
    infos = {info.name: info for info in model_cache.models() if info.available}
    return str(
        st.selectbox(
            "Model",
            list(infos),
            format_func=lambda name: infos[name].title,
            key=state.MODEL_STUDY_MODEL,
            persist_state="session",
        )
    )


def _choose_split() -> str:
    """Ask for the split."""
    split = st.selectbox(
        "Split",
        SPLITS,
        format_func=model_words.split_name,
        key=state.MODEL_SPLIT,
        persist_state="session",
    )
    return str(split)
