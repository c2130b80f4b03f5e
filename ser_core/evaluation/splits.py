"""Divide utterances into folds, by every protocol that the project knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from ser_core.corpora.utterance import Utterance
from ser_core.errors import ParameterError
from ser_core.evaluation.companion import Companion, companion
from ser_core.evaluation.duplicates import keep_apart, note_duplicates
from ser_core.evaluation.folds import Fold, Splitting
from ser_core.evaluation.groups import CorpusKeys, corpus_names, speaker_names
from ser_core.evaluation.holdout import SHARES, Split, random_split, speaker_split
from ser_core.evaluation.protocols import DEFAULT_FOLDS, MAKERS, Request, classes_of

__all__ = [
    "DEFAULT_FOLDS",
    "RANDOM_SPLITS",
    "SHARES",
    "SHORT_FORMS",
    "SPLITS",
    "Companion",
    "Fold",
    "Split",
    "Splitting",
    "companion",
    "full_name",
    "random_split",
    "speaker_names",
    "speaker_split",
    "split_utterances",
]

SPLITS: Final[tuple[str, ...]] = (
    "random-70-15-15",
    "random-80-20",
    "kfold",
    "speaker",
    "loso",
    "loco",
    "thai-ser-authors",
)
"""The splits known by name."""

SHORT_FORMS: Final[Mapping[str, str]] = {"random": "random-70-15-15"}
"""Further names; "speaker" is a name itself."""

RANDOM_SPLITS: Final[frozenset[str]] = frozenset(
    ("random-70-15-15", "random-80-20", "kfold")
)
"""Splits in which the same speaker may be in training and test."""


def full_name(name: str) -> str:
    """Return the split's full name.

    Raises
    ------
    ParameterError
        There is no such split.

    Examples
    --------
    >>> full_name("random")
    'random-70-15-15'

    """
    full = SHORT_FORMS.get(name, name)
    if full not in SPLITS:
        raise ParameterError(
            f"split = {name!r} is not known; choose one of: "
            f"{', '.join((*SPLITS, *SHORT_FORMS))}"
        )
    return full


def split_utterances(
    name: str,
    utterances: Sequence[Utterance],
    labels: Sequence[str],
    *,
    seed: int = 42,
    n_folds: int | None = None,
    duplicates: Sequence[Sequence[int]] = (),
    corpora: CorpusKeys | None = None,
) -> Splitting:
    """Divide utterances into folds.

    Parameters
    ----------
    name : str
        One of `SPLITS` or `SHORT_FORMS`.
    utterances : sequence of Utterance, length n_samples
    labels : sequence of str, length n_samples
        The class of each utterance.
    seed : int, default=42
        The same seed gives the same folds. ``loso`` and ``loco`` need none.
    n_folds : int, optional
        Folds of ``kfold`` (default 5) and ``speaker``: there 6 for RAVDESS alone, 5
        for CREMA-D alone, one a speaker for up to 10 speakers, else 5.
    duplicates : sequence of sequences of int
        Groups of rows that hold the same audio.
    corpora : sequence of str or int, length n_samples, optional
        Name or number of each row's corpus, for ``loco`` and for telling speakers
        apart; by default the utterance's own name.

    Returns
    -------
    splitting : Splitting

    Raises
    ------
    ParameterError
        The split, the number of folds or a row number is not allowed; or the split
        cannot be made: one class only, too few utterances, speakers or corpora, or a
        class that would be missing in a training part.

    Notes
    -----
    ``random-70-15-15`` and ``random-80-20`` are scikit-learn's ``train_test_split``
    with the labels as strata, ``kfold`` is its shuffled ``StratifiedKFold``, and
    ``speaker`` its shuffled ``GroupKFold`` over the speakers' names. A row whose
    audio is also in the test part of a fold is left out of that fold's other parts,
    so what is tested stays as drawn.

    """
    full = full_name(name)
    _check_lengths(utterances, labels)
    if n_folds is not None and full not in ("kfold", "speaker"):
        raise ParameterError(
            f"n_folds = {n_folds} means nothing for the split {full}; it is for "
            "kfold and speaker: leave it out"
        )
    request = Request(
        utterances=utterances,
        labels=np.asarray([str(label) for label in labels]),
        corpora=corpus_names(utterances, corpora),
        seed=seed,
        n_folds=n_folds,
    )
    _check_twoclasses_of(request.labels)
    draft = MAKERS[full](request)
    folds = tuple(
        keep_apart(fold, duplicates, n_rows=len(labels)) for fold in draft.folds
    )
    for fold, drawn in zip(folds, draft.folds, strict=True):
        n_copies = len(drawn.train) - len(fold.train)
        _check_training(
            fold, request.labels, draft.classes, split=full, n_copies=n_copies
        )
    return Splitting(
        name=full,
        folds=folds,
        speaker_independent=full not in RANDOM_SPLITS,
        groups=draft.groups,
        notes=(*draft.notes, *note_duplicates(duplicates, request.labels, folds)),
    )


def _check_lengths(utterances: Sequence[Utterance], labels: Sequence[str]) -> None:
    """Refuse labels that do not belong to the utterances."""
    if len(utterances) != len(labels):
        raise ParameterError(
            f"{len(utterances)} utterances but {len(labels)} labels; one each is "
            "expected"
        )


def _check_twoclasses_of(labels: npt.NDArray[np.str_]) -> None:
    """Refuse labels of fewer than two classes."""
    classes = classes_of(labels)
    if len(classes) >= 2:
        return
    found = "there are no utterances"
    if classes:
        found = f"all {len(labels)} utterances are {classes[0]!r}"
    raise ParameterError(
        f"{found}; a classifier needs at least two classes: choose files of more "
        "than one emotion"
    )


def _check_training(
    fold: Fold,
    labels: npt.NDArray[np.str_],
    classes: Sequence[str],
    *,
    split: str,
    n_copies: int,
) -> None:
    """Refuse a fold whose training part lacks a class, or that tests nothing."""
    if not len(fold.test):
        raise ParameterError(f"{fold.name} of the split {split} tests nothing")
    missing = sorted(set(classes) - set(labels[fold.train].tolist()))
    if missing:
        copies = (
            f"; {n_copies} recordings with the same audio as a tested one are left out"
            if n_copies
            else ""
        )
        raise ParameterError(
            f"class(es) {', '.join(missing)} would be missing in the training part "
            f"when {fold.name} is tested (split {split}{copies}); take more files or "
            "speakers, another number of folds, or leave that emotion out"
        )
