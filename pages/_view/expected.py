"""How long a plan is expected to take; shown, never kept for another plan."""

from __future__ import annotations

import streamlit as st

from pages._view import cache, format, state
from ser_core import jobs
from ser_core.bench.estimate import Estimate, estimate_apart, rates_of_records
from ser_core.bench.plan import BenchmarkPlan
from ser_core.errors import SerError
from ser_core.store.data_folder import DataFolder

_RECORDS = 10


def machine_is_busy(data: DataFolder) -> bool:
    """Tell whether a job has the machine, so that nothing else may be timed now."""
    return any(
        view.state == "running" and view.kind != "download"
        for view in jobs.list_jobs(data)
    )


def expected(plan: BenchmarkPlan, *, data: DataFolder) -> Estimate | None:
    """Estimate a plan, unless that would disturb a job that measures.

    Earlier runs of this machine tell most; a few files are timed for the rest.

    Parameters
    ----------
    plan : BenchmarkPlan
    data : DataFolder

    Returns
    -------
    estimate : Estimate or None
        None while another job has the machine and earlier runs do not tell.

    Raises
    ------
    SerError
        As `ser_core.bench.estimate.estimate_apart`.

    """
    records = [cache.runs().get(run.id) for run in cache.measured_runs()[:_RECORDS]]
    rates = rates_of_records(reversed(records), features=plan.features)
    if machine_is_busy(data) and any(arm.key not in rates for arm in plan.arms):
        return None
    return estimate_apart(plan, data_folder=data, rates=rates)


def expected_duration(plan: BenchmarkPlan, *, data: DataFolder) -> None:
    """Offer an estimate of this very plan, and show it until the plan changes."""
    asked, text = st.session_state.get(state.PLAN_ESTIMATE, (None, ""))
    if st.button("How long will it take?", icon=":material/timer:"):
        with st.spinner("Timing a few files …"):
            asked, text = plan, _in_words(plan, data)
        st.session_state[state.PLAN_ESTIMATE] = (asked, text)
    if asked == plan:
        st.markdown(text)


def _in_words(plan: BenchmarkPlan, data: DataFolder) -> str:
    """Put the estimate of a plan, or why there is none, into words."""
    try:
        estimate = expected(plan, data=data)
    except SerError as error:
        return f":material/error: {error.message}"
    if estimate is None:
        return (
            ":material/hourglass_empty: Another job is being measured; timing a few "
            "files now would disturb it. Start anyway: this one waits for its turn."
        )
    return f"**About {format.duration(estimate.total_s)}**, from {estimate.basis}."
