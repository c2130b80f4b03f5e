"""The first minute: recordings where there are none yet."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages._view import widgets
from pages._view.corpus_add import synthesis
from pages._view.job_view import open_job, start_button
from ser_core.store.data_folder import DataFolder

_PAGE: Final = "pages/model.py"
_NAME: Final = "synthetic"
_UTTERANCES: Final = 400


def first_minute(data: DataFolder) -> None:
    """Offer to make the synthetic corpus here, and say what else there is."""
    widgets.empty(
        "There is no corpus yet. A model needs labelled recordings to learn from."
    )
    left, right = st.columns(2, border=True)
    with left:
        st.markdown("**Generate the synthetic corpus**")
        st.write(
            f"{_UTTERANCES} utterances of voices made by SER Lab: no download, under a "
            "minute. Everything on this page works with it; its accuracy says nothing "
            "about people."
        )
        if start_button(
            "Generate it now", icon=":material/robot_2:", key="model.generate"
        ):
            with widgets.said_plainly():
                open_job(
                    _PAGE,
                    kind="synthesize",
                    parameters=synthesis(
                        data, name=_NAME, utterances=_UTTERANCES, seed=0
                    ),
                )
    with right:
        st.markdown("**Use recordings of people**")
        st.write(
            "Register a folder that you have (RAVDESS, TESS, CREMA-D, EMO-DB, SAVEE, "
            "THAI-SER or your own), or download one."
        )
        st.page_link(
            "pages/corpora.py", label="Open Corpora", icon=":material/library_music:"
        )
