"""Shared speakers and mixed label sets."""

from __future__ import annotations

import pytest
from spoken import spoken, thai

from ser_core.errors import ParameterError
from ser_core.evaluation.groups import corpus_names, group_rows, speaker_names
from ser_core.evaluation.leakage import label_table, shared_speakers


def test_shared_speakers_are_named() -> None:
    assert shared_speakers(["a", "b"], ["b", "a", "c"]) == ("a", "b")
    assert shared_speakers(["a"], ["b"]) == ()


@pytest.mark.parametrize(("train", "test"), [(["a", None], ["b"]), (["a"], [None])])
def test_unknown_speaker_leaves_it_open(
    train: list[str | None], test: list[str | None]
) -> None:
    assert shared_speakers(train, test) is None


def test_label_table_of_two_corpora_says_what_is_dropped() -> None:
    table = label_table(
        {
            "ravdess": spoken(30, n_speakers=2, emotions=("angry", "calm", "sad")),
            "tess": spoken(20, n_speakers=1, emotions=("angry", "sad")),
        }
    )
    assert table.common == ("angry", "sad")
    assert table.dropped == {"calm": table.counts["ravdess"]["calm"]}
    assert table.words == (
        "ravdess, tess have 2 emotions in common: angry, sad. Not in every corpus, "
        f"and dropped: calm ({table.dropped['calm']})."
    )


def test_label_table_of_one_corpus_drops_nothing() -> None:
    table = label_table({"tess": spoken(20, n_speakers=1)})
    assert table.dropped == {}
    assert table.words == "tess have 4 emotions: angry, happy, neutral, sad."


def test_label_table_without_common_emotions_says_so() -> None:
    table = label_table(
        {
            "a": spoken(4, n_speakers=1, emotions=("sad",)),
            "b": spoken(4, n_speakers=1, emotions=("happy",)),
        }
    )
    assert table.common == ()
    assert table.words == "a, b have no emotion in common."


def test_label_table_of_nothing_is_refused() -> None:
    with pytest.raises(ParameterError, match="no corpus is given"):
        label_table({})


def test_speakers_of_pooled_corpora_carry_the_corpus() -> None:
    utterances = [
        *spoken(2, n_speakers=1),
        *spoken(1, n_speakers=1, corpus="tess"),
        *spoken(1, n_speakers=None, corpus="folder"),
    ]
    assert speaker_names(utterances) == ("ravdess/01", "ravdess/01", "tess/01", None)
    assert speaker_names(utterances[:2]) == ("01", "01")


def test_two_corpora_of_one_reader_are_told_apart_by_number() -> None:
    utterances = spoken(4, n_speakers=1)
    assert corpus_names(utterances, [0, 0, 1, 1]) == [
        "ravdess 1",
        "ravdess 1",
        "ravdess 2",
        "ravdess 2",
    ]
    assert corpus_names(utterances, [3, 3, 3, 3]) == ["ravdess"] * 4
    assert corpus_names(utterances, ["a", "a", "b", "b"]) == ["a", "a", "b", "b"]


def test_speakers_of_one_corpus_are_kept_where_another_has_sessions_only() -> None:
    utterances = [
        *spoken(2, n_speakers=2),
        thai("s001", None, "sad", 1),
        thai("s001", "002", "sad", 2),
    ]
    grouping = group_rows(utterances)
    assert grouping.kind == "session"
    assert grouping.names[2:] == ("thai-ser/session s001",) * 2
    assert set(grouping.names[:2]) == {"ravdess/01", "ravdess/02"}
