"""The result of a study: its chart, its table, its notes."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages._view import format, widgets

Record = dict[str, Any]


def study_results(record: Record) -> None:
    """Show a record of kind ``study``."""
    st.markdown(f"**{record['label']}** · {format.when(record['created_utc'])}")
    widgets.synthetic_badge(synthetic=record["corpus"]["synthetic"])
    st.dataframe(pd.DataFrame(record["rows"]), hide_index=True)
    widgets.notes(record["notes"])
