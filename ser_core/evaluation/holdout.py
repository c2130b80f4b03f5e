"""Divide utterances once, 70 / 15 / 15: at random, or with speakers kept apart."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ser_core.errors import ParameterError

Indices = npt.NDArray[np.intp]

SHARES: Final[tuple[float, float, float]] = (0.70, 0.15, 0.15)
"""Shares of training, validation and test."""

_CANDIDATES: Final = 400
_REMEDY: Final = "take more files, or leave that emotion out"


@dataclass(frozen=True, kw_only=True)
class Split:
    """Name the rows of each part.

    Attributes
    ----------
    name : str
        "random-70-15-15" or "speaker".
    train, validation, test : ndarray of shape (n_part,), intp
        Row numbers; no row is in two parts, every row is in one.

    """

    name: str
    train: Indices
    validation: Indices
    test: Indices


def random_split(labels: Sequence[str], *, seed: int = 42) -> Split:
    """Split 70 / 15 / 15 at random, each class in proportion.

    This is the reference pipeline's split: ``train_test_split`` with
    ``test_size=.3``, the labels as strata and the seed 42, then the 30 % halved the
    same way. The same speaker is found in all three parts, so its accuracy says
    little about new voices: report it together with `speaker_split`.

    Parameters
    ----------
    labels : sequence of str, length n_samples
        The class of each utterance.
    seed : int, default=42

    Returns
    -------
    split : Split
        Rows in the order in which scikit-learn returns them.

    Raises
    ------
    ParameterError
        There is one class only, or a class has too few members to be in all parts.

    """
    from sklearn.model_selection import train_test_split

    counts = _check_classes(labels)
    y = np.asarray(labels)
    rows = np.arange(len(y))
    if math.ceil(0.3 * len(y)) < 2 * len(counts):
        raise ParameterError(
            f"{len(y)} utterances of {len(counts)} classes are too few for a "
            f"70 / 15 / 15 split; {math.ceil(len(counts) * 2 / 0.3)} or more are "
            "needed: take more files"
        )
    _check_members(counts, Counter(y.tolist()))
    train, rest = train_test_split(rows, test_size=0.3, random_state=seed, stratify=y)
    _check_members(counts, Counter(y[rest].tolist()))
    validation, test = train_test_split(
        rest, test_size=0.5, random_state=seed, stratify=y[rest]
    )
    return Split(
        name="random-70-15-15",
        train=np.asarray(train, dtype=np.intp),
        validation=np.asarray(validation, dtype=np.intp),
        test=np.asarray(test, dtype=np.intp),
    )


def speaker_split(
    labels: Sequence[str], speakers: Sequence[str], *, seed: int = 42
) -> Split:
    """Split 70 / 15 / 15 so that no speaker is in two parts.

    Parameters
    ----------
    labels : sequence of str, length n_samples
        The class of each utterance.
    speakers : sequence of str, length n_samples
        Who speaks; or any other group that must stay together, as the session.
    seed : int, default=42
        The same seed gives the same split.

    Returns
    -------
    split : Split
        Rows ascending within each part.

    Raises
    ------
    ParameterError
        There is one class only, fewer than 3 speakers, or no way was found to have
        every class in the training part.

    Notes
    -----
    Of 400 random orders of the speakers, each dealt out until a part has its share,
    the one is kept whose counts per part and class are nearest to 70 / 15 / 15
    (least sum of squared differences of shares). Speakers differ in how much and
    what they say, so the shares are met nearly, not exactly.

    """
    counts = _check_classes(labels)
    if len(labels) != len(speakers):
        raise ParameterError(
            f"{len(labels)} labels but {len(speakers)} speakers; one each is expected"
        )
    names = sorted(set(speakers))
    if len(names) < 3:
        raise ParameterError(
            f"{len(names)} speaker(s) found; 3 or more are needed to keep those of "
            "training, validation and test apart: take a corpus with more speakers"
        )
    table = _count_table(labels, speakers, sorted(counts), names)
    parts = _best_assignment(table, np.random.default_rng(seed))
    if parts is None:
        raise ParameterError(
            f"no way was found to give every class ({', '.join(sorted(counts))}) to "
            f"the training part with {len(names)} speakers kept apart; {_REMEDY}"
        )
    number = {name: i for i, name in enumerate(names)}
    part_of_row = parts[np.array([number[speaker] for speaker in speakers])]
    train, validation, test = (np.flatnonzero(part_of_row == i) for i in range(3))
    return Split(name="speaker", train=train, validation=validation, test=test)


def _check_classes(labels: Sequence[str]) -> Counter[str]:
    """Refuse labels of fewer than two classes; return the counts."""
    counts = Counter(str(label) for label in labels)
    if len(counts) >= 2:
        return counts
    found = "there are no utterances"
    if counts:
        found = f"all {len(labels)} utterances are {next(iter(counts))!r}"
    raise ParameterError(
        f"{found}; a classifier needs at least two classes: choose files of more "
        "than one emotion"
    )


def _check_members(counts: Counter[str], present: Counter[str]) -> None:
    """Refuse a class of which a part to be divided holds fewer than two members."""
    for label, count in sorted(counts.items()):
        if present[label] < 2:
            raise ParameterError(
                f"class {label!r} has {count} utterance(s), too few to have some in "
                f"training, validation and test; 7 or more are enough: {_REMEDY}"
            )


def _count_table(
    labels: Sequence[str],
    speakers: Sequence[str],
    classes: Sequence[str],
    names: Sequence[str],
) -> npt.NDArray[np.int64]:
    """Count utterances: one row a speaker, one column a class."""
    column = {label: i for i, label in enumerate(classes)}
    row = {name: i for i, name in enumerate(names)}
    table = np.zeros((len(names), len(classes)), dtype=np.int64)
    for label, speaker in zip(labels, speakers, strict=True):
        table[row[speaker], column[str(label)]] += 1
    return table


def _best_assignment(
    table: npt.NDArray[np.int64], rng: np.random.Generator
) -> Indices | None:
    """Give each speaker a part (0, 1, 2); None where training lacks a class."""
    best: Indices | None = None
    least = math.inf
    per_class = table.sum(axis=0)
    for _ in range(_CANDIDATES):
        parts = _deal(table.sum(axis=1), rng.permutation(len(table)))
        held = np.stack([table[parts == part].sum(axis=0) for part in range(3)])
        if (held[0] == 0).any():
            continue
        shares = held / per_class
        sizes = held.sum(axis=1) / per_class.sum()
        wanted = np.array(SHARES)
        cost = float(
            ((shares - wanted[:, None]) ** 2).mean() + ((sizes - wanted) ** 2).mean()
        )
        if cost < least:
            best, least = parts, cost
    return best


def _deal(sizes: npt.NDArray[np.int64], order: npt.NDArray[np.int64]) -> Indices:
    """Give test and validation their share in this order, training the rest."""
    parts = np.zeros(len(sizes), dtype=np.intp)
    cumulated = np.cumsum(sizes[order]) / sizes.sum()
    # A speaker belongs where the middle of their utterances falls.
    middle = cumulated - sizes[order] / sizes.sum() / 2
    parts[order[middle < SHARES[1] + SHARES[2]]] = 1
    parts[order[middle < SHARES[2]]] = 2
    # However large the speakers are, each part holds one at least.
    parts[order[0]] = 2
    if not (parts == 1).any():
        parts[order[1]] = 1
    if not (parts == 0).any():
        parts[order[-1]] = 0
    return parts
