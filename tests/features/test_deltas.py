"""Cepstra with deltas against librosa, called as the article describes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import librosa
import numpy as np
import pytest
from feature_signals import vowel

from ser_core.errors import ParameterError
from ser_core.features import extract, feature_set

RATE = 24_000


def by_librosa(path: Path, duration_s: float, *, loop: bool = False) -> np.ndarray:
    """Compute cepstra and deltas from FACTS section 3 alone."""
    y, sr = librosa.load(path, sr=RATE, res_type="soxr_hq")
    y = librosa.util.normalize(y)
    n_samples = int(duration_s * RATE)
    if loop:
        y = np.tile(y, n_samples // len(y) + 1)
    y = librosa.util.fix_length(y, size=n_samples)
    cepstra = librosa.feature.mfcc(y=y, sr=sr, n_mfcc=13)
    return np.vstack(
        [
            cepstra,
            librosa.feature.delta(cepstra),
            librosa.feature.delta(cepstra, order=2),
        ]
    )


@pytest.mark.parametrize(
    ("name", "shape", "duration_s", "loop"),
    [
        ("mfcc39x94", (39, 94), 2.0, False),
        ("mfcc39x188", (39, 188), 4.0, False),
        ("mfcc39x188-loop", (39, 188), 4.0, True),
    ],
)
@pytest.mark.parametrize("clip_s", [0.3, 1.9, 2.0, 5.0])
@pytest.mark.parametrize("sample_rate", [16_000, 24_000])
def test_values_are_librosa_s(
    written: Callable[..., Path],
    name: str,
    shape: tuple[int, int],
    duration_s: float,
    loop: bool,
    clip_s: float,
    sample_rate: int,
) -> None:
    path = written(vowel(clip_s, sample_rate=sample_rate), sample_rate)
    values = extract(path, feature_set(name))
    assert values.shape == feature_set(name).shape == shape
    assert values.dtype == np.float32
    np.testing.assert_allclose(
        values, by_librosa(path, duration_s, loop=loop), rtol=1e-3, atol=2e-3
    )


@pytest.mark.parametrize("gain", [0.01, 0.5, 1.9])
def test_the_level_of_a_clip_changes_nothing(
    written: Callable[..., Path], gain: float
) -> None:
    y = vowel(1.0, sample_rate=RATE)
    described = feature_set("mfcc39x94")
    np.testing.assert_allclose(
        extract(written(gain * y, RATE), described),
        extract(written(y, RATE), described),
        atol=1e-3,
    )


def test_a_looped_clip_has_no_silent_frames(written: Callable[..., Path]) -> None:
    path = written(vowel(0.7, sample_rate=RATE), RATE)
    padded = extract(path, feature_set("mfcc39x188"))
    looped = extract(path, feature_set("mfcc39x188-loop"))
    # 80 dB below the loudest band, in every band of a silent frame
    assert padded[0, -1] < looped[0].min() - 100
    np.testing.assert_allclose(padded[:13, :28], looped[:13, :28], atol=1e-3)


def test_columns_are_named_row_by_row() -> None:
    names = feature_set("mfcc39x94").column_names()
    assert len(set(names)) == 39 * 94
    assert names[:2] == ["mfcc00_frame000", "mfcc00_frame001"]
    assert names[13 * 94] == "delta00_frame000"
    assert names[-1] == "delta_delta12_frame093"


def test_an_unknown_fill_is_refused() -> None:
    with pytest.raises(ParameterError, match="fill = 'mirror' is not known; choose"):
        replace(feature_set("mfcc39x94"), fill="mirror")


def test_digital_silence_is_finite(written: Callable[..., Path]) -> None:
    values = extract(written(np.zeros(RATE), RATE), feature_set("mfcc39x94"))
    assert np.isfinite(values).all()
    np.testing.assert_allclose(values[13:], 0, atol=1e-4)


@pytest.mark.corpora
@pytest.mark.parametrize("corpus", ["EMO-DB", "RAVDESS", "CREMA-D", "TESS"])
def test_real_recordings_give_librosa_s_values(
    real_recordings: Callable[..., list[Path]], corpus: str
) -> None:
    for path in real_recordings(corpus, 4):
        for name, duration_s in (("mfcc39x94", 2.0), ("mfcc39x188-loop", 4.0)):
            expected = by_librosa(path, duration_s, loop=name.endswith("loop"))
            values = extract(path, feature_set(name))
            np.testing.assert_allclose(values, expected, rtol=1e-3, atol=2e-3)
