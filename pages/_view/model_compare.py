"""Several trainings beside each other: intervals, a paired test, a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages._view import format, model_cache, model_words, state, widgets
from pages._view.figures import model_forest, model_heat
from ser_core.errors import SerError
from ser_core.evaluation.paired import PairedTest

Record = dict[str, Any]


def comparison(records: Sequence[Record]) -> None:
    """Draw trainings beside each other.

    Parameters
    ----------
    records : sequence of dict
        Two or more of kind ``training``.

    """
    st.subheader(f"{len(records)} trainings compared", anchor=False)
    widgets.synthetic_badge(synthetic=any(r["corpus"]["synthetic"] for r in records))
    _one_question(records)
    key = "-".join(record["id"][:8] for record in records)[:120]
    mode = widgets.mode()
    widgets.chart(model_forest.forest(records, mode=mode), key=f"forest-{key}")
    _table(records)
    _paired(records)
    kinds = [{record[what] for record in records} for what in ("features", "model")]
    if all(len(found) > 1 for found in kinds):
        widgets.chart(
            model_heat.features_by_models(records, mode=mode), key=f"heat-{key}"
        )
    with st.container(horizontal=True):
        for number, record in enumerate(records, start=1):
            st.page_link(
                "pages/model.py",
                label=f"Open {number}: {model_cache.run_name(record)}",
                icon=":material/open_in_new:",
                query_params={state.RUN: record["id"]},
            )


def _one_question(records: Sequence[Record]) -> None:
    """Warn where runs answer different questions, so that figures cannot be ranked."""
    differences = {
        "corpora": {tuple(c["fingerprint"] for c in r["corpora"]) for r in records},
        "classes": {tuple(r["classes"]) for r in records},
        "splits": {r["split"] for r in records},
    }
    odd = [name for name, values in differences.items() if len(values) > 1]
    if odd:
        st.warning(
            f"These runs differ in their {format.listing(odd)}: their figures answer "
            "different questions, and a higher one need not be a better model.",
            icon=":material/warning:",
        )


def _choose_side(records: Sequence[Record]) -> bool:
    """Ask whether unseen speakers or random splits are compared."""
    random = [record for record in records if not record["speaker_independent"]]
    if len(random) < len(records):
        return True
    side = widgets.one_of(
        "Compared on",
        ["unseen", "main"],
        key=state.MODEL_TWIN,
        names={"unseen": "unseen speakers", "main": "the random split"},
    )
    return side == "unseen"


def _table(records: Sequence[Record]) -> None:
    """Put the figures of all runs into one table, both splits side by side."""
    rows = []
    for number, record in enumerate(records, start=1):
        apart = record if record["speaker_independent"] else record["unseen_speakers"]
        random = None if record["speaker_independent"] else record
        rows.append(
            {
                "run": number,
                "corpus": record["corpus"]["name"],
                "features": record["features"],
                "model": record["model"],
                "split": model_words.split_name(record["split"]),
                "UAR unseen": _percent(apart, "uar"),
                "95 %": _interval(apart),
                "UAR random": _percent(random, "uar"),
                "WAR unseen": _percent(apart, "war"),
                "macro F1 unseen": _percent(apart, "macro_f1"),
                "fit (s)": record["fit_s"],
                "when": format.when(record["created_utc"]),
            }
        )
    shares = ("UAR unseen", "UAR random", "WAR unseen", "macro F1 unseen")
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        placeholder="",
        height="content" if len(rows) <= 12 else 420,
        column_config={
            **{
                name: st.column_config.NumberColumn(format="%.1f %%") for name in shares
            },
            "fit (s)": st.column_config.NumberColumn(format="%.1f"),
        },
    )


def _percent(result: Record | None, name: str) -> float | None:
    """Return a figure of a result in percent, None where there is none."""
    return None if result is None else result[name] * 100


def _interval(result: Record | None) -> str:
    """Write the interval of a result's UAR in percent."""
    span = (result or {}).get("uar_interval")
    return "" if span is None else f"{span[0] * 100:.1f} to {span[1] * 100:.1f} %"


def _paired(records: Sequence[Record]) -> None:
    """Ask whether the difference of two runs is more than chance."""
    st.markdown("**Is the difference more than chance?**")
    unseen = _choose_side(records)
    names = {
        number: f"{number + 1}: {model_cache.run_name(record)}"
        for number, record in enumerate(records)
    }
    first, second = 0, 1
    if len(records) > 2:
        left, right = st.columns(2)
        first = left.selectbox("A", names, format_func=names.get, index=0)
        second = right.selectbox("B", names, format_func=names.get, index=1)
    if first == second:
        st.caption("Choose two different runs.")
        return
    try:
        test = model_cache.paired(
            records[first],
            records[second],
            (records[first]["id"], records[second]["id"]),
            unseen=unseen,
        )
    except SerError as error:
        st.info(error.message, icon=":material/info:")
        return
    st.info(test.words, icon=":material/balance:")
    with st.expander("The tests in figures"):
        st.dataframe(_tests(test), hide_index=True, placeholder="", height="content")


def _tests(test: PairedTest) -> pd.DataFrame:
    """Lay the tests of a difference out, one row each."""
    rows = []
    if test.bootstrap is not None:
        low, high = test.bootstrap.interval
        rows.append(
            (
                "bootstrap over speakers",
                f"UAR {test.uar_difference * 100:+.1f} points "
                f"({low * 100:+.1f} to {high * 100:+.1f})",
                test.bootstrap.p_value,
                f"{test.bootstrap.n_speakers} speakers; the one to go by",
            )
        )
    rows.append(
        (
            "McNemar",
            f"only A right {test.mcnemar.only_a:,}, only B {test.mcnemar.only_b:,}",
            test.mcnemar.p_value,
            "takes recordings of one speaker as independent: too sure of itself",
        )
    )
    if test.resampled_t is not None:
        rows.append(
            (
                "corrected t test over folds",
                f"UAR {test.resampled_t.mean_difference * 100:+.1f} points",
                test.resampled_t.p_value,
                f"{test.resampled_t.n_folds} folds",
            )
        )
    return pd.DataFrame(rows, columns=["test", "A minus B", "p", "to be read with"])
