"""How many dimensions the features really have: explained variance of a PCA."""

from __future__ import annotations

from typing import Final

import numpy as np

from ser_core.features.matrix import feature_matrix
from ser_core.features.registry import feature_set
from ser_core.models.registry import build_recogniser
from ser_core.training.plan import TrainingPlan
from ser_core.training.runner import split_both
from ser_core.training.samples import select_samples
from ser_core.training.studies.place import Found, Place

MAX_ROWS: Final = 3_000
"""Rows that the PCA is fitted to at most."""

SHARE: Final = 0.95
"""Share of the variance that the article keeps."""


def study_dimensions(plan: TrainingPlan, place: Place) -> Found:
    """Fit a PCA to the scaled training part of the first fold.

    Parameters
    ----------
    plan : TrainingPlan
    place : Place

    Returns
    -------
    found : Found
        Rows: ``component`` (from 1), ``share`` of the variance, ``cumulated``.

    """
    from sklearn.decomposition import PCA

    matrix = feature_matrix(
        place.chosen.corpora,
        feature_set(plan.features),
        data=place.data,
        emit=place.emit,
    )
    samples = select_samples(plan, place.chosen, matrix)
    main, unseen, _ = split_both(plan, samples)
    train = (unseen or main).folds[0].train
    if len(train) > MAX_ROWS:
        train = np.sort(
            np.random.default_rng(plan.seed).choice(train, MAX_ROWS, replace=False)
        )
    X = np.asarray(matrix.X[samples.rows[train]])
    scaler = build_recogniser(plan.model, seed=plan.seed).named_steps["scaler"]
    pca = PCA(svd_solver="full").fit(scaler.fit_transform(X))
    shares = np.asarray(pca.explained_variance_ratio_, dtype=np.float64)
    cumulated = np.cumsum(shares)
    needed = int(np.searchsorted(cumulated, SHARE) + 1)
    rows = [
        {"component": i + 1, "share": float(share), "cumulated": float(total)}
        for i, (share, total) in enumerate(zip(shares, cumulated, strict=True))
    ]
    return Found(
        rows=rows,
        notes=[
            f"{needed} of {X.shape[1]} components explain {SHARE:.0%} of the variance "
            f"of {len(X)} training utterances ({(unseen or main).name}, first fold); "
            "the article kept 78 of its 180.",
        ],
    )
