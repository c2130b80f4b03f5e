"""SAVEE: four English men, seven emotions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import ClassVar, Final

from ser_core.corpora.by_name import NameReader, Placement
from ser_core.corpora.tree import AudioFile

_SPEAKERS: Final[frozenset[str]] = frozenset(("DC", "JE", "JK", "KL"))

_STEM: Final = re.compile(
    r"(?:(DC|JE|JK|KL)_)?(sa|su|a|d|f|h|n)([0-9]{2})", re.IGNORECASE
)

_EMOTIONS: Final[dict[str, str]] = {
    "a": "angry",
    "d": "disgust",
    "f": "fearful",
    "h": "happy",
    "n": "neutral",
    "sa": "sad",
    "su": "surprised",
}

_PUBLISHED_FILES: Final[int] = 480


class SaveeReader(NameReader):
    """Read names as ``DC/a01`` or ``DC_a01``: speaker, emotion, number.

    The sentence is emotion and number together, because a number alone stands for
    different words under different emotions.

    References
    ----------
    S. Haq and P. J. B. Jackson, "Multimodal emotion recognition", in: Machine
    Audition, IGI Global, 2010, doi 10.4018/978-1-61520-919-4.ch017.

    """

    name: ClassVar[str] = "savee"
    title: ClassVar[str] = "SAVEE"
    example: ClassVar[str] = "DC/a01"

    def place(self, file: AudioFile) -> Placement | None:
        """Take the speaker from the name, else from the nearest folder."""
        match = _STEM.fullmatch(file.stem)
        if match is None:
            return None
        named, label, number = match.groups()
        speaker = (named or (file.folders or ("",))[-1]).upper()
        if speaker not in _SPEAKERS:
            return None
        return Placement(
            emotion=_EMOTIONS[label.lower()],
            label=label,
            speaker=speaker,
            gender="male",
            sentence=f"{label}{number}".lower(),
            recording=f"{speaker}_{label}{number}".lower(),
        )

    def notes(self, recordings: Mapping[str, str]) -> Iterable[str]:
        """Say that a good part of the published files clips."""
        if len(recordings) == _PUBLISHED_FILES:
            yield "144 of the 480 published files clip."
