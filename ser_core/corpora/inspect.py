"""Say in figures what a corpus holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ser_core.corpora.contract import cut_short
from ser_core.corpora.durations import durations as read_durations
from ser_core.corpora.utterance import Corpus, Problem


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """What a corpus holds.

    Attributes
    ----------
    corpus, root : str
        Name of the corpus and its folder.
    n_utterances, n_speakers : int
        Speakers whose identity is known; 0 where the corpus knows none.
    duration_s : float or None
        Sum in seconds over the files whose header can be read; None when it was not
        asked for.
    emotions, genders, microphones : mapping of str to int
        Utterances of each; "unknown" where the corpus does not say.
    problems : tuple of Problem
        Paths relative to the root.
    left_out : mapping of str to int
        Reason -> entries left out on purpose.
    notes : tuple of str
        Known oddities.

    """

    corpus: str
    root: str
    n_utterances: int
    n_speakers: int
    duration_s: float | None
    emotions: Mapping[str, int]
    genders: Mapping[str, int]
    microphones: Mapping[str, int]
    problems: tuple[Problem, ...]
    left_out: Mapping[str, int]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types: the output of ``corpora inspect --json``."""
        return {
            "corpus": self.corpus,
            "n_utterances": self.n_utterances,
            "n_speakers": self.n_speakers,
            "duration_s": self.duration_s,
            "emotions": dict(self.emotions),
            "problems": [asdict(problem) for problem in self.problems],
            "root": self.root,
            "genders": dict(self.genders),
            "microphones": dict(self.microphones),
            "left_out": dict(self.left_out),
            "notes": list(self.notes),
        }


def inspection(
    corpus: Corpus,
    *,
    durations: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Inspection:
    """Count what a corpus holds.

    Parameters
    ----------
    corpus : Corpus
        As read.
    durations : bool, default False
        Whether to read every file's header too; what fails joins the problems, at
        most `LISTED_PER_KIND` of it one by one.
    progress : callable, optional
        Called with the number of headers read.

    Returns
    -------
    inspection : Inspection
        Counts sorted by name.

    """
    problems = corpus.problems
    duration_s = None
    if durations:
        measured = read_durations(
            (u.path for u in corpus.utterances), progress=progress
        )
        duration_s = measured.total_s
        relative = {
            str(u.path): u.path.relative_to(corpus.root).as_posix()
            for u in corpus.utterances
        }
        failures = [replace(p, path=relative[p.path]) for p in measured.failures]
        problems += tuple(cut_short(failures))
    return Inspection(
        corpus=corpus.name,
        root=str(corpus.root),
        n_utterances=len(corpus.utterances),
        n_speakers=len({u.speaker for u in corpus.utterances} - {None}),
        duration_s=duration_s,
        emotions=_counts(u.emotion for u in corpus.utterances),
        genders=_counts(u.gender for u in corpus.utterances),
        microphones=_counts(u.microphone for u in corpus.utterances if u.microphone),
        problems=problems,
        left_out=dict(corpus.left_out),
        notes=corpus.notes,
    )


def _counts(values: Iterable[str | None]) -> dict[str, int]:
    """Count values, sorted by name, None as "unknown"."""
    return dict(sorted(Counter(value or "unknown" for value in values).items()))
