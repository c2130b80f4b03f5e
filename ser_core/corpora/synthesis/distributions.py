"""THAI-SER's distributions of durations and labels, as compact tables.

`thai_ser_distributions.json` holds counts and quantiles computed from the labels
and durations of the 27,854 files of the THAI-SER release (CC BY-SA 4.0), apart
for the two kinds of recording (improvised, scripted) and the five assigned
emotions: 22 quantiles of the duration, how often each majority label follows
each assigned one, and for each majority label how many raters voted how often
for it. No row of the release is in it.

References
----------
Wongpithayadisai, Chaksangchaichot et al., "THAI Speech Emotion Recognition
(THAI-SER) corpus", 2025, arXiv 2507.09618.

"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import numpy as np

EMOTIONS: Final = ("Neutral", "Angry", "Happy", "Sad", "Frustrated")
"""The five emotions in the order of the digits 1 to 5 in scripted file names."""

NO_MAJORITY: Final = "None"
"""Majority label of a tie."""

OTHER: Final = "other"
"""Majority label where the raters wrote an emotion of their own."""

TOTAL: Final = 27_854
"""Number of labelled files of the release, and the most we make."""


@dataclass(frozen=True)
class Distributions:
    """Hold the tables and draw from them.

    Attributes
    ----------
    probabilities : tuple of float
        At which the quantiles of the duration are given, 0 to 1.
    duration_s : dict
        kind -> assigned emotion -> quantiles in seconds.
    assigned_counts : dict
        kind -> number of files of each emotion of `EMOTIONS`.
    majority_counts : dict
        kind -> assigned emotion -> number of files of each majority label.
    majorities : tuple of str
        The labels that `majority_counts` counts ("other" is placed by index).
    votes : dict
        majority label -> rows (raters, half votes for the label, files).

    """

    probabilities: tuple[float, ...]
    duration_s: dict[str, dict[str, list[float]]]
    assigned_counts: dict[str, list[int]]
    majority_counts: dict[str, dict[str, list[int]]]
    majorities: tuple[str, ...]
    votes: dict[str, list[list[int]]]

    def duration(self, kind: str, assigned: str, u: float) -> float:
        """Return the duration in seconds at probability `u`, 0 <= u < 1.

        Notes
        -----
        Between two quantiles the logarithm of the duration is interpolated: the
        density falls within every interval of the long tail, and a straight line
        would make the mean one per cent too long.

        """
        table = np.log(self.duration_s[kind][assigned])
        return float(np.exp(np.interp(u, self.probabilities, table)))

    def assigned(self, kind: str, u: float) -> str:
        """Return the emotion that an actor was asked for, at probability `u`."""
        return EMOTIONS[_pick(self.assigned_counts[kind], u)]

    def majority(self, kind: str, assigned: str, u: float) -> str:
        """Return the raters' majority label at probability `u`."""
        return self.majorities[_pick(self.majority_counts[kind][assigned], u)]

    def raters(self, majority: str, u: float) -> tuple[int, int]:
        """Return how many raters there were and their half votes for `majority`."""
        rows = self.votes[majority]
        n_raters, halves, _ = rows[_pick([row[2] for row in rows], u)]
        return n_raters, halves


def _pick(counts: Sequence[int], u: float) -> int:
    """Return the index of the count that covers probability `u`."""
    edges = np.cumsum(counts)
    return int(np.searchsorted(edges, u * edges[-1], side="right"))


@cache
def distributions() -> Distributions:
    """Read the tables once in a process."""
    text = (
        resources.files(__package__)
        .joinpath("thai_ser_distributions.json")
        .read_text(encoding="utf-8")
    )
    tables = json.loads(text)
    return Distributions(
        probabilities=tuple(tables["duration_probabilities"]),
        duration_s=tables["duration_quantiles_s"],
        assigned_counts=tables["assigned_counts"],
        majority_counts=tables["majority_counts"],
        majorities=tuple(tables["majorities"]),
        votes=tables["votes"],
    )
