from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from corpus_trees import TreeMaker

from ser_core.corpora.contract import LISTED_PER_KIND
from ser_core.corpora.durations import durations
from ser_core.corpora.inspect import inspection
from ser_core.corpora.reader import read_corpus


def write(path: Path, seconds: float, *, rate: int = 8000, channels: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.zeros((round(seconds * rate), channels)), rate)
    return path


def test_inspection_counts_and_keeps_the_contract_of_its_json(
    make_tree: TreeMaker,
) -> None:
    root = make_tree("03a01Fa.wav", "03a01Wa.wav", "08a01Wa.wav", "x.wav")
    content = inspection(read_corpus(root)).to_json()
    assert json.loads(json.dumps(content)) == content
    assert content["corpus"] == "emo-db"
    assert content["n_utterances"] == 3
    assert content["n_speakers"] == 2
    assert content["duration_s"] is None
    assert content["emotions"] == {"angry": 2, "happy": 1}
    assert content["genders"] == {"female": 1, "male": 2}
    (problem,) = content["problems"]
    assert set(problem) == {"path", "reason"}
    assert problem["path"] == "x.wav"


def test_unknown_speakers_are_not_counted(make_tree: TreeMaker) -> None:
    found = inspection(read_corpus(make_tree("happy/a.wav")))
    assert found.n_speakers == 0
    assert found.genders == {"unknown": 1}


def test_durations_are_summed_when_asked_for(tmp_path: Path) -> None:
    write(tmp_path / "happy" / "a.wav", 1.5)
    write(tmp_path / "sad" / "b.flac", 0.5, rate=96_000, channels=8)
    (tmp_path / "sad" / "c.wav").touch()
    calls: list[int] = []
    found = inspection(read_corpus(tmp_path), durations=True, progress=calls.append)
    assert found.duration_s == pytest.approx(2.0)
    assert [p.path for p in found.problems] == ["sad/c.wav"]
    assert calls == [1, 2, 3]


def test_many_unreadable_files_are_listed_in_part(make_tree: TreeMaker) -> None:
    root = make_tree(*(f"sad/{i}.wav" for i in range(LISTED_PER_KIND + 3)))
    problems = inspection(read_corpus(root), durations=True).problems
    assert len(problems) == LISTED_PER_KIND + 1
    assert problems[-1].reason.startswith("and 3 more")


@pytest.mark.parametrize(
    "content",
    [b"", b"RIFF", b"this is text", b"\0" * 4096, b"fLaC" + b"\xff" * 60, b"OggS" * 9],
)
def test_what_is_no_audio_is_a_failure_with_a_reason(
    tmp_path: Path, content: bytes
) -> None:
    good = write(tmp_path / "good.wav", 0.25)
    bad = tmp_path / "bad.wav"
    bad.write_bytes(content)
    found = durations([bad, good])
    assert found.seconds == {good: 0.25}
    (failure,) = found.failures
    assert failure.path == str(bad)
    assert str(bad) not in failure.reason


def test_a_file_without_samples_is_a_failure(tmp_path: Path) -> None:
    (failure,) = durations([write(tmp_path / "empty.wav", 0)]).failures
    assert "no samples" in failure.reason


def test_a_file_that_is_gone_is_a_failure(tmp_path: Path) -> None:
    (failure,) = durations([tmp_path / "gone.wav"]).failures
    assert "does not exist" in failure.reason


def test_a_suffix_that_lies_is_no_obstacle(tmp_path: Path) -> None:
    source = write(tmp_path / "a.aiff", 0.5)
    liar = source.rename(tmp_path / "a.wav")
    assert durations([liar]).seconds == {liar: 0.5}


@pytest.mark.corpora
def test_real_headers_give_the_hours_that_are_known(real_corpora: Path) -> None:
    for folder, hours in (("EMO-DB", 0.41), ("TESS", 0.06)):
        found = inspection(read_corpus(real_corpora / folder), durations=True)
        assert found.problems == ()
        assert found.duration_s is not None
        assert found.duration_s / 3600 == pytest.approx(hours, abs=0.006)
