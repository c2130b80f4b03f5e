"""TESS: two Canadian actresses, seven emotions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import ClassVar, Final

from ser_core.corpora.by_name import NameReader, Placement
from ser_core.corpora.tree import AudioFile

# One published file, OA_bite_neutral, lacks the F of its actress.
_STEM: Final = re.compile(r"(OAF?|YAF?)_([a-z]+)_([a-z]+)", re.IGNORECASE)

_EMOTIONS: Final[dict[str, str]] = {
    "angry": "angry",
    "disgust": "disgust",
    "fear": "fearful",
    "happy": "happy",
    "neutral": "neutral",
    "ps": "surprised",
    "sad": "sad",
}

_ODDITIES: Final[dict[str, str]] = {
    "OAF_food_fear": "OAF_food_fear is sampled at 96 kHz, the others at 24,414 Hz.",
    "YAF_germ_angry": "YAF_germ_angry is an AIFF file under the suffix .wav.",
    "YAF_neat_fear": "YAF_neat_fear is an AIFF file under the suffix .wav.",
}


class TessReader(NameReader):
    """Read names as ``OAF_back_angry``: actress, word, emotion.

    References
    ----------
    M. K. Pichora-Fuller and K. Dupuis, "Toronto emotional speech set (TESS)", 2020,
    doi 10.5683/SP2/E8H2MF.

    """

    name: ClassVar[str] = "tess"
    title: ClassVar[str] = "TESS"
    example: ClassVar[str] = "OAF_back_angry"

    def place(self, file: AudioFile) -> Placement | None:
        """Split the name, whatever the irregular folder is called."""
        match = _STEM.fullmatch(file.stem)
        if match is None:
            return None
        actress, word, label = match.groups()
        speaker = f"{actress[:2].upper()}F"
        return Placement(
            emotion=_EMOTIONS.get(label.lower()),
            label=label,
            speaker=speaker,
            gender="female",
            sentence=word.lower(),
            recording=f"{speaker}_{word}_{label}".lower(),
            rank=0 if len(actress) == len(speaker) else 1,
        )

    def notes(self, recordings: Mapping[str, str]) -> Iterable[str]:
        """Name the odd files of the release that are there."""
        for stem, note in _ODDITIES.items():
            if stem.lower() in recordings:
                yield note
        short = [stem for stem in recordings.values() if stem[2] == "_"]
        for stem in sorted(short):
            yield f"{stem} lacks the F of its actress; it is taken as {stem[:2]}F's."
