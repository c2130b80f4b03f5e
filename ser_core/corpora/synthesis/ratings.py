"""What the raters said about an utterance, and how long it is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np

from ser_core.corpora.synthesis.distributions import (
    EMOTIONS,
    NO_MAJORITY,
    OTHER,
    TOTAL,
    distributions,
)
from ser_core.corpora.synthesis.layout import Place, place
from ser_core.corpora.synthesis.seeds import Stream, generator

SAMPLE_RATE: Final = 44_100
# Five files of the release carry "other"; taken at even distance, so that a
# corpus of 400 holds one and the whole one holds five.
_OTHER_STEP: Final = TOTAL // 5 + 1
_OTHER_AT: Final = 211


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Everything about one utterance that is known before it is synthesised.

    Attributes
    ----------
    place : Place
        File, session, actor, assigned emotion.
    n_samples : int
        Length at 44,100 Hz.
    majority : str
        One of `EMOTIONS`, "None" (a tie) or "other".
    agreement : float
        Mean over the raters of the share of their labels that is the majority's;
        0.0 for a tie.
    annotated : tuple of tuple of str
        Each rater's labels, one or two.

    """

    place: Place
    n_samples: int
    majority: str
    agreement: float
    annotated: tuple[tuple[str, ...], ...]

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.n_samples / SAMPLE_RATE

    def vote_shares(self) -> dict[str, float]:
        """Return each emotion's share of the votes; those for "other" are left out."""
        shares = dict.fromkeys(EMOTIONS, 0.0)
        for labels in self.annotated:
            for label in labels:
                if label in EMOTIONS:
                    shares[label] += 1.0 / len(labels) / len(self.annotated)
        return shares


def plan(seed: int, index: int) -> Plan:
    """Draw one utterance's labels and length from (seed, index) alone.

    Parameters
    ----------
    seed : int
        Corpus seed, >= 0.
    index : int
        0 to 27,853.

    Returns
    -------
    plan : Plan

    """
    where = place(index)
    rng = generator(seed, Stream.LABELS, index)
    tables = distributions()
    u_duration, u_majority, u_votes = rng.random(3)
    duration_s = tables.duration(where.kind, where.assigned, u_duration)
    if index % _OTHER_STEP == _OTHER_AT:
        majority = OTHER
    else:
        majority = tables.majority(where.kind, where.assigned, u_majority)
    if majority == NO_MAJORITY:
        agreement, annotated = 0.0, _tie(rng, where.assigned)
    else:
        n_raters, halves = tables.raters(majority, u_votes)
        agreement = halves / (2 * n_raters)
        annotated = _votes(rng, majority, n_raters, halves)
    return Plan(
        place=where,
        n_samples=round(duration_s * SAMPLE_RATE),
        majority=majority,
        agreement=agreement,
        annotated=annotated,
    )


def _votes(
    rng: np.random.Generator, majority: str, n_raters: int, halves: int
) -> tuple[tuple[str, ...], ...]:
    """Let raters give `majority` that many half votes, and every rival fewer."""
    full, split = divmod(halves, 2)
    sheets: list[tuple[str, ...]] = [(majority,)] * full
    scores: Counter[str] = Counter()
    rivals = [label for label in (*EMOTIONS, OTHER) if label != majority]
    weights = np.array([_affinity(majority, label) for label in rivals])

    def rival(room: int, besides: str = "") -> str:
        """Draw a label that stays below the majority with `room` more half votes."""
        open_ = [label != besides and scores[label] + room < halves for label in rivals]
        p = weights * open_
        label = rivals[int(rng.choice(len(rivals), p=p / p.sum()))]
        scores[label] += room
        return label

    if split:
        sheets.append((majority, rival(1)))
    for _ in range(n_raters - full - split):
        if any(scores[label] + 2 < halves for label in rivals):
            sheets.append((rival(2),))
        else:
            # So few voted for the majority that whole votes would overtake it.
            one = rival(1)
            sheets.append((one, rival(1, besides=one)))
    return tuple(sheets[i] for i in rng.permutation(n_raters))


def _tie(rng: np.random.Generator, assigned: str) -> tuple[tuple[str, ...], ...]:
    """Let the assigned emotion and a rival share the votes evenly."""
    rivals = [label for label in EMOTIONS if label != assigned]
    p = np.array([_affinity(assigned, label) for label in rivals])
    rival, third = (
        rivals[i] for i in rng.choice(len(rivals), size=2, replace=False, p=p / p.sum())
    )
    each = int(rng.integers(2, 5))
    sheets = [(assigned,)] * each + [(rival,)] * each
    if rng.random() < 0.5:
        sheets.append((third,))
    return tuple(sheets[i] for i in rng.permutation(len(sheets)))


def _affinity(label: str, rival: str) -> float:
    """Weigh how easily `rival` is heard for `label`, from the release's counts."""
    counts = distributions().majority_counts["impro"]
    if label not in counts or rival not in counts:
        return 1.0
    column = distributions().majorities.index
    return 1.0 + counts[label][column(rival)] + counts[rival][column(label)]
