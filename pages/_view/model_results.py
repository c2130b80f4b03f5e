"""The result of one training: both splits first, then everything behind them."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import streamlit as st

from pages._view import format, model_cache, model_words, state, widgets
from pages._view.figures import (
    model_calibration,
    model_classes,
    model_curves,
    model_speakers,
    model_splits,
    model_tables,
    model_tuning,
    tables,
)
from pages._view.model_downloads import downloads
from pages._view.model_inspect import inspect_confusion
from pages._view.model_published import published_beside
from ser_core.store.data_folder import DataFolder

Record = dict[str, Any]
Result = dict[str, Any]

_TABS: Final = (
    "Classes",
    "Confusion and clips",
    "Both splits",
    "ROC and precision",
    "Calibration",
    "Speakers",
    "Folds",
    "Search",
    "Data and notes",
    "Take it with you",
)

_WHOLE: Final = 16
"""Rows of a table that are shown without a scroll bar of its own."""


def training_results(record: Record, data: DataFolder) -> None:
    """Show a record of kind ``training``.

    Parameters
    ----------
    record : dict
        As in docs/architecture.md; it is not changed.
    data : DataFolder
        Whose corpora the clips are played from.

    """
    _headline(record)
    _side_by_side(record)
    if record["gap"]:
        st.info(record["gap"], icon=":material/compare:")
    tabs = st.tabs(_TABS, key=f"{state.MODEL_TAB}-{record['id']}", on_change="rerun")
    drawn = dict(zip(_TABS, tabs, strict=True))
    key = record["id"][:12]
    for name, tab in drawn.items():
        if tab.open:
            with tab:
                _tab(name, record, key=key, data=data)


def _tab(name: str, record: Record, *, key: str, data: DataFolder) -> None:
    """Draw the tab that is open; the others cost nothing."""
    if name == "Classes":
        _classes(record, key=key)
    elif name == "Confusion and clips":
        inspect_confusion(record, key=key, data=data)
    elif name == "Both splits":
        _both(record, key=key)
    elif name == "ROC and precision":
        _ranking(record, key=key)
    elif name == "Calibration":
        _calibration(record, key=key)
    elif name == "Speakers":
        _speakers(record, key=key)
    elif name == "Folds":
        _folds(record, key=key)
    elif name == "Search":
        _search(record, key=key)
    elif name == "Data and notes":
        _data(record)
    else:
        downloads(record, data)


def _headline(record: Record) -> None:
    """Name the run: what was learned from what, by which model."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{record['label']}** · {record['corpus']['n_files']:,} files · "
            f"{format.when(record['created_utc'])}",
            width="content",
        )
        widgets.synthetic_badge(synthetic=record["corpus"]["synthetic"])
        widgets.source_badge(record)
        if record["bundle"]:
            st.badge(f"saved as {record['bundle']}", icon=":material/save:")


def _side_by_side(record: Record) -> None:
    """Put the random figure and the one for unseen speakers beside each other."""
    left, right = st.columns(2, border=True)
    if record["speaker_independent"]:
        with left:
            _figures("Unseen speakers", record)
        with right:
            _beside(record)
        return
    with left:
        _figures("Random split", record)
    with right:
        if record["unseen_speakers"] is not None:
            _figures("Unseen speakers", record["unseen_speakers"])
        else:
            st.markdown("**Unseen speakers**")
            st.warning(
                record["unseen_speakers_reason"] or "No reason is known.",
                icon=":material/person_off:",
            )
    _human(record)


def _figures(title: str, result: Result) -> None:
    """Show one split's figures with their intervals."""
    folds = len(result["folds"])
    st.markdown(
        f"**{title}** · {model_words.split_name(result['split'])}"
        + (f", {folds} folds" if folds > 1 else "")
    )
    columns = st.columns(3)
    shown = (
        ("UAR", "uar", model_words.UAR_HELP),
        ("Accuracy (WAR)", "war", model_words.WAR_HELP),
        ("Macro F1", "macro_f1", model_words.F1_HELP),
    )
    for column, (label, name, explained) in zip(columns, shown, strict=True):
        with column:
            st.metric(label, format.percent(result[name], digits=1), help=explained)
            st.caption(_interval(result[f"{name}_interval"]))
    if result["interval_reason"]:
        st.caption(f":material/info: {result['interval_reason']}")
    st.caption(_who(result))


def _interval(span: list[float] | None) -> str:
    """Write a 95 % interval over speakers, empty where there is none."""
    if span is None:
        return "no interval"
    return f"95 %: {span[0] * 100:.1f} to {span[1] * 100:.1f} %"


def _who(result: Result) -> str:
    """Say how many files and people stand behind a figure."""
    people = (
        "speakers unknown"
        if not result["n_speakers"]
        else format.count(result["n_speakers"], "speaker")
    )
    shared = result["shared_speakers"]
    known = "" if shared is None else f", {shared:,} of them heard in training"
    return (
        f"{result['n_test']:,} files tested ({people}{known}); learned from "
        f"{result['n_train']:,}"
        + (" a fold" if len(result["folds"]) > 1 else "")
        + f"; fit {format.duration(result['fit_s'])}"
    )


def _beside(record: Record) -> None:
    """Give what helps to read a figure for unseen speakers: guessing and people."""
    st.markdown("**To read it by**")
    one, two = st.columns(2)
    one.metric("Guessing", format.percent(1 / len(record["classes"]), digits=1))
    people = record["human"]
    if people is not None:
        two.metric("People", format.percent(people["accuracy"], digits=1))
        st.caption(people["source"])
    st.caption(
        "This split keeps speakers apart by itself, so that no random figure stands "
        "beside it. Train the same plan with a random split to see the gap."
    )


