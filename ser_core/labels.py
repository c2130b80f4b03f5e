"""The one vocabulary of emotions, and the names other people use for them."""

from __future__ import annotations

from typing import Final

EMOTIONS: Final[tuple[str, ...]] = (
    "angry",
    "bored",
    "calm",
    "disgust",
    "fearful",
    "frustrated",
    "happy",
    "neutral",
    "sad",
    "surprised",
)
"""Every emotion a corpus may carry, sorted."""

THAI_SER_EMOTIONS: Final[tuple[str, ...]] = (
    "angry",
    "frustrated",
    "happy",
    "neutral",
    "sad",
)
"""The five emotions of the reference pipeline."""

THAI_LABELS: Final[dict[str, str]] = {
    "โกรธ": "angry",
    "เศร้า": "sad",
    "สุข": "happy",
    "หงุดหงิด": "frustrated",
    "ปกติ": "neutral",
}
"""The Thai words for the five, as the reference pipeline maps them."""

_ALIASES: Final[dict[str, str]] = {
    "anger": "angry",
    "boredom": "bored",
    "disgusted": "disgust",
    "fear": "fearful",
    "frustration": "frustrated",
    "happiness": "happy",
    "joy": "happy",
    "sadness": "sad",
    "surprise": "surprised",
    "pleasant_surprise": "surprised",
    "pleasant_surprised": "surprised",
    "ps": "surprised",
    **THAI_LABELS,
}


def to_emotion(label: str) -> str | None:
    """Map a corpus's own label to the vocabulary.

    Parameters
    ----------
    label : str
        A label in any case, English noun or adjective, or one of the five Thai
        words of the THAI-SER release.

    Returns
    -------
    emotion : str or None
        One of `EMOTIONS`; None where the label has no place among them (as
        THAI-SER's "None" and "other").

    Examples
    --------
    >>> to_emotion("Happiness")
    'happy'
    >>> to_emotion("other") is None
    True

    """
    key = label.strip().lower().replace(" ", "_").replace("-", "_")
    key = _ALIASES.get(key, key)
    return key if key in EMOTIONS else None
