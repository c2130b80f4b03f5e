"""The three-way splits: the report's own, and the one that keeps speakers apart."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from ser_core.errors import ParameterError
from ser_core.evaluation.holdout import random_split, speaker_split

FIVE = ["angry", "frustrated", "happy", "neutral", "sad"]


def labels_of(n: int, seed: int = 0) -> list[str]:
    rng = np.random.default_rng(seed)
    return [str(c) for c in rng.choice(FIVE, size=n, p=[0.12, 0.3, 0.17, 0.3, 0.11])]


def test_random_split_is_the_reports_own() -> None:
    y = np.array(labels_of(400))
    X = np.arange(400)[:, None]
    X_train, X_temp, y_train, y_temp = train_test_split(
        X, y, test_size=0.3, random_state=42, stratify=y
    )
    X_val, X_test, _, _ = train_test_split(
        X_temp, y_temp, test_size=0.5, random_state=42, stratify=y_temp
    )
    split = random_split(y.tolist())
    assert np.array_equal(split.train, X_train[:, 0])
    assert np.array_equal(split.validation, X_val[:, 0])
    assert np.array_equal(split.test, X_test[:, 0])
    assert np.array_equal(y[split.train], y_train)


def test_random_split_gives_the_reports_test_support() -> None:
    total = {"angry": 3112, "frustrated": 7867, "happy": 4068, "neutral": 7359}
    total["sad"] = 25_185 - sum(total.values())
    y = [label for label, count in total.items() for _ in range(count)]
    split = random_split(y)
    assert len(split.test) == 3778
    counts = Counter(np.array(y)[split.test].tolist())
    assert (counts["angry"], counts["frustrated"]) == (467, 1180)
    assert (counts["happy"], counts["neutral"], counts["sad"]) == (610, 1104, 417)


def test_one_class_is_refused_by_name() -> None:
    for split in (random_split, lambda y: speaker_split(y, list("abcd") * 5)):
        with pytest.raises(ParameterError, match="all 20 utterances are 'sad'"):
            split(["sad"] * 20)


def test_no_utterances_are_refused() -> None:
    with pytest.raises(ParameterError, match="there are no utterances"):
        random_split([])


@pytest.mark.parametrize("count", [1, 2, 4])
def test_class_with_too_few_members_is_named_with_its_count(count: int) -> None:
    y = ["happy"] * 50 + ["sad"] * 50 + ["calm"] * count
    with pytest.raises(ParameterError, match=f"'calm' has {count} utterance.*7 or"):
        random_split(y)


def test_seven_members_of_a_class_are_enough() -> None:
    y = ["happy"] * 50 + ["sad"] * 50 + ["calm"] * 7
    split = random_split(y)
    for part in (split.train, split.validation, split.test):
        assert "calm" in np.array(y)[part]


def test_too_few_utterances_for_the_classes_are_refused() -> None:
    with pytest.raises(ParameterError, match="10 utterances of 5 classes"):
        random_split(FIVE * 2)


@settings(max_examples=25, deadline=None)
@given(
    n_speakers=st.integers(3, 30),
    n=st.integers(30, 300),
    seed=st.integers(0, 1000),
)
def test_speakers_never_straddle_two_parts(n_speakers: int, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    speakers = [f"s{i}" for i in rng.integers(0, n_speakers, size=n)]
    speakers[:3] = ["s0", "s1", "s2"]
    y = [("happy", "sad")[i] for i in rng.integers(0, 2, size=n)]
    split = speaker_split(y, speakers)
    who = [
        {speakers[row] for row in part}
        for part in (split.train, split.validation, split.test)
    ]
    assert all(who)
    assert not who[0] & who[1]
    assert not who[0] & who[2]
    assert not who[1] & who[2]
    rows = np.sort(np.concatenate([split.train, split.validation, split.test]))
    assert np.array_equal(rows, np.arange(n))
    assert set(np.array(y)[split.train]) == set(y)


def test_speaker_split_is_near_the_shares_and_the_class_balance() -> None:
    y = labels_of(2000)
    rng = np.random.default_rng(1)
    speakers = [f"actor{i:03d}" for i in rng.integers(0, 60, size=2000)]
    split = speaker_split(y, speakers)
    assert len(split.train) / 2000 == pytest.approx(0.70, abs=0.03)
    assert len(split.test) / 2000 == pytest.approx(0.15, abs=0.03)
    whole = Counter(y)
    held = Counter(np.array(y)[split.test].tolist())
    for label, count in whole.items():
        assert held[label] / count == pytest.approx(0.15, abs=0.06)


def test_speaker_split_is_the_same_every_time() -> None:
    y = labels_of(200)
    speakers = [f"s{i % 11}" for i in range(200)]
    first, second = speaker_split(y, speakers), speaker_split(y, speakers)
    assert np.array_equal(first.test, second.test)
    assert np.array_equal(first.train, second.train)


def test_two_speakers_are_too_few() -> None:
    with pytest.raises(ParameterError, match=r"2 speaker.*3 or more"):
        speaker_split(["sad", "happy"] * 10, ["OAF", "YAF"] * 10)


def test_speaker_bound_classes_are_explained() -> None:
    y = ["happy"] * 5 + ["sad"] * 5 + ["angry"] * 5
    with pytest.raises(ParameterError, match=r"training part with 3 speakers"):
        speaker_split(y, ["a"] * 5 + ["b"] * 5 + ["c"] * 5)


def test_lengths_must_agree() -> None:
    with pytest.raises(ParameterError, match="4 labels but 3 speakers"):
        speaker_split(["sad", "happy"] * 2, ["a", "b", "c"])
