from __future__ import annotations

import librosa
import numpy as np
import numpy.typing as npt
import pytest
import scipy.linalg
import scipy.signal
import scipy.stats

from ser_core.features.functionals.contours import find_contours, speech_region
from ser_core.features.functionals.covariance import N_CEPSTRA, log_covariance
from ser_core.features.functionals.frames import windowed_blocks
from ser_core.features.functionals.modulation import EDGES_HZ, modulation
from ser_core.features.functionals.pitch import track_pitch
from ser_core.features.functionals.rhythm import RHYTHM, rhythm
from ser_core.features.functionals.statistics import STATISTICS, delta, statistics

SAMPLE_RATE = 16_000
Signal = npt.NDArray[np.float32]


def pulses(f0_hz: float, *, seconds: float = 1.0) -> npt.NDArray[np.float64]:
    """Return a train of pulses whose spectrum is flat, band-limited."""
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    n_harmonics = int(7_000 / f0_hz)
    return sum(np.cos(2 * np.pi * k * f0_hz * t) for k in range(1, n_harmonics + 1))


def vowel(
    f0_hz: float, formants_hz: tuple[float, ...], *, seconds: float = 1.0
) -> Signal:
    """Return pulses sent through resonances 80 Hz wide."""
    y = scipy.signal.lfilter([1], [1, -0.95], pulses(f0_hz, seconds=seconds))
    for hz in formants_hz:
        r = np.exp(-np.pi * 80 / SAMPLE_RATE)
        angle = 2 * np.pi * hz / SAMPLE_RATE
        y = scipy.signal.lfilter([1], [1, -2 * r * np.cos(angle), r * r], y)
    return (0.5 * y / np.abs(y).max()).astype(np.float32)


def noise(seconds: float = 1.0, *, seed: int = 0) -> Signal:
    rng = np.random.default_rng(seed)
    return rng.normal(scale=0.1, size=int(seconds * SAMPLE_RATE)).astype(np.float32)


@pytest.mark.parametrize("f0_hz", [80, 120, 215, 340, 500])
def test_pitch_of_a_steady_voice_is_found(f0_hz: float) -> None:
    pitch = track_pitch(vowel(f0_hz, (600, 1_200, 2_500)))
    inner = slice(5, -5)
    assert pitch.voiced[inner].all()
    np.testing.assert_allclose(pitch.f0_hz[inner], f0_hz, rtol=0.01)


def test_noise_and_silence_have_no_pitch() -> None:
    assert track_pitch(noise()).voiced.mean() < 0.05
    assert not track_pitch(np.zeros(SAMPLE_RATE, dtype=np.float32)).voiced.any()


def test_pitch_is_found_again_after_a_pause() -> None:
    y = np.concatenate([vowel(110, (600,)), np.zeros(8_000), vowel(220, (600,))])
    pitch = track_pitch(y.astype(np.float32))
    np.testing.assert_allclose(pitch.f0_hz[10:90], 110, rtol=0.01)
    assert not pitch.voiced[110:140].any()
    np.testing.assert_allclose(pitch.f0_hz[165:240], 220, rtol=0.01)


def test_harmonics_to_noise_ratio_follows_the_noise_that_is_added() -> None:
    voice = vowel(150, (600, 1_200)).astype(np.float64)
    hiss = noise().astype(np.float64)
    hiss *= np.sqrt((voice**2).mean() / (hiss**2).mean())
    for snr_db in (5, 15):
        y = 0.5 * voice + 0.5 * hiss * 10 ** (-snr_db / 20)
        found = find_contours(y.astype(np.float32)).values["hnr"]
        assert np.median(found) == pytest.approx(snr_db, abs=2)


def test_formants_of_a_synthetic_vowel_are_found() -> None:
    values = find_contours(vowel(110, (700, 1_200, 2_600))).values
    for name, hz in (("f1", 700), ("f2", 1_200), ("f3", 2_600)):
        assert np.median(values[name]) == pytest.approx(hz, rel=0.08)


def test_cepstra_are_librosa_s() -> None:
    y = vowel(140, (500, 1_500, 2_500)) + noise()
    ours = find_contours(y)
    spectra = [
        np.abs(np.fft.rfft(frames, n=512)) ** 2 for _, frames in windowed_blocks(y, 400)
    ]
    bands = librosa.feature.melspectrogram(
        S=np.concatenate(spectra).T / (512 * 200),
        sr=SAMPLE_RATE,
        n_mels=40,
        fmin=60,
        fmax=7_600,
        norm=None,
    )
    level = librosa.power_to_db(bands, ref=1.0, amin=1e-10, top_db=80)
    np.testing.assert_allclose(ours.mel_db, level.T, atol=1e-3)
    cepstra = librosa.feature.mfcc(S=level, n_mfcc=20)
    np.testing.assert_allclose(ours.mfcc, cepstra.T, atol=5e-3)


def test_centre_and_spread_of_the_spectrum_are_librosa_s() -> None:
    y = noise()
    ours = find_contours(y)
    frames = np.concatenate([f for _, f in windowed_blocks(y, 400)])
    power = np.abs(np.fft.rfft(frames, n=512)).T ** 2
    centroid = librosa.feature.spectral_centroid(S=power, sr=SAMPLE_RATE, n_fft=512)
    spread = librosa.feature.spectral_bandwidth(S=power, sr=SAMPLE_RATE, n_fft=512)
    np.testing.assert_allclose(ours.values["centroid"], centroid[0], rtol=1e-3)
    np.testing.assert_allclose(ours.values["spread"], spread[0], rtol=1e-3)


