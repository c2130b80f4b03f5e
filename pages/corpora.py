"""Corpora: register, generate, download, look inside, listen."""

import streamlit as st

from pages._view import cache, state, widgets
from pages._view.corpus_add import (
    LOOK_INSIDE,
    corpus_ready,
    generate_form,
    register_form,
)
from pages._view.corpus_download import download_form
from pages._view.corpus_inside import corpus_inside
from pages._view.corpus_list import choose_corpus
from pages._view.job_view import job_view
from pages._view.routing import through_router

through_router()
st.title("Corpora", anchor=False)
st.caption(
    "A corpus is a folder of labelled recordings. SER Lab reads names and metadata "
    "where the folder lies; it copies and changes nothing."
)

job_id = st.query_params.get(state.JOB)
if job_id:
    job_view(job_id, kinds=("synthesize", "download"), on_done=corpus_ready)

inside, register, generate, download = st.tabs(
    [LOOK_INSIDE, "Register a folder", "Generate", "Download"],
    key=state.CORPORA_SECTION,
    on_change="rerun",
)
with widgets.said_plainly():
    if inside.open:
        with inside:
            chosen = choose_corpus(cache.lab())
            if chosen is not None:
                corpus_inside(chosen)
    if register.open:
        with register:
            register_form(cache.lab())
    if generate.open:
        with generate:
            generate_form(cache.lab())
    if download.open:
        with download:
            download_form(cache.lab())
