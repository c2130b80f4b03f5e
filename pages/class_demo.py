"""Class demo: one button, under a minute, in type that the last row can read."""

import streamlit as st

from pages._view import cache, state, widgets
from pages._view.class_race import class_result, offer_race
from pages._view.job_view import job_view
from pages._view.routing import through_router

through_router()
st.title("Does parallel help?", anchor=False)

job_id = st.query_params.get(state.JOB)
with widgets.said_plainly():
    if job_id:
        job_view(job_id, kinds=("bench",), on_done=class_result, size="big")
    else:
        offer_race(cache.lab())
