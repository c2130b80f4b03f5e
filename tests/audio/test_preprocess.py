"""What pre-processing does to a signal whose truth is known."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyloudnorm
import pytest

from ser_core.audio.decode import decode
from ser_core.audio.loudness import SILENT_LUFS, integrated_loudness
from ser_core.audio.preprocess import preprocess, stages
from ser_core.audio.preprocessing import (
    NO_PREPROCESSING,
    STEPS,
    WINDOWS,
    Preprocessing,
    parse_steps,
)
from ser_core.errors import AudioError

Signal = npt.NDArray[np.float32]

RATE = 16_000
SOUND_STEPS = [step for step in STEPS if step not in WINDOWS]


def tone(duration_s: float, *, amplitude: float = 0.25, hz: float = 440.0) -> Signal:
    t = np.arange(round(duration_s * RATE)) / RATE
    return (amplitude * np.sin(2 * np.pi * hz * t)).astype(np.float32)


def voice(duration_s: float) -> Signal:
    """Return harmonics of 125 Hz that fall by 6 dB an octave."""
    return np.sum(
        [tone(duration_s, amplitude=0.25 / k, hz=125.0 * k) for k in range(1, 20)],
        axis=0,
    ).astype(np.float32)


def silence(duration_s: float) -> Signal:
    return np.zeros(round(duration_s * RATE), np.float32)


def hiss(n_samples: int, *, scale: float, seed: int = 0) -> Signal:
    rng = np.random.default_rng(seed)
    return rng.normal(scale=scale, size=n_samples).astype(np.float32)


def done(y: Signal, *steps: str) -> Signal:
    return preprocess(y, sample_rate=RATE, preprocessing=parse_steps(steps))


def snr_db(truth: Signal, y: Signal) -> float:
    return float(10 * np.log10(np.square(truth).sum() / np.square(y - truth).sum()))


def test_nothing_to_do_leaves_the_very_array() -> None:
    y = tone(0.1)
    assert preprocess(y, sample_rate=RATE, preprocessing=NO_PREPROCESSING) is y
    assert done(y, "hamming") is y
    assert stages(y, sample_rate=RATE, preprocessing=parse_steps(["hamming"])) == []


def test_trimming_cuts_both_ends_and_keeps_pauses() -> None:
    y = np.concatenate([silence(0.5), tone(0.4), silence(0.6), tone(0.4), silence(0.7)])
    trimmed = done(y, "trim")
    # 1.4 s of speech and pause, 50 ms kept on either side, frames of 25 ms
    assert len(trimmed) / RATE == pytest.approx(1.5, abs=0.04)
    begin = np.flatnonzero(trimmed)[0] / RATE
    assert begin == pytest.approx(0.05, abs=0.03)


def test_cutting_silence_shortens_long_pauses_too() -> None:
    y = np.concatenate([silence(0.5), tone(0.4), silence(0.6), tone(0.4), silence(0.7)])
    assert len(done(y, "cut-silence")) / RATE == pytest.approx(1.0, abs=0.08)
    short = np.concatenate([tone(0.4), silence(0.15), tone(0.4)])
    assert len(done(short, "cut-silence")) == len(short)


def test_no_sounding_sample_is_cut() -> None:
    y = np.concatenate([silence(0.3), tone(0.37), silence(0.5), tone(0.21)])
    for step in ("trim", "cut-silence"):
        assert np.count_nonzero(done(y, step)) == np.count_nonzero(y)


def test_the_threshold_is_relative_to_the_loudest_frame() -> None:
    y = np.concatenate([tone(0.3, amplitude=0.005), tone(0.3), silence(0.3)])
    for gain in (1.0, 0.02):
        kept = done((gain * y).astype(np.float32), "trim")
        assert len(kept) / RATE == pytest.approx(0.65, abs=0.03)
    stricter = Preprocessing(trim=True, silence_db=20.0)
    kept = preprocess(y, sample_rate=RATE, preprocessing=stricter)
    assert len(kept) / RATE == pytest.approx(0.4, abs=0.04)


@pytest.mark.parametrize("step", ["trim", "cut-silence"])
@pytest.mark.parametrize("scale", [0.0, 1e-6])
def test_silence_alone_is_an_error_where_silence_is_removed(
    step: str, scale: float
) -> None:
    with pytest.raises(AudioError, match="sound begins at -80 dBFS; leave the record"):
        done(hiss(RATE, scale=scale), step)


@pytest.mark.parametrize("step", ["denoise", "normalise", "loudness"])
def test_other_steps_leave_digital_silence_as_it_is(step: str) -> None:
    assert not done(silence(1.0), step).any()


@pytest.mark.parametrize("gain", [1e-4, 0.3, 4.0])
def test_normalising_sets_the_peak(gain: float) -> None:
    y = (gain * tone(0.2)).astype(np.float32)
    assert np.abs(done(y, "normalise")).max() == pytest.approx(1.0, rel=1e-6)
    half = Preprocessing(normalise=True, peak=0.5)
    scaled = preprocess(y, sample_rate=RATE, preprocessing=half)
    assert np.abs(scaled).max() == pytest.approx(0.5, rel=1e-6)


@pytest.mark.parametrize("amplitude", [0.01, 0.25, 0.9])
def test_loudness_is_set_as_pyloudnorm_measures_it(amplitude: float) -> None:
    scaled = done(tone(2.0, amplitude=amplitude), "loudness")
    measured = pyloudnorm.Meter(RATE).integrated_loudness(scaled.astype(np.float64))
    assert measured == pytest.approx(-23.0, abs=0.01)


def test_loudness_stops_where_the_peak_would_leave_full_scale() -> None:
    y = np.zeros(2 * RATE, np.float32)
    y[::4_000] = 0.1
    scaled = done(y, "loudness")
    assert np.abs(scaled).max() == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize("duration_s", [0.001, 0.1, 0.39])
def test_clips_shorter_than_a_block_have_a_loudness(duration_s: float) -> None:
    y = tone(duration_s, hz=1_000.0)
    assert np.isfinite(integrated_loudness(y, sample_rate=RATE))
    assert len(done(y, "loudness")) == len(y)


def test_a_sine_of_1_khz_has_the_loudness_of_the_recommendation() -> None:
    # ITU-R BS.1770: a full-scale 997 Hz sine in one channel is -3.01 LKFS
    for duration_s in (0.3, 3.0):
        y = tone(duration_s, amplitude=1.0, hz=997.0)
        loudness = integrated_loudness(y, sample_rate=RATE)
        assert loudness == pytest.approx(-3.01, abs=0.15)


def test_silence_has_the_loudness_of_the_gate() -> None:
    for duration_s in (0.1, 1.0):
        measured = integrated_loudness(silence(duration_s), sample_rate=RATE)
        assert measured == SILENT_LUFS


def test_denoising_lowers_noise_and_leaves_the_voice() -> None:
    truth = np.concatenate([silence(0.6), voice(0.8), silence(0.6)])
    noisy = truth + hiss(len(truth), scale=0.1)
    cleaned = done(noisy, "denoise")
    assert cleaned.dtype == np.float32
    assert len(cleaned) == len(noisy)
    assert snr_db(truth, cleaned) > snr_db(truth, noisy) + 2
    head = slice(0, RATE // 2)
    assert np.square(cleaned[head]).mean() < 0.1 * np.square(noisy[head]).mean()


@pytest.mark.parametrize("n_samples", [2, 100, 511, 512, 513, 40 * RATE])
def test_denoising_takes_any_length(n_samples: int) -> None:
    y = hiss(n_samples, scale=0.1)
    cleaned = done(y, "denoise")
    assert len(cleaned) == n_samples
    assert np.isfinite(cleaned).all()


@pytest.mark.parametrize("sample_rate", [1_000, 8_000, 22_050, 44_100, 48_000, 96_000])
def test_denoising_takes_any_rate(sample_rate: int) -> None:
    y = hiss(sample_rate, scale=0.1)
    described = parse_steps(["denoise"])
    cleaned = preprocess(y, sample_rate=sample_rate, preprocessing=described)
    assert np.square(cleaned).mean() < 0.5 * np.square(y).mean()


def test_padding_with_zeros_is_not_taken_for_the_noise() -> None:
    truth = np.concatenate([silence(0.5), voice(0.5), silence(0.5)])
    noisy = truth + hiss(len(truth), scale=0.1)
    noisy = np.concatenate([silence(1.0), noisy]).astype(np.float32)
    truth = np.concatenate([silence(1.0), truth])
    assert snr_db(truth, done(noisy, "denoise")) > snr_db(truth, noisy) + 2


def test_denoising_starts_no_thread_and_no_process() -> None:
    import psutil

    done(hiss(RATE, scale=0.1), "denoise")
    threads = threading.active_count()
    seen: list[int] = []
    original = threading.Thread.start
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            threading.Thread,
            "start",
            lambda self: (seen.append(1), original(self))[1],
        )
        done(hiss(40 * RATE, scale=0.1), "denoise")
    assert seen == []
    assert threading.active_count() == threads
    assert psutil.Process().children(recursive=True) == []


def test_stages_are_the_signal_after_each_step_in_order() -> None:
    y = np.concatenate([silence(0.5), tone(0.5)]) + hiss(RATE, scale=0.001)
    steps = ["normalise", "trim", "denoise", "blackman"]
    after = stages(y, sample_rate=RATE, preprocessing=parse_steps(steps))
    assert [step for step, _ in after] == ["denoise", "trim", "normalise"]
    assert np.array_equal(after[0][1], done(y, "denoise"))
    assert np.array_equal(after[1][1], done(after[0][1], "trim"))
    assert np.array_equal(after[2][1], done(y, *steps))


@pytest.mark.parametrize("step", SOUND_STEPS)
@pytest.mark.parametrize("n_samples", [2, 17, 400])
def test_the_shortest_clips_survive_every_step(step: str, n_samples: int) -> None:
    y = done(hiss(n_samples, scale=0.1), step)
    assert 1 <= len(y) <= n_samples
    assert y.dtype == np.float32
    assert np.isfinite(y).all()


@pytest.mark.parametrize("step", SOUND_STEPS)
def test_the_signal_that_came_in_is_left_alone(step: str) -> None:
    y = np.concatenate([silence(0.2), tone(0.3)])
    before = y.copy()
    done(y, step)
    assert np.array_equal(y, before)


@pytest.mark.corpora
def test_real_silence_is_found_and_speech_is_kept() -> None:
    root = os.environ.get("SER_TEST_CORPORA")
    if not root:
        pytest.skip("SER_TEST_CORPORA does not name the folder of real corpora")
    shares = {}
    for corpus in ("RAVDESS", "CREMA-D", "EMO-DB"):
        files = sorted(
            p for p in Path(root, corpus).rglob("*") if p.suffix in (".opus", ".flac")
        ) or sorted(Path(root, corpus).rglob("*.ogg"))
        kept = []
        for path in files[:: len(files) // 8]:
            y, rate = decode(path)
            y = y if y.ndim == 1 else y.mean(axis=1)
            short = preprocess(y, sample_rate=rate, preprocessing=parse_steps(["trim"]))
            kept.append(len(short) / len(y))
            assert np.square(short).sum() > 0.999 * np.square(y).sum()
        shares[corpus] = np.mean(kept)
    # RAVDESS records about a second of silence at either end, the others none
    assert shares["RAVDESS"] < 0.7
    assert shares["CREMA-D"] > 0.9
    assert shares["EMO-DB"] > 0.9
