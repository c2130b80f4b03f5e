"""Speak one utterance."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from ser_core.corpora.synthesis.prosody import Curve, Score, compose
from ser_core.corpora.synthesis.ratings import SAMPLE_RATE, Plan
from ser_core.corpora.synthesis.seeds import Stream, generator
from ser_core.corpora.synthesis.source import glottal_flow_derivative
from ser_core.corpora.synthesis.tract import (
    HOP,
    NOISE_LEAD,
    FrameControls,
    Tract,
    n_frames,
)
from ser_core.corpora.synthesis.voices import (
    Manner,
    Room,
    Speaker,
    manner,
    room,
    speaker,
)

# Curves are read every 64 samples (1.5 ms) and joined by straight lines.
_CONTROL: Final = 64
_RAMP: Final = (np.arange(_CONTROL) / _CONTROL).astype(np.float32)
# Brings the neutral voice of an average speaker to about -33 dBFS while it speaks.
_VOICE_GAIN: Final = 0.035
_ASPIRATION_GAIN: Final = 0.04
_FRICATION_GAIN: Final = 0.014
_BASE_TILT_DB: Final = -2.0
_CEILING: Final = 0.89
_KNEE: Final = 0.2


def speak(plan: Plan, *, seed: int) -> np.ndarray:
    """Synthesise one utterance from (seed, plan.place.index) alone.

    Parameters
    ----------
    plan : Plan
        From `ser_core.corpora.synthesis.ratings.plan` with the same seed.
    seed : int
        Corpus seed, >= 0.

    Returns
    -------
    y : ndarray of shape (n_samples,), int16
        At 44,100 Hz, peak at most 0.89 of full scale.

    """
    rng = generator(seed, Stream.SPEECH, plan.place.index)
    voice = _speaker(seed, plan.place.actor)
    place = _room(seed, plan.place.session)
    how = manner(plan.vote_shares(), intensity=voice.intensity, rng=rng)
    score = compose(plan.duration_s, voice, how, rng)
    n = plan.n_samples
    y = Tract(place, size=voice.tract, sample_rate=SAMPLE_RATE).filter(
        _voice(score, n, voice, how, rng),
        rng.standard_normal(n + NOISE_LEAD, dtype=np.float32),
        _controls(score, n, voice, how),
    )
    y = _compressed(y)
    peak = float(np.abs(y).max())
    if peak > _CEILING:
        y *= _CEILING / peak
    return np.rint(y * 32767.0).astype(np.int16)


@lru_cache(maxsize=256)
def _speaker(seed: int, actor: int) -> Speaker:
    """Keep the voices: a worker meets each of them many times."""
    return speaker(seed, actor)


@lru_cache(maxsize=256)
def _room(seed: int, session: str) -> Room:
    """Keep the rooms."""
    return room(seed, session)


def _sampled(curve: np.ndarray, n_samples: int) -> np.ndarray:
    """Read a control curve at every sample, float32."""
    steps = np.diff(curve)[:, None] * _RAMP
    steps += curve[:-1, None]
    return steps.ravel()[:n_samples]


def _voice(
    score: Score,
    n_samples: int,
    voice: Speaker,
    how: Manner,
    rng: np.random.Generator,
) -> np.ndarray:
    """Make the glottal source with its loudness."""
    n_control = n_samples // _CONTROL + 2
    time_s = np.arange(n_control) * (_CONTROL / SAMPLE_RATE)
    # Cycle-to-cycle irregularity: a few tenths of a per cent in a calm voice.
    jitter = 0.006 * 2.0**how.jitter_log2
    wobble = rng.standard_normal((2, n_control))
    f0 = score.f0_hz.at(time_s) * np.exp(np.clip(jitter * wobble[0], -0.2, 0.2))
    level_db = voice.level_db + how.level_db + score.effort_db.at(time_s)
    loudness = 10 ** (level_db / 20) * np.exp(2.5 * jitter * wobble[1])
    amplitude = (_VOICE_GAIN * loudness * score.voicing.at(time_s)).astype(np.float32)
    pulse = glottal_flow_derivative(
        _sampled(f0, n_samples),
        sample_rate=SAMPLE_RATE,
        open_quotient=float(
            np.clip(voice.open_quotient - 0.02 * how.tilt_db, 0.4, 0.85)
        ),
    )
    pulse *= _sampled(amplitude, n_samples)
    return pulse


def _controls(
    score: Score, n_samples: int, voice: Speaker, how: Manner
) -> FrameControls:
    """Read the curves once a frame."""
    time_s = np.arange(n_frames(n_samples)) * (HOP / SAMPLE_RATE)
    effort = score.effort_db.at(time_s)
    level = 10 ** ((voice.level_db + how.level_db + effort) / 20)
    breath = 10 ** ((voice.breath_db + how.breath_db) / 20)
    syllable = np.searchsorted(score.onset_s, time_s, side="right") - 1
    first, second, third = score.formants_hz
    return FrameControls(
        formants_hz=(_at(first, time_s), _at(second, time_s), _at(third, time_s)),
        # A louder moment is a brighter one.
        tilt_db=np.asarray(
            _BASE_TILT_DB + voice.tilt_db + how.tilt_db + 0.15 * effort, np.float32
        ),
        aspiration=np.asarray(
            _ASPIRATION_GAIN * breath * level * score.aspiration.at(time_s), np.float32
        ),
        frication=np.asarray(
            _FRICATION_GAIN * level**0.7 * score.frication.at(time_s), np.float32
        ),
        spectrum=score.spectrum[np.maximum(syllable, 0)],
    )


def _compressed(y: np.ndarray) -> np.ndarray:
    """Turn the loudest moments down 2:1, as whoever records shouting does."""
    n_blocks = len(y) // HOP + 1
    padded = np.zeros(n_blocks * HOP, dtype=np.float32)
    padded[: len(y)] = np.abs(y)
    peaks = np.pad(padded.reshape(n_blocks, HOP).max(axis=1), 2, mode="edge")
    # The neighbours' peaks too, so that the gain is down before one comes.
    loudest = np.maximum.reduce([peaks[k : k + n_blocks + 1] for k in range(4)])
    gain = np.sqrt(_KNEE / np.maximum(loudest, _KNEE))
    ramp = (np.arange(HOP) / HOP).astype(np.float32)
    curve = gain[:-1, None] + np.diff(gain)[:, None] * ramp
    turned: np.ndarray = y * curve.ravel()[: len(y)]
    return turned


def _at(curve: Curve, time_s: np.ndarray) -> np.ndarray:
    """Read a curve as float32."""
    return curve.at(time_s).astype(np.float32)
