"""What can be taken away from a training: record, predictions, features, card."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import streamlit as st

from pages._view import format, model_cache, state, widgets
from pages._view.job_view import open_job
from ser_core.errors import ParameterError, SerError
from ser_core.models.bundle import list_bundles
from ser_core.models.bundle_zip import export_zip
from ser_core.store.data_folder import DataFolder
from ser_core.training.export import export_csv
from ser_core.training.feature_export import export_fold
from ser_core.training.plan import TrainingPlan

Record = dict[str, Any]

PAGE: Final = "pages/model.py"

_BYTES_A_VALUE: Final = 11
"""A float32 in a CSV file, with its comma."""

_LARGEST_CSV: Final = 150_000_000
"""Bytes of features that are offered for download; more is written by a command."""


def downloads(record: Record, data: DataFolder) -> None:
    """Offer the record, the predictions, the features and the saved model."""
    name = f"ser-lab-training-{record['id'][:12]}"
    with st.container(horizontal=True, vertical_alignment="center"):
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
            lambda: export_csv(record, table="predictions"),
            f"{name}-predictions.csv",
            "text/csv",
            icon=":material/table:",
            on_click="ignore",
            key=f"csv-{record['id']}",
            help="Every tested recording of both splits: truth, prediction, fold, "
            "speaker and the probability of each class.",
        )
        _saved_model(record, data)
    _features(record, data, name=name)
    _save(record)


def _saved_model(record: Record, data: DataFolder) -> None:
    """Offer the saved model and its card, where the run saved one."""
    found = {bundle.name: bundle for bundle in list_bundles(data)}
    bundle = found.get(record["bundle"] or "")
    if bundle is None or bundle.card is None:
        return
    st.download_button(
        "Model card (Markdown)",
        bundle.card.to_markdown,
        f"{bundle.name}.md",
        "text/markdown",
        icon=":material/description:",
        on_click="ignore",
        key=f"card-{record['id']}",
    )
    st.download_button(
        "Model (zip)",
        lambda: export_zip(bundle.folder),
        f"{bundle.name}.zip",
        "application/zip",
        icon=":material/download:",
        on_click="ignore",
        key=f"bundle-{record['id']}",
    )
    st.page_link(
        PAGE,
        label="Its card",
        icon=":material/save:",
        query_params={state.SECTION: "saved", state.BUNDLE: bundle.name},
    )


def _features(record: Record, data: DataFolder, *, name: str) -> None:
    """Offer the feature matrix of one fold, training and test rows apart."""
    st.markdown("**Features, training and test apart**")
    try:
        n_rows, n_columns = model_cache.matrix_shape(record["matrix_key"])
    except SerError as error:
        st.caption(f"{error.message}.")
        return
    expected = n_rows * n_columns * _BYTES_A_VALUE
    if expected > _LARGEST_CSV:
        st.caption(
            f"{n_rows:,} rows of {n_columns:,} values make about "
            f"{format.size(expected)} of CSV, too much for a browser. On this machine, "
            "`ser_core.training.feature_export.export_fold` writes them to a folder."
        )
        return
    unseen, fold = _choose_fold(record)
    st.download_button(
        "Features (zip of two CSV)",
        lambda: features_zip(record, data, unseen=unseen, fold=fold),
        f"{name}-features.zip",
        "application/zip",
        icon=":material/grid_on:",
        on_click="ignore",
        key=f"features-{record['id']}",
        help=f"train_features.csv and test_features.csv: {n_rows:,} rows of "
        f"{n_columns:,} values in all, about {format.size(expected)} unpacked.",
    )


def _choose_fold(record: Record) -> tuple[bool, int]:
    """Ask which split's fold is exported."""
    results = {"the split chosen": record}
    if record["unseen_speakers"] is not None:
        results["unseen speakers"] = record["unseen_speakers"]
    folds = [
        (title, number, fold["name"])
        for title, result in results.items()
        for number, fold in enumerate(result["folds"])
    ]
    chosen = st.selectbox(
        "Fold",
        range(len(folds)),
        format_func=lambda index: f"{folds[index][0]}: {folds[index][2]}",
        key=f"{state.MODEL_EXPORT_FOLD}-{record['id']}",
    )
    title, number, _ = folds[chosen]
    return title == "unseen speakers", number


def features_zip(record: Record, data: DataFolder, *, unseen: bool, fold: int) -> bytes:
    """Return both CSV files of a fold as a zip archive.

    Parameters
    ----------
    record : dict
        Of kind ``training``.
    data : DataFolder
    unseen : bool
        The split on unseen speakers beside a random one.
    fold : int
        From 0.

    Raises
    ------
    SerError
        As `ser_core.training.feature_export.export_fold`.

    """
    stream = io.BytesIO()
    with (
        tempfile.TemporaryDirectory(prefix="ser-lab-export-") as folder,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
    ):
        for path in export_fold(
            record, Path(folder), data=data, unseen=unseen, fold=fold
        ):
            archive.write(path, path.name)
    return stream.getvalue()


def _save(record: Record) -> None:
    """Offer to save a model of this recipe, where the run saved none."""
    if record["bundle"]:
        return
    st.markdown("**Save a model of this recipe**")
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    name = left.text_input(
        "Name",
        key=f"{state.MODEL_SAVE_AS}-{record['id']}",
        placeholder="my-model",
        help="Trains the same plan again, figures included, and keeps a model fitted "
        "on all of the files, with its card.",
    )
    if right.button("Train and save", key=f"save-{record['id']}", width="stretch"):
        with widgets.said_plainly():
            if not name.strip():
                raise ParameterError("name is empty; give the model one")
            plan = replace(TrainingPlan.from_json(record["plan"]), save=name.strip())
            open_job(PAGE, kind="train", parameters=plan.to_json())
