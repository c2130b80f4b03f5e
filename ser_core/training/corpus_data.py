"""The utterances of a training plan: which corpora, which emotions, which labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any

from ser_core.corpora.contract import ReadOptions
from ser_core.corpora.listing import fingerprint, select_evenly
from ser_core.corpora.reader import READERS, read_corpus
from ser_core.corpora.registry import lookup
from ser_core.corpora.utterance import Corpus, Utterance
from ser_core.errors import CorpusError, ParameterError
from ser_core.labels import EMOTIONS
from ser_core.store.data_folder import DataFolder
from ser_core.training.plan import TrainingPlan


@dataclass(frozen=True, kw_only=True)
class LabelSets:
    """Say which emotions of the chosen corpora become classes.

    Attributes
    ----------
    counts : tuple of (str, mapping of str to int)
        Name of each corpus, with the utterances of each of its emotions.
    kept : tuple of str
        Emotions that are trained, sorted.
    common : tuple of str
        Emotions that every corpus has, sorted.
    dropped : mapping of str to int
        Emotions that are left out, with their utterances.

    """

    counts: tuple[tuple[str, Mapping[str, int]], ...]
    kept: tuple[str, ...]
    common: tuple[str, ...]
    dropped: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class ChosenCorpora:
    """The corpora of a plan as read, limited, with what is kept of them.

    Attributes
    ----------
    corpora : tuple of Corpus
        Each with the utterances that the plan's limit leaves, of every emotion: so
        that plans with other emotions share their feature matrix.
    fingerprints : tuple of str
        Of each of them.
    n_listed : tuple of int
        Utterances of each corpus before the limit.
    labels : LabelSets

    """

    corpora: tuple[Corpus, ...]
    fingerprints: tuple[str, ...]
    n_listed: tuple[int, ...]
    labels: LabelSets

    @property
    def synthetic(self) -> bool:
        """Tell whether any of the voices are made by SER Lab itself."""
        return any(corpus.synthetic for corpus in self.corpora)

    def keeps(self, utterance: Utterance) -> bool:
        """Tell whether the utterance's emotion is one of the classes."""
        return utterance.emotion in self.labels.kept

    def names(self) -> list[str]:
        """Name the corpora, the same name told apart by a number."""
        total = Counter(corpus.name for corpus in self.corpora)
        seen: Counter[str] = Counter()
        names = []
        for corpus in self.corpora:
            seen[corpus.name] += 1
            number = f" {seen[corpus.name]}" if total[corpus.name] > 1 else ""
            names.append(corpus.name + number)
        return names


def choose_corpora(plan: TrainingPlan, *, data: DataFolder) -> ChosenCorpora:
    """Read the corpora of a plan from names and metadata; nothing is decoded.

    Parameters
    ----------
    plan : TrainingPlan
    data : DataFolder
        Where corpora are registered.

    Returns
    -------
    chosen : ChosenCorpora

    Raises
    ------
    CorpusError
        A corpus is not known, or lists nothing.
    ParameterError
        Fewer than two emotions are left, no corpus knows an option that was given, or
        a corpus is a part of another one.

    """
    listed = _read_all(plan, data)
    limited = tuple(
        replace(corpus, utterances=select_evenly(corpus.utterances, plan.limit))
        for corpus in listed
    )
    return ChosenCorpora(
        corpora=limited,
        fingerprints=tuple(fingerprint(corpus) for corpus in limited),
        n_listed=tuple(len(corpus.utterances) for corpus in listed),
        labels=label_sets(
            limited, emotions=plan.emotions, common_only=plan.label_sets == "common"
        ),
    )


