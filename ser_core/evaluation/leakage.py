"""What a figure may owe to training data that it should not know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ser_core.corpora.utterance import Utterance
from ser_core.errors import ParameterError


@dataclass(frozen=True, kw_only=True)
class LabelTable:
    """Which emotions corpora have in common.

    Attributes
    ----------
    counts : mapping of str to mapping of str to int
        Corpus -> emotion -> utterances.
    common : tuple of str
        Emotions that every corpus has, sorted.
    dropped : mapping of str to int
        The other emotions, and how many utterances would be dropped with them.

    """

    counts: Mapping[str, Mapping[str, int]]
    common: tuple[str, ...]
    dropped: Mapping[str, int]

    @property
    def words(self) -> str:
        """Say it in one or two sentences."""
        corpora = ", ".join(self.counts)
        if not self.common:
            return f"{corpora} have no emotion in common."
        words = f"{corpora} have {len(self.common)} emotions: {', '.join(self.common)}."
        if len(self.counts) > 1:
            words = words.replace(" emotions:", " emotions in common:")
        if self.dropped:
            listed = ", ".join(f"{label} ({n:,})" for label, n in self.dropped.items())
            words += f" Not in every corpus, and dropped: {listed}."
        return words


def shared_speakers(
    train: Sequence[str | None], test: Sequence[str | None]
) -> tuple[str, ...] | None:
    """Name the tested speakers that training heard too.

    Parameters
    ----------
    train, test : sequence of str or None
        Who speaks in each row; names must tell corpora apart, as
        `ser_core.evaluation.groups.speaker_names` does.

    Returns
    -------
    names : tuple of str or None
        Sorted. None where a speaker is unknown, so that nobody can tell.

    Examples
    --------
    >>> shared_speakers(["a", "b", "b"], ["b", "c"])
    ('b',)

    """
    if None in train or None in test:
        return None
    return tuple(sorted({str(name) for name in train} & {str(name) for name in test}))


def label_table(corpora: Mapping[str, Sequence[Utterance]]) -> LabelTable:
    """Compare the emotions of corpora before they are trained on together.

    Parameters
    ----------
    corpora : mapping of str to sequence of Utterance
        The utterances of each corpus, by its name.

    Returns
    -------
    table : LabelTable

    Raises
    ------
    ParameterError
        There is no corpus.

    """
    if not corpora:
        raise ParameterError("no corpus is given; give one or more")
    counts = {
        name: dict(sorted(Counter(u.emotion for u in utterances).items()))
        for name, utterances in corpora.items()
    }
    held = [set(emotions) for emotions in counts.values()]
    common = tuple(sorted(set.intersection(*held)))
    total: Counter[str] = Counter()
    for emotions in counts.values():
        total.update(emotions)
    dropped = {label: total[label] for label in sorted(total) if label not in common}
    return LabelTable(counts=counts, common=common, dropped=dropped)
