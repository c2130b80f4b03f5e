"""Demo: hear a recording, one's own voice or a corpus, and say which emotion it is."""

import streamlit as st

from pages._view import cache, demo_cache, demo_words, state, widgets
from pages._view.demo_batch import batch
from pages._view.demo_inputs import choose_clips
from pages._view.demo_job import job_done
from pages._view.demo_model import card_of, choose_model
from pages._view.demo_result import one_clip
from pages._view.job_view import job_view
from pages._view.routing import through_router

through_router()
st.title("Demo: your own voice", anchor=False)

job_id = st.query_params.get(state.JOB)
if job_id:
    st.page_link("pages/demo.py", label="Try a recording", icon=":material/arrow_back:")
    job_view(job_id, kinds=("predict",), on_done=job_done)
else:
    st.markdown(demo_words.WHAT_IT_IS)
    with widgets.said_plainly():
        data = cache.lab()
        left, right = st.columns([3, 2], gap="large")
        with right, st.container(border=True):
            choice = choose_model(data)
        with left:
            clips = choose_clips(data, model_name=choice.name if choice else "")
        if choice is not None:
            model = demo_cache.model(choice, data)
            key = demo_cache.model_key(choice)
            if clips:
                st.divider()
            if len(clips) == 1:
                one_clip(clips[0], model, key, data)
            elif clips:
                batch(clips, model, key, data)
            card_of(choice)
