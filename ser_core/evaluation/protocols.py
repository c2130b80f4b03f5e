"""How each protocol draws its folds, before copies of the same audio are kept apart."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from ser_core.corpora.utterance import Utterance
from ser_core.errors import ParameterError
from ser_core.evaluation.companion import LEAVE_ONE_OUT_UP_TO
from ser_core.evaluation.folds import Fold, in_words, rows_of
from ser_core.evaluation.groups import Grouping, group_rows, speaker_names
from ser_core.evaluation.holdout import random_split
from ser_core.evaluation.thai_ser_protocol import thai_ser_folds
from ser_core.execution.parameters import is_whole

DEFAULT_FOLDS: Final = 5
"""Folds of ``kfold``, and of ``speaker`` where nothing else is fixed."""

_FOLDS_OF_CORPUS: Final[Mapping[str, int]] = {"ravdess": 6, "crema-d": 5}


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a split is made of.

    Attributes
    ----------
    utterances : sequence of Utterance, length n_samples
    labels : ndarray of shape (n_samples,), str
    corpora : list of str, length n_samples
        Name of each row's corpus.
    seed : int
    n_folds : int or None
        None for the protocol's own number.

    """

    utterances: Sequence[Utterance]
    labels: npt.NDArray[np.str_]
    corpora: list[str]
    seed: int
    n_folds: int | None


@dataclass(frozen=True, kw_only=True)
class Draft:
    """Folds before copies of the same audio are kept apart.

    Attributes
    ----------
    folds : sequence of Fold
    groups : str
        As in `ser_core.evaluation.folds.Splitting`.
    classes : sequence of str
        What every training part has to hold.
    notes : sequence of str

    """

    folds: Sequence[Fold]
    groups: str
    classes: Sequence[str]
    notes: Sequence[str] = field(default=())


def _holdout(request: Request) -> Draft:
    """Draw 70 / 15 / 15 as the reference pipeline does."""
    split = random_split(request.labels.tolist(), seed=request.seed)
    fold = Fold(
        train=split.train, validation=split.validation, test=split.test, name="holdout"
    )
    return Draft(folds=[fold], groups="none", classes=classes_of(request.labels))


def _holdout_80_20(request: Request) -> Draft:
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
    return Draft(folds=[fold], groups="none", classes=classes_of(y))


def _kfold(request: Request) -> Draft:
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
    return Draft(
        folds=_numbered(parts),
        groups="none",
        classes=classes_of(y),
        notes=notes if rare else (),
    )


def _speaker(request: Request) -> Draft:
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
    return Draft(
        folds=_numbered(list(parts)),
        groups=grouping.kind,
        classes=classes_of(request.labels),
        notes=_reason(grouping),
    )


def _loso(request: Request) -> Draft:
    """Hold out one speaker after the other."""
    grouping = _known_groups(request, "loso")
    return Draft(
        folds=_held_out(np.asarray(grouping.names)),
        groups=grouping.kind,
        classes=classes_of(request.labels),
        notes=_reason(grouping),
    )


def _loco(request: Request) -> Draft:
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
    folds, shared = _unheard(_held_out(names, usable=usable), request.utterances)
    return Draft(
        folds=folds,
        groups="corpus",
        classes=common,
        notes=[*(notes if dropped else ()), *shared],
    )


def _unheard(
    folds: Sequence[Fold], utterances: Sequence[Utterance]
) -> tuple[list[Fold], list[str]]:
    """Leave the speakers that a fold tests out of its training; say so in a note."""
    speakers = np.array([name or "" for name in speaker_names(utterances)])
    kept, heard = [], set()
    for fold in folds:
        tested = set(speakers[fold.test].tolist()) - {""}
        repeated = np.isin(speakers[fold.train], sorted(tested))
        heard |= set(speakers[fold.train][repeated].tolist())
        if len(fold.train) and repeated.all():
            raise ParameterError(
                f"{fold.name} holds the same speakers as the other corpora, so that "
                "leaving it out leaves no unheard voice; take the split speaker"
            )
        kept.append(replace(fold, train=fold.train[~repeated]))
    note = (
        f"{len(heard)} speakers are in more than one corpus; a fold that tests them "
        "does not train on them."
    )
    return kept, [note] if heard else []


def _thai_ser_authors(request: Request) -> Draft:
    """Follow the protocol of THAI-SER's authors."""
    folds, notes = thai_ser_folds(request.utterances, seed=request.seed)
    used = np.concatenate([part for f in folds for part in (f.train, f.test)])
    return Draft(
        folds=folds,
        groups="session",
        classes=classes_of(request.labels[used]),
        notes=notes,
    )


MAKERS: Final[Mapping[str, Callable[[Request], Draft]]] = {
    "random-70-15-15": _holdout,
    "random-80-20": _holdout_80_20,
    "kfold": _kfold,
    "speaker": _speaker,
    "loso": _loso,
    "loco": _loco,
    "thai-ser-authors": _thai_ser_authors,
}
"""What draws the folds of each split."""


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


def _known_groups(request: Request, split: str) -> Grouping:
    """Return who must stay together, or say why nobody knows."""
    grouping = group_rows(request.utterances)
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


def classes_of(labels: npt.NDArray[np.str_]) -> list[str]:
    """Return the classes that occur, sorted."""
    return [str(label) for label in np.unique(labels)]


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
