"""What a corpus reader is: the options it takes and the shape of its answer."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Final, Protocol

from ser_core.corpora.tree import CorpusTree, printable
from ser_core.corpora.utterance import Corpus, Problem, Utterance
from ser_core.errors import ParameterError

ROOMS: Final[frozenset[str]] = frozenset(("studio", "zoom"))
CHANNELS: Final[frozenset[str]] = frozenset(("speech", "song"))

FURTHER_COPY: Final[str] = "further copy of a recording already listed"
"""Reason for which a second file of one recording is left out."""

LISTED_PER_KIND: Final[int] = 50
"""Problems of one kind that are listed before the rest is only counted."""

LISTED_IN_ALL: Final[int] = 1000
"""Problems of all kinds that are listed before the rest is only counted."""

_MICROPHONE: Final = re.compile(r"[a-z]+[0-9]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadOptions:
    """Choose which part of a corpus is read; None means all of it.

    Attributes
    ----------
    min_agreement : float or None
        Least share of raters behind the label, 0 to 1 (thai-ser, synthetic). The
        corpus's authors keep 0.71 and above.
    microphones : frozenset of str or None
        Lower-case names, as con, clip, middle, mic (thai-ser, synthetic).
    rooms : frozenset of str or None
        Of "studio" and "zoom" (thai-ser, synthetic).
    channels : frozenset of str or None
        Of "speech" and "song" (ravdess).

    Raises
    ------
    ParameterError
        A value lies outside what is allowed.

    """

    min_agreement: float | None = None
    microphones: frozenset[str] | None = None
    rooms: frozenset[str] | None = None
    channels: frozenset[str] | None = None

    def __post_init__(self) -> None:
        """Refuse values that no corpus could satisfy."""
        agreement = self.min_agreement
        if agreement is not None and not (
            math.isfinite(agreement) and 0 <= agreement <= 1
        ):
            raise ParameterError(
                f"min_agreement = {agreement!r} is outside 0 to 1; "
                "give a share of raters, as 0.71"
            )
        _check_choice("rooms", self.rooms, ROOMS)
        _check_choice("channels", self.channels, CHANNELS)
        if self.microphones is not None:
            odd = [m for m in self.microphones if not _MICROPHONE.fullmatch(m)]
            if odd or not self.microphones:
                raise ParameterError(
                    f"microphones = {sorted(self.microphones)!r} is not allowed; give "
                    "one or more lower-case names, as con, clip, middle or mic"
                )

    def given(self) -> list[str]:
        """Name the options that are not None."""
        return [f.name for f in fields(self) if getattr(self, f.name) is not None]


def _check_choice(
    name: str, chosen: frozenset[str] | None, allowed: frozenset[str]
) -> None:
    """Refuse an empty choice and one outside what is allowed."""
    if chosen is not None and (not chosen or chosen - allowed):
        raise ParameterError(
            f"{name} = {sorted(chosen)!r} is not allowed; "
            f"choose one or more of: {', '.join(sorted(allowed))}"
        )


class Reader(Protocol):
    """List the utterances of one corpus."""

    @property
    def name(self) -> str:
        """The corpus's name, one of DESIGN's."""
        ...

    @property
    def honours(self) -> frozenset[str]:
        """Names of the `ReadOptions` that mean something for this corpus."""
        ...

    def recognises(self, tree: CorpusTree) -> float:
        """Say how sure it is that the folder is this corpus, 0 to 1."""
        ...

    def read(self, tree: CorpusTree, options: ReadOptions) -> Corpus:
        """List the utterances from names and metadata; decode nothing."""
        ...


@dataclass
class Listing:
    """Collect what a reader finds, and make a `Corpus` of it.

    Attributes
    ----------
    corpus : str
        Name of the corpus.
    tree : CorpusTree
        The folder as walked; its problems are taken over.
    utterances : dict of str to Utterance
        By path relative to the root.
    notes : list of str
        Oddities in words.
    left_out : Counter of str
        Reason -> how many were left out on purpose.

    """

    corpus: str
    tree: CorpusTree
    utterances: dict[str, Utterance] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    _problems: dict[str, list[Problem]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def problem(self, path: str, reason: str, *, kind: str) -> None:
        """Report a defect; many of one kind are cut to `LISTED_PER_KIND`."""
        self._problems[kind].append(
            Problem(path=printable(path), reason=printable(reason))
        )

    def finish(self) -> Corpus:
        """Return the corpus, its utterances sorted by relative path."""
        for problem in self.tree.problems:
            self.problem(problem.path, problem.reason, kind=problem.reason)
        if self.tree.n_hidden:
            self.notes.append(
                f"{self.tree.n_hidden:,} hidden or __MACOSX entries were passed over."
            )
        return Corpus(
            name=self.corpus,
            root=self.tree.root,
            utterances=tuple(self.utterances[path] for path in sorted(self.utterances)),
            problems=tuple(_shortened(self._problems.values())),
            left_out={k: n for k, n in self.left_out.items() if n},
            notes=tuple(self.notes),
        )


def _shortened(kinds: Iterable[list[Problem]]) -> list[Problem]:
    """Keep the first problems of each kind and of all, and count the rest."""
    kept: list[Problem] = []
    for problems in kinds:
        kept += cut_short(problems, LISTED_PER_KIND)
    return cut_short(kept, LISTED_IN_ALL)


def cut_short(problems: list[Problem], limit: int = LISTED_PER_KIND) -> list[Problem]:
    """Keep the first `limit` problems and say how many follow in one more."""
    rest = len(problems) - limit
    if rest <= 0:
        return problems
    last = problems[limit - 1]
    reason = f"and {rest:,} more after this one; the first of them: "
    first = problems[limit]
    more = Problem(path=last.path, reason=f"{reason}{first.path}: {first.reason}")
    return [*problems[:limit], more]
