"""The state of this installation: machine, versions, data folder, queue."""

from __future__ import annotations

import platform
from typing import Final

import pandas as pd
import psutil
import streamlit as st

from pages._view import cache, format, state, visitor
from pages._view.server_rules import server_rules
from ser_core import jobs
from ser_core.corpora.registry import registered
from ser_core.measure.cores import available_cores
from ser_core.store.data_folder import DataFolder

_PACKAGES: Final = (
    "streamlit",
    "plotly",
    "librosa",
    "numpy",
    "scikit-learn",
    "joblib",
    "soundfile",
)
_PAGES: Final = {
    "bench": "pages/benchmark.py",
    "pipeline": "pages/benchmark.py",
    "train": "pages/model.py",
    "compare": "pages/model.py",
    "study": "pages/model.py",
    "synthesize": "pages/corpora.py",
    "download": "pages/corpora.py",
}
_QUEUE_EVERY_S: Final = 3.0


def first_run_notice(data: DataFolder) -> None:
    """Say that the first run compiles, as long as nothing is compiled yet."""
    if not cache.compiled(data):
        st.info(
            "**The first run takes longer.** librosa's inner loops are compiled once "
            "for this machine, which takes up to a minute and is not part of any "
            "measured time. The result is kept in the data folder.",
            icon=":material/build:",
        )


@st.fragment(run_every=_QUEUE_EVERY_S)
def queue_now(data: DataFolder) -> None:
    """Show what runs and waits on this machine, with links to watch."""
    alive = [view for view in jobs.list_jobs(data) if not view.ended]
    st.subheader("Running now", anchor=False)
    if not alive:
        st.caption("Nothing runs and nothing waits.")
        return
    for view in alive:
        word = "running" if view.state == "running" else f"{view.ahead} ahead of it"
        st.page_link(
            _PAGES.get(view.kind, "pages/benchmark.py"),
            label=f"{view.kind}: {word}, submitted {format.when(view.created_utc)}",
            icon=":material/visibility:",
            query_params={state.JOB: view.job_id},
        )


def installation(data: DataFolder) -> None:
    """Show the rules, the machine, the data folder and the versions."""
    server_rules(data)
    st.subheader("This installation", anchor=False)
    memory = psutil.virtual_memory()
    one, two, three, four = st.columns(4)
    one.metric(
        "Cores available",
        str(available_cores()),
        border=True,
        help="What this process may use: CPU affinity and container limits counted. "
        f"The machine has {psutil.cpu_count() or '?'}.",
    )
    two.metric(
        "Memory free",
        format.size(memory.available),
        border=True,
        help=f"Of {format.size(memory.total)}.",
    )
    three.metric(
        "Data folder",
        format.size(cache.folder_bytes(str(data.root))),
        border=True,
        help=f"{_place(data)} (looked at every 30 s)",
    )
    four.metric("Disk free", format.size(data.free_bytes()), border=True)

    left, right = st.columns(2)
    with left:
        st.markdown("**Where and what**")
        st.dataframe(_places(data), hide_index=True, height="content")
    with right:
        st.markdown("**Versions**")
        st.dataframe(cache.versions(_PACKAGES), hide_index=True, height="content")


def _place(data: DataFolder) -> str:
    """Name the data folder to those who may know the machine's folders."""
    return f"'{data.root}'" if visitor.sees_folders() else "known to the operator"


def _places(data: DataFolder) -> pd.DataFrame:
    """List where things are kept and what is there."""
    corpora = registered(data)
    ready = "ready" if cache.compiled(data) else "empty: the first run compiles"
    return pd.DataFrame(
        [
            ("data folder", _place(data)),
            ("corpora", f"{len(corpora)} known"),
            ("stored runs", str(len(cache.runs().list()))),
            ("compiled code", ready),
            ("system", platform.platform()),
        ],
        columns=["what", "value"],
    )
