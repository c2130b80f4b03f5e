"""The features of a stored training as CSV files, training and test apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ser_core.errors import ParameterError
from ser_core.features.export import export_csv
from ser_core.features.matrix import open_matrix
from ser_core.store.data_folder import DataFolder
from ser_core.training.corpus_data import choose_corpora
from ser_core.training.plan import TrainingPlan
from ser_core.training.runner import split_both
from ser_core.training.samples import select_samples


@dataclass(frozen=True, kw_only=True, eq=False)
class MatrixRows:
    """Rows of a feature matrix to train and to test on.

    Attributes
    ----------
    train, test : ndarray of shape (n_part,), intp

    """

    train: npt.NDArray[np.intp]
    test: npt.NDArray[np.intp]


def export_fold(
    record: Mapping[str, Any],
    folder: Path,
    *,
    data: DataFolder,
    unseen: bool = False,
    fold: int = 0,
) -> tuple[Path, Path]:
    """Write the training and the test rows of one fold of a stored training.

    Parameters
    ----------
    record : mapping
        Of kind ``training``.
    folder : Path
        Made if it does not exist.
    data : DataFolder
        Where its corpora are registered and its features are stored.
    unseen : bool, default False
        The split on unseen speakers that stands beside a random one.
    fold : int, default 0
        Which fold of that split, from 0.

    Returns
    -------
    train, test : Path
        As `ser_core.features.export.export_csv`.

    Raises
    ------
    CorpusError
        A corpus of the run is not registered here under its name.
    ParameterError
        There is no such split or fold, or the recordings are no longer those of the
        run.
    SerError
        The features are not stored any more, or the files cannot be written.

    """
    plan = TrainingPlan.from_json(record["plan"])
    chosen = choose_corpora(plan, data=data)
    trained_on = [corpus["fingerprint"] for corpus in record["corpora"]]
    if list(chosen.fingerprints) != trained_on:
        raise ParameterError(
            "the recordings are not those that this run was trained on: files came, "
            "went or changed since; train again to export their features"
        )
    matrix = open_matrix(data, record["matrix_key"], corpora=chosen.corpora)
    samples = select_samples(plan, chosen, matrix)
    main, beside, reason = split_both(plan, samples)
    splitting = beside if unseen else main
    if splitting is None:
        raise ParameterError(
            "this run has no second split on unseen speakers"
            + (f" ({reason})" if reason else "")
            + "; export its own split"
        )
    if not 0 <= fold < len(splitting.folds):
        raise ParameterError(
            f"fold = {fold} is not there; {splitting.name} has folds 0 to "
            f"{len(splitting.folds) - 1}"
        )
    part = splitting.folds[fold]
    # rows of the matrix that are no samples keep their emotion and are not written
    labels = [utterance.emotion for utterance in matrix.utterances]
    for row, label in zip(samples.rows.tolist(), samples.y.tolist(), strict=True):
        labels[row] = label
    rows = MatrixRows(train=samples.rows[part.train], test=samples.rows[part.test])
    return export_csv(matrix, rows, folder, labels=labels)
