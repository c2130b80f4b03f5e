"""Stored runs: open, compare, delete, import, and machines side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from pages._view import cache, format, state, visitor, widgets
from pages._view.figures import history as figures
from pages._view.figures import scaling
from ser_core.bench.record import import_record
from ser_core.jobs.sharing import delete_run, import_run, may_delete
from ser_core.store.runs import RunSummary

_PAGE: Final = "pages/benchmark.py"
_SHORT_LIST: Final = 8

NOT_YOURS: Final = (
    "Some of these are not yours: on this server, a run is deleted by who started it, "
    "or by the operator."
)


def history(summaries: list[RunSummary]) -> None:
    """Show the stored runs and what can be done with them.

    Parameters
    ----------
    summaries : list of RunSummary
        The newest first.

    """
    _message()
    if summaries:
        st.caption("Tick one run to open it, two to compare them, any to delete them.")
        event = st.dataframe(
            _table(summaries),
            key=state.HISTORY_TABLE,
            on_select="rerun",
            selection_mode="multi-row",
            hide_index=True,
            height="content" if len(summaries) < _SHORT_LIST else 320,
        )
        rows = [row for row in event.selection.rows if row < len(summaries)]
        _actions([summaries[row] for row in rows])
    else:
        widgets.empty("No run is stored yet. Plan one, or import one below.")
    _import()


def _table(summaries: list[RunSummary]) -> pd.DataFrame:
    """Lay stored runs out as a table, one row a run."""
    return pd.DataFrame(
        [
            {
                "when": format.when(run.created_utc),
                "what": run.label,
                "kind": run.kind if run.version is None else f"{run.version} version",
                "corpus": f"{run.corpus} (synthetic)" if run.synthetic else run.corpus,
                "files": run.n_files,
                "best speed-up": format.times(run.speedup),
                "by": run.speedup_arm or "",
                "total": format.duration(run.total_wall_s),
                "accuracy, random / unseen": _accuracies(run),
                "measured": "elsewhere" if run.source == "imported" else "here",
            }
            for run in summaries
        ]
    )


def _accuracies(run: RunSummary) -> str:
    """Put both accuracies into one cell, so that neither stands alone."""
    if run.accuracy is None:
        return ""
    unseen = format.percent(run.accuracy_unseen_speakers, digits=1)
    return f"{format.percent(run.accuracy, digits=1)} / {unseen}"


def _actions(chosen: list[RunSummary]) -> None:
    """Offer what can be done with the ticked runs."""
    with st.container(horizontal=True):
        if st.button("Open", disabled=len(chosen) != 1, icon=":material/open_in_new:"):
            st.switch_page(_PAGE, query_params={state.RUN: chosen[0].id})
        if st.button("Compare", disabled=len(chosen) != 2, icon=":material/compare:"):
            st.switch_page(
                _PAGE,
                query_params={state.RUN: chosen[0].id, state.AGAINST: chosen[1].id},
            )
        with st.popover("Delete", disabled=not chosen, icon=":material/delete:"):
            if not all_deletable(chosen):
                st.write(NOT_YOURS)
                return
            st.write(
                f"Delete {format.count(len(chosen), 'run')} for everybody on this "
                "machine? Export first what you want to keep."
            )
            if st.button("Yes, delete", type="primary", key=state.HISTORY_DELETE):
                _delete(chosen)


def all_deletable(chosen: Sequence[RunSummary]) -> bool:
    """Tell whether this visitor may delete every one of some runs."""
    who = visitor.visitor()
    return all(may_delete("run", run.id, who, data=cache.lab()) for run in chosen)


def _delete(chosen: list[RunSummary]) -> None:
    """Delete the ticked runs and say so."""
    who = visitor.visitor()
    with widgets.said_plainly():
        for run in chosen:
            delete_run(run.id, visitor=who, data=cache.lab())
        st.session_state[state.HISTORY_MESSAGE] = (
            f"Deleted {format.count(len(chosen), 'run')}."
        )
        st.session_state.pop(state.HISTORY_TABLE, None)
        st.rerun()


def _import() -> None:
    """Take in a record that was exported on another machine."""
    st.subheader("Import a run from another machine", anchor=False)
    uploaded = st.file_uploader(
        "A JSON file that SER Lab exported",
        type=["json"],
        key=state.HISTORY_UPLOAD,
        help="It is checked field by field and marked as imported.",
    )
    if uploaded is not None and st.button("Import", type="primary"):
        with widgets.said_plainly():
            record = import_record(uploaded.getvalue())
            visitor.keep_in_browser()
            import_run(record, visitor=visitor.visitor(), data=cache.lab())
            st.session_state[state.HISTORY_MESSAGE] = f"Imported '{record['label']}'."
            st.rerun()


def _message() -> None:
    """Say once what the last action did."""
    message = st.session_state.pop(state.HISTORY_MESSAGE, None)
    if message:
        st.toast(message, icon=":material/check:")


def comparison(first: dict[str, Any], second: dict[str, Any]) -> None:
    """Show two runs of any kind beside each other."""
    for record in (first, second):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"**{record['label']}** · {format.when(record['created_utc'])}",
                width="content",
            )
            widgets.synthetic_badge(synthetic=record["corpus"]["synthetic"])
            widgets.source_badge(record)
    widgets.chart(
        figures.compare(first, second, mode=widgets.mode()),
        key=f"compare-{first['id']}-{second['id']}",
    )


def machines(summaries: list[RunSummary]) -> None:
    """Draw benchmark runs of several machines as speed-up against cores."""
    benches = {run.id: run for run in summaries if run.kind == "bench"}
    if not benches:
        widgets.empty(
            "No benchmark is stored yet. Run one here, and import the JSON exports of "
            "other machines in the history."
        )
        return
    chosen = st.multiselect(
        "Runs to draw together",
        list(benches),
        default=list(benches)[:4],
        format_func=lambda run: (
            f"{benches[run].label} · {format.when(benches[run].created_utc)}"
            + (" · imported" if benches[run].source == "imported" else "")
        ),
        key=state.HISTORY_MACHINES,
    )
    if chosen:
        widgets.chart(
            scaling.machines(
                [cache.runs().get(run) for run in chosen], mode=widgets.mode()
            ),
            key="benchmark.machines",
        )
