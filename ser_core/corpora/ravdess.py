"""RAVDESS: 24 North American actors, eight emotions spoken and six sung."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import ClassVar, Final

from ser_core.corpora.by_name import NameReader, Placement
from ser_core.corpora.tree import AudioFile

_STEM: Final = re.compile(r"([0-9]{2})-([0-9]{2})-" + r"-".join([r"([0-9]{2})"] * 5))

_EMOTIONS: Final[dict[str, str]] = {
    "01": "neutral",
    "02": "calm",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fearful",
    "07": "disgust",
    "08": "surprised",
}

_CHANNELS: Final[dict[str, str]] = {"01": "speech", "02": "song"}

# Sound alone comes before the sound track of the film.
_MODALITIES: Final[dict[str, int]] = {"03": 0, "01": 1}

_LAST_ACTOR: Final[int] = 24

# Modality is cut off: 01 (film with sound) and 03 (sound) are one recording.
_STEREO: Final[frozenset[str]] = frozenset(
    (
        "01-02-01-01-02-01",
        "01-08-01-02-02-01",
        "01-02-01-02-02-05",
        "01-03-01-02-01-20",
        "01-06-01-01-02-20",
    )
)
_SAME_AUDIO: Final[frozenset[str]] = frozenset(
    ("01-03-01-02-01-07", "01-03-01-02-02-07")
)


class RavdessReader(NameReader):
    """Read names as ``03-01-06-01-02-01-12``.

    The seven numbers are modality, vocal channel, emotion, intensity, statement,
    repetition and actor; the session is the vocal channel, "speech" or "song".

    References
    ----------
    S. R. Livingstone and F. A. Russo, "The Ryerson Audio-Visual Database of Emotional
    Speech and Song", PLoS ONE 13(5), 2018, doi 10.1371/journal.pone.0196391.

    """

    name: ClassVar[str] = "ravdess"
    title: ClassVar[str] = "RAVDESS"
    example: ClassVar[str] = "03-01-06-01-02-01-12"
    honours: ClassVar[frozenset[str]] = frozenset(("channels",))

    def place(self, file: AudioFile) -> Placement | None:
        """Split the name; odd actors are male, even ones female."""
        match = _STEM.fullmatch(file.stem)
        if match is None:
            return None
        modality, channel, emotion, _, statement, _, actor = match.groups()
        return Placement(
            emotion=_EMOTIONS.get(emotion),
            label=emotion,
            speaker=actor,
            gender="male" if int(actor) % 2 else "female",
            sentence=statement,
            session=_CHANNELS.get(channel),
            channel=_CHANNELS.get(channel),
            recording=file.stem[3:],
            rank=_MODALITIES.get(modality, len(_MODALITIES)),
            refused=_refusal(modality, channel, actor),
        )

    def notes(self, recordings: Mapping[str, str]) -> Iterable[str]:
        """Name the stereo files, the one audio under two names, added actors."""
        stereo = recordings.keys() & _STEREO
        if stereo:
            yield (
                f"{len(stereo)} files are stereo with equal channels in the original: "
                + ", ".join(f"03-{name}" for name in sorted(stereo))
                + "."
            )
        if recordings.keys() >= _SAME_AUDIO:
            yield "03-01-03-01-02-01-07 and 03-01-03-01-02-02-07 hold the same audio."
        added = sorted({n[-2:] for n in recordings if int(n[-2:]) > _LAST_ACTOR})
        if added:
            yield (
                f"Actors {', '.join(added)} are not among RAVDESS's 24; their gender "
                "is read from the number all the same."
            )


def _refusal(modality: str, channel: str, actor: str) -> str | None:
    """Say why a well-formed name is no utterance, or None."""
    if modality == "02":
        return "modality 02 is film without sound"
    if modality not in _MODALITIES:
        return f"modality {modality} is not one of 01, 02, 03"
    if channel not in _CHANNELS:
        return f"vocal channel {channel} is not one of 01 (speech), 02 (song)"
    if actor == "00":
        return "actor 00 is not one of 01 to 24"
    return None
