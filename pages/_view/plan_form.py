"""The plan of a benchmark: what is compared, how long it will take, start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from pages._view import state, widgets, words
from pages._view.corpus_choice import choose_corpus, choose_files
from pages._view.expected import expected_duration
from pages._view.job_view import may_start_here, open_job, start_button
from ser_core.bench.plan import PAGE_CACHES, BenchmarkPlan
from ser_core.errors import ParameterError
from ser_core.execution import BACKENDS, INNER_THREADS
from ser_core.features import FRONT_ENDS
from ser_core.features.registry import FEATURE_SETS
from ser_core.measure.cores import available_cores
from ser_core.store.data_folder import DataFolder

_PAGE: Final = "pages/benchmark.py"


def plan_form(data: DataFolder) -> None:
    """Ask for a plan, say how long it takes, and start it."""
    left, right = st.columns(2, gap="large")
    with left, st.container(border=True):
        st.markdown("**What is worked on**")
        chosen = choose_corpus(data, key=state.PLAN_CORPUS)
        if chosen is None:
            return
        entry, read = chosen
        limit = choose_files(read, key=state.PLAN_FILES)
        features = widgets.one_of(
            "Features",
            list(FEATURE_SETS),
            key=state.PLAN_FEATURES,
            names=words.FEATURES,
        )
        front_ends = _front_ends()
    with right, st.container(border=True):
        st.markdown("**What is compared**")
        backends = widgets.some_of(
            "Back ends",
            BACKENDS,
            key=state.PLAN_BACKENDS,
            default=("sequential", "loky"),
            names=words.BACKENDS,
            help_text="Sequential with one inner thread is what every speed-up is "
            "relative to; leave it in.",
        )
        workers = _workers()
        inner = widgets.some_of(
            "Inner threads",
            INNER_THREADS,
            key=state.PLAN_INNER,
            default=("1",),
            names=words.INNER_THREADS,
            help_text=words.INNER_HELP,
        )
        page_cache = widgets.one_of(
            "Page cache",
            PAGE_CACHES,
            key=state.PLAN_PAGE_CACHE,
            names=words.PAGE_CACHE,
            help_text=words.PAGE_CACHE_HELP,
        )
        repeats = st.number_input(
            "Repetitions",
            value=3,
            step=1,
            key=state.PLAN_REPEATS,
            persist_state="session",
            help="Each is a fresh process. Repetitions of the arms take turns; five or "
            "more give an interval worth reading.",
        )
    with widgets.said_plainly():
        plan = BenchmarkPlan.cross(
            entry.name,
            front_ends=front_ends,
            backends=backends,
            workers=_whole_numbers(workers),
            inner_threads=inner,
            limit=limit,
            features=features,
            repeats=repeats,
            page_cache=page_cache,
        )
        _start(plan, data=data, n_files=limit or len(read.utterances))


def _front_ends() -> list[str]:
    """Offer the front ends where there is more than one."""
    if len(FRONT_ENDS) == 1:
        return list(FRONT_ENDS)
    return widgets.some_of(
        "Front ends",
        FRONT_ENDS,
        key=state.PLAN_FRONT_ENDS,
        default=FRONT_ENDS[:1],
        names=words.FRONT_ENDS,
    )


def _workers() -> list[str]:
    """Offer worker counts up to the cores, and any other typed in."""
    cores = available_cores()
    usual = sorted({2**power for power in range(8) if 2**power <= cores} | {cores})
    return list(
        st.multiselect(
            f"Workers (this machine has {cores} cores for us)",
            [str(count) for count in usual],
            default=[str(cores)],
            accept_new_options=True,
            placeholder="Choose, or type a number",
            key=state.PLAN_WORKERS,
            persist_state="session",
            help="Threads or processes that a back end starts. Several counts give the "
            "speed-up curve; sequential runs once whatever stands here.",
        )
    )


def _whole_numbers(words_typed: Sequence[str]) -> list[int]:
    """Read worker counts that may have been typed by hand.

    Raises
    ------
    ParameterError
        One of them is no whole number.

    """
    try:
        return [int(word) for word in words_typed]
    except ValueError:
        raise ParameterError(
            f"workers = {', '.join(words_typed)} holds something that is no whole "
            "number; type numbers such as 2 or 4"
        ) from None


def _start(plan: BenchmarkPlan, *, data: DataFolder, n_files: int) -> None:
    """Say what the plan amounts to, and start it on demand."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if start_button("Start", key="benchmark.start"):
            open_job(_PAGE, kind="bench", parameters=plan.to_json())
        st.markdown(
            f"{len(plan.arms)} arms × {plan.repeats} repetitions × {n_files:,} files",
            width="content",
        )
        if may_start_here():  # files are timed for it, which takes the machine
            expected_duration(plan, data=data)
    if plan.reference_key is None:
        st.warning(
            "Without sequential at one inner thread there is nothing to be faster "
            "than: times are measured, speed-ups are not.",
            icon=":material/warning:",
        )
    with st.expander("What will run, in this order"):
        widgets.notes([arm.label for arm in plan.arms])
