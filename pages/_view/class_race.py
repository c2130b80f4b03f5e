"""The class demo: one fixed race, and its result in one sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import streamlit as st

from pages._view import cache, format, state, widgets
from pages._view.corpus_add import synthesis
from pages._view.expected import expected
from pages._view.figures import threads, walls
from pages._view.job_view import may_start_here, open_job, start_button, submit_job
from ser_core import jobs
from ser_core.bench.plan import REFERENCE_ARM, Arm, BenchmarkPlan
from ser_core.corpora.contract import ReadOptions
from ser_core.corpora.registry import registered
from ser_core.measure.cores import available_cores
from ser_core.store.data_folder import DataFolder

_PAGE: Final = "pages/class_demo.py"
_FILES: Final = 350
# without voices nothing can be timed beforehand: fewer, to stay short anyway
_UNTIMED_FILES: Final = 200
_UTTERANCES: Final = 400
_REPEATS: Final = 2
_LONGEST_S: Final = 55.0
_FOLDER: Final = "synthetic-class"


def class_plan(corpus: str) -> BenchmarkPlan:
    """Return the race of the class demo.

    Parameters
    ----------
    corpus : str
        Name or folder of a synthetic corpus.

    Returns
    -------
    plan : BenchmarkPlan
        Sequential, threads whose libraries start threads of their own, and loky, the
        last two with as many workers as there are cores.

    """
    cores = available_cores()
    return BenchmarkPlan(
        corpus=corpus,
        arms=(
            REFERENCE_ARM,
            Arm(backend="threads", workers=cores, inner_threads="default"),
            Arm(backend="loky", workers=cores),
        ),
        limit=_FILES,
        repeats=_REPEATS,
    )


def offer_race(data: DataFolder) -> None:
    """Say what will race and start it by one button."""
    cores = available_cores()
    ready = _ready_corpus(data)
    plan, seconds = _sized(ready, data)
    st.markdown(
        f"### The same {plan.limit} recordings, three ways\n"
        "#### 1. **Sequential**: one after the other, on one core\n"
        f"#### 2. **Threads**: {cores} threads in one process, libraries free to add "
        "theirs\n"
        f"#### 3. **Processes** (loky): {cores} processes, one thread in each\n"
        "#### Which one wins? Let the class vote first."
    )
    if start_button(
        "Start the race",
        icon=":material/flag:",
        key="class_demo.start",
        width="stretch",
    ):
        _start(plan, data, make_voices=ready is None)
    widgets.synthetic_badge(synthetic=True)
    length = (
        "The first time, the voices are made first."
        if seconds is None
        else f"Expected to take {format.duration(seconds)} on this machine."
    )
    st.markdown(
        f"{length} Each way is measured {plan.repeats} times, in turns. The voices are "
        "made by SER Lab, so that this works offline; the timings are real."
    )


def _sized(ready: str | None, data: DataFolder) -> tuple[BenchmarkPlan, float | None]:
    """Return a race that stays under a minute here, and how long it will take.

    The length is None while there are no voices yet to time, another job has the
    machine, or this visitor may start none.
    """
    plan = class_plan(ready or str(data.corpora / _FOLDER))
    if ready is None or not may_start_here():
        return replace(plan, limit=_UNTIMED_FILES), None
    asked, sized, seconds = st.session_state.get(
        state.CLASS_ESTIMATE, (None, plan, None)
    )
    if asked == plan:
        return sized, seconds
    with st.spinner("Timing a few files, so that the race stays under a minute …"):
        estimate = expected(plan, data=data)
        if estimate is None:
            return plan, None
        sized, seconds = plan, estimate.total_s
        if seconds > _LONGEST_S:
            sized = replace(plan, limit=max(1, int(_FILES * _LONGEST_S / seconds)))
            seconds = _LONGEST_S
    st.session_state[state.CLASS_ESTIMATE] = (plan, sized, seconds)
    return sized, seconds


def _ready_corpus(data: DataFolder) -> str | None:
    """Name the first synthetic corpus that holds enough utterances."""
    for entry in registered(data):
        if entry.available and entry.synthetic:
            read = cache.corpus(str(entry.root), entry.reader, ReadOptions())
            if len(read.utterances) >= _FILES:
                return entry.name
    return None


def _start(plan: BenchmarkPlan, data: DataFolder, *, make_voices: bool) -> None:
    """Submit the race; voices that are missing are a job that goes before it."""
    if make_voices:
        submit_job(
            kind="synthesize",
            parameters=synthesis(data, name=_FOLDER, utterances=_UTTERANCES, seed=0),
        )
    open_job(_PAGE, kind="bench", parameters=plan.to_json())


def class_result(view: jobs.JobView) -> None:
    """Show who won, in type that the last row can read.

    Parameters
    ----------
    view : JobView
        Of a benchmark that is done.

    """
    record = view.result()
    arms = {arm["backend"]: arm for arm in record["summary"]}
    widgets.synthetic_badge(synthetic=record["corpus"]["synthetic"])
    st.markdown(f"# {conclusion(record)}")
    columns = st.columns(len(arms), border=True)
    for column, arm in zip(columns, arms.values(), strict=True):
        column.markdown(f"### {arm['label']}")
        column.markdown(f"# {format.duration(arm['median_wall_s'])}")
        column.markdown(f"### {format.times(arm['speedup'])}")
    mode = widgets.mode()
    widgets.chart(
        walls.wall_times(record, size="big", mode=mode),
        key=f"class-walls-{view.job_id}",
        size="big",
    )
    if record["notes"]:
        with st.expander("Before you quote a figure", icon=":material/warning:"):
            widgets.notes(record["notes"])
    with st.expander("Why threads and processes differ"):
        widgets.chart(
            threads.threads_against_processes(record, size="big", mode=mode),
            key=f"class-gil-{view.job_id}",
        )
    with st.container(horizontal=True):
        st.page_link(
            "pages/benchmark.py",
            label="Every figure of this run",
            icon=":material/query_stats:",
            query_params={state.JOB: view.job_id},
        )
        st.page_link(
            "pages/class_demo.py", label="Race again", icon=":material/replay:"
        )


def conclusion(record: dict[str, Any]) -> str:
    """Say in one sentence what the race showed.

    Parameters
    ----------
    record : dict
        Of kind ``bench``, with the reference arm and at least one other.

    """
    reference = next(a for a in record["summary"] if a["arm"] == REFERENCE_ARM.key)
    others = [a for a in record["summary"] if a is not reference]
    best = max(others, key=lambda arm: float(arm["speedup"]))
    rest = [
        f"{arm['backend']} {format.times(arm['speedup'])}"
        for arm in others
        if arm is not best
    ]
    wall = format.duration(best["median_wall_s"])
    before = format.duration(reference["median_wall_s"])
    if best["speedup"] <= 1:
        return (
            f"Nothing beat sequential here: the best, {best['backend']}, took {wall} "
            f"instead of {before} ({format.times(best['speedup'])})."
        )
    also = f"; {format.listing(rest)}" if rest else ""
    return (
        f"{best['backend'].capitalize()} with {best['workers']} workers took {wall} "
        f"instead of {before}: {format.times(best['speedup'])} as fast{also}."
    )
