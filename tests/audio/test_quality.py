"""Warnings: each where it belongs, none on a good recording."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, sosfiltfilt

from ser_core.audio.quality import Quality, QualityMeter, quality_warnings
from ser_core.errors import AudioError, ParameterError

Signal = npt.NDArray[np.float32]

RATE = 16_000


def speech_like(duration_s: float = 3.0, sample_rate: int = RATE) -> Signal:
    """Return syllables of buzz and hiss with pauses over a faint background."""
    rng = np.random.default_rng(1)
    t = np.arange(round(duration_s * sample_rate)) / sample_rate
    hiss = rng.normal(size=len(t))
    buzz = sum(np.sin(2 * np.pi * 140 * k * t + k) / k for k in range(1, 25))
    beat = np.sin(2 * np.pi * 2.1 * t)
    y = 0.12 * buzz * np.clip(beat, 0, 1) + 0.02 * hiss * np.clip(-beat - 0.6, 0, 1)
    return (y + 3e-4 * hiss).astype(np.float32)


def sixteen_bits(y: npt.ArrayLike) -> Signal:
    steps = np.round(np.clip(y, -1, 32767 / 32768) * 32768)
    return (steps / 32768).astype(np.float32)


def measured(y: Signal, sample_rate: int = RATE) -> Quality:
    meter = QualityMeter(
        sample_rate=sample_rate, n_channels=1 if y.ndim == 1 else y.shape[1]
    )
    meter.feed(y)
    return meter.finish()


def codes(y: Signal, sample_rate: int = RATE) -> list[str]:
    return [w.code for w in quality_warnings(measured(y, sample_rate))]


def damaged(y: Signal, rate: int) -> Iterator[tuple[str, Signal, int, str]]:
    """Yield what was done, the copy, its rate, and the warning that it must get."""
    peak = float(np.abs(y).max())
    loud = y / peak
    rms = float(np.sqrt(np.mean(loud**2)))
    noise = np.random.default_rng(0).normal(size=len(y))
    low = sosfiltfilt(butter(10, 3_400, fs=rate, output="sos"), loud)
    by_8_khz = soxr.resample(loud, rate, 8_000)
    n_rest = int(0.45 * rate)
    yield "attenuated by 45 dB", sixteen_bits(loud * 0.0056), rate, "quiet"
    yield "clipped", sixteen_bits(loud * 8), rate, "clipping"
    yield (
        "clipped upwards alone",
        np.minimum(loud, np.quantile(loud, 0.99)),
        rate,
        "clipping",
    )
    yield (
        "clipped, then attenuated",
        sixteen_bits(np.clip(loud * 8, -1, 1) * 0.3),
        rate,
        "clipping",
    )
    yield "low-passed at 3.4 kHz", low.astype(np.float32), rate, "telephone"
    yield "through 8 kHz", soxr.resample(by_8_khz, 8_000, rate), rate, "telephone"
    yield "at 8 kHz", by_8_khz, 8_000, "telephone"
    yield (
        "white noise at 5 dB",
        (loud + noise * rms * 10 ** (-5 / 20)).astype(np.float32) / 4,
        rate,
        "noise",
    )
    yield "off the middle", (loud * 0.5 + 0.05).astype(np.float32), rate, "offset"
    yield "cut", y[:n_rest], rate, "short"
    yield "repeated for a minute", np.resize(y, 61 * rate), rate, "long"
    yield "muted", np.zeros_like(y), rate, "silence"
    yield "next to muted", (loud * 1e-5).astype(np.float32), rate, "silence"


@pytest.mark.parametrize(
    ("y", "rate", "expected"),
    [pytest.param(*rest, id=name) for name, *rest in damaged(speech_like(), RATE)],
)
def test_each_damage_gets_its_own_warning(y: Signal, rate: int, expected: str) -> None:
    assert codes(y, rate) == [expected]


@pytest.mark.parametrize("sample_rate", [16_000, 24_414, 44_100, 48_000])
def test_a_good_recording_gets_none(sample_rate: int) -> None:
    y = speech_like(sample_rate=sample_rate)
    assert codes(y, sample_rate) == []
    assert codes(np.stack([y, y], axis=1), sample_rate) == []
    assert codes(sixteen_bits(y / np.abs(y).max()), sample_rate) == []


def test_padding_with_digital_silence_is_no_silence_and_no_noise_floor() -> None:
    y = speech_like()
    padded = np.concatenate([np.zeros(RATE, np.float32), y, np.zeros(RATE, np.float32)])
    quality = measured(padded)
    assert codes(padded) == []
    assert quality.silent_share == pytest.approx(0.4, abs=0.01)
    assert quality.snr_db == pytest.approx(measured(y).snr_db, abs=1.0)
    assert quality.level_dbfs == pytest.approx(measured(y).level_dbfs, abs=0.2)


def test_figures_of_a_known_signal() -> None:
    t = np.arange(2 * RATE) / RATE
    y = (0.5 * np.sin(2 * np.pi * 1_000 * t) + 0.1).astype(np.float32)
    quality = measured(y)
    assert quality.duration_s == 2.0
    assert quality.peak_dbfs == pytest.approx(20 * np.log10(0.6), abs=0.01)
    assert quality.level_dbfs == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.1)
    assert quality.offset == pytest.approx(0.1, abs=1e-4)
    assert 1_000 <= quality.bandwidth_hz <= 1_200
    assert quality.clipped_share == 0.0


def test_flat_tops_are_counted_sample_by_sample() -> None:
    y = np.zeros(1_000, dtype=np.float32)
    y[10:14] = 0.25  # forgotten: higher ones follow
    y[100:105] = y[200:203] = 0.5
    y[300:302] = 0.5  # two neighbours are no run
    y[400:403] = -0.7
    y[997:] = -0.7
    quality = measured(y)
    assert quality.n_clipped_runs == 4
    assert quality.longest_clipped_run == 5
    assert quality.clipped_share == pytest.approx(14 / 1_000)


def test_one_clipped_channel_is_enough() -> None:
    y = speech_like()
    clipped = np.clip(y * 8, -0.8, 0.8)
    assert codes(np.stack([y, clipped], axis=1)) == ["clipping"]


def test_channels_that_cancel_each_other_are_not_called_a_muted_microphone() -> None:
    y = speech_like()
    (warning,) = quality_warnings(measured(np.stack([y, -y], axis=1)))
    assert warning.code == "silence"
    assert "cancel each other" in warning.message
    assert "one of the channels" in warning.remedy


@pytest.mark.parametrize("offset", [0.0, 0.5])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_silence_with_and_without_an_offset_is_silence(
    n_channels: int, offset: float
) -> None:
    y = np.full((2 * RATE, n_channels), offset, np.float32)
    assert not measured(y).cancelled
    assert "muted" in quality_warnings(measured(y))[0].remedy


def test_one_channel_alone_and_different_voices_do_not_cancel() -> None:
    y = speech_like()
    for other in (y, 0 * y, np.roll(y, 700), -0.5 * y):
        assert not measured(np.stack([y, other], axis=1)).cancelled


def test_warnings_say_what_to_do_and_what_the_model_knows() -> None:
    short = quality_warnings(measured(speech_like()[: RATE * 3 // 10]), trained_s=2.6)
    assert [w.code for w in short] == ["short"]
    assert "0.30 s" in short[0].message
    assert "2.6 s" in short[0].message
    assert short[0].remedy.endswith(".")
    long = quality_warnings(measured(np.resize(speech_like(), 61 * RATE)))
    assert "1 min 1 s" in long[0].message


@settings(max_examples=40, deadline=None)
@given(blocks=st.lists(st.integers(0, 12_000), max_size=8), clipped=st.booleans())
def test_blocks_make_no_difference(blocks: list[int], clipped: bool) -> None:
    y = speech_like(1.5)
    y = np.clip(y * 6, -0.9, 0.7) if clipped else y
    meter = QualityMeter(sample_rate=RATE)
    for part in np.split(y, np.cumsum(blocks)):
        meter.feed(part)
    cut, whole = meter.finish(), measured(y)
    for name in Quality.__slots__:
        assert getattr(cut, name) == pytest.approx(getattr(whole, name), rel=1e-9)


@pytest.mark.parametrize("n_samples", [1, 30_000])
def test_the_result_can_be_asked_for_twice(n_samples: int) -> None:
    meter = QualityMeter(sample_rate=RATE)
    meter.feed(np.clip(speech_like()[:n_samples] * 8, -0.8, 0.8))
    assert meter.finish() == meter.finish()


@pytest.mark.parametrize("n_samples", [1, 2, 7, 100])
@pytest.mark.parametrize("sample_rate", [1, 8_000, 192_000])
def test_a_few_samples_are_measured(n_samples: int, sample_rate: int) -> None:
    y = np.full(n_samples, 0.5, dtype=np.float32)
    assert measured(y, sample_rate).peak_dbfs == pytest.approx(-6.02, abs=0.01)


def test_what_cannot_be_measured_is_refused_in_words() -> None:
    meter = QualityMeter(sample_rate=RATE, n_channels=2)
    with pytest.raises(AudioError, match="no samples"):
        meter.finish()
    with pytest.raises(ParameterError, match="2 channels"):
        meter.feed(np.zeros((10, 3), np.float32))
    with pytest.raises(AudioError, match="not finite"):
        meter.feed(np.full((10, 2), np.nan, np.float32))
    with pytest.raises(ParameterError, match="n_channels = 0"):
        QualityMeter(sample_rate=RATE, n_channels=0)


@pytest.fixture(scope="module")
def corpora() -> Path:
    root = os.environ.get("SER_TEST_CORPORA")
    if not root:
        pytest.skip("SER_TEST_CORPORA does not name the folder of real corpora")
    return Path(root)


def real(corpora: Path, corpus: str, every: int) -> Iterator[tuple[Signal, int]]:
    suffixes = {".wav", ".flac", ".opus", ".ogg"}
    files = sorted(p for p in (corpora / corpus).rglob("*") if p.suffix in suffixes)
    assert len(files) > every
    for path in files[::every]:
        y, rate = soundfile.read(path, dtype="float32")
        yield (y if y.ndim == 1 else y.mean(axis=1)), rate


@pytest.mark.corpora
@pytest.mark.parametrize(
    ("corpus", "every", "most"),
    [
        ("EMO-DB", 6, 0.0),
        ("RAVDESS", 16, 0.08),
        ("TESS", 3, 0.0),
        ("CREMA-D", 80, 0.16),
    ],
)
def test_studio_recordings_are_rarely_warned_of(
    corpora: Path, corpus: str, every: int, most: float
) -> None:
    warned = [bool(codes(y, rate)) for y, rate in real(corpora, corpus, every)]
    assert np.mean(warned) <= most


@pytest.mark.corpora
@pytest.mark.parametrize(
    ("corpus", "every", "least"), [("EMO-DB", 50, 1.0), ("RAVDESS", 160, 0.85)]
)
def test_damaged_copies_of_real_recordings_are_warned_of(
    corpora: Path, corpus: str, every: int, least: float
) -> None:
    found: dict[str, list[bool]] = {}
    for y, rate in real(corpora, corpus, every):
        for name, copy, copy_rate, expected in damaged(y, rate):
            found.setdefault(name, []).append(expected in codes(copy, copy_rate))
    shares = {name: float(np.mean(hits)) for name, hits in found.items()}
    assert min(shares.values()) >= least, shares
