"""What the demo says about itself, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pages._view import format
from ser_core.audio.limits import Limits
from ser_core.models.abstention import Abstention
from ser_core.models.card_text import inert

WHAT_IT_IS: Final = (
    "It hears which **acted emotion** a voice sounds like. It is no diagnosis, and not "
    "for grading, hiring or watching people. Ask before you record others."
)

WHERE_IT_GOES: Final = (
    "What you give stays in this server's memory while this page is open, and goes "
    "soon after you leave it; it is not kept on its disk, and nobody else sees it. "
    "Downloads are yours."
)

SUFFIXES: Final = ("wav", "flac", "ogg", "oga", "opus", "mp3", "aiff", "aif", "aifc")
"""Suffixes that the browser's dialogue offers; what is inside decides."""

FORMATS: Final = "WAV, FLAC, OGG/Opus, MP3, AIFF"

NO_MICROPHONE: Final = (
    "**This address gives no microphone.** Browsers allow recording only over HTTPS, "
    "or on the machine itself at `localhost`. Open this page by its HTTPS address "
    "(whoever runs it finds how in `docs/deploying.md`), or record with another "
    "program and upload the file."
)

MICROPHONE_HINT: Final = (
    "If the browser asks, allow the microphone. If you refused it before, click the "
    "sign beside the page's address, allow it there, and reload the page."
)

_CORPORA: Final = {
    "thai-ser": "THAI-SER",
    "ravdess": "RAVDESS",
    "tess": "TESS",
    "savee": "SAVEE",
    "crema-d": "CREMA-D",
    "emo-db": "EMO-DB",
    "synthetic": "the synthetic corpus",
}


def _length(seconds: float) -> str:
    """Write a limit of length without its zeros."""
    return format.duration(seconds).removesuffix(" 0 s").removesuffix(" 0 min")


def corpus(name: str) -> str:
    """Name a published corpus as its authors do; any other one as it is called."""
    return _CORPORA.get(name, name)


def limits(most: Limits) -> str:
    """Say what may be uploaded.

    Parameters
    ----------
    most : Limits

    """
    return (
        f"{FORMATS}; whatever its name, what is inside decides. M4A and WebM, as some "
        "phones record them, cannot be read: convert them first. Up to "
        f"{format.size(most.max_bytes)} and {_length(most.max_s)} a file, "
        f"{most.max_channels} channels, {most.min_sample_rate / 1000:g} to "
        f"{most.max_sample_rate / 1000:g} kHz."
    )


def clock(seconds: float) -> str:
    """Write a moment of a recording.

    Examples
    --------
    >>> clock(3.24), clock(75), clock(3675.5)
    ('0:03.2', '1:15.0', '1:01:15.5')

    """
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    start = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{start}:{rest // 10:02d}.{rest % 10}"


def reason(text: str) -> str:
    """Write why an answer is unsure as a sentence."""
    shown = inert(text.rstrip("."))
    return f":material/help: {shown[:1].upper()}{shown[1:]}."


def channels(number: int) -> str:
    """Name a number of channels."""
    return {1: "mono", 2: "stereo"}.get(number, f"{number} channels")


def curve_sentence(abstention: Abstention | None, level: float) -> str:
    """Say what a level of confidence meant on recordings of unseen speakers.

    Parameters
    ----------
    abstention : Abstention or None
        Of the model's card.
    level : float
        From 0 to 1.

    Returns
    -------
    text : str
        Says so where it was not measured.

    """
    if abstention is None:
        return "How often it is right at this level was not measured for this model."
    point = min(abstention.curve, key=lambda point: abs(point.confidence - level))
    if point.accuracy is None:
        return "It was never that sure of a recording of an unseen speaker."
    return (
        f"At {format.percent(point.confidence)} it answered "
        f"{format.percent(point.share)} of the recordings of unseen speakers, and was "
        f"right in {format.percent(point.accuracy)} of these."
    )


def chance(classes: tuple[str, ...]) -> str:
    """Say what guessing would reach."""
    return format.percent(1 / len(classes))


def first(probabilities: Mapping[str, float]) -> list[tuple[str, float]]:
    """Order classes by probability, the largest first."""
    return sorted(probabilities.items(), key=lambda item: -item[1])
