"""The synthesiser: sounds like a voice, and emotions differ as published."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import soundfile

from ser_core.corpora.synthesis.prosody import compose
from ser_core.corpora.synthesis.ratings import SAMPLE_RATE, Plan, plan
from ser_core.corpora.synthesis.seeds import Stream, generator
from ser_core.corpora.synthesis.source import glottal_flow_derivative
from ser_core.corpora.synthesis.speech import speak
from ser_core.corpora.synthesis.tract import FrameControls, Tract, n_frames
from ser_core.corpora.synthesis.voices import Manner, manner, room, speaker
from ser_core.corpora.synthetic_files import encode


def acted(index: int, emotion: str, *, seconds: float = 3.0) -> Plan:
    """The plan of an utterance in which all raters hear one emotion."""
    return replace(
        plan(0, index),
        majority=emotion,
        annotated=((emotion,),) * 5,
        n_samples=round(seconds * SAMPLE_RATE),
    )


def level_db(y: np.ndarray) -> float:
    """Level of the loud tenth of an utterance, dBFS."""
    frames = y[: len(y) // 1024 * 1024].reshape(-1, 1024) / 32768
    return float(np.percentile(10 * np.log10((frames**2).mean(axis=1) + 1e-12), 90))


@cache
def mean_level_db(emotion: str) -> float:
    return float(
        np.mean([level_db(speak(acted(i, emotion), seed=0)) for i in range(12)])
    )


@cache
def mean_manner(emotion: str) -> Manner:
    rng = generator(0, Stream.SPEECH, 0)
    drawn = [manner({emotion: 1.0}, intensity=1.0, rng=rng) for _ in range(200)]
    fields = Manner.__dataclass_fields__
    return Manner(**{f: float(np.mean([getattr(m, f) for m in drawn])) for f in fields})


def test_utterance_depends_on_seed_and_index_alone() -> None:
    forwards = [speak(plan(0, i), seed=0) for i in (3, 4)]
    backwards = [speak(plan(0, i), seed=0) for i in (4, 3)]
    np.testing.assert_array_equal(forwards[0], backwards[1])
    np.testing.assert_array_equal(forwards[1], backwards[0])
    assert not np.array_equal(speak(plan(1, 3), seed=1)[:5000], forwards[0][:5000])


@pytest.mark.parametrize("n_samples", [12_701, 13_312, 13_313, 200_000])
def test_length_is_the_planned_one(n_samples: int) -> None:
    planned = replace(plan(0, 0), n_samples=n_samples)
    y = speak(planned, seed=0)
    assert y.dtype == np.int16
    assert y.shape == (n_samples,)


def test_levels_vary_and_nothing_clips() -> None:
    spoken = [speak(plan(0, i), seed=0) for i in range(24)]
    peaks = np.array([np.abs(y.astype(int)).max() for y in spoken])
    assert peaks.max() <= round(0.89 * 32767)
    assert np.mean(peaks == peaks.max()) < 0.2
    assert np.std([level_db(y) for y in spoken]) > 3.0


def test_flac_takes_40_to_60_per_cent() -> None:
    spoken = [speak(plan(0, i), seed=0) for i in range(24)]
    share = sum(len(encode(y)) for y in spoken) / sum(2 * len(y) for y in spoken)
    assert 0.38 < share < 0.60


def test_flac_gives_the_samples_back() -> None:
    y = speak(acted(0, "Neutral", seconds=0.5), seed=0)
    decoded, rate = soundfile.read(io.BytesIO(encode(y)), dtype="int16")
    assert rate == SAMPLE_RATE
    np.testing.assert_array_equal(decoded, y)


def test_voice_has_harmonics_of_the_glottal_pitch() -> None:
    f0 = np.full(SAMPLE_RATE, 200.0)
    pulse = glottal_flow_derivative(f0, sample_rate=SAMPLE_RATE, open_quotient=0.6)
    spectrum = np.abs(np.fft.rfft(pulse * np.hanning(len(pulse))))
    harmonics = spectrum[200:4001:200]
    between = spectrum[300:4001:200]
    assert harmonics.min() > 100 * between.max()


def test_glottal_pulse_hardly_aliases() -> None:
    f0 = np.full(SAMPLE_RATE, 317.0)
    pulse = glottal_flow_derivative(f0, sample_rate=SAMPLE_RATE, open_quotient=0.6)
    power = np.abs(np.fft.rfft(pulse * np.hanning(len(pulse)))) ** 2
    hz = np.arange(len(power))
    away = np.abs((hz + 158.5) % 317.0 - 158.5) > 4
    below_5_khz = hz < 5_000
    aliased = power[away & below_5_khz].max() / power.max()
    assert 10 * np.log10(aliased) < -60


def test_formants_lie_where_they_are_asked_for() -> None:
    n = SAMPLE_RATE // 2
    frames = n_frames(n)
    flat = np.ones(frames, dtype=np.float32)
    controls = FrameControls(
        formants_hz=(700 * flat, 1200 * flat, 2500 * flat),
        tilt_db=0 * flat,
        aspiration=0 * flat,
        frication=0 * flat,
        spectrum=np.zeros(frames, dtype=np.int64),
    )
    click = np.zeros(n, dtype=np.float32)
    click[n // 2] = 1.0
    quiet = np.zeros(n + 1024, dtype=np.float32)
    y = Tract(room(0, "s001"), size=1.0, sample_rate=SAMPLE_RATE).filter(
        click, quiet, controls
    )
    response = np.abs(np.fft.rfft(y))
    hz = np.fft.rfftfreq(n, 1 / SAMPLE_RATE)
    for centre in (700, 1200, 2500):
        near = np.abs(hz - centre) < 250
        assert abs(hz[near][response[near].argmax()] - centre) < 60
    assert np.abs(y[: n // 2 - 100]).max() < 2e-3 * np.abs(y).max()


def test_anger_is_louder_and_sadness_softer_than_neutral() -> None:
    assert mean_level_db("Angry") > mean_level_db("Frustrated") + 2
    assert mean_level_db("Frustrated") > mean_level_db("Neutral") + 1
    assert mean_level_db("Sad") < mean_level_db("Neutral") - 4


def test_manners_order_the_emotions_as_the_reviews_do() -> None:
    angry, happy, sad, neutral = (
        mean_manner(e) for e in ("Angry", "Happy", "Sad", "Neutral")
    )
    for aroused in (angry, happy):
        assert aroused.pitch_st > neutral.pitch_st + 2
        assert aroused.range_log2 > neutral.range_log2 + 0.3
        assert aroused.rate_log2 > neutral.rate_log2
        assert aroused.tilt_db > neutral.tilt_db
    assert sad.pitch_st < neutral.pitch_st
    assert sad.range_log2 < neutral.range_log2 - 0.3
    assert sad.rate_log2 < neutral.rate_log2 - 0.1
    assert sad.tilt_db < neutral.tilt_db - 1
    assert angry.jitter_log2 > sad.jitter_log2


def test_sad_speech_has_fewer_syllables_in_the_same_time() -> None:
    def syllables(how: Manner) -> float:
        return float(
            np.mean(
                [
                    len(
                        compose(
                            8.0, speaker(0, 1), how, generator(0, Stream.SPEECH, i)
                        ).onset_s
                    )
                    for i in range(20)
                ]
            )
        )

    assert syllables(mean_manner("Sad")) < 0.85 * syllables(mean_manner("Neutral"))


def test_speech_has_pauses_between_syllables() -> None:
    y = speak(acted(2, "Neutral", seconds=6.0), seed=0) / 32768
    frames = y[: len(y) // 1024 * 1024].reshape(-1, 1024)
    db = 10 * np.log10((frames**2).mean(axis=1) + 1e-12)
    silent = db < np.percentile(db, 90) - 20
    assert 0.1 < silent.mean() < 0.7
    assert np.count_nonzero(np.diff(silent.astype(int)) == 1) >= 4


def test_curves_stay_in_order_and_in_range_for_the_shortest_and_longest() -> None:
    for seconds in (0.288, 1.0, 108.788):
        for index in range(5):
            rng = generator(9, Stream.SPEECH, index)
            score = compose(seconds, speaker(9, index + 1), Manner(rate_log2=0.9), rng)
            assert len(score.onset_s) >= 1
            assert score.f0_hz.value.min() > 40
            assert score.f0_hz.value.max() < 1_200
            for curve in (score.voicing, score.aspiration, score.frication):
                assert np.all(np.diff(curve.time_s) >= 0)
                assert curve.value.min() >= 0
            assert score.onset_s[0] >= 0
            assert score.voicing.time_s[-1] <= seconds


def test_women_speak_higher_and_actors_differ() -> None:
    voices = [speaker(0, actor) for actor in range(1, 201)]
    women = [v.f0_hz for v in voices if v.woman]
    men = [v.f0_hz for v in voices if not v.woman]
    assert len(women) == 112
    assert 1.5 < np.median(women) / np.median(men) < 2.0
    assert len({v.f0_hz for v in voices}) == 200
    assert np.std(np.log2(men)) * 12 > 1.5


def test_emotion_can_be_learnt_across_speakers_but_not_perfectly() -> None:
    emotions = ("Angry", "Neutral", "Sad")

    def features(y: np.ndarray) -> np.ndarray:
        frames = y[: len(y) // 2048 * 2048].reshape(-1, 2048) * np.hanning(2048)
        power = np.abs(np.fft.rfft(frames / 32768, axis=1)) ** 2
        bands = [power[:, a:b].mean(axis=1) for a, b in ((5, 30), (30, 70), (70, 200))]
        return np.percentile(10 * np.log10(np.array(bands) + 1e-12), 85, axis=1)

    def cloud(indices: range) -> dict[str, np.ndarray]:
        return {
            e: np.array(
                [features(speak(acted(i, e, seconds=1.5), seed=0)) for i in indices]
            )
            for e in emotions
        }

    seen, unseen = cloud(range(12)), cloud(range(404, 416))
    centres = {e: seen[e].mean(axis=0) for e in emotions}
    right = [
        min(centres, key=lambda c: float(np.linalg.norm(x - centres[c]))) == e
        for e in emotions
        for x in unseen[e]
    ]
    assert 0.5 < np.mean(right) < 1.0
