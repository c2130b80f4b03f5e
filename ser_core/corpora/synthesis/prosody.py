"""What is said: syllables, pauses, tones, as curves over time.

A made-up tonal language with Thai's nine vowels and five tones. Curves are given
by knots (time, value) and read between them on a straight line.

References
----------
Abramson, A. S., "The vowels and tones of standard Thai: acoustical measurements
and experiments", International Journal of American Linguistics 28(2), 1962.

"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ser_core.corpora.synthesis.voices import Manner, Speaker

# First three formants of i e ae ue oe a u o aw for a man, in Hz (rounded).
VOWELS_HZ: Final = np.array(
    [
        [300, 2250, 2950],
        [430, 2050, 2700],
        [620, 1800, 2600],
        [330, 1450, 2350],
        [460, 1300, 2350],
        [790, 1300, 2500],
        [320, 780, 2300],
        [440, 880, 2450],
        [600, 1020, 2500],
    ],
    dtype=np.float64,
)
# Semitones at the beginning, middle and end of mid, low, falling, high, rising.
TONES_ST: Final = np.array(
    [
        [0.0, -0.3, -0.8],
        [-0.5, -2.0, -3.0],
        [3.0, 2.5, -3.0],
        [0.8, 2.0, 3.5],
        [-2.0, -2.8, 2.5],
    ]
)


# Consonants before the vowel: length in s, voicing, noise, share of the length (at
# its end) during which the noise lasts, aspiration, row of the noise spectra, locus
# of the second formant in Hz (0: none), how often.
_ONSETS: Final = np.array(
    [
        [0.07, 0.00, 0.50, 0.20, 0.1, 0, 850, 8],  # p
        [0.07, 0.00, 0.90, 0.20, 0.1, 1, 1750, 10],  # t
        [0.08, 0.00, 0.80, 0.25, 0.1, 2, 1900, 10],  # k
        [0.09, 0.00, 1.00, 0.30, 1.0, 1, 1750, 6],  # th
        [0.11, 0.00, 1.00, 0.60, 0.7, 3, 2000, 6],  # ch
        [0.12, 0.00, 1.00, 0.95, 0.1, 4, 1750, 7],  # s
        [0.10, 0.00, 0.35, 0.95, 0.1, 5, 1000, 4],  # f
        [0.07, 0.05, 0.00, 0.10, 1.2, 0, 0, 8],  # h
        [0.07, 0.35, 0.00, 0.10, 0.0, 0, 900, 10],  # m
        [0.06, 0.35, 0.00, 0.10, 0.0, 0, 1600, 9],  # n
        [0.05, 0.45, 0.00, 0.10, 0.0, 0, 1300, 9],  # l
        [0.06, 0.50, 0.00, 0.10, 0.0, 0, 2200, 6],  # y
        [0.02, 0.00, 0.00, 0.10, 0.1, 0, 0, 7],  # none
    ]
)
_LENGTH, _VOICED, _NOISE, _NOISY, _ASPIRATED, _SPECTRUM, _LOCUS, _WEIGHT = _ONSETS.T


@dataclass(frozen=True)
class Curve:
    """A curve of straight lines.

    Attributes
    ----------
    time_s : ndarray of shape (n_knots,), float64
        Never falling.
    value : ndarray of shape (n_knots,), float64

    """

    time_s: np.ndarray
    value: np.ndarray

    def at(self, time_s: np.ndarray) -> np.ndarray:
        """Read the curve; before its first and after its last knot it is flat."""
        value: np.ndarray = np.interp(time_s, self.time_s, self.value)
        return value


@dataclass(frozen=True, kw_only=True)
class Score:
    """One utterance as curves over time.

    Attributes
    ----------
    f0_hz, voicing, aspiration, frication : Curve
        Pitch; amplitudes of the three sound sources, about 0 to 1.
    formants_hz : tuple of three Curve
    effort_db : Curve
        Loudness of the moment, which also moves the spectral tilt.
    onset_s : ndarray of shape (n_syllables,), float64
        Beginnings of the syllables.
    spectrum : ndarray of shape (n_syllables,), int64
        Which noise spectrum each syllable's consonant has.

    """

    f0_hz: Curve
    voicing: Curve
    aspiration: Curve
    frication: Curve
    formants_hz: tuple[Curve, Curve, Curve]
    effort_db: Curve
    onset_s: np.ndarray
    spectrum: np.ndarray


@dataclass(frozen=True, kw_only=True)
class _Syllables:
    """Times and kinds of an utterance's syllables, each an array of one length."""

    start: np.ndarray
    vowel: np.ndarray
    end: np.ndarray
    onset: np.ndarray
    nucleus: np.ndarray
    tone: np.ndarray
    closed: np.ndarray
    final: np.ndarray
    phrase_at: np.ndarray
    stress_db: np.ndarray


