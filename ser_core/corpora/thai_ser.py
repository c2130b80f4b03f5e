"""THAI-SER: 200 Thai actors, 80 studio and 20 zoom sessions, five emotions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from ser_core.corpora.contract import FURTHER_COPY, Listing, ReadOptions
from ser_core.corpora.thai_ser_labels import (
    LabelEntry,
    read_actor_genders,
    read_labels,
)
from ser_core.corpora.tree import AUDIO_SUFFIXES, AudioFile, CorpusTree, printable
from ser_core.corpora.utterance import Corpus, Utterance
from ser_core.errors import CorpusError

LABELS_FILE: Final[str] = "emotion_label.json"
ACTORS_FILE: Final[str] = "actor_demography.json"
MARKER_FILE: Final[str] = "synthetic.json"
"""A file of this name marks the voices of a corpus as synthetic."""

SYNTHETIC: Final[str] = "synthetic"
"""Name of that corpus, whichever reader was asked for."""

UNLABELLED_MICROPHONES: Final[frozenset[str]] = frozenset(("clip", "middle"))
"""They recorded what ``con`` recorded, and the release labels ``con`` alone."""

LABELLED_MICROPHONE: Final[str] = "con"

_RECORDING: Final = re.compile(r"([sz])([0-9]+)")
_ACTOR: Final = re.compile(r"actor([0-9]+)")
_SCRIPT: Final = re.compile(r"script[0-9]+")

# What the names of the release and of the report have in common.
_STEM: Final = re.compile(r"[sz][0-9]{3}_(con|clip|middle|mic[0-9]*)_[a-z0-9_]+")

_ROOMS: Final[dict[str, str]] = {"s": "studio", "z": "zoom"}


@dataclass(frozen=True, kw_only=True, slots=True)
class ThaiSerName:
    """What a THAI-SER file name says.

    Attributes
    ----------
    stem : str
        Lower case, without folder and suffix.
    session : str or None
        As "s001"; None where the name does not begin with one.
    room : str or None
        "studio" or "zoom".
    microphone : str
        Second part of the name.
    actor : str or None
        Three digits; None in the report's names.
    sentence : str or None
        "script1" to "script3"; improvised speech repeats no sentence.

    """

    stem: str
    session: str | None
    room: str | None
    microphone: str
    actor: str | None
    sentence: str | None

    @property
    def folder(self) -> str | None:
        """The reference pipeline's folder, as ``studio1-10/studio001/con``."""
        match = _RECORDING.fullmatch(self.session or "")
        if match is None or self.room is None:
            return None
        number = int(match[2])
        first = (number - 1) // 10 * 10 + 1
        microphone = self.microphone if self.room == "studio" else "mic"
        return f"{self.room}{first}-{first + 9}/{self.room}{number:03d}/{microphone}"

    def other_microphone(self, microphone: str) -> str:
        """Return the stem that the same speech has at another microphone."""
        recording, _, *rest = self.stem.split("_")
        return "_".join((recording, microphone, *rest))


def parse_name(key: str) -> ThaiSerName | None:
    """Split a file name of THAI-SER.

    Parameters
    ----------
    key : str
        As in ``emotion_label.json``, with or without a suffix.

    Returns
    -------
    name : ThaiSerName or None
        None when the name has fewer than three parts between underscores.

    Examples
    --------
    >>> parse_name("s012_con_actor023_script1_2_4a.flac").folder
    'studio11-20/studio012/con'
    >>> parse_name("z001_mic_001").actor is None
    True

    """
    stem = re.split(r"[/\\]", key)[-1].lower()
    head, dot, ending = stem.rpartition(".")
    if head and dot + ending in AUDIO_SUFFIXES:
        stem = head
    recording, *rest = stem.split("_")
    if len(rest) < 2:
        return None
    match = _RECORDING.fullmatch(recording)
    actor = next(filter(None, map(_ACTOR.fullmatch, rest)), None)
    script = next(filter(None, map(_SCRIPT.fullmatch, rest)), None)
    return ThaiSerName(
        stem=stem,
        session=recording if match else None,
        room=_ROOMS[match[1]] if match else None,
        microphone=rest[0],
        actor=actor[1].zfill(3) if actor else None,
        sentence=script[0] if script else None,
    )


def is_synthetic(tree: CorpusTree) -> bool:
    """Tell whether a folder, or one below it, is marked as synthetic."""
    return tree.metadata_file(MARKER_FILE) is not None