def test_level_of_a_loud_clip_is_its_power() -> None:
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    y = (0.5 * np.sin(2 * np.pi * 1_000 * t)).astype(np.float32)
    quiet = find_contours(0.1 * y).values["level"]
    loud = find_contours(y).values["level"]
    np.testing.assert_allclose(loud - quiet, 20, atol=0.01)


def test_silence_around_the_speech_is_left_out() -> None:
    gap = np.zeros(SAMPLE_RATE // 2, dtype=np.float32)
    y = np.concatenate([gap, vowel(150, (600,)), gap])
    contours = find_contours(y)
    assert len(contours.voiced) == pytest.approx(100, abs=5)
    assert contours.clip_frames == 201


def test_speech_reaches_from_the_first_to_the_last_loud_frame() -> None:
    level = np.array([-90, -60, -20, -90, -20, -21, -49, -70.0])
    assert speech_region(level) == slice(2, 7)


def test_functionals_are_numpy_s_and_scipy_s() -> None:
    x = np.random.default_rng(0).gamma(2, size=(3, 97))
    found = dict(zip(STATISTICS, statistics(x).T, strict=True))
    t = np.arange(97) / 100
    parabola = np.polynomial.polynomial.polyfit(np.linspace(-1, 1, 97), x.T, 2)
    expected = {
        "mean": x.mean(axis=1),
        "std": x.std(axis=1),
        "skew": scipy.stats.skew(x, axis=1),
        "kurt": np.log(scipy.stats.kurtosis(x, axis=1, fisher=False)),
        "q05": np.percentile(x, 5, axis=1),
        "q50": np.median(x, axis=1),
        "q95": np.percentile(x, 95, axis=1),
        "iqr": scipy.stats.iqr(x, axis=1),
        "slope": [scipy.stats.linregress(t, row).slope for row in x],
        "bend": parabola[2],
        "delta_std": delta(x).std(axis=1),
        "delta_mean_abs": np.abs(delta(x)).mean(axis=1),
        "first_third": x[:, :32].mean(axis=1) - x.mean(axis=1),
        "last_third": x[:, -32:].mean(axis=1) - x.mean(axis=1),
    }
    assert list(expected) == list(STATISTICS)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-9, err_msg=name)


def test_delta_is_librosa_s_over_five_frames_per_second() -> None:
    x = np.random.default_rng(0).normal(size=(3, 40))
    reference = librosa.feature.delta(x, width=5, mode="nearest")
    np.testing.assert_allclose(delta(x), 100 * reference, atol=1e-9)


@pytest.mark.parametrize("n_frames", [0, 1, 2, 3])
def test_functionals_of_a_few_frames_are_finite(n_frames: int) -> None:
    assert np.isfinite(statistics(np.ones((2, n_frames)))).all()


@pytest.mark.parametrize("hz", [1.5, 3, 5, 10, 20])
def test_a_swing_shows_in_its_band_of_modulation(hz: float) -> None:
    t = np.arange(400) / 100
    found = modulation(7 + 3 * np.sin(2 * np.pi * hz * t)[None])[0]
    assert EDGES_HZ[found.argmax()] <= hz < EDGES_HZ[found.argmax() + 1]
    assert found.max() == pytest.approx(10 * np.log10(4.5), abs=1)


def test_log_covariance_is_scipy_s_matrix_logarithm() -> None:
    cepstra = np.random.default_rng(0).normal(scale=9, size=(20, 200))
    kept = cepstra[:N_CEPSTRA]
    rows = np.concatenate([kept, 0.1 * delta(kept)])
    logarithm = scipy.linalg.logm(np.cov(rows, ddof=0) + np.eye(26))
    found = log_covariance(cepstra)
    assert (found**2).sum() == pytest.approx((logarithm**2).sum())
    np.testing.assert_allclose(found[0], logarithm[0, 0], atol=1e-8)
    np.testing.assert_allclose(found[1], np.sqrt(2) * logarithm[0, 1], atol=1e-8)


def test_rhythm_of_bursts_is_counted() -> None:
    level = np.full(300, -60.0)
    voiced = np.zeros(300, dtype=bool)
    for start in (0, 100, 200):
        level[start : start + 60] = -20 - np.abs(np.arange(60) - 30) / 6
        voiced[start + 10 : start + 50] = True
    level[299] = -20
    found = dict(zip(RHYTHM, rhythm(level, voiced, clip_frames=500), strict=True))
    assert found["clip_duration"] == pytest.approx(np.log(5))
    assert found["speech_duration"] == pytest.approx(np.log(3))
    assert found["voiced_share"] == pytest.approx(0.4)
    assert found["voiced_rate"] == pytest.approx(1)
    assert found["voiced_mean"] == pytest.approx(0.4)
    assert found["voiced_longest"] == pytest.approx(0.4)
    assert found["unvoiced_rate"] == pytest.approx(4 / 3)
    assert found["peak_distance_mean"] == pytest.approx(1)
    assert found["pause_rate"] == pytest.approx(1)
    assert found["pause_share"] == pytest.approx(1.19 / 3)