def compose(
    duration_s: float, speaker: Speaker, manner: Manner, rng: np.random.Generator
) -> Score:
    """Compose an utterance of a given length.

    Parameters
    ----------
    duration_s : float
        At least 0.1 s.
    speaker : Speaker
    manner : Manner
    rng : numpy.random.Generator

    Returns
    -------
    score : Score

    """
    s = _syllables(duration_s, speaker, manner, rng)
    return Score(
        f0_hz=_pitch(s, speaker, manner, rng),
        voicing=_voicing(s, rng),
        aspiration=_aspiration(s, rng),
        frication=_frication(s),
        formants_hz=_formants(s, speaker, manner),
        effort_db=Curve(s.vowel, s.stress_db - 4.0 * s.phrase_at),
        onset_s=s.start,
        spectrum=_SPECTRUM[s.onset].astype(np.int64),
    )


def _syllables(
    duration_s: float, speaker: Speaker, manner: Manner, rng: np.random.Generator
) -> _Syllables:
    """Fill the time with phrases of syllables, silence at both ends."""
    lead = min(rng.uniform(0.05, 0.3), 0.12 * duration_s)
    tail = min(rng.uniform(0.05, 0.35), 0.15 * duration_s)
    span = duration_s - lead - tail
    mean_s = 1.0 / (speaker.rate * 2.0**manner.rate_log2)
    n = int(span / mean_s * 1.8) + 8
    final = rng.random(n) < 0.14
    length = mean_s * np.exp(0.25 * rng.standard_normal(n)) * np.where(final, 1.4, 1.0)
    pause = np.where(
        final, rng.gamma(2.5, 0.12, n) * 2.0**manner.pause_log2 + 0.08, 0.0
    )
    ends = np.cumsum(length + pause) - pause
    n = max(1, int(np.searchsorted(ends, span)))
    # What was cut off is shared out, so that the utterance ends where it must.
    stretch = span / ends[n - 1]
    start = lead + stretch * (ends[:n] - length[:n])
    end = lead + stretch * ends[:n]
    final = final[:n]
    final[-1] = True
    onset = rng.choice(len(_ONSETS), size=n, p=_WEIGHT / _WEIGHT.sum())
    consonant = _LENGTH[onset] * (mean_s / 0.21) ** 0.5
    first = np.concatenate(([True], final[:-1]))
    phrase = np.cumsum(first) - 1
    begins, finishes = start[first], end[final]
    return _Syllables(
        start=start,
        vowel=start + np.minimum(consonant, 0.4 * (end - start)),
        end=end,
        onset=onset,
        nucleus=rng.integers(0, len(VOWELS_HZ), n),
        tone=rng.choice(5, size=n, p=[0.34, 0.2, 0.2, 0.15, 0.11]),
        closed=rng.choice(3, size=n, p=[0.45, 0.3, 0.25]),
        final=final,
        phrase_at=(start - begins[phrase])
        / np.maximum(finishes[phrase] - begins[phrase], 0.3),
        stress_db=2.5 * rng.standard_normal(n),
    )


def _curve(times: list[np.ndarray], values: list[np.ndarray]) -> Curve:
    """Join per-syllable knots, column by column, to one curve."""
    time_s = np.stack(times, axis=1).ravel()
    value = np.stack(np.broadcast_arrays(*values), axis=1).ravel()
    return Curve(np.maximum.accumulate(time_s), value)


