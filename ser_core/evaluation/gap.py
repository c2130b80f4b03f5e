"""Explain in words why a random split and unseen speakers give other figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

SAME_WITHIN: Final = 0.01
"""A difference of UAR below one point is called none."""


def gap_sentence(
    random_result: Mapping[str, Any], unseen_result: Mapping[str, Any] | None
) -> str:
    """Explain the difference between two results of one model.

    Parameters
    ----------
    random_result : mapping
        A record's RESULT for the split that was asked for.
    unseen_result : mapping or None
        The RESULT on speakers that were not heard; None where there is none.

    Returns
    -------
    sentence : str
        One to three plain sentences with numbers.

    """
    if unseen_result is None:
        return _alone(random_result)
    random_uar, unseen_uar = float(random_result["uar"]), float(unseen_result["uar"])
    lead = (
        f"UAR is {_percent(random_uar)} on the random split and "
        f"{_percent(unseen_uar)} on speakers that the model has not heard"
    )
    gap = random_uar - unseen_uar
    if abs(gap) < SAME_WITHIN:
        return (
            f"{lead}: less than one point apart. Knowing the speakers does not help "
            "this model much on this corpus."
        )
    if gap < 0:
        return f"{lead}, {_points(-gap)} more.{_reversed(random_result, unseen_result)}"
    return (
        f"{lead}, {_points(gap)} less. {_known_voices(random_result)} Expect the lower "
        f"figure on new voices.{_chance(random_result, unseen_result)}"
    )


def _alone(result: Mapping[str, Any]) -> str:
    """Say what a single result is about."""
    uar = _percent(float(result["uar"]))
    if result.get("speaker_independent"):
        return (
            f"UAR is {uar} on speakers that the model has not heard; no random split "
            "was run, which would show a figure that is too good for new voices."
        )
    return (
        f"UAR is {uar} on a random split, and how the model does on speakers that it "
        "has not heard could not be measured. Expect less on new voices: in other "
        "corpora the difference is often 4 to 30 points."
    )


def _known_voices(result: Mapping[str, Any]) -> str:
    """Say how many tested speakers were heard in training."""
    shared, total = result.get("shared_speakers"), result.get("n_speakers")
    if shared and total:
        whom = (
            f"all {total} tested speakers are"
            if shared == total
            else f"{shared} of {total} tested speakers are"
        )
    else:
        whom = "the same speakers are"
    return (
        f"In the random split {whom} heard in training too, so that the model can "
        "know the voice and the sentence instead of the emotion."
    )


def _reversed(
    random_result: Mapping[str, Any], unseen_result: Mapping[str, Any]
) -> str:
    """Explain why new speakers may come out better."""
    n_random, n_unseen = random_result.get("n_train"), unseen_result.get("n_train")
    reason = (
        " Known voices cannot explain that; it is most likely chance, which is large "
        "where few utterances are tested."
    )
    if n_random and n_unseen and n_unseen > 1.05 * n_random:
        reason = (
            " Known voices cannot explain that; there the model was trained on more "
            f"utterances ({n_unseen:,} against {n_random:,}), or it is chance."
        )
    return reason + _chance(random_result, unseen_result)


def _chance(random_result: Mapping[str, Any], unseen_result: Mapping[str, Any]) -> str:
    """Say whether the intervals overlap, or that there are none."""
    a, b = random_result.get("uar_interval"), unseen_result.get("uar_interval")
    if not a or not b:
        return ""
    if a[0] <= b[1] and b[0] <= a[1]:
        return (
            f" The 95 % intervals ({_range(a)} and {_range(b)}) overlap, so that part "
            "or all of the difference may be the choice of speakers."
        )
    return (
        f" The 95 % intervals ({_range(a)} and {_range(b)}) do not overlap: the choice "
        "of speakers alone hardly makes such a difference."
    )


def _percent(share: float) -> str:
    """Return a share as percent."""
    return f"{100 * share:.1f} %"


def _points(share: float) -> str:
    """Return a difference of shares as points."""
    return f"{100 * share:.1f} points"


def _range(interval: tuple[float, float] | list[float]) -> str:
    """Return an interval in percent."""
    return f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f}"
