"""Matrices of whole corpora: rows, failures, duplicates, and how they are kept."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from threadpoolctl import threadpool_limits

from ser_core.corpora.reader import read_corpus
from ser_core.corpora.utterance import Corpus
from ser_core.errors import CorpusError, ParameterError, SerError
from ser_core.features import FRONT_ENDS, extract, feature_set, front_end
from ser_core.features.content import content_hash
from ser_core.features.feature_set import MfccFrames
from ser_core.features.matrix import (
    FRONT_END_VERSIONS,
    FeatureMatrix,
    feature_matrix,
    matrix_key,
    open_matrix,
)
from ser_core.store.data_folder import DataFolder
from ser_core.store.features import FeatureStore

# numba compiles the resampler where its cache is cold
pytestmark = pytest.mark.timeout(120)

RATE = 44_100
SMALL = MfccFrames(name="small", n_frames=20, n_mfcc=5)


def tone(*, pitch_hz: float = 440.0, n_samples: int = 8_000) -> np.ndarray:
    rng = np.random.default_rng(int(pitch_hz))
    t = np.arange(n_samples) / RATE
    y = 0.3 * np.sin(2 * np.pi * pitch_hz * t) + 0.01 * rng.standard_normal(n_samples)
    return (np.round(y * 32767) / 32768).astype(np.float32)  # survives 16 bits


def write(path: Path, y: np.ndarray, *, rate: int = RATE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, y, rate, subtype="PCM_16")
    return path


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """Make four tones, a broken file and one of digital silence."""
    root = tmp_path / "corpus"
    for i, label in enumerate(["happy", "sad"] * 2):
        write(root / label / f"{i}.wav", tone(pitch_hz=300 + 100 * i))
    (root / "happy" / "broken.wav").write_bytes(b"RIFF, but no more")
    write(root / "sad" / "silent.wav", np.zeros(9_000, np.float32))
    return read_corpus(root)


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "data").prepare()


@pytest.fixture
def compute(data: DataFolder) -> Callable[..., FeatureMatrix]:
    def run(*corpora: Corpus, **options: Any) -> FeatureMatrix:
        chosen = {"backend": "sequential", **options}
        return feature_matrix(corpora, SMALL, data=data, **chosen)

    return run


Compute = Callable[..., FeatureMatrix]


def test_rows_are_the_features_of_their_files(corpus: Corpus, compute: Compute) -> None:
    matrix = compute(corpus)
    assert matrix.X.dtype == np.float32
    assert isinstance(matrix.X, np.memmap)
    assert not matrix.X.flags.writeable
    assert matrix.X.shape == (5, 100)
    files = [corpus.root / path for path in matrix.paths]
    assert [utterance.path for utterance in matrix.utterances] == files
    with threadpool_limits(1):  # as every back end; other counts round otherwise
        expected = [extract(path, SMALL).reshape(-1) for path in files]
    assert np.array_equal(matrix.X, expected)
    assert matrix.column_names == tuple(SMALL.column_names())
    assert matrix.corpora == ("folder",)
    assert matrix.feature_set["key"] == SMALL.key


def test_broken_file_is_listed_and_has_no_row(corpus: Corpus, compute: Compute) -> None:
    matrix = compute(corpus)
    (failure,) = matrix.failures
    assert failure.path == "happy/broken.wav"
    assert "not readable as audio" in failure.reason
    assert str(corpus.root) not in failure.reason
    assert "happy/broken.wav" not in matrix.paths


def test_digital_silence_is_noted_and_kept(corpus: Corpus, compute: Compute) -> None:
    matrix = compute(corpus)
    (note,) = matrix.notes
    assert note.startswith("'sad/silent.wav' is digital silence")
    assert "sad/silent.wav" in matrix.paths


def test_second_call_computes_nothing(corpus: Corpus, compute: Compute) -> None:
    events: list[dict[str, Any]] = []
    first = compute(corpus, emit=events.append)
    assert events[-1]["done"] == events[-1]["total"] == 6
    assert events[-1]["what"] == "feature extraction"
    assert events[-1]["remaining_s"] == 0
    events.clear()
    second = compute(corpus, emit=events.append)
    assert events == []
    assert second.key == first.key
    assert second.utterances == first.utterances
    assert second.failures == first.failures
    assert second.notes == first.notes
    assert np.array_equal(first.X, second.X)


@pytest.mark.parametrize("backend", ["threads", "loky"])
def test_other_back_ends_give_the_same_bits(
    corpus: Corpus, compute: Compute, tmp_path: Path, backend: str
) -> None:
    expected = compute(corpus)
    matrix = feature_matrix(
        [corpus],
        SMALL,
        data=DataFolder(tmp_path / "other").prepare(),
        backend=backend,
        n_workers=2,
    )
    assert matrix.X.tobytes() == expected.X.tobytes()
    assert matrix.paths == expected.paths
    assert matrix.duplicates == expected.duplicates


def test_corpora_follow_each_other(
    corpus: Corpus, compute: Compute, tmp_path: Path
) -> None:
    root = tmp_path / "second"
    write(root / "angry" / "0.wav", tone(pitch_hz=900))
    (root / "angry" / "1.wav").write_bytes(b"")
    second = read_corpus(root)
    matrix = compute(second, corpus)
    assert matrix.corpus_of_row.tolist() == [0, 1, 1, 1, 1, 1]
    assert matrix.paths[0] == "angry/0.wav"
    assert {f.path for f in matrix.failures} == {
        "folder: angry/1.wav",
        "folder: happy/broken.wav",
    }
    assert matrix.key != matrix_key([corpus, second], SMALL)


def test_same_audio_in_other_files_is_one_group(
    compute: Compute, tmp_path: Path
) -> None:
    root, y = tmp_path / "corpus", tone()
    write(root / "happy" / "a.wav", y)
    write(root / "happy" / "b.flac", y)
    write(root / "sad" / "c.aiff", np.stack([y, y], axis=1))
    write(root / "sad" / "d.wav", tone(pitch_hz=500))
    write(root / "sad" / "e.wav", y, rate=22_050)
    matrix = compute(read_corpus(root))
    (group,) = matrix.duplicates
    assert [matrix.paths[i] for i in group] == [
        "happy/a.wav",
        "happy/b.flac",
        "sad/c.aiff",
    ]


def test_stored_matrix_knows_files_and_no_labels(
    corpus: Corpus, compute: Compute, data: DataFolder
) -> None:
    matrix = compute(corpus)
    stored = open_matrix(data, matrix.key)
    assert stored.utterances == ()
    assert stored.paths == matrix.paths
    assert np.array_equal(stored.X, matrix.X)
    relabelled = replace(
        corpus, utterances=tuple(replace(u, speaker="x") for u in corpus.utterances)
    )
    labelled = open_matrix(data, matrix.key, corpora=[relabelled])
    assert {u.speaker for u in labelled.utterances} == {"x"}
    text = (matrix.path.parent / "index.json").read_text(encoding="utf-8")
    assert str(corpus.root) not in text
    assert '"emotion"' not in text


def test_corpora_that_lack_a_row_are_refused(
    corpus: Corpus, compute: Compute, data: DataFolder
) -> None:
    matrix = compute(corpus)
    fewer = replace(corpus, utterances=corpus.utterances[:2])
    with pytest.raises(ParameterError, match=r"sad/.*do not list"):
        open_matrix(data, matrix.key, corpora=[fewer])


def test_matrix_that_is_not_stored_is_said(data: DataFolder) -> None:
    with pytest.raises(SerError, match=r"000000000000… is not stored"):
        open_matrix(data, "0" * 64)


def test_key_changes_with_the_corpus_and_the_features_alone(corpus: Corpus) -> None:
    key = matrix_key([corpus], SMALL)
    assert key == matrix_key([corpus], replace(SMALL))
    assert key != matrix_key([corpus], replace(SMALL, version=2))
    fewer = replace(corpus, utterances=corpus.utterances[1:])
    assert key != matrix_key([fewer], SMALL)


def test_torn_matrix_is_computed_again(corpus: Corpus, compute: Compute) -> None:
    matrix = compute(corpus)
    expected = np.array(matrix.X)
    content = bytearray(matrix.path.read_bytes())
    content[-400:] = bytes(400)
    matrix.path.write_bytes(content)
    events: list[dict[str, Any]] = []
    again = compute(corpus, emit=events.append)
    assert events
    assert np.array_equal(again.X, expected)


def test_interrupted_extraction_is_continued(
    corpus: Corpus, data: DataFolder, tmp_path: Path
) -> None:
    expected = feature_matrix(
        [corpus],
        SMALL,
        data=DataFolder(tmp_path / "other").prepare(),
        backend="sequential",
    )
    events: list[dict[str, Any]] = []

    def interrupt(event: dict[str, Any]) -> None:
        if event["done"] == 4:
            raise KeyboardInterrupt

    options: dict[str, Any] = {"data": data, "backend": "sequential"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ser_core.features.progress.PROGRESS_S", 0.0)
        with pytest.raises(KeyboardInterrupt):
            feature_matrix([corpus], SMALL, emit=interrupt, **options)
        matrix = feature_matrix([corpus], SMALL, emit=events.append, **options)
    assert events[0]["message"].startswith("4 of 6 files were done before")
    assert [event["done"] for event in events[1:]] == [5, 6]
    assert matrix.X.tobytes() == expected.X.tobytes()
    assert matrix.failures == expected.failures
    assert matrix.notes == expected.notes
    assert matrix.paths == expected.paths


def test_versions_in_the_key_are_those_of_the_front_ends() -> None:
    versions = {name: front_end(name).version for name in FRONT_ENDS}
    assert versions == FRONT_END_VERSIONS


def test_two_jobs_compute_a_matrix_once(corpus: Corpus, data: DataFolder) -> None:
    events: list[tuple[str, str]] = []
    other_started = threading.Event()

    def follow(name: str) -> Callable[[dict[str, Any]], None]:
        def emit(event: dict[str, Any]) -> None:
            events.append((name, event["type"]))
            if event["type"] == "log":
                other_started.set()

        return emit

    def run(name: str) -> None:
        feature_matrix(
            [corpus], SMALL, data=data, backend="sequential", emit=follow(name)
        )

    threads = [threading.Thread(target=run, args=("second",))]
    key = matrix_key([corpus], SMALL)
    with FeatureStore(data.features).locked(key):
        threads[0].start()
        assert other_started.wait(timeout=60)
        threads.append(threading.Thread(target=run, args=("third",)))
        threads[1].start()
    for thread in threads:
        thread.join(timeout=60)
    assert len({name for name, kind in events if kind == "progress"}) == 1


def test_corpus_without_a_readable_file_is_refused_and_nothing_kept(
    data: DataFolder, compute: Compute, tmp_path: Path
) -> None:
    root = tmp_path / "corpus"
    (root / "sad").mkdir(parents=True)
    for name in ("a.wav", "b.wav"):
        (root / "sad" / name).write_bytes(b"RIFF, but no more")
    with pytest.raises(CorpusError, match=r"none of the 2 files.*not readable"):
        compute(read_corpus(root))
    assert FeatureStore(data.features).keys() == []


def test_nothing_to_compute_is_refused(compute: Compute, corpus: Corpus) -> None:
    with pytest.raises(CorpusError, match="no utterances"):
        compute(replace(corpus, utterances=()))
    with pytest.raises(CorpusError, match="no corpus: no utterances"):
        compute()


def test_disk_without_room_is_refused_before_the_work(
    corpus: Corpus, compute: Compute, data: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[dict[str, Any]] = []
    monkeypatch.setattr("ser_core.store.matrix_file._free_bytes", lambda folder: 100)
    with pytest.raises(SerError, match=r"need 0 MB.*make room"):
        compute(corpus, emit=events.append)
    assert events == []
    assert FeatureStore(data.features).keys() == []


def test_unknown_front_end_is_refused(compute: Compute, corpus: Corpus) -> None:
    with pytest.raises(ParameterError, match="front_end = 'gpu'"):
        compute(corpus, front_end="gpu")


def test_hash_of_a_sound_knows_rate_and_every_sample() -> None:
    y = tone()
    changed = y.copy()
    changed[-1] += np.float32(1 / 32768)
    hashes = {
        content_hash(y, sample_rate=RATE),
        content_hash(changed, sample_rate=RATE),
        content_hash(y, sample_rate=16_000),
        content_hash(y[:-1], sample_rate=RATE),
    }
    assert len(hashes) == 4
    assert content_hash(y.copy(), sample_rate=RATE) in hashes


@pytest.mark.corpora
def test_real_recordings_give_one_row_each(data: DataFolder) -> None:
    root = os.environ.get("SER_TEST_CORPORA")
    if not root:
        pytest.skip("SER_TEST_CORPORA does not name the folder of real corpora")
    whole = read_corpus(Path(root) / "EMO-DB")
    corpus = replace(whole, utterances=whole.utterances[:8])
    matrix = feature_matrix(
        [corpus], feature_set("mfcc13x500"), data=data, backend="sequential"
    )
    assert matrix.X.shape == (8, 6500)
    assert matrix.failures == ()
    assert matrix.duplicates == ()
    assert np.isfinite(matrix.X).all()
