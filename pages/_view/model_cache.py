"""What the model page keeps between reruns: lists, records, maps of matrices.

A matrix is a read-only memory map; pages slice it and never hand it to
``st.cache_data``, which would copy it at every hit.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages._view import cache
from ser_core.errors import ParameterError
from ser_core.evaluation.curves import Curves, curves
from ser_core.evaluation.paired import PairedTest, paired_test
from ser_core.evaluation.predictions import Predictions
from ser_core.features.matrix import open_matrix
from ser_core.features.registry import FeatureSetInfo, feature_set_infos
from ser_core.models.catalogue import ModelInfo, model_infos

Record = dict[str, Any]


@st.cache_resource(max_entries=1, show_spinner=False)
def models() -> tuple[ModelInfo, ...]:
    """Describe every model, and whether it can be had here."""
    return model_infos()


@st.cache_resource(max_entries=1, show_spinner=False)
def feature_sets() -> tuple[FeatureSetInfo, ...]:
    """Describe every feature set, and whether it can be had here."""
    return feature_set_infos()


@st.cache_resource(max_entries=16, show_spinner="Reading the run …")
def _record(store: str, run_id: str) -> Record:
    """Read a stored run once; records do not change. Never changed by a page."""
    return cache.runs().get(run_id)


def record(run_id: str) -> Record:
    """Return a stored run, shared by all visitors and not to be changed.

    Raises
    ------
    RecordError
        It is not stored.

    """
    return _record(str(cache.lab().runs), run_id)


@st.cache_resource(max_entries=16, show_spinner="Working out the curves …")
def class_curves(_record: Record, run_id: str) -> dict[str, Curves]:
    """Work out ROC and precision-recall of a run's results.

    Parameters
    ----------
    _record : dict
        Of kind ``training``.
    run_id : str
        Its id, by which the answer is kept.

    Returns
    -------
    curves : dict
        ``random`` and ``unseen``, of those that have probabilities.

    """
    found: dict[str, Curves] = {}
    for result in (_record, _record["unseen_speakers"]):
        if result is None or result["predictions"]["probabilities"] is None:
            continue
        table, classes = result["predictions"], _record["classes"]
        drawn = curves(
            [classes[index] for index in table["truth"]],
            table["probabilities"],
            classes,
        )
        side = "unseen" if result["speaker_independent"] else "random"
        found[side] = drawn
    return found


@st.cache_resource(max_entries=64, show_spinner="Comparing the predictions …")
def paired(
    _first: Record, _second: Record, run_ids: tuple[str, str], *, unseen: bool
) -> PairedTest:
    """Test whether two runs differ on the recordings that both were tested on.

    Parameters
    ----------
    _first, _second : dict
        Of kind ``training``.
    run_ids : tuple of str
        Their ids, by which the answer is kept.
    unseen : bool
        On unseen speakers instead of the random split.

    Raises
    ------
    ParameterError
        They have no recording in common, or no such result.

    """
    names = (run_name(_first), run_name(_second))
    if names[0] == names[1]:
        names = (f"{names[0]} (A)", f"{names[1]} (B)")
    return paired_test(
        _predictions(_first, unseen=unseen),
        _predictions(_second, unseen=unseen),
        names=names,
    )


def _predictions(record: Record, *, unseen: bool) -> Predictions:
    """Take a run's predictions on unseen speakers, or on its random split."""
    apart = record["speaker_independent"]
    if not unseen and apart:
        raise ParameterError(
            f"run '{record['label']}' has no random split; compare unseen speakers"
        )
    return Predictions.from_record(record, unseen=unseen and not apart)


def run_name(record: Record) -> str:
    """Name a run by its features and its model."""
    return f"{record['features']} + {record['model']}"


def matrix_shape(key: str) -> tuple[int, int]:
    """Return rows and columns of a stored feature matrix; nothing of it is read.

    Raises
    ------
    SerError
        It is not stored any more.

    """
    rows, columns = open_matrix(cache.lab(), key).X.shape
    return int(rows), int(columns)
