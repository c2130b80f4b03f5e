"""Read a corpus whose file names say everything."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
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

    def notes(self, recordings: frozenset[str]) -> Iterable[str]:
        """Say which known oddities are among the recordings; none by default."""
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
        chosen = self._one_copy_each(tree, listing)
        if not chosen:
            raise CorpusError(
                f"none of the {len(tree.audio):,} audio files below '{tree.root}' has "
                f"a name of {self.title}, as '{self.example}'; choose another reader "
                "or another folder",
                path=str(tree.root),
            )
        for file, placement in chosen:
            self._add(listing, file, placement, options)
        listing.notes += self.notes(frozenset(p.recording for _, p in chosen))
        return listing.finish()

    def _one_copy_each(
        self, tree: CorpusTree, listing: Listing
    ) -> list[tuple[AudioFile, Placement]]:
        """Place every file and keep the best copy of each recording."""
        copies: dict[str, list[tuple[tuple[int, bool, int, str], AudioFile]]] = {}
        placements: dict[str, Placement] = {}
        for file in tree.audio:
            placement = self.place(file)
            if placement is None:
                listing.problem(
                    file.relative,
                    f"its name is not one of {self.title}, as '{self.example}'",
                    kind="name",
                )
                continue
            placements[file.relative] = placement
            lossy = file.suffix in LOSSY_SUFFIXES
            order = (placement.rank, lossy, len(file.folders), file.relative)
            copies.setdefault(placement.recording, []).append((order, file))
        best = [min(found)[1] for found in copies.values()]
        n_copies = len(placements) - len(best)
        if n_copies:
            listing.left_out[FURTHER_COPY] = n_copies
        return [(file, placements[file.relative]) for file in best]

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
