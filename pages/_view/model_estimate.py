"""How long a training is expected to take; shown, never kept for another plan."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages._view import format, state
from ser_core.errors import SerError
from ser_core.store.data_folder import DataFolder
from ser_core.training.plan import TrainingPlan


def expected_training(plans: Sequence[TrainingPlan], *, data: DataFolder) -> None:
    """Offer an estimate of these very plans, and show it until they change."""
    asked, text = st.session_state.get(state.MODEL_ESTIMATE, (None, ""))
    if st.button("How long will it take?", icon=":material/timer:"):
        with st.spinner("Looking at earlier runs …"):
            asked, text = tuple(plans), _in_words(plans, data)
        st.session_state[state.MODEL_ESTIMATE] = (asked, text)
    if asked == tuple(plans):
        st.markdown(text)


def _in_words(plans: Sequence[TrainingPlan], data: DataFolder) -> str:
    """Put the estimate of all plans, or why there is none, into words."""
    from ser_core.training.estimate import estimate

    try:
        parts = [estimate(plan, data=data) for plan in plans]
    except SerError as error:
        return f":material/error: {error.message}"
    total = sum(part.total_s for part in parts)
    low, high = (
        sum(getattr(part, end) for part in parts) for end in ("low_s", "high_s")
    )
    bases = list(dict.fromkeys(part.basis for part in parts))
    return (
        f"**About {format.duration(total)}** ({format.duration(low)} to "
        f"{format.duration(high)}), from {format.listing(bases)}."
    )
