"""What can be taken away from a training: record, predictions, features, card."""

from __future__ import annotations

import csv
import io
import json
from typing import Any, Final

import streamlit as st

from ser_core.store.data_folder import DataFolder

Record = dict[str, Any]

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
_BYTES_A_VALUE: Final = 11
"""A float32 in a CSV file, with its comma."""

_LARGEST_CSV: Final = 150_000_000
"""Bytes of features that are offered for download; more is written by a command."""


def predictions_csv(record: Record) -> str:
    """Write every tested recording of both splits as CSV, one row each.

    Parameters
    ----------
    record : dict
        Of kind ``training``.

    Returns
    -------
    text : str
        RFC 4180 with a heading; text that a spreadsheet would run is quoted.

    """
    out = io.StringIO()
    write = csv.writer(out)
    classes = record["classes"]
    heading = ["split", "corpus", "recording", "speaker", "fold", "truth", "predicted"]
    write.writerow([*heading, *(f"p_{label}" for label in classes)])
    for result in (record, record["unseen_speakers"]):
        if result is None:
            continue
        table = result["predictions"]
        none = [None] * len(table["path"])
        for row, path in enumerate(table["path"]):
            chances = (table["probabilities"] or none)[row] or [""] * len(classes)
            cells = [
                result["split"],
                record["corpora"][table["corpus"][row]]["name"],
                path,
                table["speaker"][row] or "",
                result["folds"][table["fold"][row]]["name"],
                classes[table["truth"][row]],
                classes[table["predicted"][row]],
            ]
            write.writerow([*map(_cell, cells), *chances])
    return out.getvalue()


def _cell(text: str) -> str:
    """Keep spreadsheets from running text as a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def downloads(record: Record, data: DataFolder) -> None:
    """Offer the record, the predictions, the features and the saved model."""
    name = f"ser-lab-training-{record['id'][:12]}"
    with st.container(horizontal=True):
        st.download_button(
            "Record (JSON)",
            lambda: json.dumps(record, ensure_ascii=False, indent=1) + "\n",
            f"{name}.json",
            "application/json",
            icon=":material/data_object:",
            on_click="ignore",
            key=f"json-{record['id']}",
        )
        st.download_button(
            "Predictions (CSV)",
            lambda: predictions_csv(record),
            f"{name}-predictions.csv",
            "text/csv",
            icon=":material/table:",
            on_click="ignore",
            key=f"csv-{record['id']}",
            help="Every tested recording of both splits: truth, prediction, fold, "
            "speaker and the probability of each class.",
        )
