"""The features of whole corpora as one matrix, computed once and mapped thereafter."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.corpora.listing import fingerprint
from ser_core.corpora.utterance import Corpus, Problem, Utterance
from ser_core.errors import CorpusError, ParameterError, SerError
from ser_core.features.feature_set import FeatureSet
from ser_core.features.front_ends import check_front_end
from ser_core.features.matrix_extraction import ExtractionJob, MatrixRows, fill
from ser_core.features.progress import Emit
from ser_core.features.worker import ExtractionTask
from ser_core.store.data_folder import DataFolder
from ser_core.store.features import FeatureStore, StoredMatrix
from ser_core.store.matrix_file import check_space, file_size

MATRIX_VERSION: Final = 1
"""Raised when what is stored about the rows changes."""

FRONT_END_VERSIONS: Final[Mapping[str, int]] = MappingProxyType({"reference": 1})
"""Those of the front ends themselves, which take seconds to import."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FeatureMatrix:
    """The features of every file that could be read, one row each.

    Attributes
    ----------
    X : ndarray (memory map) of shape (n_samples, n_features), float32
        Read-only; slices of it are read from the disk when they are used.
    utterances : tuple of Utterance, length n_samples
        Those of the rows; empty where the matrix was opened by its key alone, since
        a stored matrix knows files and no labels.
    paths : tuple of str, length n_samples
        Each row's file below its corpus' folder, POSIX style.
    corpus_of_row : ndarray of shape (n_samples,), int64
        Which of the corpora a row belongs to, counted from 0.
    corpora : tuple of str
        Names of the corpora, in the order they were given.
    column_names : tuple of str, length n_features
    feature_set : mapping
        As `FeatureSet.to_json` gives it, with its ``key`` and ``label``.
    failures : tuple of Problem
        Files that could not be read, with the reason; they have no row.
    notes : tuple of str
        What is odd about files that have one, as digital silence.
    duplicates : tuple of tuple of int
        Groups of rows with the same audio, two or more rows a group, rising.
    key : str
        By which `open_matrix` finds it.
    path : Path
        The file of the values.

    """

    X: npt.NDArray[np.float32]
    utterances: tuple[Utterance, ...]
    paths: tuple[str, ...]
    corpus_of_row: npt.NDArray[np.int64]
    corpora: tuple[str, ...]
    column_names: tuple[str, ...]
    feature_set: Mapping[str, Any]
    failures: tuple[Problem, ...]
    notes: tuple[str, ...]
    duplicates: tuple[tuple[int, ...], ...]
    key: str
    path: Path


def matrix_key(
    corpora: Sequence[Corpus], feature_set: FeatureSet, *, front_end: str = "reference"
) -> str:
    """Return the key under which a matrix is stored.

    Parameters
    ----------
    corpora : sequence of Corpus
        Their order matters: it is that of the rows.
    feature_set : FeatureSet
    front_end : str, default "reference"
        One of `ser_core.features.FRONT_ENDS`.

    Returns
    -------
    key : str
        SHA-256 (hex) of the corpora's fingerprints, the feature set's key, and name
        and version of the front end.

    Raises
    ------
    ParameterError
        The front end is not known.
    CorpusError
        A listed file is gone.

    """
    check_front_end(front_end)
    parts = {
        "version": MATRIX_VERSION,
        "corpora": [fingerprint(corpus) for corpus in corpora],
        "feature_set": feature_set.key,
        "front_end": [front_end, FRONT_END_VERSIONS[front_end]],
    }
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def feature_matrix(
    corpora: Sequence[Corpus],
    feature_set: FeatureSet,
    *,
    data: DataFolder,
    front_end: str = "reference",
    backend: str = "loky",
    n_workers: int | None = None,
    emit: Emit | None = None,
) -> FeatureMatrix:
    """Compute the features of corpora, or open them where they are stored.

    Parameters
    ----------
    corpora : sequence of Corpus
        One or more; their rows follow each other.
    feature_set : FeatureSet
        What to compute.
    data : DataFolder
        Where matrices are kept.
    front_end : str, default "reference"
        One of `ser_core.features.FRONT_ENDS`.
    backend : str, default "loky"
        One of `ser_core.execution.BACKENDS`; it does not change the values.
    n_workers : int, optional
        By default the cores that this process may use, and fewer for few files.
    emit : callable, optional
        Called with ``progress`` and ``log`` events.

    Returns
    -------
    matrix : FeatureMatrix

    Raises
    ------
    CorpusError
        There are no utterances, a listed file is gone, or no file can be read.
    ParameterError
        A name or number is not allowed.
    BackendError
        A worker was lost.
    SerError
        The matrix cannot be written, as on a full disk.

    Notes
    -----
    An interrupted extraction is continued where it stopped, within a week. A second
    process that wants the same matrix waits for the first one and then opens what
    that has written. A file that was changed to another one of equal size goes
    unnoticed, as in `ser_core.corpora.listing.fingerprint`.

    """
    check_front_end(front_end)
    if not any(corpus.utterances for corpus in corpora):
        names = ", ".join(f"'{corpus.root}'" for corpus in corpora) or "no corpus"
        raise CorpusError(
            f"{names}: no utterances to compute features of; choose another corpus, "
            "or filters that leave some"
        )
    key = matrix_key(corpora, feature_set, front_end=front_end)
    store = FeatureStore(data.features)
    stored = store.open(key)
    if stored is None:
        job = ExtractionJob(
            corpora=tuple(corpora),
            task=ExtractionTask(feature_set=feature_set, front_end=front_end),
            backend=backend,
            n_workers=n_workers,
            emit=emit,
        )
        with store.locked(key, on_wait=job.tell_waiting):
            stored = store.open(key) or _compute(store, key, job)
    return _matrix(stored, corpora)


