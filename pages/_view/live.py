"""The live view of a running job: the race, the cores, the memory.

Only the fragment below is drawn again each second. Its charts keep their keys, so
the browser changes them in place, and the rest of the page does not run at all.
"""

from __future__ import annotations

import time
from typing import Final

import streamlit as st

from pages._view import cache, format, widgets, words
from pages._view.figures import race
from pages._view.live_state import LiveRun
from pages._view.model_progress import MODEL_KINDS, training_progress
from pages._view.theme import Size
from ser_core import jobs

_EVERY_S: Final = 1.0


@st.fragment(run_every=_EVERY_S)
def live_view(
    job_id: str, *, drawn_state: str, synthetic: bool = False, size: Size = "normal"
) -> None:
    """Follow a job; when its state changes, draw the whole page once more.

    Parameters
    ----------
    job_id : str
    drawn_state : str
        State that the page around this view shows.
    synthetic : bool, default=False
        The corpus was made by SER Lab.
    size : {"normal", "big"}
        ``big`` for a projector.

    """
    with widgets.said_plainly():
        view = jobs.view(job_id, cache.lab())
        if view.state != drawn_state:
            st.rerun()
        if view.state == "queued":
            _waiting(view)
            return
        run = cache.events(job_id)
        if view.kind in MODEL_KINDS:
            training_progress(run)
        elif run.lanes:
            _race(run, synthetic=synthetic, size=size)
        elif run.stages:
            _stages(run)
        else:
            _plain(run)
        _said(run)


def _waiting(view: jobs.JobView) -> None:
    """Say how many jobs come first, and how far the one that runs is."""
    ahead = view.ahead or 0
    if not ahead:
        st.info(
            "**Starting …** The job has its turn and opens its process.",
            icon=":material/hourglass_empty:",
        )
        return
    st.info(
        f"**{ahead} ahead of you.** Jobs that use the whole machine run one at a time, "
        "so that they do not slow each other. This one starts by itself; you may close "
        "this tab and come back by its link.",
        icon=":material/hourglass_empty:",
    )
    for other in jobs.list_jobs(cache.lab()):
        if other.state == "running" and other.kind != "download":
            st.markdown(f"**Running now:** {words.KINDS.get(other.kind, other.kind)}")
            other_run = cache.events(other.job_id)
            if other.kind in MODEL_KINDS:
                training_progress(other_run)
            else:
                _plain(other_run)


def _race(run: LiveRun, *, synthetic: bool, size: Size) -> None:
    """Show every arm side by side, then what the machine does meanwhile."""
    _clock(run)
    lanes = list(run.lanes.values())
    mode = widgets.mode()
    widgets.chart(
        race.race(lanes, synthetic=synthetic, size=size, mode=mode),
        key="live.race",
        live=True,
        size=size,
    )
    left, right = st.columns([3, 2])
    with left:
        widgets.chart(
            race.race_curves(lanes, synthetic=synthetic, size=size, mode=mode),
            key="live.curves",
            live=True,
            size=size,
        )
    with right:
        widgets.chart(
            race.live_cores(run.samples, size=size, mode=mode),
            key="live.cores",
            live=True,
            size=size,
        )
        widgets.chart(
            race.live_memory(run.samples, size=size, mode=mode),
            key="live.memory",
            live=True,
            size=size,
        )


def _clock(run: LiveRun) -> None:
    """Say how far the whole run is."""
    total = run.repeats * len(run.lanes)
    active = run.lanes[run.active].label if run.active else "the next arm"
    since = 0.0 if run.started is None else time.time() - run.started
    st.progress(
        min(run.repetitions_done / total, 1.0) if total else 0.0,
        text=f"{run.repetitions_done} of {total} measurements finished · now: {active} "
        f"· running for {format.duration(since)}",
    )


def _stages(run: LiveRun) -> None:
    """Show the stages of a pipeline as they finish."""
    for stage in run.stages:
        done = stage["state"] == "finished"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{stage['name']}**", width=220)
            if done:
                st.markdown(format.duration(stage["wall_s"]))
    _plain(run)


def _plain(run: LiveRun) -> None:
    """Show the progress of a job without arms."""
    count = format.size if run.unit == "bytes" else "{:,}".format
    if not run.done:
        st.progress(0.0, text=run.what or "Starting …")
    elif not run.total:
        st.progress(0.0, text=f"{run.what}: {count(run.done)} so far")
    else:
        st.progress(
            min(run.done / run.total, 1.0),
            text=f"{run.what}: {count(run.done)} of {count(run.total)}",
        )
        first, second = st.columns(2)
        if run.unit != "bytes":
            first.metric("per second", format.rate(run.files_per_s))
        second.metric("time left", format.duration(run.remaining_s))


def _said(run: LiveRun) -> None:
    """Show what the job has to say."""
    for line in run.log[-3:]:
        show = st.warning if line.get("level") == "warning" else st.caption
        show(str(line["message"]))