def label_sets(
    corpora: Sequence[Corpus],
    *,
    emotions: Sequence[str] | None = None,
    common_only: bool = True,
) -> LabelSets:
    """Find which emotions corpora share, and which are dropped.

    Parameters
    ----------
    corpora : sequence of Corpus
    emotions : sequence of str, optional
        Those that are wanted; all by default.
    common_only : bool, default True
        Keep those alone that every corpus has, where `emotions` names none.

    Raises
    ------
    ParameterError
        Fewer than two emotions are left.

    """
    counts = tuple(
        (corpus.name, Counter(u.emotion for u in corpus.utterances))
        for corpus in corpora
    )
    total: Counter[str] = sum((count for _, count in counts), Counter())
    common = tuple(e for e in EMOTIONS if all(count[e] for _, count in counts))
    if emotions is not None:
        wanted = set(emotions)
    else:
        wanted = set(common if common_only else total)
    kept = tuple(e for e in EMOTIONS if e in wanted and total[e])
    if len(kept) < 2:
        shown = "; ".join(
            f"{name} has {', '.join(sorted(count)) or 'nothing'}"
            for name, count in counts
        )
        raise ParameterError(
            f"{len(kept)} emotion(s) are left to tell apart, and a classifier needs "
            f"two ({shown}); choose other emotions or corpora, or keep the emotions "
            "that not every corpus has"
        )
    return LabelSets(
        counts=counts,
        kept=kept,
        common=common,
        dropped={e: total[e] for e in EMOTIONS if total[e] and e not in kept},
    )


def label_of(utterance: Utterance, labels: str) -> str | None:
    """Return the class of an utterance, None where its gender is unknown.

    Parameters
    ----------
    utterance : Utterance
    labels : {"emotion", "gender-emotion"}

    """
    if labels == "emotion":
        return utterance.emotion
    if utterance.gender is None:
        return None
    return f"{utterance.gender}_{utterance.emotion}"


def _read_all(plan: TrainingPlan, data: DataFolder) -> tuple[Corpus, ...]:
    """Read each corpus with those of the plan's options that it knows."""
    options: dict[str, Any] = {
        "min_agreement": plan.min_agreement,
        "microphones": _set(plan.microphones),
        "channels": _set(plan.channels),
    }
    given = {name: value for name, value in options.items() if value is not None}
    corpora, used = [], set()
    for name in plan.corpora:
        entry = lookup(name, data=data)
        corpus = read_corpus(entry.root, reader=entry.reader)
        known = {n: v for n, v in given.items() if n in _honoured(corpus)}
        if known:
            used |= set(known)
            corpus = read_corpus(
                entry.root, reader=entry.reader, options=ReadOptions(**known)
            )
        if not corpus.utterances:
            raise CorpusError(
                f"corpus '{entry.root}' has no utterances to work on"
                + (f" with {', '.join(known)} as given" if known else "")
                + "; look at its problems on the Corpora page, or choose another one",
                path=str(entry.root),
            )
        corpora.append(corpus)
    _check_apart(corpora)
    unused = set(given) - used
    if unused:
        raise ParameterError(
            f"{', '.join(sorted(unused))} is known to none of the chosen corpora "
            f"({', '.join(corpus.name for corpus in corpora)}); leave it out"
        )
    return tuple(corpora)


def _check_apart(corpora: Sequence[Corpus]) -> None:
    """Refuse a folder within another one: its recordings would count twice."""
    roots = [corpus.root.resolve() for corpus in corpora]
    for (i, inner), (j, outer) in permutations(enumerate(roots), 2):
        if inner.is_relative_to(outer):
            raise ParameterError(
                f"corpora: '{corpora[i].root}' is a part of '{corpora[j].root}', so "
                "that its recordings would be there twice; choose one of the two"
            )


def _honoured(corpus: Corpus) -> frozenset[str]:
    """Name the options that the corpus's reader knows."""
    for reader in READERS:
        if reader.name == corpus.name:
            return frozenset(reader.honours)
    return frozenset()


def _set(values: tuple[str, ...] | None) -> frozenset[str] | None:
    """Make a set of what was given."""
    return None if values is None else frozenset(values)
