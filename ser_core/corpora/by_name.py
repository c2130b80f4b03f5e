"""Read a corpus whose file names say everything."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from ser_core.corpora.contract import FURTHER_COPY, Listing, ReadOptions
from ser_core.corpora.tree import LOSSY_SUFFIXES, AudioFile, CorpusTree
from ser_core.corpora.utterance import Corpus, Utterance
from ser_core.errors import CorpusError


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """What one file name says.

    Attributes
    ----------
    emotion : str or None
        None for a label that has no place in the vocabulary.
    label : str
        As the name has it.
    speaker, gender, sentence, session : str or None
        As in `Utterance`.
    recording : str
        The same for every copy of one recording, whatever its folder and suffix.
    rank : int
        Among copies of one recording the lowest is taken.
    refused : str or None
        Why a name of this corpus is no utterance (its audio track is missing ...).
    channel : str or None
        "speech" or "song" where the corpus has both.

    """

    emotion: str | None
    label: str
    recording: str
    speaker: str | None = None
    gender: str | None = None
    sentence: str | None = None
    session: str | None = None
    rank: int = 0
    refused: str | None = None
    channel: str | None = None


class NameReader(ABC):
    """Read a corpus by a rule for one file name.

    Attributes
    ----------
    name : str
        The corpus's name.
    title : str
        As people write it.
    example : str
        A file stem of the corpus, for messages.
    honours : frozenset of str
        The `ReadOptions` that mean something here.

    """

    name: ClassVar[str]
    title: ClassVar[str]
    example: ClassVar[str]
    honours: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def place(self, file: AudioFile) -> Placement | None:
        """Say what a file's name tells; None when it is not of this corpus."""

    def notes(self, recordings: Mapping[str, str]) -> Iterable[str]:
        """Say which known oddities are there; none by default.

        Parameters
        ----------
        recordings : mapping of str to str
            `Placement.recording` -> stem of the file taken for it.

        """
        del recordings
        return ()

    def recognises(self, tree: CorpusTree) -> float:
        """Return the share of the audio files that this corpus's names place."""
        placed = sum(self.place(file) is not None for file in tree.audio)
        return placed / len(tree.audio) if tree.audio else 0.0

    def read(self, tree: CorpusTree, options: ReadOptions) -> Corpus:
        """List the utterances.

        Raises
        ------
        CorpusError
            Not one audio file has a name of this corpus.

        """
        listing = Listing(self.name, tree)
        placed = self._placed(tree, listing)
        if not placed:
            raise CorpusError(
                f"none of the {len(tree.audio):,} audio files below '{tree.root}' has "
                f"a name of {self.title}, as '{self.example}'; choose another reader "
                "or another folder",
                path=str(tree.root),
            )
        chosen = _one_copy_each(placed)
        listing.left_out[FURTHER_COPY] = len(placed) - len(chosen)
        for file, placement in chosen:
            self._add(listing, file, placement, options)
        listing.notes += self.notes(
            {p.recording: file.stem for file, p in chosen if p.refused is None}
        )
        return listing.finish()

    def _placed(
        self, tree: CorpusTree, listing: Listing
    ) -> list[tuple[AudioFile, Placement]]:
        """Place every file; report those of another name."""
        placed: list[tuple[AudioFile, Placement]] = []
        for file in tree.audio:
            placement = self.place(file)
            if placement is not None:
                placed.append((file, placement))
                continue
            listing.problem(
                file.relative,
                f"its name is not one of {self.title}, as '{self.example}'",
                kind="name",
            )
        return placed

    def _add(
        self,
        listing: Listing,
        file: AudioFile,
        placement: Placement,
        options: ReadOptions,
    ) -> None:
        """Make an utterance of a placed file, or say why it is none."""
        if placement.refused is not None:
            listing.problem(file.relative, placement.refused, kind=placement.refused)
            return
        if placement.emotion is None:
            reason = f"label '{placement.label}' is not one of {self.title}"
            listing.problem(file.relative, reason, kind=reason)
            return
        if options.channels is not None and placement.channel not in options.channels:
            listing.left_out[f"channel {placement.channel}"] += 1
            return
        listing.utterances[file.relative] = Utterance(
            path=listing.tree.root / file.relative,
            corpus=self.name,
            emotion=placement.emotion,
            label=placement.label,
            speaker=placement.speaker,
            gender=placement.gender,
            sentence=placement.sentence,
            session=placement.session,
        )


def _one_copy_each(
    placed: list[tuple[AudioFile, Placement]],
) -> list[tuple[AudioFile, Placement]]:
    """Keep the best copy of each recording; what is refused has no copies."""

    def order(pair: tuple[AudioFile, Placement]) -> tuple[int, bool, int, str]:
        file, placement = pair
        lossy = file.suffix in LOSSY_SUFFIXES
        return (placement.rank, lossy, len(file.folders), file.relative)

    best: dict[str, tuple[AudioFile, Placement]] = {}
    refused: list[tuple[AudioFile, Placement]] = []
    for pair in sorted(placed, key=order):
        if pair[1].refused is not None:
            refused.append(pair)
        else:
            best.setdefault(pair[1].recording, pair)
    return [*best.values(), *refused]
