from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest
from corpus_trees import TreeMaker
from hypothesis import given
from hypothesis import strategies as st

from ser_core.corpora.listing import fingerprint, select_evenly
from ser_core.corpora.reader import read_corpus
from ser_core.corpora.utterance import Utterance
from ser_core.errors import CorpusError, ParameterError


@pytest.fixture
def emotions(make_tree: TreeMaker) -> Path:
    root = make_tree("happy/a.wav", "happy/b.wav", "sad/c.wav")
    (root / "happy" / "a.wav").write_bytes(b"1234")
    return root


def test_a_copy_elsewhere_has_the_same_fingerprint(emotions: Path) -> None:
    copy = emotions.parent / "copy"
    shutil.copytree(emotions, copy)
    assert fingerprint(read_corpus(copy)) == fingerprint(read_corpus(emotions))


def test_size_label_and_name_each_change_the_fingerprint(emotions: Path) -> None:
    seen = {fingerprint(read_corpus(emotions))}
    (emotions / "happy" / "a.wav").write_bytes(b"12345")
    seen.add(fingerprint(read_corpus(emotions)))
    (emotions / "happy").rename(emotions / "angry")
    seen.add(fingerprint(read_corpus(emotions)))
    (emotions / "sad" / "c.wav").rename(emotions / "sad" / "d.wav")
    seen.add(fingerprint(read_corpus(emotions)))
    assert len(seen) == 4


def test_a_file_gone_since_is_named(emotions: Path) -> None:
    corpus = read_corpus(emotions)
    (emotions / "sad" / "c.wav").unlink()
    with pytest.raises(
        CorpusError, match=r"c\.wav' was listed .* read the corpus again"
    ):
        fingerprint(corpus)


def utterances(count: int) -> list[Utterance]:
    return [
        Utterance(path=Path(f"{i}.wav"), corpus="folder", emotion="sad", label="sad")
        for i in range(count)
    ]


def test_files_are_taken_evenly_over_the_list() -> None:
    chosen = select_evenly(utterances(10), 4)
    assert [u.path.stem for u in chosen] == ["0", "2", "5", "7"]


@given(count=st.integers(0, 200), limit=st.integers(1, 250))
def test_any_selection_is_ordered_without_repeats_and_even(
    count: int, limit: int
) -> None:
    chosen = [int(u.path.stem) for u in select_evenly(utterances(count), limit)]
    assert len(chosen) == min(count, limit)
    gaps = {b - a for a, b in itertools.pairwise(chosen)}
    assert all(gap >= 1 for gap in gaps)
    assert not gaps or max(gaps) - min(gaps) <= 1


def test_no_limit_takes_all() -> None:
    assert len(select_evenly(utterances(7), None)) == 7


@pytest.mark.parametrize("limit", [0, -2])
def test_a_limit_below_one_is_refused(limit: int) -> None:
    with pytest.raises(ParameterError, match=f"limit = {limit} is not allowed"):
        select_evenly(utterances(3), limit)
