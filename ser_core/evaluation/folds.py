"""What a split is: folds of rows for training, validation and test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.intp]


def no_rows() -> Indices:
    """Return an empty array of row numbers."""
    return np.empty(0, dtype=np.intp)


@dataclass(frozen=True, kw_only=True, eq=False)
class Fold:
    """Name the rows of each part of one fold.

    Attributes
    ----------
    train, validation, test : ndarray of shape (n_part,), intp
        Row numbers; no row is in two parts. `validation` is empty in most splits,
        and a row may be in no part at all.
    name : str
        As "fold 1", or the speaker or corpus that is held out.

    """

    train: Indices
    test: Indices
    name: str
    validation: Indices = field(default_factory=no_rows)


@dataclass(frozen=True, kw_only=True, eq=False)
class Splitting:
    """Name the folds of a split and say what they keep apart.

    Attributes
    ----------
    name : str
        One of `ser_core.evaluation.splits.SPLITS`.
    folds : tuple of Fold
        Every row is tested at most once over all folds.
    speaker_independent : bool
        Whether no tested speaker is in the training part of the same fold.
    groups : str
        What is kept together: "speaker", "session", "corpus" or "none".
    notes : tuple of str
        What a reader of the figures has to know, in words.

    """

    name: str
    folds: tuple[Fold, ...]
    speaker_independent: bool
    groups: str
    notes: tuple[str, ...] = ()

    @property
    def n_tested(self) -> int:
        """Rows that are tested in one of the folds."""
        return sum(len(fold.test) for fold in self.folds)


def rows_of(indices: npt.ArrayLike) -> Indices:
    """Return row numbers as an array of intp."""
    return np.asarray(indices, dtype=np.intp)


def fold_of_row(splitting: Splitting, *, n_rows: int) -> list[str | None]:
    """Name the fold in which each row is tested.

    Parameters
    ----------
    splitting : Splitting
    n_rows : int
        Rows of the matrix that was split.

    Returns
    -------
    names : list of str or None, length n_rows
        None for a row that no fold tests.

    """
    names: list[str | None] = [None] * n_rows
    for fold in splitting.folds:
        for row in fold.test.tolist():
            names[row] = fold.name
    return names


def in_words(names: Sequence[str], *, limit: int = 5) -> str:
    """List names, the rest as a number.

    Examples
    --------
    >>> in_words(["a", "b", "c"], limit=2)
    'a, b and 1 more'

    """
    shown = ", ".join(names[:limit])
    rest = len(names) - limit
    return f"{shown} and {rest} more" if rest > 0 else shown