def open_matrix(
    data: DataFolder, key: str, *, corpora: Sequence[Corpus] | None = None
) -> FeatureMatrix:
    """Open a stored matrix at once; nothing is computed.

    Parameters
    ----------
    data : DataFolder
        Where matrices are kept.
    key : str
        As records have it.
    corpora : sequence of Corpus, optional
        Those it was computed from, to have `FeatureMatrix.utterances`.

    Returns
    -------
    matrix : FeatureMatrix

    Raises
    ------
    SerError
        It is not there (any more), or damaged.
    ParameterError
        The key is malformed, or the corpora lack files that have a row.

    """
    stored = FeatureStore(data.features).open(key)
    if stored is None:
        raise SerError(
            f"feature matrix {key[:12]}… is not stored in '{data.features}', or is "
            "damaged; train again, which computes it anew"
        )
    return _matrix(stored, corpora)


def _compute(store: FeatureStore, key: str, job: ExtractionJob) -> StoredMatrix:
    """Compute a matrix and store it; the caller holds its lock."""
    n_columns = job.task.feature_set.size
    with store.writing(key, n_columns=n_columns) as writer:
        check_space(store.folder, needed_bytes=file_size(job.n_files, n_columns))
        rows = MatrixRows(job)
        fill(writer, rows, job)
        if writer.n_rows == 0:
            raise CorpusError(
                f"none of the {job.n_files} files of '{job.corpora[0].root}' could be "
                f"read; the first one: {rows.first_reason()}",
                path=str(job.corpora[0].root),
            )
        writer.finish(rows.document())
    stored = store.open(key)
    if stored is None:
        raise SerError(
            f"feature matrix {key[:12]}… was written to '{store.folder}' and cannot "
            "be read back; check the disk"
        )
    return stored


def _matrix(stored: StoredMatrix, corpora: Sequence[Corpus] | None) -> FeatureMatrix:
    """Make the public value from what is stored."""
    document = stored.document
    rows = document["rows"]
    return FeatureMatrix(
        X=stored.X,
        utterances=() if corpora is None else _utterances(rows, corpora),
        paths=tuple(rows["path"]),
        corpus_of_row=np.asarray(rows["corpus"], dtype=np.int64),
        corpora=tuple(document["corpora"]),
        column_names=tuple(document["column_names"]),
        feature_set=document["feature_set"],
        failures=tuple(Problem(**failure) for failure in document["failures"]),
        notes=tuple(document["notes"]),
        duplicates=_duplicates(rows["content"]),
        key=stored.key,
        path=stored.path,
    )


def _utterances(
    rows: Mapping[str, Any], corpora: Sequence[Corpus]
) -> tuple[Utterance, ...]:
    """Find the utterance of each row."""
    known = [
        {u.path.relative_to(corpus.root).as_posix(): u for u in corpus.utterances}
        for corpus in corpora
    ]
    try:
        return tuple(
            known[number][path]
            for number, path in zip(rows["corpus"], rows["path"], strict=True)
        )
    except (KeyError, IndexError) as error:
        raise ParameterError(
            f"the matrix has a row for {error}, which the corpora given do not list; "
            "give the corpora that it was computed from, in their order"
        ) from error


def _duplicates(contents: Sequence[str | None]) -> tuple[tuple[int, ...], ...]:
    """Group the rows with equal audio."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for row, content in enumerate(contents):
        if content is not None:
            groups[content].append(row)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)
