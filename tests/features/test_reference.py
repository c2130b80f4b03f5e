from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import librosa
import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from ser_core.errors import AudioError, ParameterError
from ser_core.features import extract, feature_set, front_end
from ser_core.features.feature_set import MfccFrames

Signal = npt.NDArray[np.float32]

# numba compiles the resampler where its cache is cold
pytestmark = pytest.mark.timeout(120)


def chirp(n_samples: int, *, sample_rate: int, seed: int = 0) -> Signal:
    """Return a rising tone in a little noise, which no rounding leaves as it is."""
    t = np.arange(n_samples) / sample_rate
    noise = np.random.default_rng(seed).normal(scale=0.01, size=n_samples)
    return (0.3 * np.sin(2 * np.pi * (150 + 400 * t) * t) + noise).astype(np.float32)


def by_librosa(path: Path, n_mfcc: int) -> Signal:
    """Compute what the report's code computes, from FACTS section 1 alone."""
    y, sr = librosa.load(path, sr=44_100, res_type="kaiser_fast")
    cepstra = librosa.feature.mfcc(y=y, sr=sr, n_mfcc=n_mfcc)
    if cepstra.shape[1] > 500:
        cepstra = cepstra[:, :500]
    else:
        cepstra = np.pad(cepstra, ((0, 0), (0, 500 - cepstra.shape[1])))
    return cepstra.T


def same_bits(path: Path, name: str = "mfcc13x500") -> None:
    values = extract(path, feature_set(name))
    expected = by_librosa(path, feature_set(name).n_mfcc)
    assert values.dtype == expected.dtype == np.float32
    assert values.shape == expected.shape == feature_set(name).shape
    assert values.flags.c_contiguous
    assert values.tobytes() == np.ascontiguousarray(expected).tobytes()


@pytest.mark.parametrize("name", ["mfcc13x500", "mfcc20x500"])
@pytest.mark.parametrize(
    "sample_rate", [8_000, 16_000, 22_050, 24_414, 44_100, 48_000, 96_000]
)
def test_values_are_librosa_s_to_the_bit(
    tmp_path: Path, name: str, sample_rate: int
) -> None:
    path = tmp_path / "chirp.wav"
    soundfile.write(path, chirp(sample_rate, sample_rate=sample_rate), sample_rate)
    same_bits(path, name)


@pytest.mark.parametrize("sample_rate", [16_000, 44_100])
@pytest.mark.parametrize("n_channels", [2, 8])
def test_channels_are_averaged_as_librosa_does(
    tmp_path: Path, n_channels: int, sample_rate: int
) -> None:
    channels = [
        chirp(sample_rate, sample_rate=sample_rate, seed=c) for c in range(n_channels)
    ]
    path = tmp_path / "channels.wav"
    soundfile.write(path, np.stack(channels, axis=1), sample_rate)
    same_bits(path)


@pytest.mark.parametrize("duration_s", [0.0001, 0.04, 5.8, 5.9])
@pytest.mark.filterwarnings("ignore:n_fft=2048 is too large")
def test_any_duration_is_cut_or_padded_as_in_the_report(
    tmp_path: Path, duration_s: float
) -> None:
    path = tmp_path / "chirp.flac"
    n_samples = int(duration_s * 44_100)
    soundfile.write(path, chirp(n_samples, sample_rate=44_100), 44_100)
    same_bits(path)


def test_short_clip_is_zero_padded_after_its_last_frame(tmp_path: Path) -> None:
    path = tmp_path / "chirp.wav"
    soundfile.write(path, chirp(512 * 9, sample_rate=44_100), 44_100)
    values = extract(path, feature_set("mfcc13x500"))
    assert np.all(values[:10].any(axis=1))
    assert not values[10:].any()


def test_digital_silence_gives_the_floor_of_the_decibels(tmp_path: Path) -> None:
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros(512 * 9), 44_100)
    same_bits(path)
    values = extract(path, feature_set("mfcc13x500"))
    # -100 dB in all of 128 bands, under an orthonormal cosine transform
    assert values[:10, 0] == pytest.approx(-100 * np.sqrt(128), rel=1e-6)
    assert values[:10, 1:] == pytest.approx(0, abs=1e-3)


def test_other_resamplers_are_librosa_s_too(tmp_path: Path) -> None:
    path = tmp_path / "chirp.wav"
    soundfile.write(path, chirp(8_000, sample_rate=16_000), 16_000)
    results = {}
    for resampler in ("kaiser_fast", "kaiser_best", "soxr_hq"):
        described = replace(feature_set("mfcc13x500"), resampler=resampler)
        y, sr = librosa.load(path, sr=44_100, res_type=resampler)
        expected = librosa.feature.mfcc(y=y, sr=sr, n_mfcc=13).T
        results[resampler] = extract(path, described)
        assert np.array_equal(results[resampler][: len(expected)], expected)
    assert not np.array_equal(results["kaiser_fast"], results["soxr_hq"])


def test_short_time_analysis_follows_the_feature_set(tmp_path: Path) -> None:
    path = tmp_path / "chirp.wav"
    soundfile.write(path, chirp(44_100, sample_rate=44_100), 44_100)
    other = MfccFrames(
        name="other", n_mfcc=20, n_frames=30, n_fft=1024, hop_length=256, n_mels=64
    )
    y, sr = librosa.load(path, sr=44_100)
    expected = librosa.feature.mfcc(
        y=y, sr=sr, n_mfcc=20, n_fft=1024, hop_length=256, n_mels=64
    )
    assert np.array_equal(extract(path, other), expected[:, :30].T)


def test_a_recording_too_short_to_resample_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "two.wav"
    soundfile.write(path, np.array([0.1, -0.1]), 96_000)
    with pytest.raises(AudioError, match="2 samples at 96000 Hz would be 0") as caught:
        extract(path, feature_set("mfcc13x500"))
    assert caught.value.path == str(path)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_samples_whose_power_overflows_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.wav"
    soundfile.write(path, np.full(44_100, 3e38), 44_100, subtype="FLOAT")
    with pytest.raises(AudioError, match=r"not finite, with samples up to 3e\+38"):
        extract(path, feature_set("mfcc13x500"))


def test_an_unknown_front_end_is_refused() -> None:
    with pytest.raises(ParameterError, match="'fast' is not known; choose one of"):
        extract("any.wav", feature_set("mfcc13x500"), front_end="fast")
    with pytest.raises(ParameterError, match="choose one of: reference"):
        front_end("fast")


@pytest.mark.corpora
def test_real_recordings_give_librosa_s_bits() -> None:
    root = os.environ.get("SER_TEST_CORPORA")
    if not root:
        pytest.skip("SER_TEST_CORPORA does not name the folder of real corpora")
    suffixes = {".wav", ".flac", ".opus", ".ogg"}
    odd = {"OAF_food_fear", "YAF_germ_angry", "YAF_neat_fear", "1076_MTI_SAD_XX"}
    odd |= {"03-01-02-01-01-02-01", "03-01-08-01-02-02-01"}
    for corpus in ("RAVDESS", "EMO-DB", "TESS", "CREMA-D"):
        files = sorted(p for p in Path(root, corpus).rglob("*") if p.suffix in suffixes)
        assert files
        chosen = set(files[:: len(files) // 6]) | {p for p in files if p.stem in odd}
        for path in sorted(chosen):
            same_bits(path)
            same_bits(path, "mfcc20x500")
