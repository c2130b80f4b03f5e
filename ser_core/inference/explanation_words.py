"""Say in sentences what drove a decision, and what that does not say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ser_core.inference.decision import UNSURE, Decision

if TYPE_CHECKING:
    from ser_core.inference.explanation_groups import GroupEffect
    from ser_core.inference.explanation_occlusion import Occluded

CAVEAT: Final = (
    "This says what the model uses, not why the voice sounds as it does; properties "
    "that go together can stand in for each other."
)
"""What no explanation of this kind can say."""

_MATTERS: Final = 0.05
_EQUAL: Final = 0.8
_MOST: Final = 0.6
_STRETCH: Final = 0.7


def in_words(
    effects: Sequence[GroupEffect],
    occluded: Sequence[Occluded] = (),
    *,
    decision: Decision | None = None,
) -> tuple[str, ...]:
    """Say what the model leaned on.

    Parameters
    ----------
    effects : sequence of GroupEffect
        As `group_effects` returns them; empty where there are none.
    occluded : sequence of Occluded, optional
        Of the same class, as `occlusion` returns them; empty where there are none.
    decision : Decision, optional
        Of the clip; lets the first sentence say that the model is unsure.

    Returns
    -------
    sentences : tuple of str
        Two to four, the last of which says what this does not mean; none where nothing
        was tried.

    Notes
    -----
    What moves the probability by less than 5 percentage points is passed over.

    """
    if not effects and not occluded:
        return ()
    sentences = []
    if effects:
        sentences.append(_leading(effects))
        against = _against(effects)
        if against is not None:
            sentences.append(against)
    if occluded:
        sentences.append(_when(occluded))
    if decision is not None and decision.emotion == UNSURE:
        of = effects[0].of if effects else occluded[0].of
        sentences[0] = (
            f"The model is unsure, and '{of}' is only its first guess: "
            f"{sentences[0][0].lower()}{sentences[0][1:]}"
        )
    return (*sentences, CAVEAT)


def _leading(effects: Sequence[GroupEffect]) -> str:
    """Say which groups of features speak for the class, and how much."""
    ranked = sorted(effects, key=lambda effect: -effect.share)
    if ranked[0].share < _MATTERS:
        return _nothing_leads(effects)
    leading = [
        effect
        for effect in ranked
        if effect.share >= max(_MATTERS, _EQUAL * ranked[0].share)
    ]
    names = _joined([effect.words for effect in leading])
    how = "mostly" if len(leading) < 3 else "about equally"
    strongest = max(leading, key=lambda effect: effect.effect)
    missing = "this" if len(leading) == 1 else strongest.words
    if strongest.effect < _MATTERS:
        return (
            f"The model leans {how} {names}, but other properties stand in: without "
            f"{missing}, '{strongest.of}' stays at {strongest.without:.0%}."
        )
    return (
        f"The model leans {how} {names}: without {missing}, '{strongest.of}' would "
        f"fall from {strongest.probability:.0%} to {strongest.without:.0%}"
        f"{_instead(strongest)}."
    )


def _nothing_leads(effects: Sequence[GroupEffect]) -> str:
    """Say that no group of features speaks for the class by itself."""
    if sum(effect.share for effect in effects) < _MATTERS:
        return (
            f"No property of the sound speaks for '{effects[0].of}': for the average "
            "of its training the model would find it about as probable."
        )
    return (
        f"No single property of the sound speaks clearly for '{effects[0].of}'; each "
        "adds a little."
    )


def _instead(effect: GroupEffect) -> str:
    """Say which class would be first without a group, where it is another one."""
    if effect.instead is None:
        return ""
    return f", and the model would hear '{effect.instead}'"


def _against(effects: Sequence[GroupEffect]) -> str | None:
    """Say which group speaks most against the class, if one does."""
    last = min(effects, key=lambda effect: effect.share)
    if max(last.share, last.effect) > -_MATTERS:
        return None
    return (
        f"What speaks against '{last.of}' is {last.words}: without this, it would "
        f"rise from {last.probability:.0%} to {last.without:.0%}."
    )


def _when(occluded: Sequence[Occluded]) -> str:
    """Say where in the clip the evidence lies."""
    strongest = max(occluded, key=lambda part: part.effect)
    if strongest.effect < _MATTERS:
        least = strongest.probability - strongest.effect
        return (
            f"No moment decides: whichever part is covered, '{strongest.of}' does not "
            f"fall below {least:.0%}."
        )
    start, end = _shortest_stretch([max(0.0, part.effect) for part in occluded])
    if end - start > _STRETCH * len(occluded):
        return "It is spread over the recording rather than in one moment."
    begin_s, end_s = occluded[start].start_s, occluded[end - 1].end_s
    sentence = f"Most of it comes from {begin_s:.1f} s to {end_s:.1f} s"
    if end - start > 1:
        return f"{sentence}."
    if strongest.without is None:
        return f"{sentence}: nothing that can be analysed is left without it."
    return (
        f"{sentence}: with this part covered '{strongest.of}' falls from "
        f"{strongest.probability:.0%} to {strongest.without:.0%}."
    )


def _shortest_stretch(evidence: Sequence[float]) -> tuple[int, int]:
    """Return the shortest run of parts with most of the evidence, as [start, end)."""
    needed = _MOST * sum(evidence)
    runs = [
        (end - start, -sum(evidence[start:end]), start, end)
        for start in range(len(evidence))
        for end in range(start + 1, len(evidence) + 1)
        if sum(evidence[start:end]) >= needed
    ]
    _, _, start, end = min(runs)
    return start, end


def _joined(words: Sequence[str]) -> str:
    """List what is leaned on; some names hold an "and" of their own."""
    *others, last = [f"on {word}" for word in words]
    return f"{', '.join(others)} and {last}" if others else last
