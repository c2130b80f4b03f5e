"""Voices to try before there is any corpus."""

from __future__ import annotations

import io
from collections import Counter

import soundfile

from ser_core.corpora.synthetic_examples import EACH, synthetic_voices
from ser_core.labels import THAI_SER_EMOTIONS


def test_each_emotion_is_there_equally_often() -> None:
    found = Counter(voice.emotion for voice in synthetic_voices())
    assert found == dict.fromkeys(THAI_SER_EMOTIONS, EACH)


def test_a_voice_is_a_recording_of_its_plan_and_the_same_each_time() -> None:
    voice = synthetic_voices()[0]
    y, sample_rate = soundfile.read(io.BytesIO(voice.recording()))
    assert sample_rate == 44_100
    assert len(y) == voice.plan.n_samples
    assert abs(y).max() > 0.01
    assert voice.recording() == voice.recording()


def test_order_tells_nothing_about_the_emotion() -> None:
    emotions = [voice.emotion for voice in synthetic_voices()]
    assert emotions != sorted(emotions)
