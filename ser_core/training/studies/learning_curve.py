"""Accuracy against the size of the training part."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np

from ser_core.errors import ParameterError
from ser_core.evaluation.splits import Splitting
from ser_core.features.matrix import feature_matrix
from ser_core.features.registry import feature_set
from ser_core.models.classical import check_training_part
from ser_core.training.folds import FoldWork
from ser_core.training.plan import TrainingPlan
from ser_core.training.results import collect
from ser_core.training.runner import fit_works, fold_works, split_both
from ser_core.training.samples import Samples, select_samples
from ser_core.training.studies.place import Found, Place

SHARES: Final[tuple[float, ...]] = (0.1, 0.2, 0.4, 0.7, 1.0)
"""Shares of each fold's training part."""


def study_learning_curve(plan: TrainingPlan, place: Place) -> Found:
    """Fit every fold on growing shares of its training part, tested on all of its test.

    Parameters
    ----------
    plan : TrainingPlan
        Both its split and the one on unseen speakers are run, without a search.
    place : Place

    Returns
    -------
    found : Found
        Rows: ``n_train`` (median over folds), ``share``, ``war``, ``uar``, ``low``,
        ``high`` (interval of UAR; null where there is none), ``split``.

    Notes
    -----
    A share is drawn class by class, each class rounded up, and smaller shares lie
    within larger ones, so that a curve does not jump for other reasons than its size.

    """
    matrix = feature_matrix(
        place.chosen.corpora,
        feature_set(plan.features),
        data=place.data,
        emit=place.emit,
    )
    samples = select_samples(plan, place.chosen, matrix)
    main, unseen, reason = split_both(plan, samples)
    splittings = {"main": main} | ({} if unseen is None else {"unseen": unseen})
    works: list[FoldWork] = []
    left_out: set[str] = set()
    for part, splitting in splittings.items():
        for share in SHARES:
            shared = [
                _thinned(work, share, seed=plan.seed)
                for work in fold_works(f"{part}@{share:g}", splitting, samples)
            ]
            if _trainable(plan, shared):
                works += shared
            else:
                left_out.add(f"{share:.0%} of {splitting.name}")
    results = fit_works(
        replace(plan, tune=0),
        works,
        samples=samples,
        matrix=matrix,
        data=place.data,
        emit=place.emit,
    )
    rows = [
        _row(samples, splittings[part.partition("@")[0]], found, place, part)
        for part, found in results.items()
    ]
    notes = [] if reason is None else [f"Unseen speakers: {reason}"]
    if left_out:
        notes.append(
            f"Too few utterances to train on at {', '.join(sorted(left_out))}; "
            "left out."
        )
    return Found(rows=rows, notes=notes)


def _thinned(work: FoldWork, share: float, *, seed: int) -> FoldWork:
    """Keep a share of each class of a fold's training part."""
    if share >= 1:
        return work
    kept = []
    for label in np.unique(work.y_train):
        members = np.flatnonzero(work.y_train == label)
        order = np.random.default_rng(seed).permutation(len(members))
        kept.append(members[order[: int(np.ceil(share * len(members)))]])
    rows = np.sort(np.concatenate(kept))
    groups = None if work.groups_train is None else work.groups_train[rows]
    return replace(
        work,
        train=work.train[rows],
        y_train=work.y_train[rows],
        groups_train=groups,
    )


def _trainable(plan: TrainingPlan, works: list[FoldWork]) -> bool:
    """Tell whether the model can be fitted to every fold of a share."""
    try:
        for work in works:
            check_training_part(plan.model, work.y_train, parameters=plan.parameters)
    except ParameterError:
        return False
    return True


def _row(
    samples: Samples, splitting: Splitting, found: list[Any], place: Place, part: str
) -> dict[str, Any]:
    """Judge one share of one split."""
    result = collect(samples, splitting, found, chosen=place.chosen)
    low, high = result["uar_interval"] or (None, None)
    sizes = [len(fold.work.train) for fold in found]
    return {
        "n_train": int(np.median(sizes)),
        "share": float(part.partition("@")[2]),
        "war": result["war"],
        "uar": result["uar"],
        "low": low,
        "high": high,
        "split": splitting.name,
    }
