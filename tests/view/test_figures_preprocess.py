"""Before and after pre-processing: one axis of time, one key of colours."""

from __future__ import annotations

import numpy as np
import pytest

from pages._view.figures import preprocess
from pages._view.theme import FONT_PX, Mode, Size
from ser_core.features.picture import MelPicture, mel_picture

RATE = 16_000


def tone(duration_s: float, amplitude: float) -> np.ndarray:
    t = np.arange(round(duration_s * RATE)) / RATE
    return (amplitude * np.sin(2 * np.pi * 440 * t)).astype(np.float32)


def picture(y: np.ndarray) -> MelPicture:
    return mel_picture(y, sample_rate=RATE, reference=1.0)


@pytest.mark.parametrize("size", ["normal", "big"])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_both_figures_hold_two_panels_on_one_axis_of_time(
    size: Size, mode: Mode
) -> None:
    before, after = tone(2.0, 0.1), tone(1.5, 0.5)
    steps = ("trim", "normalise")
    charts = (
        preprocess.waveforms(
            before, after, sample_rate=RATE, steps=steps, size=size, mode=mode
        ),
        preprocess.mel_spectrograms(
            picture(before), picture(after), steps=steps, size=size, mode=mode
        ),
    )
    for chart in charts:
        assert chart.figure is not None
        assert len(chart.figure.data) == 2
        layout = chart.figure.layout
        assert layout.xaxis.range == layout.xaxis2.range
        assert layout.xaxis.range[1] == pytest.approx(2.0, abs=0.05)
        assert layout.xaxis2.title.text == "seconds"
        assert layout.font.size == FONT_PX[size]
        assert layout.title.text == f"<b>{chart.title}</b>"
        assert layout.title.subtitle.text == "trim → normalise"
        assert {a.text for a in layout.annotations} >= {"before", "after"}


def test_the_reading_of_the_waves_says_length_and_peak() -> None:
    chart = preprocess.waveforms(tone(2.0, 0.1), tone(1.5, 0.5), sample_rate=RATE)
    assert chart.reading == ("2 s become 1.5 s; the peak goes from -20.0 to -6.0 dBFS.")
    same = preprocess.waveforms(tone(1.0, 0.1), tone(1.0, 0.1), sample_rate=RATE)
    assert same.reading.startswith("The length stays 1 s; ")


def test_silence_has_no_peak_to_speak_of() -> None:
    silent = np.zeros(RATE, np.float32)
    chart = preprocess.waveforms(silent, silent, sample_rate=RATE)
    assert chart.reading == "The length stays 1 s."


def test_0_db_is_the_loudest_point_of_both() -> None:
    quiet, loud = picture(tone(1.0, 0.05)), picture(tone(1.0, 0.5))
    chart = preprocess.mel_spectrograms(quiet, loud)
    assert chart.figure is not None
    first, second = chart.figure.data
    assert np.max(second.z) == 0.0
    assert np.max(first.z) == pytest.approx(-20.0, abs=0.2)
    assert (first.zmin, first.zmax) == (second.zmin, second.zmax) == (-80, 0)
    assert [trace.showscale for trace in (first, second)] == [None, False]


def test_the_reading_of_the_bands_says_how_far_noise_lies_below() -> None:
    noise = np.random.default_rng(0).normal(size=RATE).astype(np.float32)
    speech = np.concatenate([tone(0.5, 0.5), np.zeros(RATE // 2, np.float32)])
    chart = preprocess.mel_spectrograms(
        picture(speech + 0.01 * noise), picture(speech + 0.0001 * noise)
    )
    before, after = (int(w) for w in chart.reading.split() if w.isdigit())
    assert after - before > 20


def test_without_samples_there_is_a_reason() -> None:
    empty = np.zeros(0, np.float32)
    chart = preprocess.waveforms(empty, tone(1.0, 0.1), sample_rate=RATE)
    assert chart.figure is None
    assert "no samples" in chart.reading
