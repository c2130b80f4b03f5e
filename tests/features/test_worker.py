from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser_core.errors import ParameterError
from ser_core.execution import map, open_backend
from ser_core.features import ExtractionTask, extract, feature_set

ROOT = Path(__file__).resolve().parents[2]
TASK = ExtractionTask(feature_set=feature_set("mfcc13x500"))

# numba compiles the resampler where its cache is cold
pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return tones of several rates and lengths, with broken files among them."""
    folder = tmp_path_factory.mktemp("recordings")
    paths = []
    for i in range(16):
        sample_rate = (16_000, 44_100, 48_000)[i % 3]
        t = np.arange(int(sample_rate * (0.1 + 0.2 * (i % 5)))) / sample_rate
        noise = np.random.default_rng(i).normal(scale=0.01, size=len(t))
        y = 0.3 * np.sin(2 * np.pi * (120 + 30 * i) * t) + noise
        path = folder / f"{i:02d}.flac"
        soundfile.write(path, y, sample_rate)
        paths.append(str(path))
    Path(paths[5]).write_bytes(b"")
    Path(paths[9]).write_text("no sound")
    Path(paths[12]).unlink()
    return paths


def test_a_file_that_fails_is_listed_and_not_raised(recordings: list[str]) -> None:
    results = list(map(TASK, recordings))
    failed = {r.path: r.error for r in results if r.values is None}
    assert list(failed) == [recordings[i] for i in (5, 9, 12)]
    for path, error in failed.items():
        assert error is not None
        assert error.startswith(f"'{path}' ")
    assert [r.path for r in results] == recordings
    assert all(r.error is None for r in results if r.values is not None)


def test_values_are_those_of_extract(recordings: list[str]) -> None:
    result = TASK(recordings[0])
    assert result.values is not None
    assert np.array_equal(result.values, extract(recordings[0], TASK.feature_set))


@pytest.mark.parametrize(
    ("backend", "n_workers"),
    # each worker process imports librosa anew; tests/execution has every number
    [("threads", 2), ("threads", 3), ("processes", 2), ("loky", 2)],
)
def test_features_are_the_same_to_the_bit_from_every_back_end(
    recordings: list[str], backend: str, n_workers: int
) -> None:
    expected = list(map(TASK, recordings))
    results = list(
        map(
            TASK,
            recordings,
            backend=backend,
            n_workers=n_workers,
            chunk_size=3,
        )
    )
    assert [r.path for r in results] == recordings
    assert [r.error for r in results] == [r.error for r in expected]
    assert [None if r.values is None else r.values.tobytes() for r in results] == [
        None if r.values is None else r.values.tobytes() for r in expected
    ]


def test_times_and_worker_are_told(recordings: list[str]) -> None:
    before = time.monotonic()
    with open_backend("threads", n_workers=2) as backend:
        backend.start()
        workers = set(backend.warm_up(TASK, recordings[0]))
        results = list(backend.map(TASK, recordings))
    after = time.monotonic()
    assert {r.worker for r in results} <= workers
    for result in results:
        assert before <= result.started_s <= result.ended_s <= after
    assert TASK(recordings[0]).worker == str(os.getpid())


def test_digital_silence_is_noted_and_extracted(tmp_path: Path) -> None:
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros(4_410), 44_100)
    result = TASK(str(path))
    assert result.values is not None
    assert result.error is None
    assert result.note is not None
    assert "digital silence" in result.note


def test_a_file_beyond_the_memory_is_listed(
    monkeypatch: pytest.MonkeyPatch, recordings: list[str]
) -> None:
    def fail(_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("ser_core.features.worker.decode", fail)
    result = TASK(recordings[0])
    assert result.values is None
    assert result.error is not None
    assert "needs more memory" in result.error


def test_a_mistake_of_ours_is_raised_and_not_listed(
    monkeypatch: pytest.MonkeyPatch, recordings: list[str]
) -> None:
    def fail(_: object) -> None:
        raise TypeError("a mistake")

    monkeypatch.setattr("ser_core.features.worker.decode", fail)
    with pytest.raises(TypeError, match="a mistake"):
        TASK(recordings[0])


def test_an_unknown_front_end_is_refused_before_any_work() -> None:
    with pytest.raises(ParameterError, match="choose one of: reference"):
        ExtractionTask(feature_set=feature_set("mfcc13x500"), front_end="fast")


def test_a_task_is_small_to_send() -> None:
    assert len(pickle.dumps(TASK)) < 1_000
    assert pickle.loads(pickle.dumps(TASK)) == TASK


def test_a_result_survives_the_way_back(recordings: list[str]) -> None:
    result = TASK(recordings[0])
    again = pickle.loads(pickle.dumps(result))
    assert np.array_equal(again.values, result.values)
    assert (again.path, again.worker) == (result.path, result.worker)


def in_fresh_interpreter(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_fresh_threads_extract_at_once_and_load_no_heavy_package(
    recordings: list[str],
) -> None:
    said = in_fresh_interpreter(
        "import sys\n"
        "from ser_core.execution import map\n"
        "from ser_core.features import ExtractionTask, feature_set\n"
        "assert 'librosa' not in sys.modules\n"
        "task = ExtractionTask(feature_set=feature_set('mfcc13x500'))\n"
        f"paths = {recordings[:4]!r}\n"
        "results = list(map(task, paths, backend='threads', n_workers=4))\n"
        "heavy = ('streamlit', 'pandas', 'sklearn', 'torch', 'plotly')\n"
        "print([r.error for r in results], [m for m in heavy if m in sys.modules])"
    )
    assert said == "[None, None, None, None] []\n"


def test_work_below_a_thread_of_ours_is_named_after_it(recordings: list[str]) -> None:
    seen: list[str] = []
    thread = threading.Thread(
        target=lambda: seen.append(TASK(recordings[0]).worker), name="mine"
    )
    thread.start()
    thread.join()
    assert seen == [f"{os.getpid()}/mine"]
