"""Who speaks, where, and how an emotion changes the voice.

References
----------
Banse, R. and Scherer, K. R., "Acoustic profiles in vocal emotion expression",
Journal of Personality and Social Psychology 70(3), 1996,
doi:10.1037/0022-3514.70.3.614.

Juslin, P. N. and Laukka, P., "Communication of emotions in vocal expression and
music performance: different channels, same code?", Psychological Bulletin 129(5),
2003, doi:10.1037/0033-2909.129.5.770.

"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from ser_core.corpora.synthesis.layout import is_woman
from ser_core.corpora.synthesis.seeds import Stream, generator


@dataclass(frozen=True, kw_only=True, slots=True)
class Manner:
    """How something is said, relative to the speaker's neutral voice.

    Attributes
    ----------
    pitch_st : float
        Shift of the mean pitch in semitones.
    range_log2, rate_log2, pause_log2, jitter_log2 : float
        Factors on pitch range, syllable rate, length of pauses and irregularity
        of the glottal cycle, as powers of two.
    level_db : float
        Change of loudness.
    tilt_db : float
        Change of the source spectrum above 500 Hz in dB per octave; positive is
        a pressed, bright voice.
    breath_db : float
        Change of the aspiration noise.
    formants_log2 : float
        Shift of the first formants: wide open or spread lips are positive.

    """

    pitch_st: float = 0.0
    range_log2: float = 0.0
    rate_log2: float = 0.0
    pause_log2: float = 0.0
    jitter_log2: float = 0.0
    level_db: float = 0.0
    tilt_db: float = 0.0
    breath_db: float = 0.0
    formants_log2: float = 0.0


_MANNERS: Final[Mapping[str, Manner]] = {
    "Neutral": Manner(),
    # Hot anger: loud, high, wide, fast, bright, irregular.
    "Angry": Manner(
        pitch_st=4.0,
        range_log2=0.6,
        rate_log2=0.18,
        pause_log2=-0.4,
        jitter_log2=0.8,
        level_db=9.0,
        tilt_db=5.0,
        breath_db=-4.0,
        formants_log2=0.12,
    ),
    # Irritation, the cold anger of Banse and Scherer: the same, far weaker.
    "Frustrated": Manner(
        pitch_st=0.8,
        range_log2=0.15,
        rate_log2=0.02,
        pause_log2=0.1,
        jitter_log2=0.4,
        level_db=4.5,
        tilt_db=3.0,
        breath_db=-1.0,
        formants_log2=-0.04,
    ),
    # Elation: high and wide above all, lips spread.
    "Happy": Manner(
        pitch_st=5.5,
        range_log2=0.8,
        rate_log2=0.2,
        pause_log2=-0.3,
        jitter_log2=0.1,
        level_db=6.0,
        tilt_db=0.5,
        breath_db=0.0,
        formants_log2=0.16,
    ),
    # Low, narrow, slow, soft, breathy, with long pauses.
    "Sad": Manner(
        pitch_st=-1.5,
        range_log2=-0.7,
        rate_log2=-0.3,
        pause_log2=0.8,
        jitter_log2=0.2,
        level_db=-9.0,
        tilt_db=-3.0,
        breath_db=8.0,
        formants_log2=-0.08,
    ),
}
"""Signs and order follow the tables of both reviews; sizes are ours."""

_MANNER_SPREAD: Final = Manner(
    pitch_st=1.4,
    range_log2=0.3,
    rate_log2=0.16,
    pause_log2=0.5,
    jitter_log2=0.5,
    level_db=1.5,
    tilt_db=0.5,
    breath_db=3.0,
    formants_log2=0.02,
)
"""Standard deviations from one utterance to the next, whatever the emotion."""


def manner(
    shares: Mapping[str, float], *, intensity: float, rng: np.random.Generator
) -> Manner:
    """Mix the emotions that the raters heard into one manner of speaking.

    Parameters
    ----------
    shares : mapping of str to float
        Emotion -> share of the votes, 0 to 1; none at all counts as neutral.
    intensity : float
        How much this speaker shows, 1 on average.
    rng : numpy.random.Generator
        Draws what no emotion explains.

    Returns
    -------
    manner : Manner

    """
    noise = rng.standard_normal(len(fields(Manner)))
    # Cubed: what most raters heard is more than its share of the voice.
    weights = {emotion: share**3 for emotion, share in shares.items()}
    total = sum(weights.values())
    values = {}
    for field, z in zip(fields(Manner), noise, strict=True):
        mean = sum(
            weight * getattr(_MANNERS[emotion], field.name)
            for emotion, weight in weights.items()
        )
        spread = getattr(_MANNER_SPREAD, field.name)
        shown = intensity * mean / total if total else 0.0
        values[field.name] = shown + spread * float(z)
    return Manner(**values)


@dataclass(frozen=True, kw_only=True, slots=True)
class Speaker:
    """One actor's voice.

    Attributes
    ----------
    woman : bool
    age : int
        Years.
    f0_hz : float
        Median pitch of the neutral voice.
    tract : float
        Factor on all formants: a shorter vocal tract is above 1.
    vowel_shift : ndarray of shape (9, 3), float64
        Factor on the first three formants of each vowel, this actor's accent.
    rate : float
        Syllables a second.
    level_db, tilt_db, breath_db : float
        Habits, as in `Manner`.
    open_quotient : float
        Share of the glottal cycle during which the glottis is open.
    intensity : float
        How much of an emotion this actor shows.

    """

    woman: bool
    age: int
    f0_hz: float
    tract: float
    vowel_shift: np.ndarray
    rate: float
    level_db: float
    tilt_db: float
    breath_db: float
    open_quotient: float
    intensity: float


def speaker(seed: int, actor: int) -> Speaker:
    """Draw an actor's voice from (seed, actor) alone; `actor` is 1 to 200."""
    rng = generator(seed, Stream.SPEAKER, actor)
    woman = is_woman(actor)
    z = rng.standard_normal(8)
    return Speaker(
        woman=woman,
        age=int(np.clip(round(24.5 + rng.gamma(1.6, 3.4) - 1.5), 18, 60)),
        f0_hz=(212.0 if woman else 122.0) * 2 ** (2.2 * z[0] / 12),
        tract=(1.165 if woman else 1.0) * math.exp(0.035 * z[1]),
        vowel_shift=np.exp(0.045 * rng.standard_normal((9, 3))),
        rate=4.7 * math.exp(0.12 * z[2]),
        level_db=2.0 * z[3],
        tilt_db=0.7 * z[4] + (-0.6 if woman else 0.0),
        breath_db=3.0 * z[5] + (2.0 if woman else 0.0),
        open_quotient=float(np.clip(0.6 + 0.05 * z[6] + 0.05 * woman, 0.45, 0.8)),
        intensity=math.exp(0.25 * z[7]),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """One session's room and microphone.

    Attributes
    ----------
    noise_dbfs : float
        Level of the background noise.
    noise_slope_db : float
        Its fall in dB per octave above 100 Hz.
    gain_db : float
        Input gain.
    cut_hz : float
        Where the top of the band falls off (zoom cuts earlier).
    presence_hz, presence_db : float
        A bump of the microphone.
    echo_s, echo_gain : ndarray of shape (3,), float64
        Early reflections: delay in seconds, factor.

    """

    noise_dbfs: float
    noise_slope_db: float
    gain_db: float
    cut_hz: float
    presence_hz: float
    presence_db: float
    echo_s: np.ndarray
    echo_gain: np.ndarray


def room(seed: int, session: str) -> Room:
    """Draw a session's room from (seed, session) alone.

    Parameters
    ----------
    seed : int
        Corpus seed, >= 0.
    session : str
        ``s001`` to ``s080`` (a studio, much alike) or ``z001`` to ``z020`` (zoom,
        each in another home).

    """
    zoom = session.startswith("z")
    rng = generator(seed, Stream.ROOM, int(session[1:]) + 1000 * zoom)
    z = rng.standard_normal(6)
    return Room(
        noise_dbfs=(-62.0 + 4.0 * z[0]) if zoom else (-66.0 + 2.0 * z[0]),
        noise_slope_db=3.0 + 0.8 * z[1],
        gain_db=4.0 * z[2] if zoom else 1.5 * z[2],
        cut_hz=float(rng.choice([7_200.0, 11_000.0, 15_000.0])) if zoom else 19_000.0,
        presence_hz=3_500.0 * 2 ** (0.4 * z[3]),
        presence_db=2.0 + 1.5 * z[4],
        echo_s=np.sort(rng.uniform(0.001, 0.012, 3)),
        echo_gain=rng.uniform(-1.0, 1.0, 3) * (0.25 if zoom else 0.10),
    )