def _human(record: Record) -> None:
    """Put what people reach, and what guessing gives, below both figures."""
    guess = format.percent(1 / len(record["classes"]), digits=1)
    said = f"Guessing among {len(record['classes'])} classes gives a UAR of {guess}."
    people = record["human"]
    if people is not None:
        said += (
            f" People reach {format.percent(people['accuracy'], digits=1)} on these "
            f"recordings ({people['source']})."
        )
    st.caption(f":material/groups: {said}")


def _classes(record: Record, *, key: str) -> None:
    """Show the F1 of each class of both splits, and the table behind it."""
    widgets.chart(
        model_classes.per_class_f1(record, mode=widgets.mode()), key=f"f1-{key}"
    )
    _table(model_tables.per_class(record))


def _both(record: Record, *, key: str) -> None:
    """Draw the random split beside unseen speakers."""
    widgets.chart(
        model_splits.random_against_unseen(record, mode=widgets.mode()),
        key=f"splits-{key}",
    )
    published_beside(record)


def _ranking(record: Record, *, key: str) -> None:
    """Show how well each class is ranked before the others, on both splits."""
    found = model_cache.class_curves(record, record["id"])
    if not found:
        widgets.empty(
            "This model gives no probabilities, so that its recordings cannot be "
            "ranked by them."
        )
        return
    mode = widgets.mode()
    widgets.chart(model_curves.roc(record, **found, mode=mode), key=f"roc-{key}")
    widgets.chart(
        model_curves.precision_recall(record, **found, mode=mode), key=f"pr-{key}"
    )


def _calibration(record: Record, *, key: str) -> None:
    """Show whether the probabilities keep their word."""
    widgets.chart(
        model_calibration.reliability(record, mode=widgets.mode()),
        key=f"calibration-{key}",
    )
    rows = [
        {
            "split": model_words.split_name(result["split"]),
            "log loss": result["log_loss"],
            "calibration error (ECE)": result["ece"],
        }
        for result in (record, record["unseen_speakers"])
        if result is not None
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, placeholder="", height="content")


def _speakers(record: Record, *, key: str) -> None:
    """Show how different the speakers are."""
    widgets.chart(
        model_speakers.by_speaker(record, mode=widgets.mode()), key=f"speakers-{key}"
    )
    if record.get("by_condition"):
        st.markdown("**By recording condition**")
        _table(model_tables.by_condition(record))
    with st.expander("Every speaker in figures"):
        _table(model_tables.by_speaker(record))


def _folds(record: Record, *, key: str) -> None:
    """Show how much the folds differ, and what each took."""
    widgets.chart(model_speakers.folds(record, mode=widgets.mode()), key=f"folds-{key}")
    _table(model_tables.folds(record))


def _search(record: Record, *, key: str) -> None:
    """Show the history of the search for parameters."""
    tuning = record["tuning"]
    if tuning is None:
        widgets.empty(
            "No search was asked for: the model ran with its own parameters. Give it "
            "trials in the form to search inside each training part."
        )
        return
    found = [f"{name} = {value}" for name, value in tuning["best_parameters"].items()]
    best = format.percent(tuning["best_value"], digits=1)
    st.markdown(
        f"**Best of {format.count(tuning['n_trials'], 'trial')}**: "
        f"{format.listing(found)}, UAR {best} inside the training part"
    )
    widgets.chart(
        model_tuning.history(record, mode=widgets.mode()), key=f"search-{key}"
    )
    _table(model_tables.trials(record))


def _table(table: pd.DataFrame) -> None:
    """Show a table of a record, whole where it is short."""
    known = table.dropna(axis="columns", how="all")
    numbers = known.select_dtypes(include="float").columns
    st.dataframe(
        known,
        hide_index=True,
        placeholder="",
        height="content" if len(table) <= _WHOLE else 420,
        column_config={
            name: st.column_config.NumberColumn(format="%.1f")
            for name in numbers
            if "%" in name
        },
    )


def _data(record: Record) -> None:
    """Show what went in, what was left out, what is odd, and what failed."""
    rows = [
        {
            "corpus": corpus["name"],
            "files": corpus["n_files"],
            "language": corpus.get("language") or "",
            "licence": corpus.get("licence") or "",
            "synthetic": corpus["synthetic"],
        }
        for corpus in record["corpora"]
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, placeholder="", height="content")
    st.markdown(f"**Classes**: {format.listing(record['classes'])}")
    dropped = record["emotions_dropped"]
    if dropped:
        named = [f"{emotion} ({n:,})" for emotion, n in dropped.items()]
        st.markdown(f"**Dropped emotions**: {format.listing(named)}")
    seconds = record["seconds"]
    st.markdown(
        f"**Time**: features {format.duration(seconds['features'])}, fits "
        f"{format.duration(seconds['fit'])}, predictions "
        f"{format.duration(seconds['predict'])}, in all "
        f"{format.duration(seconds['total'])} · **memory** at its peak "
        f"{format.mebibytes(record['peak_pss_bytes'] or record['peak_rss_bytes'])}"
    )
    if record["pca"] is not None:
        kept = [str(number) for number in record["pca"]["components"]]
        st.markdown(
            f"**PCA** kept {format.listing(kept)} components, one number a fold"
        )
    widgets.notes(record["notes"])
    with st.expander("The plan, and the machine it ran on"):
        st.json(record["plan"])
        st.dataframe(tables.environment(record), hide_index=True, placeholder="")
    if record["failures"]:
        st.markdown(f"**Files that could not be used ({len(record['failures']):,})**")
        st.dataframe(pd.DataFrame(record["failures"]), hide_index=True, placeholder="")
