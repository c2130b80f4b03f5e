"""One colour for each emotion, the same in every figure of the Demo page.

The ten colours keep a contrast of 2.5 to 1 or more on the light and the dark page, and
any two of them stay apart (CIE 1976 distance above 15) under simulated protanopia,
deuteranopia and tritanopia. No figure relies on them alone: each also has a row, a
place or a label for the emotion.

References
----------
Machado, G. M., Oliveira, M. M. and Fernandes, L. A. F.: A physiologically-based
model for simulation of color vision deficiency. IEEE TVCG 15(6), 2009.
doi:10.1109/TVCG.2009.113

"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pages._view.figures.bars import bar_marker
from pages._view.figures.chart import Style
from pages._view.theme import CATEGORIES, FAILED, NEUTRAL

UNSURE: Final = "unsure"
COULD_NOT_READ: Final = "could not be read"

EMOTION_COLOURS: Final[dict[str, str]] = {
    "angry": "#DB0000",
    "bored": "#B39085",
    "calm": "#06B0BC",
    "disgust": "#3A5E3A",
    "fearful": "#7F11FE",
    "frustrated": "#F7825D",
    "happy": "#D5990C",
    "neutral": "#70747A",
    "sad": "#4151D0",
    "surprised": "#A542A5",
}

_UNSURE_PATTERN: Final = "/"
_FAILED_PATTERN: Final = "x"
_GENDERS: Final = {"female": "", "male": "\\"}


@dataclass(frozen=True, kw_only=True, slots=True)
class EmotionLook:
    """How one answer is drawn.

    Attributes
    ----------
    colour : str
        Hexadecimal.
    pattern : str
        Fill pattern of bars, plotly's name; empty for solid.

    """

    colour: str
    pattern: str = ""

    def marker(self, *, style: Style) -> dict[str, Any]:
        """Describe the fill of a bar, for plotly's ``marker``."""
        if self.pattern == "\\":  # hollow elsewhere; here a hatched fill
            return bar_marker(self.colour, "|", style=style)
        return bar_marker(self.colour, self.pattern, style=style)


def emotion_look(answer: str, *, classes: Sequence[str] = ()) -> EmotionLook:
    """Return how an answer is drawn.

    Parameters
    ----------
    answer : str
        A class of a model, `UNSURE` or `COULD_NOT_READ`.
    classes : sequence of str
        All classes of the model: those that are no emotion of the vocabulary, as a
        model from elsewhere may have, get what colours are left, in this order.

    Returns
    -------
    look : EmotionLook
        Classes of gender and emotion have the colour of the emotion, men hatched.

    """
    if answer == UNSURE:
        return EmotionLook(colour=NEUTRAL, pattern=_UNSURE_PATTERN)
    if answer == COULD_NOT_READ:
        return EmotionLook(colour=FAILED, pattern=_FAILED_PATTERN)
    if answer in EMOTION_COLOURS:
        return EmotionLook(colour=EMOTION_COLOURS[answer])
    gender, _, emotion = answer.partition("_")
    if gender in _GENDERS and emotion in EMOTION_COLOURS:
        return EmotionLook(colour=EMOTION_COLOURS[emotion], pattern=_GENDERS[gender])
    others = [name for name in classes if name not in EMOTION_COLOURS]
    place = others.index(answer) if answer in others else 0
    colour, _ = CATEGORIES[place % len(CATEGORIES)]
    return EmotionLook(colour=colour, pattern=("x", ".", "-", "+")[place // 4 % 4])
