"""Who speaks in which row, and what must stay together so that voices stay apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ser_core.corpora.utterance import Utterance
from ser_core.errors import ParameterError

SPEAKERS_BY_SESSION: Final[frozenset[str]] = frozenset(("thai-ser", "synthetic"))
"""Corpora in which each speaker is in one session only."""

CorpusKeys = Sequence[str | int]
"""Which corpus each row is from: its name, or its number among those chosen."""


@dataclass(frozen=True, kw_only=True)
class Grouping:
    """What is kept together in a split that keeps speakers apart.

    Attributes
    ----------
    kind : str
        "speaker", "session" (in place of unknown speakers), or "none".
    names : tuple of str
        The group of each row; empty where `kind` is "none".
    reason : str or None
        Why it is not the speaker.

    """

    kind: str
    names: tuple[str, ...] = ()
    reason: str | None = None

    @property
    def n_groups(self) -> int:
        """How many groups there are."""
        return len(set(self.names))


def corpus_names(
    utterances: Sequence[Utterance], corpora: CorpusKeys | None = None
) -> list[str]:
    """Name the corpus of each row.

    Parameters
    ----------
    utterances : sequence of Utterance, length n_samples
    corpora : sequence of str or int, length n_samples, optional
        The name of each row's corpus, or its number. Give it where two corpora have
        the same reader; by default the utterance's own name is taken.

    Returns
    -------
    names : list of str, length n_samples
        For numbers the name of the utterance's corpus, followed by the number where
        two numbers would have the same name.

    Raises
    ------
    ParameterError
        There are not as many corpora as utterances.

    """
    if corpora is None:
        return [utterance.corpus for utterance in utterances]
    if len(corpora) != len(utterances):
        raise ParameterError(
            f"{len(utterances)} utterances but {len(corpora)} corpora; one each is "
            "expected"
        )
    name_of: dict[str | int, str] = {}
    for key, utterance in zip(corpora, utterances, strict=True):
        name_of.setdefault(key, key if isinstance(key, str) else utterance.corpus)
    given = list(name_of.values())
    for key, name in name_of.items():
        if not isinstance(key, str) and given.count(name) > 1:
            name_of[key] = f"{name} {key + 1}"
    return [name_of[key] for key in corpora]


def speaker_names(utterances: Sequence[Utterance]) -> tuple[str | None, ...]:
    """Name the speaker of each row so that different corpora never share a name.

    Parameters
    ----------
    utterances : sequence of Utterance, length n_samples

    Returns
    -------
    names : tuple of str or None, length n_samples
        The speaker as the corpus writes it; ``corpus/speaker`` where there are
        several corpora. None where the speaker is unknown.

    Notes
    -----
    Two folders of one kind of corpus, as RAVDESS's speech and its songs, have the
    same speakers under the same names, and those are one speaker here.

    """
    pooled = len({utterance.corpus for utterance in utterances}) > 1
    return tuple(_named(u.corpus, u.speaker, pooled=pooled) for u in utterances)


def group_rows(utterances: Sequence[Utterance]) -> Grouping:
    """Find what must stay together so that no voice is in two parts.

    Parameters
    ----------
    utterances : sequence of Utterance, length n_samples

    Returns
    -------
    grouping : Grouping
        Of speakers where they are known. Where a corpus does not name them all and
        its sessions each have speakers of their own (`SPEAKERS_BY_SESSION`), of
        sessions; else of kind "none", with the reason. Speakers and sessions of one
        name are one in all folders of one kind of corpus, see `speaker_names`.

    """
    pooled = len({utterance.corpus for utterance in utterances}) > 1
    unknown = [i for i, utterance in enumerate(utterances) if not utterance.speaker]
    unnamed = {utterances[i].corpus for i in unknown}
    share = f"The speaker of {len(unknown)} of {len(utterances)} utterances is unknown"
    names = []
    for utterance in utterances:
        name = utterance.speaker
        if utterance.corpus in unnamed:
            name = _session(utterance)
        if not name:
            listed = ", ".join(sorted(unnamed))
            return Grouping(kind="none", reason=f"{share} (corpus {listed}).")
        names.append(_named(utterance.corpus, name, pooled=pooled) or name)
    if not unknown:
        return Grouping(kind="speaker", names=tuple(names))
    reason = (
        f"{share}: recording sessions are kept apart instead, each of which has "
        "speakers of its own."
    )
    return Grouping(kind="session", names=tuple(names), reason=reason)


def _named(corpus: str, name: str | None, *, pooled: bool) -> str | None:
    """Return a speaker's name, with the corpus where there are several."""
    if not name:
        return None
    return f"{corpus}/{name}" if pooled else name


def _session(utterance: Utterance) -> str | None:
    """Return the session where it stands for its speakers."""
    if utterance.corpus in SPEAKERS_BY_SESSION and utterance.session:
        return f"session {utterance.session}"
    return None
