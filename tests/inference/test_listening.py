"""Hearing recordings: short, long, silent, broken."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile
from inference_voices import RATE, LoudnessModel, voice, wav

from ser_core.audio import decoder_process
from ser_core.audio.decode import decode
from ser_core.errors import AudioError, BusyError, ParameterError
from ser_core.inference.files import recognise_files, recordings_below
from ser_core.inference.listening import WHOLE_S, recognise
from ser_core.inference.results import FileResult
from ser_core.inference.turns import Turns

pytestmark = pytest.mark.timeout(120)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.float32)


def scaled(y: np.ndarray, peak: float) -> np.ndarray:
    return (y * (peak / np.abs(y).max())).astype(np.float32)


@pytest.fixture(scope="module")
def dialogue() -> np.ndarray:
    """A loud voice, a pause, a quiet one, and so on, for 40 seconds."""
    parts = []
    for index in range(8):
        parts += [scaled(voice(index), 0.8 if index % 2 == 0 else 0.1), silence(2.0)]
    return np.concatenate(parts)


def heard(content: bytes, model: Any, **options: Any) -> FileResult:
    return recognise(content, name="voice.wav", model=model, **options)


@pytest.mark.parametrize("n_channels", [1, 2])
def test_short_clip_is_given_to_the_model_as_it_is_decoded(
    n_channels: int, model: LoudnessModel, tmp_path: Path
) -> None:
    y = np.stack([scaled(voice(0), 0.8)] * n_channels, axis=1)
    content = wav(y, subtype="PCM_16")
    result = heard(content, model, timeline=False)
    (tmp_path / "v.wav").write_bytes(content)
    samples, _ = decode(tmp_path / "v.wav")
    assert model.last is not None
    assert np.array_equal(model.last, samples)
    assert result.error is None
    assert result.whole
    assert result.decision is not None
    assert result.decision.emotion == "loud"
    assert result.n_channels == n_channels
    assert result.sample_rate == RATE
    assert result.duration_s == pytest.approx(3.0)
    assert result.y is not None
    assert result.y.ndim == 1


def test_a_file_and_its_content_are_heard_alike(
    model: LoudnessModel, tmp_path: Path
) -> None:
    content = wav(scaled(voice(1), 0.5))
    path = tmp_path / "v.wav"
    path.write_bytes(content)
    of_file = recognise(path, name="v", model=model)
    of_content = recognise(content, name="v", model=model)
    assert of_file.to_json() == of_content.to_json()


def test_long_recording_is_heard_stretch_by_stretch(
    dialogue: np.ndarray, model: LoudnessModel
) -> None:
    result = heard(wav(dialogue), model)
    assert not result.whole
    assert result.y is None
    assert len(result.segments) >= 8
    for index in range(8):
        middle = 5.0 * index + 1.5
        (there,) = [s for s in result.segments if s.start_s <= middle <= s.end_s][:1]
        expected = "loud" if index % 2 == 0 else "quiet"
        assert there.decision.emotion == expected, (index, there)


def test_segments_rise_and_do_not_overlap(
    dialogue: np.ndarray, model: LoudnessModel
) -> None:
    segments = heard(wav(dialogue), model).segments
    edges = [t for s in segments for t in (s.start_s, s.end_s)]
    assert edges == sorted(edges)
    assert edges[-1] <= len(dialogue) / RATE


def test_whole_of_a_long_recording_is_the_mean_weighted_by_length(
    dialogue: np.ndarray, model: LoudnessModel
) -> None:
    result = heard(wav(dialogue), model)
    weights = [s.end_s - s.start_s for s in result.segments]
    expected = np.average(
        [s.probabilities["loud"] for s in result.segments], weights=weights
    )
    assert result.probabilities["loud"] == pytest.approx(expected)
    assert sum(result.probabilities.values()) == pytest.approx(1)


class FarModel(LoudnessModel):
    """Find quiet clips far from the training, and answer up to a distance of 2."""

    card: Any = SimpleNamespace(
        abstention=SimpleNamespace(min_confidence=0.0, max_distance=2.0),
        distances=None,
        calibration=None,
    )

    def distance(self, x: np.ndarray) -> float | None:
        return 1.0 if x[0] > 0.2 else 100.0


def test_long_recording_unlike_the_training_is_unsure(dialogue: np.ndarray) -> None:
    result = heard(wav(scaled(dialogue, 0.1)), FarModel())
    assert {s.decision.emotion for s in result.segments} == {"unsure"}
    assert result.decision is not None
    assert result.decision.emotion == "unsure"
    assert "unlike anything" in result.decision.reasons[0]
    again = result.decided(FarModel.card, 0.0)
    assert again.decision is not None
    assert again.decision.emotion == "unsure"


def test_one_odd_stretch_leaves_a_long_recording_its_answer(
    dialogue: np.ndarray,
) -> None:
    mostly_loud = [scaled(dialogue[: 15 * RATE], 0.8), dialogue[5 * RATE : 10 * RATE]]
    loud = [scaled(voice(index), 0.8) for index in range(4)]
    result = heard(wav(np.concatenate([*mostly_loud, *loud])), FarModel())
    assert "unsure" in {s.decision.emotion for s in result.segments}
    assert result.decision is not None
    assert result.decision.emotion == "loud"


def test_no_more_than_a_stretch_is_ever_given_to_the_model(
    dialogue: np.ndarray, model: LoudnessModel
) -> None:
    heard(wav(np.concatenate([dialogue, dialogue])), model)
    assert max(model.lengths) <= WHOLE_S * RATE / 2


def test_silence_is_unsure_with_a_warning_and_no_failure(model: LoudnessModel) -> None:
    result = heard(wav(silence(2.0)), model)
    assert result.error is None
    assert result.decision is not None
    assert result.decision.emotion == "unsure"
    assert "silence" in [w.code for w in result.warnings]
    assert result.probabilities == {"loud": 0.5, "quiet": 0.5}
    assert model.lengths == []


def test_long_silence_is_unsure_too(model: LoudnessModel) -> None:
    result = heard(wav(silence(WHOLE_S + 5)), model)
    assert result.decision is not None
    assert result.decision.emotion == "unsure"
    assert result.segments == ()


def test_broken_file_has_its_reason_and_no_decision(model: LoudnessModel) -> None:
    result = heard(wav(voice(0))[:300], model)
    assert result.decision is None
    assert result.error is not None
    assert "voice.wav" in result.error


def test_clip_that_cannot_be_analysed_names_its_file(model: LoudnessModel) -> None:
    tone = 0.5 * np.sin(np.arange(50, dtype=np.float32))
    result = heard(wav(tone), model)
    assert result.error is not None
    assert "voice.wav" in result.error
    assert "too few" in result.error


def test_progress_reaches_the_end(dialogue: np.ndarray, model: LoudnessModel) -> None:
    told: list[tuple[float, float]] = []
    heard(wav(dialogue), model, progress=lambda *seconds: told.append(seconds))
    done = [seconds for seconds, _ in told]
    assert done == sorted(done)
    assert done[-1] == pytest.approx(told[-1][1])


def test_seconds_say_where_the_time_went(model: LoudnessModel) -> None:
    seconds = heard(wav(voice(0)), model).seconds
    assert {"decode", "quality", "features", "predict", "total"} <= seconds.keys()
    assert seconds["total"] >= seconds["features"]


def test_one_bad_file_does_not_stop_the_others(
    model: LoudnessModel, tmp_path: Path
) -> None:
    (tmp_path / "a.wav").write_bytes(wav(voice(0)))
    (tmp_path / "b.wav").write_bytes(b"RIFF")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.wav").write_bytes(wav(voice(1)))
    (tmp_path / "notes.txt").write_text("no audio")
    files = recordings_below([tmp_path])
    assert [path.name for path in files] == ["a.wav", "b.wav", "c.wav"]
    results = list(
        recognise_files(files, model=model, name=lambda path: path.name)  # type: ignore[arg-type]
    )
    assert [r.error is None for r in results] == [True, False, True]
    assert [r.file for r in results] == ["a.wav", "b.wav", "c.wav"]


def test_named_file_is_taken_whatever_its_suffix(tmp_path: Path) -> None:
    odd = tmp_path / "recording.bin"
    odd.write_bytes(b"x")
    assert recordings_below([odd, odd]) == [odd]


def test_missing_file_and_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="does not exist"):
        recordings_below([tmp_path / "none.wav"])
    with pytest.raises(ParameterError, match="no recording"):
        recordings_below([tmp_path])


def test_whoever_waits_too_long_for_a_turn_is_told() -> None:
    turns = Turns(1, wait_s=0.01)
    with turns.turn(), pytest.raises(AudioError, match="try again"), turns.turn():
        pass
    with turns.turn():
        pass


def test_a_failure_gives_its_turn_back() -> None:
    turns = Turns(1, wait_s=0.01)
    with pytest.raises(ZeroDivisionError), turns.turn():
        raise ZeroDivisionError
    with turns.turn():
        pass


def test_mp3_and_opus_are_heard_too(model: LoudnessModel, tmp_path: Path) -> None:
    y = scaled(voice(0), 0.8)
    for suffix, container, subtype in (
        ("mp3", "MP3", "MPEG_LAYER_III"),
        ("ogg", "OGG", "VORBIS"),
    ):
        path = tmp_path / f"v.{suffix}"
        soundfile.write(path, y, RATE, format=container, subtype=subtype)
        result = heard(path.read_bytes(), model)
        assert result.error is None, result.error
        assert result.duration_s == pytest.approx(3.0, abs=0.2)


def test_a_busy_server_is_no_fault_of_the_file(
    model: LoudnessModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def acquire(self, timeout: float) -> bool:
            return False

    monkeypatch.setattr(decoder_process, "_slots", Full())
    with pytest.raises(BusyError, match=r"voice\.wav.*try again"):
        heard(wav(voice(0)), model)
