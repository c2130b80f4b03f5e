"""The 180 means against librosa, called as the article's code calls it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import librosa
import numpy as np
import pytest
from feature_signals import vowel

from ser_core.features import extract, feature_set

# numba compiles the resampler where its cache is cold
pytestmark = pytest.mark.timeout(120)


def by_librosa(path: Path, window: str = "hann") -> np.ndarray:
    """Compute the means from FACTS section 2 alone, each transformed anew."""
    y, sr = librosa.load(path, sr=22_050, res_type="kaiser_best")
    spectrum = np.abs(librosa.stft(y, window=window))
    parts = (
        librosa.feature.mfcc(y=y, sr=sr, n_mfcc=40, window=window),
        librosa.feature.chroma_stft(S=spectrum, sr=sr),
        librosa.feature.melspectrogram(y=y, sr=sr, window=window),
    )
    return np.concatenate([part.mean(axis=1) for part in parts])


@pytest.mark.parametrize("sample_rate", [16_000, 22_050, 48_000])
def test_means_are_librosa_s(written: Callable[..., Path], sample_rate: int) -> None:
    path = written(vowel(1.2, sample_rate=sample_rate), sample_rate)
    values = extract(path, feature_set("means180"))
    assert values.shape == (180,)
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, by_librosa(path), rtol=1e-4, atol=1e-5)


def test_the_window_is_the_one_that_is_asked_for(written: Callable[..., Path]) -> None:
    path = written(vowel(1.0), 16_000)
    blackman = extract(path, feature_set("means180+blackman"))
    np.testing.assert_allclose(
        blackman, by_librosa(path, "blackman"), rtol=1e-4, atol=1e-5
    )
    plain = extract(path, feature_set("means180"))
    assert np.abs(blackman[:40] - plain[:40]).max() > 0.1


def test_columns_name_the_three_parts() -> None:
    names = feature_set("means180").column_names()
    assert len(set(names)) == 180
    assert (names[0], names[40], names[51], names[52], names[179]) == (
        "mfcc00_mean",
        "chroma_c_mean",
        "chroma_b_mean",
        "mel000_mean",
        "mel127_mean",
    )


def test_a_tone_lies_in_its_pitch_class(written: Callable[..., Path]) -> None:
    t = np.arange(22_050) / 22_050
    path = written(0.5 * np.sin(2 * np.pi * 440 * t), 22_050)
    chroma = extract(path, feature_set("means180"))[40:52]
    assert feature_set("means180").column_names()[40 + chroma.argmax()] == (
        "chroma_a_mean"
    )


@pytest.mark.filterwarnings("error")
def test_digital_silence_has_finite_means(written: Callable[..., Path]) -> None:
    values = extract(written(np.zeros(22_050), 22_050), feature_set("means180"))
    assert np.isfinite(values).all()
    assert not values[40:].any()


@pytest.mark.corpora
@pytest.mark.parametrize("corpus", ["EMO-DB", "RAVDESS", "CREMA-D", "TESS"])
def test_real_recordings_give_librosa_s_means(
    real_recordings: Callable[..., list[Path]], corpus: str
) -> None:
    for path in real_recordings(corpus, 4):
        np.testing.assert_allclose(
            extract(path, feature_set("means180")),
            by_librosa(path),
            rtol=1e-4,
            atol=1e-4,
        )
