"""How a saved model did on a corpus that had no part in its training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class OtherCorpus:
    """The figures of one corpus that was neither trained on nor chosen by.

    Attributes
    ----------
    name : str
    language, licence : str or None
        None where they are not known.
    n_clips : int
        Clips whose emotion is a class of the model; these were judged.
    n_speakers : int or None
    classes : tuple of str
        The classes of the model that the corpus has, sorted.
    left_out : mapping of str to int
        Other emotions of the corpus -> their clips, which were left out.
    n_failed : int
        Clips that could not be read.
    war, uar : float
        Share that is right, and mean recall of `classes`; of all clips, answered or
        not.
    war_interval, uar_interval : tuple of two floats, or None
        95 %, speakers drawn anew.
    interval_reason : str or None
        Why there are none.
    recall : mapping of str to float
        Of each of `classes`.
    ece : float
        Calibration error of the calibrated probabilities, 0 to 1.
    share_answered : float or None
        Share of the clips to which the model does not say *unsure*.
    accuracy_answered : float or None
        Share of these answers that is right; None where there are none.
    share_too_far : float or None
        Share of the clips beyond the greatest distance from the training data.
    note : str
        What the figures must not be read without, as lossy copies.

    """

    name: str
    language: str | None
    licence: str | None
    n_clips: int
    n_speakers: int | None
    classes: tuple[str, ...]
    left_out: Mapping[str, int]
    n_failed: int
    war: float
    war_interval: tuple[float, float] | None
    uar: float
    uar_interval: tuple[float, float] | None
    interval_reason: str | None
    recall: Mapping[str, float]
    ece: float
    share_answered: float | None
    accuracy_answered: float | None
    share_too_far: float | None
    note: str = ""

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> OtherCorpus:
        """Read what a card holds; the card's shape has checked it."""
        values = {**document, "classes": tuple(document["classes"])}
        for name in ("war_interval", "uar_interval"):
            values[name] = values[name] and tuple(values[name])
        return cls(**values)
