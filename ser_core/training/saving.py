"""Fit a plan's model on all its utterances and save it with its card."""

from __future__ import annotations

from typing import Any

import numpy as np

from ser_core.features.matrix import FeatureMatrix
from ser_core.models.bundle import save_bundle
from ser_core.models.bundle_folders import bundle_folder
from ser_core.models.card_record import card_from_record
from ser_core.models.registry import build_recogniser
from ser_core.models.training_distance import training_distances
from ser_core.store.data_folder import DataFolder
from ser_core.training.plan import TrainingPlan
from ser_core.training.samples import Samples


def save_model(
    plan: TrainingPlan,
    record: dict[str, Any],
    samples: Samples,
    *,
    matrix: FeatureMatrix,
    data: DataFolder,
) -> str:
    """Fit on every utterance and write a bundle.

    The card's figures are those of the record, where models of the same recipe were
    tested on clips that they had not seen; this one has seen all of them, and the card
    says so.

    Parameters
    ----------
    plan : TrainingPlan
        With the name of the bundle.
    record : dict
        Of the run.
    samples : Samples
    matrix : FeatureMatrix
    data : DataFolder

    Returns
    -------
    name : str
        Under which it was saved.

    Raises
    ------
    ModelError
        The name is taken, or the bundle cannot be written.

    """
    parameters = dict(plan.parameters)
    if record["tuning"] is not None:
        parameters |= record["tuning"]["best_parameters"]
    recogniser = build_recogniser(
        plan.model, seed=plan.seed, parameters=parameters, pca=plan.pca
    )
    X = np.asarray(matrix.X[samples.rows])
    recogniser.fit(X, samples.y)
    name = str(plan.save)
    card = card_from_record(
        record,
        name=name,
        n_fitted=len(X),
        distances=training_distances(recogniser, X),
    )
    save_bundle(bundle_folder(data, name), recogniser, card)
    return name