@dataclass(frozen=True, kw_only=True)
class ThaiSerReader:
    """Read THAI-SER's layout, which the synthetic corpus shares.

    Attributes
    ----------
    name : str
        "thai-ser" or "synthetic".

    References
    ----------
    "THAI-SER: Thai speech emotion recognition", arXiv 2507.09618.

    """

    name: str = "thai-ser"
    honours: frozenset[str] = frozenset(("min_agreement", "microphones", "rooms"))

    def recognises(self, tree: CorpusTree) -> float:
        """Ask for the marker (synthetic), or for the labels or the file names."""
        marked = is_synthetic(tree)
        if marked or self.name == SYNTHETIC:
            return float(marked and self.name == SYNTHETIC)
        if tree.metadata_file(LABELS_FILE) is not None:
            return 0.95
        alike = sum(
            _STEM.fullmatch(file.stem.lower()) is not None for file in tree.audio
        )
        return alike / len(tree.audio) if tree.audio else 0.0

    def read(self, tree: CorpusTree, options: ReadOptions) -> Corpus:
        """List the utterances.

        Raises
        ------
        CorpusError
            ``emotion_label.json`` is missing or cannot be used, or a folder that is
            not marked as synthetic is to be read as synthetic.

        """
        marked = is_synthetic(tree)
        if self.name == SYNTHETIC and not marked:
            raise CorpusError(
                f"'{tree.root}' holds no '{MARKER_FILE}', so it is no synthetic "
                "corpus; read it as thai-ser, or let it be recognised",
                path=str(tree.root),
            )
        labels = tree.metadata_file(LABELS_FILE)
        if labels is None:
            raise CorpusError(
                f"'{LABELS_FILE}' is not below '{tree.root}'; put the one of "
                "THAI-SER's release there, it holds the labels",
                path=str(tree.root),
            )
        reading = _Reading(
            listing=Listing(SYNTHETIC if marked else self.name, tree),
            options=options,
            audio=_AudioByStem(tree),
        )
        reading.read_genders()
        for name, entry in reading.one_entry_each(read_labels(labels)):
            reading.take(name, entry)
        reading.report_rest()
        return reading.listing.finish()


class _AudioByStem:
    """Find a labelled file's audio without searching the disk for each."""

    def __init__(self, tree: CorpusTree) -> None:
        self.files: dict[str, list[AudioFile]] = {}
        for file in tree.audio:
            self.files.setdefault(file.stem.lower(), []).append(file)

    def find(self, name: ThaiSerName) -> AudioFile | None:
        """Return the file where the path rule puts it, else anywhere."""
        found = self.files.get(name.stem, [])
        if len(found) > 1 and name.folder is not None:
            # the second without the level of ten, as an archive may be unpacked
            for folder in (name.folder, name.folder.partition("/")[2]):
                for file in found:
                    place = "/".join(("", *file.folders)).lower()
                    if place.endswith(f"/{folder}"):
                        return file
        return found[0] if found else None


