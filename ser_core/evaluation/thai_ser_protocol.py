"""The protocol under which THAI-SER's authors report their figures.

Eight folds of ten studio recordings each. The recordings of the fold that is held out
are halved, for validation and for test; the model is trained on the condenser
microphone (``con``) of the other studio folds and tested on ``con``, on the clip-on
microphone (``clip``) and on recordings made over Zoom. Labels with an agreement below
0.71 are left out.

References
----------
"THAI-SER: Thai speech emotion recognition", arXiv 2507.09618.

"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ser_core.corpora.utterance import Utterance
from ser_core.errors import ParameterError
from ser_core.evaluation.folds import Fold, Indices, rows_of

MIN_AGREEMENT: Final = 0.71
"""Least share of raters behind a label that the authors keep."""

RECORDINGS_A_FOLD: Final = 10

_CORPORA: Final = frozenset(("thai-ser", "synthetic"))
_SESSION: Final = re.compile(r"([sz])0*([0-9]+)")
_FOLDER: Final = re.compile(r"(studio|zoom)0*([0-9]+)", re.IGNORECASE)
# what the authors neither train nor test on
_UNUSED: Final = "middle"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    """Where one utterance was recorded."""

    row: int
    room: str
    recording: int
    condition: str

    @property
    def fold(self) -> int:
        """Number of the group of ten recordings, from 0."""
        return (self.recording - 1) // RECORDINGS_A_FOLD


def thai_ser_folds(
    utterances: Sequence[Utterance], *, seed: int = 42
) -> tuple[list[Fold], list[str]]:
    """Divide THAI-SER as its authors do.

    Parameters
    ----------
    utterances : sequence of Utterance, length n_samples
        Of THAI-SER, or of the synthetic corpus, which has its layout.
    seed : int, default=42
        Decides which half of a held-out fold is for validation; the authors repeat
        theirs and average.

    Returns
    -------
    folds : list of Fold
        One for each group of ten studio recordings that is there, as "studio1-10".
    notes : list of str
        What was left out, and what differs from the authors' own folds.

    Raises
    ------
    ParameterError
        The corpus is another, nothing reaches the agreement, or there are fewer than
        two groups of studio recordings.

    Notes
    -----
    Halves are of whole recordings, so no speaker is in both; where a fold has one
    recording only, of its speakers. Each recording over Zoom is tested once, by one
    of the folds in turn, so that pooled predictions count no utterance twice.

    """
    rows = [row for i, u in enumerate(utterances) if (row := _placed(i, u)) is not None]
    kept = [row for row in rows if _agreed(utterances[row.row])]
    _check(utterances, kept)
    used = [row for row in kept if row.condition != _UNUSED]
    train_condition = _training_condition(used)
    numbers = sorted({row.fold for row in used if row.room == "studio"})
    if len(numbers) < 2:
        raise ParameterError(
            f"{len(numbers)} group(s) of ten studio recordings are there; the split "
            "thai-ser-authors needs 2 or more of the 8: take more files"
        )
    rng = np.random.default_rng(seed)
    zoom = _deal_zoom(used, len(numbers), rng)
    folds = [
        _fold(number, used, zoom[i], train_condition, utterances, rng)
        for i, number in enumerate(numbers)
    ]
    return folds, _notes(utterances, rows, kept, used, numbers, folds, train_condition)


def conditions(utterances: Sequence[Utterance]) -> list[str | None]:
    """Name the recording condition of each utterance, to judge them apart.

    Parameters
    ----------
    utterances : sequence of Utterance, length n_samples

    Returns
    -------
    conditions : list of str or None
        "zoom", or the studio microphone ("con", "clip", "middle"); None for
        utterances of other corpora.

    """
    placed = (_placed(i, utterance) for i, utterance in enumerate(utterances))
    return [None if row is None else row.condition for row in placed]


def _placed(index: int, utterance: Utterance) -> _Row | None:
    """Read room and number of the recording from the session, or from the folders."""
    if utterance.corpus not in _CORPORA:
        return None
    match = _SESSION.fullmatch((utterance.session or "").lower())
    if match is None:
        found = (_FOLDER.fullmatch(part) for part in reversed(utterance.path.parts))
        match = next((m for m in found if m is not None), None)
    if match is None:
        return None
    room = "zoom" if match[1].lower().startswith("z") else "studio"
    condition = "zoom" if room == "zoom" else (utterance.microphone or "con")
    return _Row(row=index, room=room, recording=int(match[2]), condition=condition)


def _agreed(utterance: Utterance) -> bool:
    """Tell whether enough raters stand behind the label."""
    return utterance.agreement is not None and utterance.agreement >= MIN_AGREEMENT


def _check(utterances: Sequence[Utterance], kept: Sequence[_Row]) -> None:
    """Refuse other corpora, and labels that nobody agrees on."""
    others = sorted({u.corpus for u in utterances} - _CORPORA)
    if others:
        raise ParameterError(
            f"the split thai-ser-authors is for THAI-SER alone, not for "
            f"{', '.join(others)}; take the split speaker"
        )
    if not kept:
        raise ParameterError(
            f"none of {len(utterances)} utterances has a known recording and an "
            f"agreement of {MIN_AGREEMENT} or more, which the split thai-ser-authors "
            "asks for; take the release's emotion_label.json, or the split speaker"
        )


def _training_condition(used: Sequence[_Row]) -> str | None:
    """Return the microphone trained on; None for all but clip, without con."""
    return "con" if any(row.condition == "con" for row in used) else None


def _deal_zoom(
    used: Sequence[_Row], n_folds: int, rng: np.random.Generator
) -> list[list[int]]:
    """Give the recordings made over Zoom to the folds in turn."""
    recordings = np.array(sorted({r.recording for r in used if r.room == "zoom"}))
    order = rng.permutation(recordings) if len(recordings) else recordings
    return [order[i::n_folds].tolist() for i in range(n_folds)]


def _fold(
    number: int,
    used: Sequence[_Row],
    zoom: Sequence[int],
    train_condition: str | None,
    utterances: Sequence[Utterance],
    rng: np.random.Generator,
) -> Fold:
    """Make the parts of one fold."""
    held = [row for row in used if row.room == "studio" and row.fold == number]
    for_validation = _first_half(held, utterances, rng)
    test = [row.row for row in held if row.row not in for_validation]
    test += [row.row for row in used if row.room == "zoom" and row.recording in zoom]
    held_speakers = {utterances[row.row].speaker for row in held} | {
        utterances[row].speaker for row in test
    }
    train = [
        row.row
        for row in used
        if row.room == "studio"
        and row.fold != number
        and _trained_on(row, train_condition)
        and (utterances[row.row].speaker or None) not in held_speakers - {None}
    ]
    validation = [
        row.row
        for row in held
        if row.row in for_validation and _trained_on(row, train_condition)
    ]
    first = number * RECORDINGS_A_FOLD + 1
    return Fold(
        train=_sorted(train),
        validation=_sorted(validation),
        test=_sorted(test),
        name=f"studio{first}-{first + RECORDINGS_A_FOLD - 1}",
    )


def _trained_on(row: _Row, condition: str | None) -> bool:
    """Tell whether the microphone is the one that is trained on."""
    if condition is None:
        return row.condition != "clip"
    return row.condition == condition


def _first_half(
    held: Sequence[_Row], utterances: Sequence[Utterance], rng: np.random.Generator
) -> set[int]:
    """Choose half of the recordings, or of one recording's speakers."""
    unit: dict[int, str | None] = {row.row: str(row.recording) for row in held}
    if len(set(unit.values())) < 2:
        unit = {row.row: utterances[row.row].speaker for row in held}
    names = sorted({name for name in unit.values() if name is not None})
    if len(names) < 2 or None in unit.values():
        return set()
    chosen = set(rng.permutation(names)[: len(names) // 2].tolist())
    return {row for row, name in unit.items() if name in chosen}


def _sorted(rows: Sequence[int]) -> Indices:
    """Return row numbers ascending."""
    return rows_of(sorted(rows))


def _notes(
    utterances: Sequence[Utterance],
    rows: Sequence[_Row],
    kept: Sequence[_Row],
    used: Sequence[_Row],
    numbers: Sequence[int],
    folds: Sequence[Fold],
    train_condition: str | None,
) -> list[str]:
    """Say what was left out and what differs from the authors' protocol."""
    tested = {used_row.condition for used_row in used}
    counts = {
        f"{len(utterances) - len(rows)} utterances are in no part: the recording "
        "they belong to is unknown.": len(utterances) - len(rows),
        f"{len(rows) - len(kept)} utterances are in no part: their agreement is "
        f"below {MIN_AGREEMENT} or unknown.": len(rows) - len(kept),
        f"{len(kept) - len(used)} utterances of the microphone {_UNUSED} are in no "
        "part, as in the authors' protocol.": len(kept) - len(used),
        f"{len(numbers)} of the authors' 8 groups of studio recordings are here.": (
            len(numbers) < 8
        ),
        "Some held-out groups could not be halved: all of their utterances are "
        "tested, none are for validation.": any(
            not len(fold.validation) for fold in folds
        ),
        "No file is of the microphone con: all studio microphones but clip are "
        "trained on.": train_condition is None,
        "No file of the microphone clip is here; the authors test on it too.": (
            "clip" not in tested
        ),
        "No recording made over Zoom is here; the authors test on them too.": (
            "zoom" not in tested
        ),
        "Each recording made over Zoom is tested by one of the folds only; the "
        "authors test them by each.": "zoom" in tested,
    }
    return [note for note, applies in counts.items() if applies]
