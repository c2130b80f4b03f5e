"""EMO-DB: ten German actors, seven emotions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import ClassVar, Final

from ser_core.corpora.by_name import NameReader, Placement
from ser_core.corpora.tree import AudioFile

_STEM: Final = re.compile(r"([0-9]{2})([a-z][0-9]{2})([a-z])([a-z]?)", re.IGNORECASE)

_EMOTIONS: Final[dict[str, str]] = {
    "W": "angry",
    "L": "bored",
    "E": "disgust",
    "A": "fearful",
    "F": "happy",
    "T": "sad",
    "N": "neutral",
}

_GENDERS: Final[dict[str, str]] = {
    **dict.fromkeys(("03", "10", "11", "12", "15"), "male"),
    **dict.fromkeys(("08", "09", "13", "14", "16"), "female"),
}


class EmoDbReader(NameReader):
    """Read names as ``03a01Fa``: speaker, sentence, emotion letter, version.

    References
    ----------
    F. Burkhardt, A. Paeschke, M. Rolfes, W. Sendlmeier and B. Weiss, "A database of
    German emotional speech", Interspeech 2005.

    """

    name: ClassVar[str] = "emo-db"
    title: ClassVar[str] = "EMO-DB"
    example: ClassVar[str] = "03a01Fa"

    def place(self, file: AudioFile) -> Placement | None:
        """Split the name; a speaker outside the ten has no known gender."""
        match = _STEM.fullmatch(file.stem)
        if match is None:
            return None
        speaker, sentence, letter, _ = match.groups()
        return Placement(
            emotion=_EMOTIONS.get(letter.upper()),
            label=letter,
            speaker=speaker,
            gender=_GENDERS.get(speaker),
            sentence=sentence.lower(),
            recording=file.stem.lower(),
        )

    def notes(self, recordings: Mapping[str, str]) -> Iterable[str]:
        """Name speakers that the corpus's table does not have."""
        unknown = sorted({name[:2] for name in recordings} - set(_GENDERS))
        if unknown:
            yield (
                f"Speakers {', '.join(unknown)} are not among EMO-DB's ten; "
                "their gender is unknown."
            )
