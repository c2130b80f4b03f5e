"""Folds of every split: what is kept apart, what is refused, what is sklearn's own."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import (
    GroupKFold,
    LeaveOneGroupOut,
    StratifiedKFold,
    train_test_split,
)
from spoken import FOUR, emotions_of, spoken, thai

from ser_core.corpora.utterance import Utterance
from ser_core.errors import ParameterError
from ser_core.evaluation.folds import Splitting, fold_of_row
from ser_core.evaluation.splits import (
    RANDOM_SPLITS,
    SHORT_FORMS,
    SPLITS,
    companion,
    full_name,
    split_utterances,
)


def split(name: str, utterances: Sequence[Utterance], **more: object) -> Splitting:
    return split_utterances(name, utterances, emotions_of(utterances), **more)  # type: ignore[arg-type]


def parts(splitting: Splitting) -> list[tuple[list[int], list[int], list[int]]]:
    return [
        (f.train.tolist(), f.validation.tolist(), f.test.tolist())
        for f in splitting.folds
    ]


# --- scikit-learn's own -----------------------------------------------------------


def test_random_80_20_is_sklearns_stratified_draw() -> None:
    utterances = spoken(200, n_speakers=10)
    train, test = train_test_split(
        np.arange(200), test_size=0.2, random_state=7, stratify=emotions_of(utterances)
    )
    found = parts(split("random-80-20", utterances, seed=7))
    assert found == [(train.tolist(), [], test.tolist())]


def test_random_70_15_15_has_a_validation_part_and_is_the_short_forms_meaning() -> None:
    utterances = spoken(200, n_speakers=10)
    found = split("random", utterances)
    assert found.name == "random-70-15-15"
    assert [len(part) for part in parts(found)[0]] == [140, 30, 30]
    assert not found.speaker_independent
    assert found.groups == "none"


def test_kfold_is_sklearns_stratified_k_fold() -> None:
    utterances = spoken(103, n_speakers=10)
    folder = StratifiedKFold(5, shuffle=True, random_state=0)
    expected = [
        (train.tolist(), [], test.tolist())
        for train, test in folder.split(np.zeros(103), emotions_of(utterances))
    ]
    assert parts(split("kfold", utterances, seed=0)) == expected


@pytest.mark.parametrize(("corpus", "n_folds"), [("ravdess", 6), ("crema-d", 5)])
def test_speaker_folds_are_sklearns_group_k_fold(corpus: str, n_folds: int) -> None:
    utterances = spoken(24 * 8, n_speakers=24, corpus=corpus)
    who = np.array([u.speaker for u in utterances])
    folder = GroupKFold(n_folds, shuffle=True, random_state=0)
    expected = [
        (train.tolist(), [], test.tolist())
        for train, test in folder.split(who, groups=who)
    ]
    found = split("speaker", utterances, seed=0)
    assert parts(found) == expected
    assert found.speaker_independent
    assert found.groups == "speaker"


def test_loso_is_sklearns_leave_one_group_out() -> None:
    utterances = spoken(60, n_speakers=5)
    who = np.array([u.speaker for u in utterances])
    expected = [
        (train.tolist(), [], test.tolist())
        for train, test in LeaveOneGroupOut().split(who, groups=who)
    ]
    found = split("loso", utterances)
    assert parts(found) == expected
    assert [fold.name for fold in found.folds] == ["01", "02", "03", "04", "05"]


@pytest.mark.parametrize(("n_speakers", "n_folds"), [(2, 2), (4, 4), (10, 10), (11, 5)])
def test_few_speakers_are_left_out_one_by_one(n_speakers: int, n_folds: int) -> None:
    utterances = spoken(n_speakers * 12, n_speakers=n_speakers, corpus="emo-db")
    assert len(split("speaker", utterances).folds) == n_folds


# --- what every split keeps -------------------------------------------------------


@st.composite
def labelled(
    draw: st.DrawFn, *, pooled: bool
) -> tuple[list[Utterance], list[list[int]]]:
    """Draw utterances of one or two corpora with some copies among them."""
    n = draw(st.integers(24, 120))
    seed = draw(st.integers(0, 99))
    n_speakers = draw(st.integers(2, 9))
    utterances = spoken(n, n_speakers=n_speakers, seed=seed)
    if pooled or draw(st.booleans()):
        more = spoken(n, n_speakers=3, corpus="tess", emotions=FOUR[:3], seed=seed)
        utterances += more
    row = st.integers(0, len(utterances) - 1)
    copies = draw(st.lists(st.lists(row, min_size=2, max_size=4), max_size=6))
    return utterances, copies


@pytest.mark.parametrize("name", SPLITS[:-1])
@settings(max_examples=25, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_parts_are_disjoint_voices_and_copies_are_kept_apart(
    name: str, data: st.DataObject, seed: int
) -> None:
    utterances, copies = data.draw(labelled(pooled=name == "loco"))
    try:
        found = split(name, utterances, seed=seed, duplicates=copies)
    except ParameterError:
        return  # too few of something; the message is tested below
    again = split(name, utterances, seed=seed, duplicates=copies)
    assert parts(again) == parts(found)
    tested = [row for _, _, test in parts(found) for row in test]
    assert len(tested) == len(set(tested))
    y = np.array(emotions_of(utterances))
    who = [(u.corpus, u.speaker) for u in utterances]
    for train, validation, test in parts(found):
        assert train
        assert test
        assert not set(train) & set(validation)
        assert not set(train) & set(test)
        assert not set(validation) & set(test)
        assert set(y[test]) <= set(y[train])
        where = {
            row: i for i, part in enumerate((train, validation, test)) for row in part
        }
        for group in copies:
            assert len({where[row] for row in group if row in where}) <= 1
        if found.speaker_independent:
            assert not {who[i] for i in train} & {who[i] for i in test}


@pytest.mark.parametrize("name", ["kfold", "speaker", "loso"])
def test_every_row_is_tested_exactly_once(name: str) -> None:
    utterances = spoken(96, n_speakers=6)
    found = split(name, utterances, duplicates=[(0, 1, 2), (5, 90)])
    assert Counter(i for _, _, test in parts(found) for i in test) == Counter(range(96))
    assert found.n_tested == 96


def test_another_seed_gives_another_draw() -> None:
    utterances = spoken(120, n_speakers=12)
    for name in ("random-70-15-15", "random-80-20", "kfold", "speaker"):
        assert parts(split(name, utterances, seed=1)) != parts(
            split(name, utterances, seed=2)
        )


def test_fold_of_row_names_the_fold_that_tests_it() -> None:
    utterances = spoken(8, n_speakers=2, emotions=FOUR[:2])
    names = fold_of_row(split("loso", utterances), n_rows=8)
    assert names == [u.speaker for u in utterances]


# --- copies of the same audio -----------------------------------------------------


def test_copy_of_a_tested_recording_leaves_training_and_the_test_stays_as_drawn() -> (
    None
):
    utterances = spoken(100, n_speakers=5)
    plain = parts(split("random-80-20", utterances, seed=3))[0]
    tested, trained = plain[2][0], plain[0][0]
    found = split("random-80-20", utterances, seed=3, duplicates=[(tested, trained)])
    train, _, test = parts(found)[0]
    assert test == plain[2]
    assert train == [row for row in plain[0] if row != trained]
    assert "1 recording(s) are there more than once" in found.notes[0]


def test_groups_of_copies_that_share_a_row_are_one() -> None:
    utterances = spoken(100, n_speakers=5)
    train, _, test = parts(split("random-80-20", utterances, seed=3))[0]
    chain = [(test[0], train[0]), (train[0], train[1])]
    kept = parts(split("random-80-20", utterances, seed=3, duplicates=chain))[0][0]
    assert not {train[0], train[1]} & set(kept)


def test_copies_with_different_labels_are_told() -> None:
    utterances = spoken(100, n_speakers=5)
    y = emotions_of(utterances)
    other = next(i for i in range(100) if y[i] != y[0])
    notes = split("kfold", utterances, duplicates=[(0, other)]).notes
    assert any("different labels for the same audio" in note for note in notes)


def test_row_of_a_duplicate_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"row\(s\) \[1, 500\].*100 rows"):
        split("kfold", spoken(100, n_speakers=5), duplicates=[(1, 500)])


# --- several corpora --------------------------------------------------------------


def test_speakers_of_two_corpora_with_one_name_are_two_speakers() -> None:
    utterances = [
        *spoken(48, n_speakers=3),
        *spoken(48, n_speakers=3, corpus="crema-d", seed=1),
    ]
    names = [fold.name for fold in split("loso", utterances).folds]
    assert names == [f"{c}/0{i}" for c in ("crema-d", "ravdess") for i in (1, 2, 3)]


def test_loco_tests_each_corpus_on_the_classes_that_all_have() -> None:
    utterances = [
        *spoken(40, n_speakers=4),
        *spoken(30, n_speakers=2, corpus="tess", emotions=("angry", "sad", "disgust")),
    ]
    found = split("loco", utterances)
    assert [fold.name for fold in found.folds] == ["ravdess", "tess"]
    used = {utterances[i].emotion for p in parts(found)[0] for i in p}
    assert used == {"angry", "sad"}
    assert "30 utterances are in no part" in found.notes[0]
    assert "disgust, happy, neutral" in found.notes[0]
    assert found.groups == "corpus"


def test_corpora_given_by_number_are_named_after_their_readers() -> None:
    utterances = spoken(40, n_speakers=None, corpus="folder")
    numbers = [i % 2 for i in range(40)]
    found = split("loco", utterances, corpora=numbers)
    assert [fold.name for fold in found.folds] == ["folder 1", "folder 2"]
    assert parts(found)[0][2] == list(range(0, 40, 2))


@pytest.mark.parametrize("name", ["speaker", "loso"])
def test_a_speaker_of_two_corpora_of_one_reader_is_one_speaker(name: str) -> None:
    """Speech and song of RAVDESS, in folders of their own, have the same actors."""
    utterances = spoken(96, n_speakers=6)
    found = split(name, utterances, corpora=[i % 2 for i in range(96)])
    assert len(found.folds) == 6
    for train, _, test in parts(found):
        assert not {utterances[i].speaker for i in train} & {
            utterances[i].speaker for i in test
        }


def test_loco_trains_on_no_speaker_that_it_tests() -> None:
    here = spoken(48, n_speakers=6)
    there = [u for u in spoken(96, n_speakers=8, seed=1) if u.speaker not in ("01",)]
    utterances = [*here, *there]
    numbers = [0] * len(here) + [1] * len(there)
    found = split("loco", utterances, corpora=numbers)
    assert [{utterances[i].speaker for i in fold.train} for fold in found.folds] == [
        {"07", "08"},
        {"01"},
    ]
    assert [len(fold.test) for fold in found.folds] == [len(here), len(there)]
    assert "5 speakers are in more than one corpus" in " ".join(found.notes)


def test_loco_of_the_same_speakers_is_refused() -> None:
    utterances = spoken(48, n_speakers=6)
    with pytest.raises(ParameterError, match=r"same speakers.*take the split speaker"):
        split("loco", utterances, corpora=[i % 2 for i in range(48)])


def test_copies_are_named_where_they_leave_no_training_part() -> None:
    utterances = spoken(24, n_speakers=4)
    with pytest.raises(ParameterError, match="recordings with the same audio"):
        split("kfold", utterances, n_folds=3, duplicates=[range(24)])


def test_sessions_stand_for_speakers_that_thai_ser_does_not_name() -> None:
    utterances = [
        thai(f"s{1 + i % 12:03d}", None, FOUR[i // 12 % 4], i) for i in range(96)
    ]
    found = split("speaker", utterances)
    assert found.groups == "session"
    assert found.speaker_independent
    assert "96 of 96 utterances is unknown: recording sessions" in found.notes[0]
    for train, _, test in parts(found):
        assert not {utterances[i].session for i in train} & {
            utterances[i].session for i in test
        }


# --- what cannot be split ---------------------------------------------------------


def test_unknown_split_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ParameterError, match=r"'banana' is not known.*loso.*random"):
        full_name("banana")


@pytest.mark.parametrize("name", SPLITS)
def test_one_class_is_refused_by_every_split(name: str) -> None:
    with pytest.raises(ParameterError, match="all 40 utterances are 'sad'"):
        split(name, spoken(40, n_speakers=4, emotions=("sad",)))


@pytest.mark.parametrize("name", SPLITS)
def test_no_utterances_are_refused_by_every_split(name: str) -> None:
    with pytest.raises(ParameterError, match="there are no utterances"):
        split(name, [])


@pytest.mark.parametrize("name", sorted(RANDOM_SPLITS))
def test_class_with_one_member_is_named(name: str) -> None:
    utterances = spoken(60, n_speakers=4)
    utterances[0] = replace(utterances[0], emotion="calm")
    with pytest.raises(ParameterError, match=r"class 'calm' has 1 utterance"):
        split(name, utterances)


@pytest.mark.parametrize("name", ["speaker", "loso"])
def test_class_of_one_speaker_alone_cannot_be_trained_for(name: str) -> None:
    utterances = [
        replace(u, emotion="calm") if u.speaker == "01" and u.emotion == "sad" else u
        for u in spoken(60, n_speakers=3)
    ]
    with pytest.raises(ParameterError, match=r"calm would be missing in the training"):
        split(name, utterances)


@pytest.mark.parametrize("name", ["speaker", "loso"])
def test_one_speaker_is_refused(name: str) -> None:
    with pytest.raises(ParameterError, match=r"one speaker \(01\).*2 or more"):
        split(name, spoken(40, n_speakers=1))


@pytest.mark.parametrize("name", ["speaker", "loso"])
def test_unknown_speakers_are_refused(name: str) -> None:
    with pytest.raises(ParameterError, match=r"40 of 40 .*\(corpus folder\)"):
        split(name, spoken(40, n_speakers=None, corpus="folder"))


@pytest.mark.parametrize(
    ("name", "n_folds", "words"),
    [
        ("kfold", 41, r"n_folds = 41 is not allowed for 40 utterances; give 2 to 40"),
        ("kfold", 1, r"n_folds = 1 is not allowed"),
        ("kfold", 2.5, r"n_folds = 2.5 is not allowed"),
        ("kfold", 13, r"no class has as many utterances \(the largest has 12\)"),
        ("speaker", 5, r"n_folds = 5 is not allowed for 4 speakers; give 2 to 4"),
        ("speaker", 0, r"n_folds = 0 is not allowed"),
        ("loso", 3, r"n_folds = 3 means nothing for the split loso"),
    ],
)
def test_impossible_numbers_of_folds_are_refused(
    name: str, n_folds: object, words: str
) -> None:
    with pytest.raises(ParameterError, match=words):
        split(name, spoken(40, n_speakers=4), n_folds=n_folds)


def test_class_rarer_than_the_folds_is_noted_without_a_warning(
    recwarn: pytest.WarningsRecorder,
) -> None:
    utterances = spoken(60, n_speakers=4)
    calm = [i for i, u in enumerate(utterances) if u.emotion == "sad"][:3]
    for i in calm:
        utterances[i] = replace(utterances[i], emotion="calm")
    notes = split("kfold", utterances).notes
    assert "calm have fewer than 5 utterances" in notes[0]
    assert not recwarn.list


def test_too_few_files_for_80_20_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"8 utterances of 4 classes.*16 or more"):
        split("random-80-20", spoken(8, n_speakers=1))


def test_sixteen_files_of_four_classes_are_enough_for_80_20() -> None:
    assert len(split("random-80-20", spoken(16, n_speakers=1)).folds[0].test) == 4


def test_one_corpus_cannot_be_left_out() -> None:
    with pytest.raises(ParameterError, match=r"1 corpus \(ravdess\).*2 or more"):
        split("loco", spoken(40, n_speakers=4))


def test_corpora_without_common_classes_are_refused() -> None:
    utterances = [
        *spoken(20, n_speakers=2, emotions=("angry", "sad")),
        *spoken(20, n_speakers=2, corpus="tess", emotions=("sad", "happy")),
    ]
    with pytest.raises(ParameterError, match=r"1 class\(es\) in common \(sad\)"):
        split("loco", utterances)


def test_lengths_must_agree() -> None:
    utterances = spoken(8, n_speakers=2)
    with pytest.raises(ParameterError, match="8 utterances but 2 labels"):
        split_utterances("kfold", utterances, ["sad", "happy"])
    with pytest.raises(ParameterError, match="8 utterances but 1 corpora"):
        split("kfold", utterances, corpora=["tess"])


# --- the companion of a random split ----------------------------------------------


@pytest.mark.parametrize(
    ("n_speakers", "expected"), [(2, "loso"), (10, "loso"), (24, "speaker")]
)
def test_random_split_has_a_companion_by_speaker(
    n_speakers: int, expected: str
) -> None:
    for name in sorted(RANDOM_SPLITS):
        utterances = spoken(120, n_speakers=n_speakers)
        assert companion(name, utterances) == (expected, None)
        assert split(expected, utterances).speaker_independent


def test_speaker_independent_split_needs_no_companion() -> None:
    for name in set(SPLITS) - RANDOM_SPLITS:
        found, reason = companion(name, spoken(40, n_speakers=4))
        assert found is None
        assert reason is not None
        assert "keeps speakers apart itself" in reason


def test_corpus_keeps_unknown_voices_apart_where_there_are_two() -> None:
    utterances = [
        *spoken(20, n_speakers=None, corpus="folder"),
        *spoken(20, n_speakers=2, corpus="tess"),
    ]
    assert companion("kfold", utterances).split == "loco"


@pytest.mark.parametrize(
    ("n_speakers", "words"), [(None, "40 of 40"), (1, "one speaker")]
)
def test_missing_companion_has_its_reason(n_speakers: int | None, words: str) -> None:
    found = companion("kfold", spoken(40, n_speakers=n_speakers, corpus="folder"))
    assert found.split is None
    assert words in (found.reason or "")


def test_short_forms_mean_known_splits() -> None:
    assert set(SHORT_FORMS.values()) <= set(SPLITS)
    assert full_name("speaker") == "speaker"


# --- real corpora -----------------------------------------------------------------


@pytest.mark.corpora
@pytest.mark.skipif(
    not os.environ.get("SER_TEST_CORPORA"), reason="SER_TEST_CORPORA is not set"
)
def test_real_corpora_have_the_folds_that_others_used() -> None:
    from ser_core.corpora.reader import read_corpus

    root = Path(os.environ["SER_TEST_CORPORA"])
    for name, n_folds in (("EMO-DB", 10), ("RAVDESS", 6), ("CREMA-D", 5)):
        utterances = read_corpus(root / name).utterances
        who = np.array([u.speaker for u in utterances])
        folder = GroupKFold(n_folds, shuffle=True, random_state=0)
        expected = [test.tolist() for _, test in folder.split(who, groups=who)]
        found = parts(split("speaker", utterances, seed=0))
        assert [test for _, _, test in found] == expected
