"""How long a training is expected to take; shown, never kept for another plan."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages._view import format, state
from pages._view.expected import machine_is_busy
from ser_core.errors import SerError
from ser_core.store.data_folder import DataFolder
from ser_core.training.estimate import TrainingEstimate, estimate_apart
from ser_core.training.plan import TrainingPlan


def expected_training(plans: Sequence[TrainingPlan], *, data: DataFolder) -> None:
    """Offer an estimate of these very plans, and show it until they change."""
    asked, text = st.session_state.get(state.MODEL_ESTIMATE, (None, ""))
    if st.button("How long will it take?", icon=":material/timer:"):
        with st.spinner("Timing a few files and two small fits …"):
            asked, text = tuple(plans), _in_words(plans, data)
        st.session_state[state.MODEL_ESTIMATE] = (asked, text)
    if asked == tuple(plans):
        st.markdown(text)


def _in_words(plans: Sequence[TrainingPlan], data: DataFolder) -> str:
    """Put the estimate of all plans, or why there is none, into words."""
    if machine_is_busy(data):
        return (
            ":material/hourglass_empty: Another job has the machine; timing a few fits "
            "now would disturb it. Start anyway: this one waits for its turn."
        )
    try:
        parts = [estimate_apart(plan, data=data) for plan in plans]
    except SerError as error:
        return f":material/error: {error.message}"
    total, low, high = together(parts)
    fits = sum(part.n_fits for part in parts)
    return (
        f"**About {format.duration(total)}** ({format.duration(low)} to "
        f"{format.duration(high)}) for {format.count(fits, 'fit')}, from "
        f"{format.listing(list(dict.fromkeys(part.basis for part in parts)))}."
    )


def together(parts: Sequence[TrainingEstimate]) -> tuple[float, float, float]:
    """Add estimates of plans that share their features, which are computed once.

    Parameters
    ----------
    parts : sequence of TrainingEstimate
        One or more.

    Returns
    -------
    total_s, low_s, high_s : float

    """
    shared = (len(parts) - 1) * max(part.features_s for part in parts)
    least = max(part.total_s - part.features_s for part in parts)
    return (
        max(sum(part.total_s for part in parts) - shared, least),
        max(sum(part.low_s for part in parts) - shared, 0.0),
        max(sum(part.high_s for part in parts) - shared, least),
    )
