"""What others published, beside what was measured here; marked as what it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from pages._view import model_cache, model_words, widgets
from pages._view.figures import model_published
from ser_core.evaluation.published import MARK, PUBLISHED, published_for
from ser_core.store.runs import RunSummary

Record = dict[str, Any]

_DRAWN: Final = 8
"""Runs of ours that are drawn; the table has them all."""


def published_figures(summaries: Sequence[RunSummary]) -> None:
    """Show the published figures of a corpus with this machine's runs above them.

    Parameters
    ----------
    summaries : sequence of RunSummary
        Of any kind; the newest first.

    """
    st.write(
        "Figures that others printed: on other copies of the recordings, other folds "
        "and often other classes. They say where ours belong; they are no contest. "
        "Read the columns *speakers apart* and *pre-trained* before any comparison."
    )
    corpora = list(dict.fromkeys("+".join(row.corpora) for row in PUBLISHED))
    own = [name for name in corpora if _trained(summaries, name)]
    chosen = st.selectbox(
        "Corpus",
        corpora,
        index=corpora.index(own[0]) if own else 0,
        format_func=lambda name: name.replace("+", " + "),
    )
    names = tuple(str(chosen).split("+"))
    found = published_for(names)
    ours = [run for run in summaries if _is_of(run, names)]
    if not ours:
        st.caption("Nothing was trained here on exactly these recordings yet.")
    records = [model_cache.record(run.id) for run in ours[:_DRAWN]]
    widgets.chart(
        model_published.beside_published(records, found, mode=widgets.mode()),
        key=f"published-{chosen}",
    )
    with st.expander("In figures"):
        _table([*map(_ours, ours), *(_published(row.to_json()) for row in found)])


def published_beside(record: Record) -> None:
    """Show what others published on a run's corpora, below the run's own figures.

    Parameters
    ----------
    record : dict
        Of kind ``training``.

    """
    names = tuple(corpus["name"] for corpus in record["corpora"])
    found = published_for(names)
    if not found:
        return
    st.markdown(f"**{MARK.capitalize()}** on {' + '.join(names)}")
    _table([_published(row.to_json()) for row in found])
    st.caption(
        "Other copies, folds and classes than here: they say where a figure belongs."
    )


def _trained(summaries: Sequence[RunSummary], name: str) -> bool:
    """Tell whether anything was trained here on these corpora."""
    return any(_is_of(run, tuple(name.split("+"))) for run in summaries)


def _is_of(run: RunSummary, names: tuple[str, ...]) -> bool:
    """Tell whether a run is a training on exactly these corpora."""
    trained = str(run.corpus).split(" + ")
    return run.kind == "training" and sorted(trained) == sorted(names)


def _ours(run: RunSummary) -> Record:
    """Put a run of this machine into a row, its figure on unseen speakers first."""
    apart = run.uar_unseen is not None
    return {
        "origin": "measured here",
        "method": f"{run.features} + {run.model}",
        "metric": "UAR",
        "value": run.uar_unseen if apart else run.uar,
        "classes": None,
        "split": "unseen speakers" if apart else model_words.split_name(str(run.split)),
        "speakers apart": "yes" if apart else "no",
        "pre-trained": "no",
        "source": "this installation",
    }


def _published(row: Record) -> Record:
    """Put a published figure into a row."""
    apart = row["speaker_independent"]
    return {
        "origin": row["origin"],
        "method": row["method"],
        "metric": row["metric"],
        "value": row["value"],
        "classes": row["n_classes"],
        "split": row["split"],
        "speakers apart": "not stated" if apart is None else "yes" if apart else "no",
        "pre-trained": "yes" if row["pretrained"] else "no",
        "source": row["source"],
    }


def _table(rows: Sequence[Record]) -> None:
    """Show rows of both origins."""
    if not rows:
        widgets.empty("Nothing is published on these recordings together.")
        return
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        placeholder="",
        height="content" if len(rows) <= 14 else 500,
        column_config={"value": st.column_config.NumberColumn(format="percent")},
    )
