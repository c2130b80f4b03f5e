"""Model: train, watch, read the result, inspect, compare, save, load again."""

import streamlit as st

from pages._view import cache, state, widgets
from pages._view.job_view import job_view
from pages._view.model_bundles import saved_models
from pages._view.model_form import model_form
from pages._view.model_published import published_figures
from pages._view.model_result import compared, job_done, stored
from pages._view.model_runs import all_runs
from pages._view.model_studies import studies_form
from pages._view.routing import through_router

TRAIN, RUNS, STUDIES = "Train", "All runs", "Studies"
SAVED, PUBLISHED = "Saved models", "Published"
_SECTIONS = {"runs": RUNS, "studies": STUDIES, "saved": SAVED, "published": PUBLISHED}

through_router()
st.title("Model", anchor=False)

job_id = st.query_params.get(state.JOB)
run_id = st.query_params.get(state.RUN)
if job_id or run_id:
    st.page_link(
        "pages/model.py", label="Train another model", icon=":material/arrow_back:"
    )
    against = st.query_params.get_all(state.AGAINST)
    if job_id:
        job_view(
            job_id, kinds=("train", "compare", "study", "synthesize"), on_done=job_done
        )
    elif against:
        compared([str(run_id), *against])
    else:
        stored(str(run_id))
else:
    train, runs, studies, saved, published = st.tabs(
        [TRAIN, RUNS, STUDIES, SAVED, PUBLISHED],
        key=state.MODEL_SECTION,
        on_change="rerun",
        default=_SECTIONS.get(st.query_params.get(state.SECTION, "")),
    )
    with widgets.said_plainly():
        if train.open:
            with train:
                model_form(cache.lab())
        if runs.open:
            with runs:
                all_runs(cache.runs().list())
        if studies.open:
            with studies:
                studies_form(cache.lab())
        if saved.open:
            with saved:
                saved_models(cache.lab())
        if published.open:
            with published:
                published_figures(cache.runs().list())
