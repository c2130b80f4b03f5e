"""Divide utterances into folds, by every protocol that the project knows."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from ser_core.corpora.utterance import Utterance
from ser_core.errors import ParameterError
from ser_core.evaluation.companion import LEAVE_ONE_OUT_UP_TO, Companion, companion
from ser_core.evaluation.duplicates import keep_apart, note_duplicates
from ser_core.evaluation.folds import Fold, Splitting, in_words, rows_of
from ser_core.evaluation.groups import (
    CorpusKeys,
    Grouping,
    corpus_names,
    group_rows,
    speaker_names,
)
from ser_core.evaluation.holdout import SHARES, Split, random_split, speaker_split
from ser_core.evaluation.thai_ser_protocol import thai_ser_folds
from ser_core.execution.parameters import is_whole

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

DEFAULT_FOLDS: Final = 5
"""Folds of ``kfold``, and of ``speaker`` where nothing else is fixed."""

_FOLDS_OF_CORPUS: Final[Mapping[str, int]] = {"ravdess": 6, "crema-d": 5}


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
    request = _Request(
        utterances=utterances,
        labels=np.asarray([str(label) for label in labels]),
        corpora=corpus_names(utterances, corpora),
        seed=seed,
        n_folds=n_folds,
    )
    _check_two_classes(request.labels)
    draft = _MAKERS[full](request)
    folds = tuple(
        keep_apart(fold, duplicates, n_rows=len(labels)) for fold in draft.folds
    )
    for fold in folds:
        _check_training(fold, request.labels, draft.classes, split=full)
    return Splitting(
        name=full,
        folds=folds,
        speaker_independent=full not in RANDOM_SPLITS,
        groups=draft.groups,
        notes=(*draft.notes, *note_duplicates(duplicates, request.labels, folds)),
    )


@dataclass(frozen=True, kw_only=True)
class _Request:
    """What a split is made of."""

    utterances: Sequence[Utterance]
    labels: npt.NDArray[np.str_]
    corpora: list[str]
    seed: int
    n_folds: int | None


@dataclass(frozen=True, kw_only=True)
class _Draft:
    """Folds before copies of the same audio are kept apart."""

    folds: Sequence[Fold]
    groups: str
    classes: Sequence[str]
    notes: Sequence[str] = field(default=())


def _holdout(request: _Request) -> _Draft:
    """Draw 70 / 15 / 15 as the reference pipeline does."""
    split = random_split(request.labels.tolist(), seed=request.seed)
    fold = Fold(
        train=split.train, validation=split.validation, test=split.test, name="holdout"
    )
    return _Draft(folds=[fold], groups="none", classes=_classes(request.labels))


def _holdout_80_20(request: _Request) -> _Draft:
    """Draw 80 / 20, each class in proportion."""
    from sklearn.model_selection import train_test_split

    y = request.labels
    counts = Counter(y.tolist())
    _check_members(counts, at_least=2)
    least = 5 * (len(counts) - 1) + 1
    if len(y) < least:
        raise ParameterError(
            f"{len(y)} utterances of {len(counts)} classes are too few for an 80 / 20 "
            f"split; {least} or more are needed: take more files"
        )
    train, test = train_test_split(
        np.arange(len(y)), test_size=0.2, random_state=request.seed, stratify=y
    )
    fold = Fold(train=rows_of(train), test=rows_of(test), name="holdout")
    return _Draft(folds=[fold], groups="none", classes=_classes(y))


def _kfold(request: _Request) -> _Draft:
    """Draw folds, each class in proportion."""
    from sklearn.model_selection import StratifiedKFold

    y = request.labels
    n_folds = DEFAULT_FOLDS if request.n_folds is None else request.n_folds
    _check_n_folds(n_folds, len(y), "utterances", "take more files")
    counts = Counter(y.tolist())
    _check_members(counts, at_least=2)
    rare = sorted(label for label, count in counts.items() if count < n_folds)
    if len(rare) == len(counts):
        raise ParameterError(
            f"n_folds = {n_folds}, but no class has as many utterances (the largest "
            f"has {max(counts.values())}); take fewer folds or more files"
        )
    folder = StratifiedKFold(n_folds, shuffle=True, random_state=request.seed)
    with warnings.catch_warnings():
        # told as a note instead
        warnings.filterwarnings("ignore", message="The least populated class")
        parts = list(folder.split(np.zeros(len(y)), y))
    notes = [
        f"Class(es) {in_words(rare)} have fewer than {n_folds} utterances, so that "
        "some folds test none of them."
    ]
    return _Draft(
        folds=_numbered(parts),
        groups="none",
        classes=_classes(y),
        notes=notes if rare else (),
    )


def _speaker(request: _Request) -> _Draft:
    """Draw folds of speakers."""
    from sklearn.model_selection import GroupKFold

    grouping = _known_groups(request, "speaker")
    names = np.asarray(grouping.names)
    n_groups = grouping.n_groups
    n_folds = request.n_folds
    if n_folds is None:
        n_folds = _default_speaker_folds(request.utterances, n_groups)
    _check_n_folds(
        n_folds, n_groups, f"{grouping.kind}s", "take fewer folds, or the split loso"
    )
    folder = GroupKFold(n_folds, shuffle=True, random_state=request.seed)
    parts = folder.split(names, groups=names)
    return _Draft(
        folds=_numbered(list(parts)),
        groups=grouping.kind,
        classes=_classes(request.labels),
        notes=_reason(grouping),
    )


def _loso(request: _Request) -> _Draft:
    """Hold out one speaker after the other."""
    grouping = _known_groups(request, "loso")
    return _Draft(
        folds=_held_out(np.asarray(grouping.names)),
        groups=grouping.kind,
        classes=_classes(request.labels),
        notes=_reason(grouping),
    )


def _loco(request: _Request) -> _Draft:
    """Hold out one corpus after the other, over the classes common to all."""
    names = np.asarray(request.corpora)
    corpora = sorted(set(request.corpora))
    if len(corpora) < 2:
        raise ParameterError(
            f"1 corpus ({corpora[0]}) is given; leaving one corpus out needs 2 or "
            "more: add a corpus, or take the split speaker"
        )
    held = [set(request.labels[names == corpus].tolist()) for corpus in corpora]
    common = sorted(set.intersection(*held))
    if len(common) < 2:
        raise ParameterError(
            f"the corpora {', '.join(corpora)} have {len(common)} class(es) in common "
            f"({', '.join(common) or 'none'}); 2 or more are needed: choose corpora "
            "whose labels overlap more"
        )
    usable = np.isin(request.labels, common)
    dropped = sorted(set.union(*held) - set(common))
    notes = [
        f"{int((~usable).sum())} utterances are in no part: their classes "
        f"({', '.join(dropped)}) do not occur in every corpus."
    ]
    return _Draft(
        folds=_held_out(names, usable=usable),
        groups="corpus",
        classes=common,
        notes=notes if dropped else (),
    )


def _thai_ser_authors(request: _Request) -> _Draft:
    """Follow the protocol of THAI-SER's authors."""
    folds, notes = thai_ser_folds(request.utterances, seed=request.seed)
    used = np.concatenate([part for f in folds for part in (f.train, f.test)])
    return _Draft(
        folds=folds,
        groups="session",
        classes=_classes(request.labels[used]),
        notes=notes,
    )


