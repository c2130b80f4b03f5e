"""The benchmark of the demo: what it makes, and that it goes the whole way."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from inference_voices import LoudnessModel

from benchmarks import demo_latency
from ser_core.errors import SerError
from ser_core.features.front_ends import front_end
from ser_core.features.registry import feature_set
from ser_core.models.registry import build_recogniser

pytestmark = pytest.mark.timeout(120)


class ProsodyModel(LoudnessModel):
    """A small trained model with everything that a loaded one has."""

    name = "prosody"
    feature_set = feature_set("prosody")

    def __init__(self) -> None:
        super().__init__()
        X = np.random.default_rng(0).normal(size=(40, self.feature_set.size))
        labels = np.array(["loud", "quiet"] * 20)
        self.recogniser = build_recogniser("lr").fit(X.astype(np.float32), labels)

    def features(self, samples: np.ndarray, *, sample_rate: int) -> np.ndarray:
        return front_end("reference").compute(
            samples, sample_rate=sample_rate, feature_set=self.feature_set
        )

    def probabilities(self, X: np.ndarray) -> np.ndarray:
        return np.asarray(self.recogniser.predict_proba(np.array(X)), np.float64)


def options(seconds: float, file: Path | None = None) -> SimpleNamespace:
    return SimpleNamespace(seconds=seconds, file=file)


def test_every_stage_is_timed_and_stages_add_up_to_the_first_result() -> None:
    content = demo_latency.clip(options(1.5))
    times = demo_latency.one_clip(content, ProsodyModel())
    assert set(times) == {name for name, _ in demo_latency.STAGES}
    assert min(times.values()) > 0
    names = [name for name, _ in demo_latency.STAGES]
    parts = names[: names.index("whole")]
    assert sum(times[name] for name in parts) == pytest.approx(times["whole"])


def test_clip_that_is_not_heard_as_a_whole_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros(16_000), 16_000)
    content = demo_latency.clip(options(1.0, path))
    with pytest.raises(SerError, match="was not heard as a whole"):
        demo_latency.one_clip(content, ProsodyModel())


def test_given_file_is_repeated_or_cut_to_the_length(tmp_path: Path) -> None:
    path = tmp_path / "second.wav"
    soundfile.write(path, np.linspace(-0.5, 0.5, 8_000), 8_000, subtype="FLOAT")
    for seconds in (0.25, 2.5):
        y, sample_rate = demo_latency.given(path, seconds=seconds)
        assert (len(y), sample_rate) == (round(8_000 * seconds), 8_000)
    np.testing.assert_array_equal(y[8_000:16_000], y[:8_000])


@pytest.mark.parametrize("given", [True, False])
def test_long_recording_has_the_length_that_is_asked_for(
    given: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_latency, "VOICES", 1)
    source = None
    if given:
        source = tmp_path / "stereo.wav"
        soundfile.write(source, np.full((8_000, 2), 0.25), 8_000)
    path = tmp_path / "long.wav"
    demo_latency.write_long(path, minutes=0.15, source=source)
    info = soundfile.info(path)
    assert info.frames == 9 * info.samplerate
    assert info.channels == 1


def test_memory_of_children_and_of_the_process_itself_is_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(demo_latency, "POLL_S", 0.01)
    before = demo_latency.psutil.Process().memory_info().rss
    with demo_latency.MemoryWatch() as watch:
        held = np.ones(8_000_000)
        while watch.own_bytes < before + held.nbytes // 2:
            demo_latency.time.sleep(0.01)
    assert watch.own_bytes >= before + held.nbytes // 2
