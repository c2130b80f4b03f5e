"""Keep recordings with the same audio out of each other's tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ser_core.errors import ParameterError
from ser_core.evaluation.folds import Fold, Indices


def keep_apart(fold: Fold, duplicates: Sequence[Sequence[int]], *, n_rows: int) -> Fold:
    """Leave copies of tested audio out of the other parts of a fold.

    Parameters
    ----------
    fold : Fold
    duplicates : sequence of sequences of int
        Groups of rows that hold the same audio.
    n_rows : int
        Rows that there are.

    Returns
    -------
    fold : Fold
        With the same test part. No group of duplicates is in two parts: copies of
        tested audio have left validation and training, and copies of audio for
        validation have left training.

    Raises
    ------
    ParameterError
        A row number is outside 0 to ``n_rows - 1``.

    """
    if not duplicates:
        return fold
    group = _group_of_row(duplicates, n_rows)
    validation = _without(fold.validation, fold.test, group)
    train = _without(_without(fold.train, fold.test, group), validation, group)
    return replace(fold, train=train, validation=validation)


def note_duplicates(
    duplicates: Sequence[Sequence[int]],
    labels: npt.NDArray[np.str_],
    folds: Sequence[Fold],
) -> list[str]:
    """Say in words what the duplicates are and what was done about them.

    Parameters
    ----------
    duplicates : sequence of sequences of int
    labels : ndarray of shape (n_samples,), str
    folds : sequence of Fold

    Returns
    -------
    notes : list of str

    """
    groups = [rows for rows in duplicates if len(set(rows)) > 1]
    if not groups:
        return []
    notes = [
        f"{len(groups)} recording(s) are there more than once, with the same audio "
        f"({sum(len(set(rows)) for rows in groups)} files); a copy of what a fold "
        "tests is left out of its training."
    ]
    tested = set(np.concatenate([fold.test for fold in folds]).tolist())
    at_odds = [
        rows
        for rows in groups
        if len({str(labels[row]) for row in rows}) > 1 and tested & set(rows)
    ]
    if at_odds:
        notes.append(
            f"{len(at_odds)} of them carry different labels for the same audio, so "
            "that no classifier can be right about all of these files."
        )
    return notes


def _group_of_row(duplicates: Sequence[Sequence[int]], n_rows: int) -> Indices:
    """Return the group of each row; groups that share a row are one."""
    group = np.arange(n_rows)
    for rows in duplicates:
        members = np.asarray(rows, dtype=np.intp)
        if members.size and (members.min() < 0 or members.max() >= n_rows):
            raise ParameterError(
                f"duplicates name row(s) {sorted(set(members.tolist()))}, but there "
                f"are {n_rows} rows, numbered from 0; give the rows of this matrix"
            )
        if members.size:
            group[np.isin(group, group[members])] = group[members].min()
    return group


def _without(rows: Indices, other: Indices, group: Indices) -> Indices:
    """Drop the rows whose audio is among others."""
    return rows[~np.isin(group[rows], group[other])]
