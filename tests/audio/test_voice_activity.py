"""Stretches of speech: found where they are, whatever the blocks and the noise."""

from __future__ import annotations

import os
import tracemalloc
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from ser_core.audio.voice_activity import Stretch, VoiceActivity
from ser_core.errors import AudioError, ParameterError

Signal = npt.NDArray[np.float32]

RATE = 16_000


def voice(duration_s: float, sample_rate: int = RATE, seed: int = 0) -> Signal:
    """Return syllables, four a second, of harmonics whose strengths change."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(duration_s * sample_rate)) / sample_rate
    y = np.zeros(len(t))
    for k in range(1, 30):
        wander = 1 + 0.8 * np.sin(2 * np.pi * rng.uniform(0.7, 3) * t + k)
        y += wander / k * np.sin(2 * np.pi * 130 * k * t + rng.uniform(0, 6))
    syllables = 0.15 + 0.85 * np.abs(np.sin(2 * np.pi * 2 * t))
    return (0.08 * y * syllables).astype(np.float32)


def silence(duration_s: float, sample_rate: int = RATE) -> Signal:
    return np.zeros(round(duration_s * sample_rate), dtype=np.float32)


def noise(n_samples: int, level: float, seed: int = 9) -> Signal:
    y = np.random.default_rng(seed).normal(scale=level, size=n_samples)
    return y.astype(np.float32)


def stretches(
    y: Signal,
    *,
    sample_rate: int = RATE,
    blocks: tuple[int, ...] = (),
    **lengths: float,
) -> list[Stretch]:
    activity = VoiceActivity(sample_rate=sample_rate, **lengths)
    found = [s for part in np.split(y, np.cumsum(blocks)) for s in activity.feed(part)]
    return found + activity.finish()


def seconds(found: list[Stretch], sample_rate: int = RATE) -> list[tuple[float, float]]:
    return [(s.start / sample_rate, s.end / sample_rate) for s in found]


def conversation(sample_rate: int = RATE) -> Signal:
    """Return speech from 1 to 3, 4 to 5.5 and 8 to 10 s of 11 s."""
    parts = [
        silence(1, sample_rate),
        voice(2, sample_rate),
        silence(1, sample_rate),
        voice(1.5, sample_rate, seed=1),
        silence(2.5, sample_rate),
        voice(2, sample_rate, seed=2),
        silence(1, sample_rate),
    ]
    return np.concatenate(parts)


@pytest.mark.parametrize("sample_rate", [8_000, 16_000, 24_414, 44_100, 48_000])
@pytest.mark.parametrize("level", [0.0, 0.002])
def test_stretches_lie_where_somebody_speaks(sample_rate: int, level: float) -> None:
    y = conversation(sample_rate)
    y = y + noise(len(y), level)
    found = seconds(stretches(y, sample_rate=sample_rate), sample_rate)
    assert len(found) == 3
    # 0.1 s are added on both sides
    expected = [(0.9, 3.1), (3.9, 5.6), (7.9, 10.1)]
    np.testing.assert_allclose(found, expected, atol=0.12)


def test_a_short_pause_does_not_end_a_stretch() -> None:
    y = np.concatenate([silence(1), voice(1), silence(0.2), voice(1), silence(1)])
    assert len(stretches(y)) == 1
    assert len(stretches(y, min_pause_s=0.1)) == 2


def test_a_long_stretch_is_split_where_it_is_quietest() -> None:
    y = voice(9)
    y[int(4.1 * RATE) : int(4.3 * RATE)] *= 0.05
    found = stretches(y)
    assert len(found) == 2
    assert 4.1 <= found[0].end / RATE <= 4.3
    assert found[0].end == found[1].start


def test_short_stretches_are_dropped_unless_there_are_no_others() -> None:
    word = np.concatenate([silence(1), voice(0.4), silence(1)])
    assert len(stretches(word)) == 1
    beside = np.concatenate([word, voice(2), silence(1)])
    assert len(stretches(beside)) == 1
    np.testing.assert_allclose(seconds(stretches(beside)), [(2.3, 4.5)], atol=0.12)


@pytest.mark.parametrize("level", [0.0, 1e-5, 0.001, 0.1, 0.9])
def test_steady_noise_is_no_speech(level: float) -> None:
    assert stretches(noise(20 * RATE, level)) == []


def test_hum_and_clicks_are_no_speech() -> None:
    t = np.arange(20 * RATE) / RATE
    hum = sum(np.sin(2 * np.pi * 50 * k * t) / k for k in range(1, 12)) * 0.05
    hum[::RATE] += 0.9
    assert stretches((hum + noise(len(t), 0.001)).astype(np.float32)) == []


@settings(max_examples=30, deadline=None)
@given(
    blocks=st.lists(st.integers(0, 90_000), max_size=12),
    sample_rate=st.sampled_from([8_000, 16_000, 22_050]),
    max_s=st.floats(1.6, 6.0),
)
def test_blocks_make_no_difference_and_bounds_hold(
    blocks: list[int], sample_rate: int, max_s: float
) -> None:
    y = conversation(sample_rate) + noise(11 * sample_rate, 0.003)
    whole = stretches(y, sample_rate=sample_rate, max_s=max_s)
    cut = stretches(y, sample_rate=sample_rate, max_s=max_s, blocks=tuple(blocks))
    assert whole == cut
    assert whole
    assert all(0 <= s.start < s.end <= len(y) for s in whole)
    assert all(a.end <= b.start for a, b in pairwise(whole))
    assert all(s.end - s.start <= max_s * sample_rate for s in whole)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    min_pause_s=st.floats(0.02, 1.0),
    min_s=st.floats(0.05, 1.0),
    factor=st.floats(2.0, 6.0),
)
def test_bounds_hold_for_any_signal(
    seed: int, min_pause_s: float, min_s: float, factor: float
) -> None:
    rng = np.random.default_rng(seed)
    gains = np.repeat(rng.choice([0.0, 0.01, 1.0], size=150), RATE // 10)
    y = noise(len(gains), 0.2, seed) * gains.astype(np.float32)
    max_s = min_s * factor
    found = stretches(y, min_pause_s=min_pause_s, min_s=min_s, max_s=max_s)
    assert all(0 <= s.start < s.end <= len(y) for s in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(s.end - s.start <= max_s * RATE for s in found)


def test_a_stretch_comes_before_the_signal_ends() -> None:
    activity = VoiceActivity(sample_rate=RATE)
    early = activity.feed(np.concatenate([silence(1), voice(2), silence(6)]))
    assert len(early) == 1
    assert activity.finish() == []


@pytest.mark.parametrize("n_samples", [0, 1, 100, 160, 800])
@pytest.mark.parametrize("sample_rate", [4_000, 16_000, 192_000])
def test_hardly_anything_is_no_speech(n_samples: int, sample_rate: int) -> None:
    y = np.full(n_samples, 0.1, dtype=np.float32)
    assert stretches(y, sample_rate=sample_rate) == []


def test_memory_does_not_grow_with_the_recording() -> None:
    # never a pause: the stretch that is open is as long as it can be
    y = voice(10)

    def peak_bytes(times: int) -> int:
        activity = VoiceActivity(sample_rate=RATE)
        tracemalloc.start()
        for _ in range(times):
            activity.feed(y)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak_bytes(1)  # what is loaded at the first use
    assert peak_bytes(30) < 1.2 * peak_bytes(4)


def test_parameters_that_contradict_are_refused_in_words() -> None:
    with pytest.raises(ParameterError, match=r"max_s = 1\.0"):
        VoiceActivity(sample_rate=RATE, min_s=0.8, max_s=1.0)
    with pytest.raises(ParameterError, match=r"min_pause_s = 0\.0"):
        VoiceActivity(sample_rate=RATE, min_pause_s=0.0)
    with pytest.raises(ParameterError, match="sample_rate = 0"):
        VoiceActivity(sample_rate=0)
    with pytest.raises(AudioError, match="not finite"):
        VoiceActivity(sample_rate=RATE).feed(np.full(3, np.inf, np.float32))


def spoken_part(y: Signal) -> Signal:
    """Cut a clean clip to what lies less than 35 dB below its loud frames."""
    frames = y[: len(y) // 160 * 160].reshape(-1, 160).astype(np.float64)
    levels = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-12)
    heard = np.flatnonzero(levels > np.percentile(levels, 95) - 35)
    part = y[heard[0] * 160 : (heard[-1] + 1) * 160]
    return (part * (0.06 / np.sqrt(np.mean(np.square(part))))).astype(np.float32)


@pytest.mark.corpora
@pytest.mark.parametrize("corpus", ["EMO-DB", "RAVDESS"])
@pytest.mark.parametrize(
    ("snr_db", "least_found", "most_pause"),
    [(None, 0.90, 0.04), (20, 0.88, 0.04), (5, 0.80, 0.02)],
)
def test_real_speech_is_found_between_known_pauses(
    corpus: str, snr_db: float | None, least_found: float, most_pause: float
) -> None:
    root = os.environ.get("SER_TEST_CORPORA")
    if not root:
        pytest.skip("SER_TEST_CORPORA does not name the folder of real corpora")
    files = sorted(Path(root, corpus).rglob("*.*"))
    files = [f for f in files if f.suffix in (".flac", ".wav", ".opus", ".ogg")]
    rng = np.random.default_rng(0)
    parts, is_speech = [silence(1)], [np.zeros(RATE, bool)]
    for path in files[:: len(files) // 20][:20]:
        y, rate = soundfile.read(path, dtype="float32", always_2d=True)
        clip = spoken_part(soxr.resample(y.mean(axis=1), rate, RATE))
        pause = silence(rng.uniform(0.6, 3.0))
        parts += [clip, pause]
        is_speech += [np.ones(len(clip), bool), np.zeros(len(pause), bool)]
    y = np.concatenate(parts)
    spoken = np.concatenate(is_speech)
    if snr_db is not None:
        y = y + noise(len(y), 0.06 * 10 ** (-snr_db / 20))
    marked = np.zeros(len(y), dtype=bool)
    for stretch in stretches(y):
        marked[stretch.start : stretch.end] = True
    near = np.convolve(spoken, np.ones(2 * 1_600 + 1), mode="same") > 0.5
    assert marked[spoken].mean() >= least_found
    assert marked[~near].mean() <= most_pause
