"""A few synthetic voices without a corpus on the disk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ser_core.corpora.synthesis.ratings import Plan, plan
from ser_core.corpora.synthesis.speech import speak
from ser_core.corpora.synthetic_files import encode
from ser_core.labels import THAI_SER_EMOTIONS, to_emotion

SEED: Final = 0
EACH: Final = 2
"""Voices of each emotion."""

_LENGTHS_S: Final = (2.5, 6.0)
_AGREED: Final = 0.75
_MOST: Final = 500


@dataclass(frozen=True, kw_only=True)
class SyntheticVoice:
    """One utterance of the synthetic corpus, not spoken yet.

    Attributes
    ----------
    emotion : str
        Which most of its made-up raters hear.
    plan : Plan

    """

    emotion: str
    plan: Plan

    def recording(self) -> bytes:
        """Speak it: FLAC, 44.1 kHz, 16 bit."""
        return encode(speak(self.plan, seed=SEED))


@lru_cache(maxsize=1)
def synthetic_voices() -> tuple[SyntheticVoice, ...]:
    """List a few utterances of the corpus of seed 0: two of each of five emotions.

    Returns
    -------
    voices : tuple of SyntheticVoice
        Of 2.5 to 6 s, heard alike by three of four raters, in the order of the corpus;
        the same ones everywhere.

    """
    found: list[SyntheticVoice] = []
    for index in range(_MOST):
        candidate = plan(SEED, index)
        emotion = to_emotion(candidate.majority)
        if (
            emotion in THAI_SER_EMOTIONS
            and candidate.agreement >= _AGREED
            and _LENGTHS_S[0] <= candidate.duration_s <= _LENGTHS_S[1]
            and sum(voice.emotion == emotion for voice in found) < EACH
        ):
            found.append(SyntheticVoice(emotion=emotion, plan=candidate))
    return tuple(found)
