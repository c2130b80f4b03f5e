"""Every stored training: sort, open, compare, delete."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import pandas as pd
import streamlit as st

from pages._view import cache, format, model_words, state, visitor, widgets
from pages._view.history import NOT_YOURS, all_deletable
from ser_core.jobs.sharing import delete_run
from ser_core.store.runs import RunSummary

_PAGE: Final = "pages/model.py"
_SHORT_LIST: Final = 8
_KINDS: Final = ("training", "study")


def all_runs(summaries: Sequence[RunSummary]) -> None:
    """Show the stored trainings and what can be done with them.

    Parameters
    ----------
    summaries : sequence of RunSummary
        Of any kind; the newest first.

    """
    message = st.session_state.pop(state.MODEL_MESSAGE, None)
    if message:
        st.toast(message, icon=":material/check:")
    runs = [run for run in summaries if run.kind in _KINDS]
    if not runs:
        widgets.empty("No model is trained yet. Train one: it is listed here then.")
        return
    st.caption(
        "Click a column's head to sort. Tick one run to open it, two or more to "
        "compare them, any to delete them."
    )
    event = st.dataframe(
        runs_table(runs),
        key=state.MODEL_RUNS_TABLE,
        on_select="rerun",
        selection_mode="multi-row",
        hide_index=True,
        placeholder="",
        height="content" if len(runs) < _SHORT_LIST else 420,
        column_config=_columns(),
    )
    rows = [row for row in event.selection.rows if row < len(runs)]
    _actions([runs[row] for row in rows])


def runs_table(runs: Sequence[RunSummary]) -> pd.DataFrame:
    """Lay trainings out as a table of numbers, so that it sorts as it should.

    Figures are in percent. A random split's stands in a column of its own, beside
    the one for unseen speakers.
    """
    return pd.DataFrame([_row(run) for run in runs], columns=list(_row(runs[0])))


def _row(run: RunSummary) -> dict[str, object]:
    """Put one run into a row."""
    random = run.speaker_independent is False
    return {
        "when": datetime.fromisoformat(run.created_utc),
        "corpus": f"{run.corpus} (synthetic)" if run.synthetic else run.corpus,
        "features": run.features or "",
        "model": run.model or f"study: {run.study}",
        "split": model_words.split_name(run.split) if run.split else "",
        "UAR unseen": _percent(run.uar_unseen),
        "from": _percent(run.uar_unseen_low),
        "to": _percent(run.uar_unseen_high),
        "UAR random": _percent(run.uar if random else None),
        "WAR unseen": _percent(run.war_unseen),
        "WAR random": _percent(run.war if random else None),
        "files": run.n_files,
        "fit (s)": run.fit_s,
    }


def _percent(share: float | None) -> float | None:
    """Turn a share into percent, None where it is not known."""
    return None if share is None else share * 100


def _columns() -> dict[str, Any]:
    """Say how the columns of numbers are written."""
    shares = ("UAR unseen", "from", "to", "UAR random", "WAR unseen", "WAR random")
    return {
        "when": st.column_config.DatetimeColumn(
            format="D MMM YYYY, HH:mm", timezone="UTC"
        ),
        "files": st.column_config.NumberColumn(format="localized"),
        "fit (s)": st.column_config.NumberColumn(format="%.1f"),
        **{
            name: st.column_config.NumberColumn(
                format="%.1f %%",
                help="95 % interval over speakers of the UAR on unseen speakers."
                if name in ("from", "to")
                else None,
            )
            for name in shares
        },
    }


def _actions(chosen: Sequence[RunSummary]) -> None:
    """Offer what can be done with the ticked runs."""
    trainings = [run for run in chosen if run.kind == "training"]
    with st.container(horizontal=True):
        if st.button(
            "Open",
            disabled=len(chosen) != 1,
            icon=":material/open_in_new:",
            key="model.open",
        ):
            st.switch_page(_PAGE, query_params={state.RUN: chosen[0].id})
        if st.button(
            "Compare",
            disabled=len(trainings) < 2 or len(trainings) != len(chosen),
            icon=":material/compare:",
            key="model.compare",
        ):
            first, *others = [run.id for run in trainings]
            st.switch_page(
                _PAGE, query_params={state.RUN: first, state.AGAINST: others}
            )
        with st.popover("Delete", disabled=not chosen, icon=":material/delete:"):
            if not all_deletable(chosen):
                st.write(NOT_YOURS)
                return
            st.write(
                f"Delete {format.count(len(chosen), 'run')} for everybody on this "
                "machine? Saved models stay. Download first what you want to keep."
            )
            if st.button("Yes, delete", type="primary", key=state.MODEL_DELETE):
                _delete(chosen)


def _delete(chosen: Sequence[RunSummary]) -> None:
    """Delete the ticked runs and say so."""
    who = visitor.visitor()
    with widgets.said_plainly():
        for run in chosen:
            delete_run(run.id, visitor=who, data=cache.lab())
        st.session_state[state.MODEL_MESSAGE] = (
            f"Deleted {format.count(len(chosen), 'run')}."
        )
        st.session_state.pop(state.MODEL_RUNS_TABLE, None)
        st.rerun()
