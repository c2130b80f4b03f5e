"""How far a training is: its stages, its folds, what is being done."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import streamlit as st

from pages._view import format
from pages._view.live_state import LiveRun

MODEL_KINDS: Final = ("train", "compare", "study")
"""Kinds of job whose progress is shown here."""

STAGES: Final = {
    "metadata": "Reading names and labels",
    "features": "Features",
    "training": "Fitting and testing the folds",
    "evaluation": "Working out the figures",
}
PARTS: Final = {"main": "the split chosen", "unseen": "unseen speakers"}
_SHOWN: Final = 12


def training_progress(run: LiveRun) -> None:
    """Show the stages as they finish, then the folds, the last ones first."""
    since = 0.0 if run.started is None else time.time() - run.started
    st.caption(f"Running for {format.duration(since)}")
    if run.training is not None:
        st.markdown(
            f"**{run.training['number']} of {run.training['total']}** · "
            f"{run.training['label']}"
        )
    for stage in run.stages:
        _stage(stage)
    _bar(run)
    if run.folds:
        st.markdown(f"**Folds** · {len(run.folds):,} fitted and tested")
        st.dataframe(_folds(run), hide_index=True, placeholder="", height="content")


def _stage(stage: Mapping[str, Any]) -> None:
    """Write one stage in a line."""
    name = STAGES.get(str(stage["name"]), str(stage["name"]))
    if stage["state"] == "finished":
        took = format.duration(stage.get("wall_s"))
        st.markdown(f":material/check_circle: {name} · {took}")
    else:
        st.markdown(f":material/pending: **{name}**")


def _bar(run: LiveRun) -> None:
    """Show how far the stage under way is."""
    if not run.total:
        st.progress(0.0, text=STAGES.get(run.what, run.what) or "Starting …")
        return
    left = (
        ""
        if run.remaining_s is None
        else f" · about {format.duration(run.remaining_s)} left"
    )
    st.progress(
        min(run.done / run.total, 1.0),
        text=f"{run.what}: {run.done:,} of {run.total:,}{left}",
    )


def _folds(run: LiveRun) -> pd.DataFrame:
    """Lay the latest folds out as a table, the last one first."""
    latest = run.folds[-_SHOWN:][::-1]
    return pd.DataFrame(
        {
            "tested on": [PARTS.get(str(fold.get("part")), "") for fold in latest],
            "fold": [str(fold.get("fold")) for fold in latest],
            "files learned from": [fold.get("n_train") for fold in latest],
            "files tested": [fold.get("n_test") for fold in latest],
            "right": [format.percent(fold.get("war"), digits=1) for fold in latest],
            "fit": [format.duration(fold.get("fit_s")) for fold in latest],
        }
    )
