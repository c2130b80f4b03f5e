"""The files that a benchmark works on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ser_core.bench.plan import BenchmarkPlan
from ser_core.corpora.durations import durations
from ser_core.corpora.listing import fingerprint, select_evenly
from ser_core.corpora.reader import read_corpus
from ser_core.corpora.registry import lookup
from ser_core.corpora.utterance import Corpus, Utterance
from ser_core.errors import CorpusError
from ser_core.store.data_folder import DataFolder


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The files that a plan works on.

    Attributes
    ----------
    root : Path
        Folder of the corpus.
    paths : tuple of str
        The files, absolute, in corpus order.
    names : tuple of str
        The same relative to the root, as records show them.
    description : dict
        The record's ``corpus``.

    """

    root: Path
    paths: tuple[str, ...]
    names: tuple[str, ...]
    description: dict[str, Any]


def listed(
    plan: BenchmarkPlan, *, data_folder: DataFolder
) -> tuple[Corpus, tuple[Utterance, ...]]:
    """Read a plan's corpus, and choose the plan's utterances; opens no recording.

    Raises
    ------
    CorpusError
        The corpus is not known, cannot be read or has no utterances.

    """
    entry = lookup(plan.corpus, data=data_folder)
    corpus = read_corpus(entry.root, reader=entry.reader)
    if not corpus.utterances:
        raise CorpusError(
            f"corpus '{entry.root}' has no utterances to measure with; "
            "look at its problems on the Corpora page, or choose another one",
            path=str(entry.root),
        )
    return corpus, select_evenly(corpus.utterances, plan.limit)


def select(plan: BenchmarkPlan, *, data_folder: DataFolder) -> Selection:
    """List the files that a plan works on, and describe them for the record.

    Raises
    ------
    CorpusError
        The corpus is not known, cannot be read or has no utterances.

    """
    corpus, utterances = listed(plan, data_folder=data_folder)
    files = [utterance.path for utterance in utterances]
    return Selection(
        root=corpus.root,
        paths=tuple(str(path.absolute()) for path in files),
        names=tuple(path.relative_to(corpus.root).as_posix() for path in files),
        description={
            "name": corpus.name,
            "synthetic": corpus.synthetic,
            # records are shared, and the folders above hold people's names
            "root": corpus.root.name,
            "fingerprint": fingerprint(corpus),
            "n_utterances": len(corpus.utterances),
            "n_files": len(files),
            "duration_s": durations(files).total_s,
        },
    )
