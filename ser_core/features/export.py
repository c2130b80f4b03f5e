"""Feature matrices as CSV files, the training and the test rows apart."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from ser_core.errors import ParameterError
from ser_core.features.matrix import FeatureMatrix
from ser_core.store.matrix_file import release_pages, told_writing

TEXT_COLUMNS: Final = ("path", "corpus", "speaker", "label")
"""What stands before the features."""

_BLOCK_ROWS: Final = 256


class RowSplit(Protocol):
    """Rows to train and to test on, as `ser_core.evaluation.splits` gives them."""

    @property
    def train(self) -> npt.NDArray[np.intp]:
        """Numbers of the training rows."""
        ...

    @property
    def test(self) -> npt.NDArray[np.intp]:
        """Numbers of the test rows."""
        ...


def export_csv(
    matrix: FeatureMatrix,
    split: RowSplit,
    folder: Path,
    *,
    labels: Sequence[str] | None = None,
) -> tuple[Path, Path]:
    """Write the training and the test rows of a split into a file each.

    Parameters
    ----------
    matrix : FeatureMatrix
        With its utterances.
    split : RowSplit
        One fold. Rows in neither part, as those to validate on, are left out.
    folder : Path
        Made if it does not exist.
    labels : sequence of str, length n_samples, optional
        In place of the emotions, as ``female_sad``.

    Returns
    -------
    train, test : Path
        ``train_features.csv`` and ``test_features.csv`` in that folder: UTF-8, a
        line of column names, then one line a row in the split's order, with
        `TEXT_COLUMNS` before the features. An unknown speaker is an empty cell.

    Raises
    ------
    ParameterError
        The matrix was opened without its utterances, or the labels do not fit.
    SerError
        The files cannot be written, as on a full disk; neither is left half-written.

    Notes
    -----
    Nine significant digits bring every float32 back to the bit. Features are read
    and written in blocks of 256 rows, whatever the size of the matrix.

    """
    n_samples = len(matrix.X)
    if len(matrix.utterances) != n_samples:
        raise ParameterError(
            f"the matrix has {n_samples} rows and {len(matrix.utterances)} utterances; "
            "give open_matrix the corpora, whose labels and speakers are exported"
        )
    if labels is None:
        labels = [utterance.emotion for utterance in matrix.utterances]
    if len(labels) != n_samples:
        raise ParameterError(
            f"{len(labels)} labels were given for {n_samples} rows; give one a row"
        )
    train, test = folder / "train_features.csv", folder / "test_features.csv"
    for path, rows in ((train, split.train), (test, split.test)):
        _write(path, _lines(matrix, rows, labels))
    return train, test


def _write(path: Path, lines: Iterator[str]) -> None:
    """Write a file that is there as a whole or not at all."""
    part = path.with_name(path.name + ".part")
    try:
        with told_writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("w", encoding="utf-8", newline="") as stream:
                stream.writelines(lines)
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _lines(
    matrix: FeatureMatrix, rows: npt.NDArray[np.intp], labels: Sequence[str]
) -> Iterator[str]:
    """Yield the lines of a file, its column names first."""
    yield _text([*TEXT_COLUMNS, *matrix.column_names]) + "\n"
    numbers = ",%.9g" * matrix.X.shape[1] + "\n"
    for start in range(0, len(rows), _BLOCK_ROWS):
        chosen = rows[start : start + _BLOCK_ROWS]
        for row, values in zip(chosen.tolist(), matrix.X[chosen].tolist(), strict=True):
            utterance = matrix.utterances[row]
            yield _text(
                [
                    matrix.paths[row],
                    utterance.corpus,
                    utterance.speaker or "",
                    labels[row],
                ]
            ) + numbers % tuple(values)
        release_pages(matrix.X)


def _text(cells: Sequence[str]) -> str:
    """Return cells as CSV, without the end of the line."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()