def _pitch(
    s: _Syllables, speaker: Speaker, manner: Manner, rng: np.random.Generator
) -> Curve:
    """Lay tones over the phrase's falling line."""
    span = 2.0**manner.range_log2
    shape = TONES_ST[s.tone] * rng.uniform(0.5, 1.1, (len(s.tone), 1))
    line = 2.0 - 4.0 * s.phrase_at - 1.5 * s.final
    drift = 0.6 * rng.standard_normal(len(s.tone))
    st = manner.pitch_st + span * (0.75 * shape + (line + drift)[:, None])
    f0 = speaker.f0_hz * 2.0 ** (np.clip(st, -11.0, 19.0) / 12.0)
    middle = (s.vowel + s.end) / 2
    return _curve([s.vowel, middle, s.end], [f0[:, 0], f0[:, 1], f0[:, 2]])


def _voicing(s: _Syllables, rng: np.random.Generator) -> Curve:
    """Open and close the voice in each syllable."""
    voiced = _VOICED[s.onset]
    # Open syllables fade, nasal codas murmur, stops are cut off.
    held = np.array([0.55, 0.35, 0.7])[s.closed]
    last = np.where(s.final | (s.closed == 2), 0.0, 0.25)
    fade = np.minimum(0.05, 0.2 * (s.end - s.vowel))
    peak = rng.uniform(0.85, 1.0, len(voiced))
    rise = np.minimum(0.025, 0.3 * (s.end - s.vowel))
    return _curve(
        [
            s.start - 1e-3,
            s.start + 5e-3,
            s.vowel - 3e-3,
            s.vowel + rise,
            s.vowel + 0.6 * (s.end - s.vowel),
            s.end - fade,
            s.end - 2e-3,
        ],
        [np.where(voiced > 0, last, 0.0), voiced, voiced, peak, 0.9 * peak, held, last],
    )


def _frication(s: _Syllables) -> Curve:
    """Place bursts and hissing before the vowels."""
    noise = _NOISE[s.onset]
    begin = s.vowel - _NOISY[s.onset] * (s.vowel - s.start)
    zero = np.zeros_like(noise)
    return _curve(
        [begin - 4e-3, begin + 4e-3, s.vowel - 6e-3, s.vowel + 6e-3],
        [zero, noise, 0.7 * noise, zero],
    )


def _aspiration(s: _Syllables, rng: np.random.Generator) -> Curve:
    """Breathe after aspirated consonants, within vowels and between phrases."""
    level = _ASPIRATED[s.onset]
    following = np.append(s.start[1:], s.end[-1] + 0.2)
    inhaled = np.where(s.final & (rng.random(len(level)) < 0.5), 0.25, 0.0)
    gap = following - s.end
    zero = np.zeros_like(level)
    breathy = np.full_like(level, 0.1)
    return _curve(
        [
            s.vowel - 0.02,
            s.vowel,
            s.vowel + np.minimum(0.04, 0.3 * (s.end - s.vowel)),
            s.end - 5e-3,
            s.end,
            s.end + 0.3 * gap,
            s.end + 0.75 * gap,
        ],
        [zero, level, breathy, breathy, zero, zero, inhaled],
    )


def _formants(
    s: _Syllables, speaker: Speaker, manner: Manner
) -> tuple[Curve, Curve, Curve]:
    """Move the first three formants from consonant to vowel to coda."""
    size = speaker.tract * 2.0**manner.formants_log2
    vowel = VOWELS_HZ[s.nucleus] * speaker.vowel_shift[s.nucleus] * size
    locus = _LOCUS[s.onset] * size
    from_ = vowel.copy()
    has_locus = locus > 0
    from_[has_locus, 0] = 0.5 * from_[has_locus, 0] + 0.5 * 280.0
    from_[has_locus, 1] = 0.4 * from_[has_locus, 1] + 0.6 * locus[has_locus]
    to = vowel.copy()
    murmur = s.closed == 1
    to[murmur] = 0.4 * to[murmur] + 0.6 * np.array([270.0, 1150.0, 2300.0]) * size
    times = [
        s.start,
        s.vowel + 0.25 * (s.end - s.vowel),
        s.vowel + 0.65 * (s.end - s.vowel),
        s.end - 5e-3,
    ]
    curves = [
        _curve(times, [from_[:, k], vowel[:, k], vowel[:, k], to[:, k]])
        for k in range(3)
    ]
    return curves[0], curves[1], curves[2]