_MAKERS: Final[Mapping[str, Callable[[_Request], _Draft]]] = {
    "random-70-15-15": _holdout,
    "random-80-20": _holdout_80_20,
    "kfold": _kfold,
    "speaker": _speaker,
    "loso": _loso,
    "loco": _loco,
    "thai-ser-authors": _thai_ser_authors,
}


def _numbered(parts: Sequence[tuple[npt.ArrayLike, npt.ArrayLike]]) -> list[Fold]:
    """Name scikit-learn's folds by number."""
    return [
        Fold(train=rows_of(train), test=rows_of(test), name=f"fold {number}")
        for number, (train, test) in enumerate(parts, start=1)
    ]


def _held_out(
    names: npt.NDArray[np.str_], *, usable: npt.NDArray[np.bool_] | None = None
) -> list[Fold]:
    """Make one fold a name, which is tested."""
    allowed = np.ones(len(names), dtype=bool) if usable is None else usable
    return [
        Fold(
            train=np.flatnonzero((names != name) & allowed),
            test=np.flatnonzero((names == name) & allowed),
            name=str(name),
        )
        for name in np.unique(names)
    ]


def _default_speaker_folds(utterances: Sequence[Utterance], n_speakers: int) -> int:
    """Return the number of folds that is usual for these speakers."""
    if n_speakers <= LEAVE_ONE_OUT_UP_TO:
        return n_speakers
    corpora = {utterance.corpus for utterance in utterances}
    name = corpora.pop() if len(corpora) == 1 else ""
    return _FOLDS_OF_CORPUS.get(name, DEFAULT_FOLDS)


