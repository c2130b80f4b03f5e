"""Benchmark: plan, live run, charts, pipelines, history, machines."""

import streamlit as st

from pages._view import cache, state, widgets
from pages._view.history import history, machines
from pages._view.job_view import job_view
from pages._view.pipeline_form import pipeline_form
from pages._view.plan_form import plan_form
from pages._view.routing import through_router
from pages._view.stored import job_result, stored_run

through_router()
st.title("Benchmark", anchor=False)

job_id = st.query_params.get(state.JOB)
run_id = st.query_params.get(state.RUN)
if job_id or run_id:
    st.page_link(
        "pages/benchmark.py", label="Plan another run", icon=":material/arrow_back:"
    )
    if job_id:
        job_view(job_id, kinds=("bench", "pipeline"), on_done=job_result)
    else:
        stored_run(run_id, against=st.query_params.get(state.AGAINST))
else:
    plan, pipelines, past, elsewhere = st.tabs(
        ["Plan a run", "Pipelines of the report", "History", "Machines"],
        key=state.PLAN_SECTION,
        on_change="rerun",
        default=(
            "History" if st.query_params.get(state.SECTION) == "history" else None
        ),
    )
    with widgets.said_plainly():
        if plan.open:
            with plan:
                plan_form(cache.lab())
        if pipelines.open:
            with pipelines:
                pipeline_form(cache.lab())
        if past.open:
            with past:
                history(cache.measured_runs())
        if elsewhere.open:
            with elsewhere:
                machines(cache.measured_runs())