@dataclass
class _Reading:
    """One reading under way."""

    listing: Listing
    options: ReadOptions
    audio: _AudioByStem
    genders: dict[str, str] = field(default_factory=dict)
    labelled: set[str] = field(default_factory=set)

    def read_genders(self) -> None:
        """Read the actors' genders; without them only genders are unknown."""
        tree = self.listing.tree
        path = tree.metadata_file(ACTORS_FILE)
        if path is None:
            self.listing.notes.append(
                f"{ACTORS_FILE} is not there, so genders are unknown."
            )
            return
        try:
            self.genders = read_actor_genders(path)
        except CorpusError as error:
            relative = path.relative_to(tree.root).as_posix()
            self.listing.problem(relative, error.message, kind="actors")

    def one_entry_each(
        self, entries: list[LabelEntry]
    ) -> list[tuple[ThaiSerName, LabelEntry]]:
        """Parse the names; "x" and "x.flac" are one file and must agree."""
        single: dict[str, tuple[ThaiSerName, LabelEntry]] = {}
        for entry in entries:
            name = parse_name(entry.key)
            if name is None:
                self.listing.problem(
                    entry.key,
                    "its name has fewer than three parts between underscores",
                    kind="name",
                )
                continue
            earlier = single.get(name.stem)
            if earlier is not None and earlier[1].label != entry.label:
                labels = f"'{earlier[1].label}' and '{entry.label}'"
                entry = LabelEntry(
                    key=entry.key, defect=f"listed twice, with the labels {labels}"
                )
            single[name.stem] = (name, entry)
        self.labelled = set(single)
        self._note_entries([entry for _, entry in single.values()])
        return list(single.values())

    def _note_entries(self, entries: list[LabelEntry]) -> None:
        """Say what is odd about the label file as a whole."""
        notes = self.listing.notes
        places = self.listing.tree.metadata.get(LABELS_FILE, ())
        if len(places) > 1:
            notes.append(f"Labels are read from {places[0]}, not from {places[1]}.")
        repeated = [entry.key for entry in entries if entry.n_repeats]
        if repeated:
            notes.append(
                f"{len(repeated):,} files stand more than once in {LABELS_FILE}, with "
                f"the same label, as '{printable(repeated[0])}'."
            )
        n_bare = sum(entry.agreement is None for entry in entries if entry.emotion)
        if n_bare:
            notes.append(
                f"{n_bare:,} labels of {LABELS_FILE} have no usable agreement."
            )

    def take(self, name: ThaiSerName, entry: LabelEntry) -> None:
        """Apply one label to its own file and to the microphones that share it."""
        if entry.defect is not None:
            self.listing.problem(entry.key, entry.defect, kind="entry")
        elif entry.emotion is None:
            self.listing.left_out[f"majority_emo {entry.label}"] += 1
        else:
            for each in (name, *self._names_beside(name)):
                self._take_file(each, entry, entry.emotion)

    def _names_beside(self, name: ThaiSerName) -> list[ThaiSerName]:
        """Return the names of the chosen microphones without labels of their own."""
        if name.microphone != LABELLED_MICROPHONE:
            return []
        chosen = (self.options.microphones or frozenset()) & UNLABELLED_MICROPHONES
        stems = [name.other_microphone(microphone) for microphone in sorted(chosen)]
        parsed = (parse_name(stem) for stem in stems if stem not in self.labelled)
        return [beside for beside in parsed if beside is not None]

    def _take_file(self, name: ThaiSerName, entry: LabelEntry, emotion: str) -> None:
        """Make an utterance of a labelled name that the options let through."""
        reason = self._left_out(name, entry.agreement)
        file = self.audio.find(name) if reason is None else None
        if reason is None and file is None:
            reason = "labelled, but the audio is not here"
            shown = entry.key if name.stem in entry.key.lower() else name.stem
            self.listing.problem(shown, reason, kind=reason)
        if reason is not None:
            self.listing.left_out[reason] += 1
        if file is None:
            return
        self.listing.utterances[file.relative] = Utterance(
            path=self.listing.tree.root / file.relative,
            corpus=self.listing.corpus,
            emotion=emotion,
            label=entry.label,
            speaker=name.actor,
            gender=self.genders.get(name.actor or ""),
            sentence=name.sentence,
            session=name.session,
            agreement=entry.agreement,
            microphone=name.microphone,
        )

    def _left_out(self, name: ThaiSerName, agreement: float | None) -> str | None:
        """Say which option leaves a file out, or None."""
        options = self.options
        if options.rooms is not None and name.room not in options.rooms:
            return f"room {name.room or 'unknown'}"
        if (
            options.microphones is not None
            and name.microphone not in options.microphones
        ):
            return f"microphone {name.microphone}"
        if options.min_agreement is not None:
            if agreement is None:
                return "no agreement given"
            if agreement < options.min_agreement:
                return f"agreement below {options.min_agreement:g}"
        return None

    def report_rest(self) -> None:
        """Report audio without a label, and copies of labelled audio."""
        for stem, files in self.audio.files.items():
            if stem in self.labelled:
                n_copies = len(files) - 1
                if n_copies:
                    self.listing.left_out[FURTHER_COPY] += n_copies
                continue
            microphone = self._labelled_through_con(stem)
            if microphone is None:
                for file in files:
                    reason = f"it has no entry in {LABELS_FILE}"
                    self.listing.problem(file.relative, reason, kind=reason)
            elif microphone not in (self.options.microphones or ()):
                reason = f"microphone {microphone}, labelled through con"
                self.listing.left_out[reason] += len(files)

    def _labelled_through_con(self, stem: str) -> str | None:
        """Return the microphone of a file whose `con` counterpart has a label."""
        name = parse_name(stem)
        if name is None or name.microphone not in UNLABELLED_MICROPHONES:
            return None
        shared = name.other_microphone(LABELLED_MICROPHONE) in self.labelled
        return name.microphone if shared else None
