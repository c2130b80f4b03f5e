"""Which speaker-independent split stands beside a random one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ser_core.corpora.utterance import Utterance
from ser_core.evaluation.groups import CorpusKeys, corpus_names, group_rows

LEAVE_ONE_OUT_UP_TO: Final = 10
"""With so many speakers or fewer, each is held out by themselves."""


class Companion(NamedTuple):
    """A split to show beside another, or why there is none.

    Attributes
    ----------
    split : str or None
        One of `ser_core.evaluation.splits.SPLITS`.
    reason : str or None
        Why there is none.

    """

    split: str | None
    reason: str | None = None


def companion(
    name: str, utterances: Sequence[Utterance], corpora: CorpusKeys | None = None
) -> Companion:
    """Choose the speaker-independent split that goes with a random one.

    Parameters
    ----------
    name : str
        Full name of the split that was asked for.
    utterances : sequence of Utterance, length n_samples
    corpora : sequence of str or int, length n_samples, optional
        As in `ser_core.evaluation.groups.corpus_names`.

    Returns
    -------
    companion : Companion
        ``loso`` for 2 to 10 speakers, ``speaker`` for more, or where sessions stand
        for unknown speakers; ``loco`` where nothing but the corpus keeps voices
        apart. None with a reason where nothing does, or where `name` keeps speakers
        apart itself.

    Examples
    --------
    >>> companion("loso", ())
    Companion(split=None, reason='The split loso keeps speakers apart itself.')

    """
    if name in ("speaker", "loso", "loco", "thai-ser-authors"):
        return Companion(None, f"The split {name} keeps speakers apart itself.")
    grouping = group_rows(utterances)
    if grouping.kind == "none":
        if len(set(corpus_names(utterances, corpora))) > 1:
            return Companion("loco")
        return Companion(
            None,
            f"{grouping.reason} How the model does on voices that it has not heard "
            "cannot be measured; expect less than on this split.",
        )
    if grouping.n_groups < 2:
        return Companion(
            None,
            f"All utterances are of one {grouping.kind}: how the model does on other "
            "voices cannot be measured; expect less than on this split.",
        )
    return Companion("loso" if grouping.n_groups <= LEAVE_ONE_OUT_UP_TO else "speaker")
