"""The same training with stock scikit-learn and with scikit-learn-intelex."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ser_core.features.matrix import feature_matrix
from ser_core.features.registry import feature_set
from ser_core.models.acceleration import (
    Acceleration,
    accelerated,
    acceleration_available,
)
from ser_core.training.plan import TrainingPlan
from ser_core.training.samples import select_samples
from ser_core.training.studies.place import Found, Place

MODELS: Final[tuple[str, ...]] = ("svm", "knn", "lr", "rf", "pca")
"""What the extension has code of its own for."""

MAX_ROWS: Final = 2_000
"""Rows that are timed at most, so that the study ends while somebody waits."""


def study_acceleration(plan: TrainingPlan, place: Place) -> Found:
    """Time fits and predictions of both, each in processes of its own.

    Parameters
    ----------
    plan : TrainingPlan
        Its model is timed first where the extension knows it, then the others.
    place : Place

    Returns
    -------
    found : Found
        Rows: ``model``, ``arm`` (stock, accelerated), ``first_s``, ``seconds`` (median
        of later calls), ``low_s``, ``high_s``, ``n_repeats``, ``fell_back`` (stock
        code was used without a word), ``reason``, ``same_predictions`` (share),
        ``accuracy``, ``n_samples``, ``n_features``. No rows, and a note why, where the
        extension cannot be had.

    """
    here, reason = acceleration_available()
    if not here:
        return Found(rows=[], notes=[reason])
    matrix = feature_matrix(
        place.chosen.corpora,
        feature_set(plan.features),
        data=place.data,
        emit=place.emit,
    )
    samples = select_samples(plan, place.chosen, matrix)
    rng = np.random.default_rng(plan.seed)
    n_rows = min(MAX_ROWS, len(samples.rows))
    kept = np.sort(rng.choice(len(samples.rows), n_rows, replace=False))
    X, y = np.asarray(matrix.X[samples.rows[kept]]), samples.y[kept]
    names = sorted(MODELS, key=lambda name: name != plan.model)
    rows: list[dict[str, Any]] = []
    notes = [f"{reason}; {n_rows} utterances, a quarter of them predicted."]
    for number, name in enumerate(names):
        place.progress("timing", done=number, total=len(names))
        timed = accelerated(name, X, y, seed=plan.seed, emit=place.log)
        rows += _rows(timed)
        if timed.ratio is not None:
            notes.append(
                f"{name}: {timed.ratio:.2f} times as fast as stock "
                f"({timed.ratio_low:.2f} to {timed.ratio_high:.2f})."
            )
    place.progress("timing", done=len(names), total=len(names))
    return Found(rows=rows, notes=notes)


def _rows(timed: Acceleration) -> list[dict[str, Any]]:
    """Return one row an arm."""
    return [
        {
            "model": timed.model,
            "arm": arm.arm,
            "first_s": arm.first_s,
            "seconds": arm.median_s,
            "low_s": arm.low_s,
            "high_s": arm.high_s,
            "n_repeats": arm.repeats,
            "fell_back": arm.accelerated is False,
            "reason": arm.fallback_reason,
            "same_predictions": timed.same_predictions,
            "accuracy": arm.accuracy,
            "n_samples": timed.n_train,
            "n_features": timed.n_features,
        }
        for arm in timed.arms
    ]
