"""The sentence about the gap says what the numbers say."""

from __future__ import annotations

from typing import Any

import pytest

from ser_core.evaluation.gap import gap_sentence


def result(
    uar: float, interval: list[float] | None = None, **more: Any
) -> dict[str, Any]:
    """Return what the sentence reads of a RESULT."""
    return {
        "uar": uar,
        "uar_interval": interval,
        "n_train": 400,
        "n_speakers": 10,
        "shared_speakers": 10,
        "speaker_independent": False,
        **more,
    }


def test_large_gap_is_explained_by_known_voices() -> None:
    text = gap_sentence(result(0.873, [0.85, 0.9]), result(0.739, [0.7, 0.78]))
    assert "87.3 % on the random split and 73.9 %" in text
    assert "13.4 points less" in text
    assert "all 10 tested speakers are heard in training too" in text
    assert "Expect the lower figure on new voices" in text
    assert "(85.0 to 90.0 and 70.0 to 78.0) do not overlap" in text


def test_some_shared_speakers_are_counted() -> None:
    text = gap_sentence(result(0.8, shared_speakers=7), result(0.7))
    assert "7 of 10 tested speakers" in text


def test_unknown_sharing_is_not_counted() -> None:
    text = gap_sentence(result(0.8, shared_speakers=None), result(0.7))
    assert "the same speakers are heard" in text


def test_overlapping_intervals_are_told() -> None:
    text = gap_sentence(result(0.64, [0.6, 0.68]), result(0.59, [0.55, 0.63]))
    assert "(60.0 to 68.0 and 55.0 to 63.0) overlap" in text


@pytest.mark.parametrize("unseen", [0.595, 0.6, 0.605])
def test_no_gap_is_called_none(unseen: float) -> None:
    text = gap_sentence(result(0.6), result(unseen))
    assert "less than one point apart" in text
    assert "Expect" not in text


def test_reversed_gap_with_more_training_says_so() -> None:
    text = gap_sentence(result(0.593), result(0.623, n_train=482))
    assert "3.0 points more" in text
    assert "482 against 400" in text
    assert "less" not in text


def test_reversed_gap_with_as_much_training_is_chance() -> None:
    text = gap_sentence(result(0.593), result(0.623))
    assert "most likely chance" in text


def test_unknown_gap_of_a_random_split_warns() -> None:
    text = gap_sentence(result(0.9), None)
    assert "could not be measured" in text
    assert "Expect less" in text


def test_speaker_independent_result_stands_alone() -> None:
    text = gap_sentence(result(0.7, speaker_independent=True), None)
    assert "70.0 % on speakers that the model has not heard" in text
