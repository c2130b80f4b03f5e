"""Prosody against signals whose truth is known, and against Praat on real voices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from feature_signals import Signal, vowel

from ser_core.errors import ParameterError
from ser_core.features import extract, feature_set
from ser_core.features.functionals.pitch import track_pitch
from ser_core.features.prosody import compute
from ser_core.features.prosody.contour import movement, runs
from ser_core.features.prosody.periods import amplitudes, follow_periods
from ser_core.features.prosody_set import PROSODY_COLUMNS, Prosody

RATE = 16_000
PROSODY = feature_set("prosody")


def measured(y: Signal) -> dict[str, float]:
    """Measure a signal at 16 kHz, by the names of the columns."""
    assert isinstance(PROSODY, Prosody)
    values = compute(np.asarray(y, dtype=np.float32), PROSODY)
    assert values.dtype == np.float32
    assert values.shape == PROSODY.shape
    assert np.isfinite(values).all()
    return dict(zip(PROSODY.column_names(), values.tolist(), strict=True))


def pulses(lengths: np.ndarray, heights: np.ndarray) -> Signal:
    """Return damped pulses with given periods (in samples) and amplitudes."""
    places = np.cumsum(lengths)
    y = np.zeros(int(places[-1]) + 200)
    t = np.arange(120)
    for place, height in zip(places, heights, strict=True):
        begin = int(place)
        x = t - (place - begin)
        ring = np.where(x >= 0, np.exp(-x / 25) * np.sin(2 * np.pi * x / 20), 0.0)
        y[begin : begin + len(t)] += height * ring
    return (0.5 * y / np.abs(y).max()).astype(np.float32)


def test_every_column_has_a_name_of_its_own_a_unit_and_a_meaning() -> None:
    assert PROSODY.column_names() == [column.name for column in PROSODY_COLUMNS]
    assert len(set(PROSODY.column_names())) == PROSODY.size
    assert all(column.unit and column.meaning for column in PROSODY_COLUMNS)


@pytest.mark.parametrize("f0_hz", [80.0, 150.0, 220.0, 300.0, 400.0, 500.0])
def test_f0_of_a_steady_voice_is_found(f0_hz: float) -> None:
    values = measured(vowel(1.0, f0_hz=f0_hz))
    assert values["voiced"] == 1.0
    assert values["voiced_share"] > 0.9
    assert values["f0_median"] == pytest.approx(f0_hz, rel=0.01)
    assert values["f0_level"] == pytest.approx(12 * np.log2(f0_hz / 27.5), abs=0.2)
    assert values["f0_range"] < 0.5
    assert abs(values["f0_slope"]) < 0.5


def test_a_glide_of_an_octave_in_a_second_rises_by_12_semitones() -> None:
    t = np.arange(RATE) / RATE
    phase = 2 * np.pi * np.cumsum(120 * 2**t) / RATE
    y = sum(0.1 / k * np.sin(k * phase) for k in range(1, 11))
    values = measured(y)
    assert values["f0_slope"] == pytest.approx(12.0, abs=0.5)
    assert values["f0_rise"] == pytest.approx(12.0, abs=1.0)
    assert values["f0_begin"] < -4 < 4 < values["f0_end"]


def test_noise_has_no_voice_and_its_columns_are_zero() -> None:
    y = np.random.default_rng(0).normal(scale=0.1, size=RATE)
    values = measured(y)
    assert values["voiced"] == values["periodic"] == 0.0
    zero = [c for c in PROSODY.column_names() if c.startswith(("f0_", "jitter", "shi"))]
    assert all(values[name] == 0.0 for name in zero)
    assert values["hnr_mean"] == 0.0
    assert values["sounding"] == 1.0


def test_voiced_stretches_are_counted_and_timed() -> None:
    gap = np.zeros(RATE // 4, np.float32)
    y = np.concatenate([vowel(0.3), gap, vowel(0.5), gap, vowel(0.3), gap])
    values = measured(y)
    assert values["voiced_runs"] * len(y) / RATE == pytest.approx(3, abs=0.05)
    assert values["voiced_run_mean"] == pytest.approx(1.1 / 3, abs=0.03)


@pytest.mark.parametrize("amplitude", [0.01, 0.5])
def test_intensity_is_the_level_of_a_sine(amplitude: float) -> None:
    t = np.arange(RATE) / RATE
    values = measured(amplitude * np.sin(2 * np.pi * 200 * t))
    level_db = 20 * np.log10(amplitude) - 3.01
    assert values["intensity_median"] == pytest.approx(level_db, abs=0.1)
    assert values["peak"] == pytest.approx(20 * np.log10(amplitude), abs=0.1)


def test_loudness_of_a_sine_near_1_khz_is_that_of_the_recommendation() -> None:
    t = np.arange(RATE) / RATE
    values = measured(0.1 * np.sin(2 * np.pi * 997 * t))
    assert values["loudness"] == pytest.approx(-23.01, abs=0.15)
    assert values["loudness_median"] == pytest.approx(-23.01, abs=0.15)


def test_low_tones_are_less_loud_than_they_are_intense() -> None:
    t = np.arange(RATE) / RATE
    low = measured(0.1 * np.sin(2 * np.pi * 60 * t))
    high = measured(0.1 * np.sin(2 * np.pi * 3_000 * t))
    assert low["loudness_tilt"] < -2 < 2 < high["loudness_tilt"]


@pytest.mark.parametrize("n_syllables", [1, 4, 9])
def test_syllables_are_counted(n_syllables: int) -> None:
    gap = np.zeros(round(0.06 * RATE), np.float32)
    syllable = vowel(0.14) * np.hanning(round(0.14 * RATE))
    y = np.concatenate([gap, *([syllable, gap] * n_syllables)])
    values = measured(y)
    assert values["nuclei"] == n_syllables
    if n_syllables > 1:
        assert values["nucleus_interval_mean"] == pytest.approx(0.2, abs=0.02)
        assert values["nucleus_interval_npvi"] < 0.1


def test_syllables_without_voice_are_no_nuclei() -> None:
    noise = np.random.default_rng(0).normal(scale=0.1, size=round(0.14 * RATE))
    burst = noise * np.hanning(len(noise))
    y = np.concatenate([np.zeros(1_000), burst, np.zeros(1_000), burst, np.zeros(999)])
    assert measured(y)["nuclei"] == 0


def test_pauses_are_counted_and_timed() -> None:
    def quiet(duration_s: float) -> Signal:
        return np.zeros(round(duration_s * RATE), np.float32)

    word = vowel(0.5)
    y = np.concatenate(
        [quiet(0.7), word, quiet(0.5), word, quiet(0.1), word, quiet(0.4), word]
    )
    values = measured(y)
    # frames of 64 ms reach into the silence a little
    assert values["pauses"] * values["speech"] == pytest.approx(2, abs=0.01)
    assert values["pause_longest"] == pytest.approx(0.5, abs=0.06)
    assert values["pause_mean"] == pytest.approx(0.45, abs=0.06)
    assert values["speech"] == pytest.approx(3.0, abs=0.06)
    assert values["duration"] == pytest.approx(3.7, abs=1e-3)


@pytest.mark.parametrize("spread", [0.0, 0.005, 0.01])
def test_jitter_is_the_difference_of_neighbouring_periods(spread: float) -> None:
    # equal steps in an order without a pattern, which would be a longer period
    signs = np.random.default_rng(0).choice([-1.0, 1.0], size=150)
    lengths = 100.0 * (1 + spread * signs)
    values = measured(pulses(lengths, np.ones(150)))
    truth = np.abs(np.diff(lengths)).mean()
    means = np.convolve(lengths, np.full(3, 1 / 3), mode="valid")
    assert values["periodic"] == 1.0
    assert values["jitter_local"] == pytest.approx(truth, abs=0.15)
    bend = np.abs(lengths[1:-1] - means).mean()
    assert values["jitter_rap"] == pytest.approx(bend, abs=0.15)


@pytest.mark.parametrize("spread", [0.0, 0.03, 0.1])
def test_shimmer_is_the_difference_of_neighbouring_amplitudes(spread: float) -> None:
    signs = np.random.default_rng(0).choice([-1.0, 1.0], size=150)
    heights = 1 + spread * signs
    values = measured(pulses(np.full(150, 100.0), heights))
    truth = 100 * np.abs(np.diff(heights)).mean() / heights.mean()
    truth_db = np.abs(np.diff(20 * np.log10(heights))).mean()
    assert values["shimmer_local"] == pytest.approx(truth, abs=0.6)
    assert values["shimmer_db"] == pytest.approx(truth_db, abs=0.06)


@pytest.mark.parametrize("snr_db", [5.0, 15.0, 25.0])
def test_hnr_is_the_ratio_that_was_mixed(snr_db: float) -> None:
    t = np.arange(RATE) / RATE
    y = sum(0.1 / k * np.sin(2 * np.pi * 150 * k * t) for k in range(1, 11))
    power = np.mean(np.square(y))
    noise = np.random.default_rng(0).normal(size=RATE)
    y = y + noise * np.sqrt(power * 10 ** (-snr_db / 10))
    assert measured(y)["hnr_mean"] == pytest.approx(snr_db, abs=1.5)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "y",
    [
        np.zeros(RATE),
        np.zeros(2),
        np.full(2, 0.1),
        np.ones(RATE),
        np.random.default_rng(0).normal(scale=0.1, size=300),
        np.random.default_rng(0).normal(scale=1e-7, size=RATE),
        np.eye(1, RATE, RATE // 2)[0],
        np.sign(np.sin(np.arange(RATE) * 0.05)),
        vowel(0.06),
    ],
    ids=[
        "silence",
        "nothing",
        "short",
        "constant",
        "hiss",
        "faint",
        "click",
        "square",
        "brief",
    ],
)
def test_odd_clips_have_finite_values_and_no_warning(y: np.ndarray) -> None:
    measured(y)


def test_silence_has_the_documented_values() -> None:
    values = measured(np.zeros(RATE))
    assert values["sounding"] == values["voiced"] == values["periodic"] == 0.0
    assert values["intensity_mean"] == values["loudness_mean"] == -100.0
    assert values["peak"] == -100.0
    assert values["loudness"] == -70.0
    assert values["duration"] == 1.0
    assert values["nuclei"] == values["speech"] == 0.0


def test_another_level_moves_the_levels_and_nothing_else() -> None:
    y = np.concatenate([vowel(0.4), np.zeros(RATE // 3), vowel(0.5, f0_hz=180)])
    loud, soft = measured(y), measured(0.1 * y)
    levels = {"peak", "loudness"}
    for prefix in ("intensity", "loudness"):
        levels |= {f"{prefix}_{k}" for k in ("mean", "low", "median", "high")}
    for name, value in loud.items():
        difference = 20.0 if name in levels else 0.0
        assert value - soft[name] == pytest.approx(difference, abs=0.05), name


def test_another_rate_is_refused() -> None:
    with pytest.raises(ParameterError, match="sample_rate = 8000 is not possible"):
        Prosody(name="prosody", sample_rate=8_000)


def test_runs_and_movement_of_small_contours() -> None:
    flags = np.array([True, True, False, True])
    assert runs(flags) == [(0, 2), (3, 4)]
    assert runs(np.zeros(3, bool)) == []
    contour = np.array([0.0, 1.0, 5.0, 2.0])
    assert movement(contour, flags) == {"rise": 100.0, "fall": 0.0, "movement": 100.0}


def test_marks_lie_a_period_apart() -> None:
    y = pulses(np.full(60, 123.4), np.ones(60)).astype(np.float64)
    f0_hz = np.full(len(y) // 160, RATE / 123.4)
    marks = follow_periods(y, begin=0, end=len(y), f0_hz=f0_hz)
    assert len(marks) > 50
    np.testing.assert_allclose(np.diff(marks), 123.4, atol=0.1)
    assert np.ptp(amplitudes(y, marks)) < 0.02 * amplitudes(y, marks).mean()


@pytest.fixture(scope="module")
def against_praat(
    real_recordings: Callable[..., list[Path]],
) -> dict[str, list[tuple[float, float]]]:
    """Measure voices by Praat and by us: pairs, one a clip, by column."""
    parselmouth = pytest.importorskip("parselmouth")
    from parselmouth.praat import call

    pairs: dict[str, list[tuple[float, float]]] = {}
    for path in real_recordings("EMO-DB", 20):
        sound = parselmouth.Sound(str(path))
        pitch = sound.to_pitch_ac(time_step=0.01, pitch_floor=75.0, pitch_ceiling=600.0)
        f0 = pitch.selected_array["frequency"]
        hnr = sound.to_harmonicity_cc(0.01, 75.0, 0.1, 1.0).values
        points = call([sound, pitch], "To PointProcess (cc)")
        limits = (0, 0, 1e-4, 0.02, 1.3)
        theirs = {
            "f0_median": np.median(f0[f0 > 0]),
            "voiced_share": np.mean(f0 > 0),
            "hnr_mean": hnr[hnr > -199].mean(),
            "jitter_local": 100 * call(points, "Get jitter (local)", *limits),
            "jitter_rap": 100 * call(points, "Get jitter (rap)", *limits),
            "shimmer_local": 100
            * call([sound, points], "Get shimmer (local)", *limits, 1.6),
            "shimmer_db": call([sound, points], "Get shimmer (local_dB)", *limits, 1.6),
        }
        ours = dict(
            zip(PROSODY.column_names(), extract(path, PROSODY).tolist(), strict=True)
        )
        for name, value in theirs.items():
            pairs.setdefault(name, []).append((value, ours[name]))
    return pairs


MIDDLE_AND_CORRELATION = {
    # median of the absolute relative difference, least correlation over clips
    "f0_median": (0.01, 0.99),
    "voiced_share": (0.05, 0.9),
    "hnr_mean": (0.12, 0.75),
    "jitter_local": (0.1, 0.9),
    "jitter_rap": (0.15, 0.9),
    "shimmer_local": (0.06, 0.9),
    "shimmer_db": (0.06, 0.9),
}


@pytest.mark.corpora
@pytest.mark.parametrize("column", MIDDLE_AND_CORRELATION)
def test_real_voices_measure_as_in_praat(
    against_praat: dict[str, list[tuple[float, float]]], column: str
) -> None:
    theirs, ours = np.array(against_praat[column]).T
    middle, least_correlation = MIDDLE_AND_CORRELATION[column]
    assert np.median(np.abs(ours / theirs - 1)) < middle
    assert np.corrcoef(theirs, ours)[0, 1] > least_correlation


@pytest.mark.corpora
def test_a_known_sentence_has_about_its_syllables(
    real_recordings: Callable[..., list[Path]],
) -> None:
    # both sentences of RAVDESS have seven syllables
    counts = [
        extract(path, PROSODY)[PROSODY.column_names().index("nuclei")]
        for path in real_recordings("RAVDESS", 24)
    ]
    assert 5 <= np.median(counts) <= 9


@pytest.mark.corpora
def test_women_speak_higher_than_men(
    real_recordings: Callable[..., list[Path]],
) -> None:
    place = PROSODY.column_names().index("f0_median")
    f0: dict[bool, list[float]] = {True: [], False: []}
    for path in real_recordings("EMO-DB", 24):
        male = path.stem[:2] in {"03", "10", "11", "12", "15"}
        f0[male].append(float(extract(path, PROSODY)[place]))
    assert np.median(f0[False]) > 1.3 * np.median(f0[True])


def test_the_tracker_and_the_set_agree_on_voicing() -> None:
    y = np.concatenate([vowel(0.4), np.zeros(RATE // 2, np.float32)])
    pitch = track_pitch(y)
    assert measured(y)["voiced_share"] == pytest.approx(pitch.voiced.mean(), abs=1e-6)
