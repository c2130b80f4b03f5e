"""Fit a plan's model on all its utterances and save it with its card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ser_core.features.matrix import FeatureMatrix
from ser_core.models.bundle import save_bundle
from ser_core.models.bundle_folders import bundle_folder
from ser_core.models.card import ModelCard
from ser_core.models.card_record import card_from_record
from ser_core.models.registry import build_recogniser
from ser_core.models.training_distance import training_distances
from ser_core.store.data_folder import DataFolder
from ser_core.training.plan import TrainingPlan
from ser_core.training.samples import Samples, speakers_of
from ser_core.training.unseen_speakers import held_out_distances, learn_from_unseen


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
    says so. From the predictions for unseen speakers the card also has how the
    probabilities are corrected, and when the model says that it is unsure.

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
    card = with_confidence(
        card, record, held_out_distances(recogniser, X, speakers_of(samples))
    )
    save_bundle(bundle_folder(data, name), recogniser, card)
    return name


def with_confidence(
    card: ModelCard,
    record: Mapping[str, Any],
    distances: npt.NDArray[np.float64] | None,
) -> ModelCard:
    """Add to a card how sure the model may be, and when it is unsure.

    Parameters
    ----------
    card : ModelCard
    record : mapping
        With predictions.
    distances : ndarray of shape (n_samples,), float64, or None
        Of clips whose speakers were held out.

    Returns
    -------
    card : ModelCard
        With calibration and abstention, or the reason why there is neither.

    """
    learnt = learn_from_unseen(record, held_out_distances=distances)
    return replace(
        card,
        calibration=learnt.calibration,
        abstention=learnt.abstention,
        uncalibrated_reason=learnt.reason,
    )
