"""Several trainings beside each other: intervals, a paired test, a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages._view import format, widgets

Record = dict[str, Any]


def comparison(records: Sequence[Record]) -> None:
    """Draw trainings beside each other.

    Parameters
    ----------
    records : sequence of dict
        Two or more of kind ``training``.

    """
    st.subheader(f"{len(records)} trainings compared", anchor=False)
    for record in records:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"**{record['label']}** · {format.when(record['created_utc'])}",
                width="content",
            )
            widgets.synthetic_badge(synthetic=record["corpus"]["synthetic"])
