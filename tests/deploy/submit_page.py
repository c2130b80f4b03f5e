"""A page that starts one long job, as the app's pages do: from within the server."""

import os
from pathlib import Path

import streamlit as st

from ser_core.jobs import JobSpec, list_jobs, submit
from ser_core.store.data_folder import data_folder

data = data_folder()
if not (data.jobs.exists() and list_jobs(data)):
    spec = JobSpec(
        kind="synthesize",
        parameters={
            "folder": str(Path(os.environ["SER_LAB_HOME"]) / "corpora" / "voices"),
            "utterances": 5_000,
            "seed": 0,
            "workers": 1,
            "backend": "loky",
        },
    )
    submit(spec, data=data)
st.title("Submitted")
