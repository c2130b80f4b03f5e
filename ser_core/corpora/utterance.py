"""What every corpus reader returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Utterance:
    """One labelled recording, known from its name and metadata only.

    Attributes
    ----------
    path : Path
        The audio file.
    corpus : str
        Name of the corpus, one of DESIGN's names.
    emotion : str
        One of `ser_core.labels.EMOTIONS`.
    label : str
        The corpus's own label, as written there.
    speaker, gender, sentence, session : str or None
        None where the corpus does not know. `gender` is "female" or "male".
    agreement : float or None
        Share of raters behind the label, 0 to 1.
    microphone : str or None
        THAI-SER: con, clip, middle, mic (or the report's mic1 ...).

    """

    path: Path
    corpus: str
    emotion: str
    label: str
    speaker: str | None = None
    gender: str | None = None
    sentence: str | None = None
    session: str | None = None
    agreement: float | None = None
    microphone: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One file or metadata entry that could not be placed, and why."""

    path: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """A corpus folder as read.

    Attributes
    ----------
    name : str
        Reader's name: thai-ser ravdess tess savee crema-d emo-db folder synthetic.
    root : Path
        The folder that was given.
    utterances : tuple of Utterance
        Sorted by path relative to the root, POSIX style.
    problems : tuple of Problem
        Files and metadata entries left out, each with its reason.
    left_out : mapping of str to int
        Entries left out on purpose (reason -> count), as THAI-SER's "None" rows
        or those under the agreement threshold; no defect.
    notes : tuple of str
        Oddities a reader handled, in words.

    """

    name: str
    root: Path
    utterances: tuple[Utterance, ...]
    problems: tuple[Problem, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def synthetic(self) -> bool:
        """Tell whether the voices are made by SER Lab itself."""
        return self.name == "synthetic"
