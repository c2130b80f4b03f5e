from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import scipy.fft
import soundfile
from feature_signals import vowel

from ser_core.errors import AudioError, ParameterError
from ser_core.features.clip_pictures import clip_pictures

RATE = 16_000


@pytest.mark.parametrize("sample_rate", [8_000, 16_000, 44_100, 48_000, 96_000])
def test_pitch_and_pictures_share_the_time_of_the_recording(sample_rate: int) -> None:
    silent = np.zeros(sample_rate, np.float32)
    y = np.concatenate([silent, vowel(1.0, sample_rate=sample_rate, f0_hz=180), silent])
    pictures = clip_pictures(y, sample_rate=sample_rate)
    voiced_s = pictures.f0_times_s[np.isfinite(pictures.f0_hz)]
    assert voiced_s.min() == pytest.approx(1.0, abs=0.05)
    assert voiced_s.max() == pytest.approx(2.0, abs=0.05)
    assert np.nanmedian(pictures.f0_hz) == pytest.approx(180, rel=0.01)
    loud_s = pictures.mel.times_s[pictures.mel.power_db.max(axis=0) > -20]
    assert loud_s.min() == pytest.approx(1.0, abs=0.15)
    assert loud_s.max() == pytest.approx(2.0, abs=0.15)
    for times_s in (pictures.mel.times_s, pictures.mfcc_times_s, pictures.f0_times_s):
        assert times_s[0] == 0.0
        assert times_s[-1] == pytest.approx(3.0, abs=0.05)


def test_cepstra_are_the_cosine_transform_of_the_picture() -> None:
    pictures = clip_pictures(vowel(0.7), sample_rate=RATE)
    expected = scipy.fft.dct(pictures.mel.power_db, axis=0, norm="ortho")[:13]
    np.testing.assert_allclose(pictures.mfcc, expected, rtol=1e-4, atol=1e-3)
    assert pictures.mfcc.dtype == np.float32
    assert pictures.mfcc.shape == (13, len(pictures.mfcc_times_s))


@pytest.mark.parametrize("sample_rate", [100, 4_000, 8_000, 16_000, 96_000, 192_000])
@pytest.mark.parametrize("n_samples", [1, 20, 800, 4_800])
@pytest.mark.parametrize("level", [0.0, 0.1])
@pytest.mark.filterwarnings("error")
def test_short_and_silent_clips_have_pictures(
    sample_rate: int, n_samples: int, level: float
) -> None:
    y = np.random.default_rng(0).normal(scale=level, size=n_samples)
    pictures = clip_pictures(y.astype(np.float32), sample_rate=sample_rate)
    assert np.isfinite(pictures.mel.power_db).all()
    assert np.isfinite(pictures.mfcc).all()
    assert len(pictures.f0_hz) == len(pictures.f0_times_s) >= 1
    if level == 0:
        assert np.isnan(pictures.f0_hz).all()


def test_half_a_minute_stays_small() -> None:
    pictures = clip_pictures(vowel(30), sample_rate=RATE)
    assert pictures.mfcc.shape[1] <= 610
    assert len(pictures.f0_hz) <= 3_001


def test_what_cannot_be_drawn_is_refused_in_words() -> None:
    with pytest.raises(AudioError, match="no samples"):
        clip_pictures(np.zeros(0, np.float32), sample_rate=RATE)
    with pytest.raises(AudioError, match="lasts 61 s"):
        clip_pictures(np.zeros(61 * RATE, np.float32), sample_rate=RATE)
    with pytest.raises(AudioError, match="not finite"):
        clip_pictures(np.full(99, np.nan, np.float32), sample_rate=RATE)
    with pytest.raises(ParameterError, match="one channel"):
        clip_pictures(np.zeros((99, 2), np.float32), sample_rate=RATE)
    with pytest.raises(ParameterError, match="sample_rate = 0"):
        clip_pictures(np.zeros(99, np.float32), sample_rate=0)


@pytest.mark.corpora
@pytest.mark.parametrize("corpus", ["EMO-DB", "RAVDESS"])
def test_real_voices_have_the_pitch_of_people(
    real_recordings: Callable[..., list[Path]], corpus: str
) -> None:
    for path in real_recordings(corpus, 4):
        y, rate = soundfile.read(path, dtype="float32", always_2d=True)
        f0_hz = clip_pictures(y.mean(axis=1), sample_rate=rate).f0_hz
        assert 0.1 < np.isfinite(f0_hz).mean() < 0.95
        assert 70 < np.nanmedian(f0_hz) < 450