def _known_groups(request: _Request, split: str) -> Grouping:
    """Return who must stay together, or say why nobody knows."""
    grouping = group_rows(request.utterances, corpora=request.corpora)
    if grouping.kind == "none":
        raise ParameterError(
            f"the split {split} needs speakers. {grouping.reason} Choose a corpus "
            "whose speakers are known, or a random split, whose accuracy then says "
            "nothing about new voices"
        )
    if grouping.n_groups < 2:
        raise ParameterError(
            f"all {len(grouping.names)} utterances are of one {grouping.kind} "
            f"({grouping.names[0]}); the split {split} needs 2 or more: take files of "
            "more speakers, or a random split"
        )
    return grouping


def _reason(grouping: Grouping) -> tuple[str, ...]:
    """Return a grouping's reason as notes."""
    return () if grouping.reason is None else (grouping.reason,)


def _classes(labels: npt.NDArray[np.str_]) -> list[str]:
    """Return the classes that occur, sorted."""
    return [str(label) for label in np.unique(labels)]


def _check_lengths(utterances: Sequence[Utterance], labels: Sequence[str]) -> None:
    """Refuse labels that do not belong to the utterances."""
    if len(utterances) != len(labels):
        raise ParameterError(
            f"{len(utterances)} utterances but {len(labels)} labels; one each is "
            "expected"
        )


def _check_two_classes(labels: npt.NDArray[np.str_]) -> None:
    """Refuse labels of fewer than two classes."""
    classes = _classes(labels)
    if len(classes) >= 2:
        return
    found = "there are no utterances"
    if classes:
        found = f"all {len(labels)} utterances are {classes[0]!r}"
    raise ParameterError(
        f"{found}; a classifier needs at least two classes: choose files of more "
        "than one emotion"
    )


def _check_members(counts: Counter[str], *, at_least: int) -> None:
    """Refuse a class that cannot be in training and test."""
    for label, count in sorted(counts.items()):
        if count < at_least:
            raise ParameterError(
                f"class {label!r} has {count} utterance(s), too few to have some in "
                f"training and test; {at_least} or more are needed: take more files, "
                "or leave that emotion out"
            )


def _check_n_folds(n_folds: int, n_members: int, what: str, remedy: str) -> None:
    """Refuse a number of folds that the members cannot fill."""
    if not is_whole(n_folds) or not 2 <= n_folds <= n_members:
        raise ParameterError(
            f"n_folds = {n_folds} is not allowed for {n_members} {what}; give 2 to "
            f"{n_members}: {remedy}"
        )


def _check_training(
    fold: Fold, labels: npt.NDArray[np.str_], classes: Sequence[str], *, split: str
) -> None:
    """Refuse a fold whose training part lacks a class, or that tests nothing."""
    if not len(fold.test):
        raise ParameterError(f"{fold.name} of the split {split} tests nothing")
    missing = sorted(set(classes) - set(labels[fold.train].tolist()))
    if missing:
        raise ParameterError(
            f"class(es) {', '.join(missing)} would be missing in the training part "
            f"when {fold.name} is tested (split {split}); take more files or "
            "speakers, another number of folds, or leave that emotion out"
        )
