"""The samples of a training run: rows of a feature matrix with their classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ser_core.corpora.utterance import Utterance
from ser_core.errors import ParameterError
from ser_core.evaluation.groups import speaker_names
from ser_core.features.matrix import FeatureMatrix
from ser_core.training.corpus_data import ChosenCorpora, label_of
from ser_core.training.plan import TrainingPlan

NO_GENDER: Final = (
    "no utterance has a class: gender is unknown for all of them; train on emotions "
    "alone"
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Samples:
    """The rows of a feature matrix that a plan trains and tests on.

    Attributes
    ----------
    rows : ndarray of shape (n_samples,), intp
        Rows of the matrix.
    utterances : tuple of Utterance, length n_samples
    corpus : ndarray of shape (n_samples,), intp
        Which of the plan's corpora each is from.
    y : ndarray of shape (n_samples,), str
    duplicates : tuple of tuple of int
        Sample numbers that hold the same audio.

    """

    rows: npt.NDArray[np.intp]
    utterances: tuple[Utterance, ...]
    corpus: npt.NDArray[np.intp]
    y: npt.NDArray[np.str_]
    duplicates: tuple[tuple[int, ...], ...]

    @property
    def classes(self) -> list[str]:
        """The classes that occur, sorted."""
        return [str(label) for label in np.unique(self.y)]


def select_samples(
    plan: TrainingPlan, chosen: ChosenCorpora, matrix: FeatureMatrix
) -> Samples:
    """Choose the rows of a matrix that a plan is about, with their classes.

    Raises
    ------
    ParameterError
        No utterance is left, because no gender is known.

    """
    labels = [
        label_of(utterance, plan.labels) if chosen.keeps(utterance) else None
        for utterance in matrix.utterances
    ]
    rows = np.array([i for i, label in enumerate(labels) if label], dtype=np.intp)
    if not len(rows):
        raise ParameterError(NO_GENDER)
    number = {int(row): i for i, row in enumerate(rows)}
    duplicates = [
        [number[r] for r in group if r in number] for group in matrix.duplicates
    ]
    return Samples(
        rows=rows,
        utterances=tuple(matrix.utterances[i] for i in rows),
        corpus=np.asarray(matrix.corpus_of_row, dtype=np.intp)[rows],
        y=np.array([labels[i] for i in rows], dtype=np.str_),
        duplicates=tuple(tuple(group) for group in duplicates if len(group) > 1),
    )


def planned_samples(plan: TrainingPlan, chosen: ChosenCorpora) -> Samples:
    """Make the samples that there will be if every file can be read.

    Returns
    -------
    samples : Samples
        Its rows are those of no matrix, and no duplicates are known.

    Raises
    ------
    ParameterError
        No utterance is left, because no gender is known.

    """
    kept = [
        (i, utterance, label)
        for i, corpus in enumerate(chosen.corpora)
        for utterance in corpus.utterances
        if chosen.keeps(utterance)
        and (label := label_of(utterance, plan.labels)) is not None
    ]
    if not kept:
        raise ParameterError(NO_GENDER)
    return Samples(
        rows=np.arange(len(kept), dtype=np.intp),
        utterances=tuple(utterance for _, utterance, _ in kept),
        corpus=np.array([i for i, _, _ in kept], dtype=np.intp),
        y=np.array([label for _, _, label in kept], dtype=np.str_),
        duplicates=(),
    )


def speakers_of(samples: Samples) -> npt.NDArray[np.str_]:
    """Name each sample's speaker as `ser_core.evaluation.groups.speaker_names` does.

    Returns
    -------
    names : ndarray of shape (n_samples,), str
        Empty where the speaker is unknown.

    """
    return np.array([name or "" for name in speaker_names(samples.utterances)])
