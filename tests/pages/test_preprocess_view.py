"""The component that shows what pre-processing does, without a browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from streamlit.testing.v1 import AppTest

RATE = 16_000
pytestmark = pytest.mark.timeout(120)


def script(path: str, steps: tuple[str, ...]) -> None:
    """Be the page: show one recording."""
    from pathlib import Path

    from pages._view import preprocess_view
    from ser_core.audio.preprocessing import parse_steps

    preprocess_view.show(Path(path), parse_steps(steps))


@pytest.fixture
def shown(lab_home: Path, tmp_path: Path) -> Callable[..., AppTest]:
    def show(y: np.ndarray, *steps: str) -> AppTest:
        path = tmp_path / "clip.wav"
        soundfile.write(path, y, RATE)
        return AppTest.from_function(
            script, args=(str(path), steps), default_timeout=60
        ).run()

    return show


def tone_in_silence() -> np.ndarray:
    t = np.arange(RATE) / RATE
    y = np.zeros(2 * RATE)
    y[RATE // 2 : RATE // 2 + RATE] = 0.25 * np.sin(2 * np.pi * 440 * t)
    return y


def test_both_are_heard_and_seen(shown: Callable[..., AppTest]) -> None:
    app = shown(tone_in_silence(), "trim", "normalise")
    assert not app.exception
    assert len(app.get("audio")) == 2
    assert len(app.get("plotly_chart")) == 2
    captions = " ".join(caption.value for caption in app.caption)
    assert "2 s become 1.1" in captions
    assert "from -12.0 to 0.0 dBFS" in captions


def test_each_step_has_its_row(shown: Callable[..., AppTest]) -> None:
    app = shown(tone_in_silence(), "loudness", "trim", "hamming")
    rows = app.dataframe[0].value
    assert list(rows["after"]) == ["original", "trim", "loudness"]
    assert rows["loudness (LUFS)"].iloc[-1] == pytest.approx(-23.0, abs=0.1)
    assert rows["seconds"].iloc[0] == 2.0
    captions = " ".join(caption.value for caption in app.caption)
    assert "'hamming' belongs to the analysis" in captions


def test_without_a_step_there_is_nothing_to_compare(
    shown: Callable[..., AppTest],
) -> None:
    app = shown(tone_in_silence())
    assert not app.exception
    assert not app.get("plotly_chart")
    assert "No step is chosen" in app.caption[0].value


def test_silence_is_a_message_with_a_remedy(shown: Callable[..., AppTest]) -> None:
    app = shown(np.zeros(RATE), "cut-silence")
    assert not app.exception
    assert "remove no silence" in app.error[0].value


def test_a_recording_that_is_gone_is_a_message(lab_home: Path) -> None:
    app = AppTest.from_function(
        script, args=("/nowhere/clip.wav", ("trim",)), default_timeout=60
    ).run()
    assert not app.exception
    assert "'clip.wav' cannot be opened" in app.error[0].value
