"""Which features a model uses: permutation on the test part."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.evaluation.metrics import evaluate
from ser_core.features.matrix import feature_matrix
from ser_core.features.registry import feature_set
from ser_core.models.classical import check_training_part
from ser_core.models.registry import build_recogniser
from ser_core.training.plan import TrainingPlan
from ser_core.training.runner import split_both
from ser_core.training.samples import select_samples
from ser_core.training.studies.place import Found, Place

MAX_SINGLE: Final = 200
"""With more columns than this, those of one contour are permuted together."""

_REPEATS: Final = 5
_MAX_TEST_ROWS: Final = 1_000


def study_importance(plan: TrainingPlan, place: Place) -> Found:
    """Permute columns of the test part and see how much recall is lost.

    Parameters
    ----------
    plan : TrainingPlan
        The first fold of its split on unseen speakers is used.
    place : Place

    Returns
    -------
    found : Found
        Rows: ``name`` of the column or group, ``group``, ``n_columns``, ``drop`` (mean
        loss of UAR over 5 permutations; negative where the model does better without
        it), ``std``, ``metric``, ``split``.

    Notes
    -----
    A column that another one repeats looks unimportant, because the model still has
    the other: that is why columns of one contour are permuted together where there
    are many.

    References
    ----------
    L. Breiman, "Random Forests", Machine Learning 45, 2001, doi
    10.1023/A:1010933404324.

    """
    described = feature_set(plan.features)
    matrix = feature_matrix(
        place.chosen.corpora, described, data=place.data, emit=place.emit
    )
    samples = select_samples(plan, place.chosen, matrix)
    main, unseen, reason = split_both(plan, samples)
    splitting = unseen or main
    fold = splitting.folds[0]
    y_train = samples.y[fold.train]
    check_training_part(plan.model, y_train)
    recogniser = build_recogniser(
        plan.model, seed=plan.seed, parameters=plan.parameters, pca=plan.pca
    )
    place.log("Fitting the first fold.")
    recogniser.fit(np.asarray(matrix.X[samples.rows[fold.train]]), y_train)
    test = fold.test[:: max(1, -(-len(fold.test) // _MAX_TEST_ROWS))]
    X = np.asarray(matrix.X[samples.rows[test]])
    truth = samples.y[test]
    base = _uar(recogniser, X, truth)
    groups = column_groups(described.column_names())
    rows = []
    for number, (name, columns) in enumerate(groups.items(), 1):
        drops = base - _permuted(recogniser, X, truth, columns, seed=plan.seed)
        rows.append(
            {
                "name": name,
                "group": contour(name),
                "n_columns": len(columns),
                "drop": float(drops.mean()),
                "std": float(drops.std()),
                "metric": "uar",
                "split": splitting.name,
            }
        )
        place.progress("permuting columns", done=number, total=len(groups))
    notes = [
        f"UAR of the first fold without permutation: {base:.1%}, on {len(test)} "
        f"utterances of {fold.name}.",
    ]
    if reason is not None:
        notes.append(f"Unseen speakers: {reason}")
    return Found(rows=rows, notes=notes)


def column_groups(names: list[str]) -> dict[str, list[int]]:
    """Return the columns to be permuted together, by name.

    Parameters
    ----------
    names : list of str
        All columns, in order.

    Returns
    -------
    groups : dict of str to list of int
        Each column alone where there are up to 200 of them, else one group a contour.

    """
    if len(names) <= MAX_SINGLE:
        return {name: [i] for i, name in enumerate(names)}
    groups: dict[str, list[int]] = defaultdict(list)
    for i, name in enumerate(names):
        groups[contour(name)].append(i)
    return dict(groups)


def contour(name: str) -> str:
    """Return the contour that a column is made from.

    Examples
    --------
    >>> contour("frame012_mfcc03")
    'mfcc03'
    >>> contour("f0_semitone_p20")
    'f0'

    """
    rest = re.sub(r"^frame\d+_", "", name)
    return rest.split("_")[0]


def _permuted(
    recogniser: Any,
    X: npt.NDArray[np.float32],
    truth: npt.NDArray[np.str_],
    columns: list[int],
    *,
    seed: int,
) -> npt.NDArray[np.float64]:
    """Return the UAR after each of the permutations of some columns."""
    rng = np.random.default_rng(seed)
    kept = X[:, columns].copy()
    values = []
    for _ in range(_REPEATS):
        X[:, columns] = kept[rng.permutation(len(X))]
        values.append(_uar(recogniser, X, truth))
    X[:, columns] = kept
    return np.array(values)


def _uar(
    recogniser: Any, X: npt.NDArray[np.float32], truth: npt.NDArray[np.str_]
) -> float:
    """Return the unweighted average recall of the model on X."""
    found = recogniser.predict(X)
    classes = sorted({*truth.tolist(), *map(str, recogniser.classes_)})
    return evaluate(truth.tolist(), found.tolist(), classes=classes).uar
