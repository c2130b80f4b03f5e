"""Which corpora, emotions and labels a plan trains on."""

from __future__ import annotations

from pathlib import Path

import pytest

from ser_core.corpora.utterance import Utterance
from ser_core.errors import CorpusError, ParameterError
from ser_core.store.data_folder import DataFolder
from ser_core.training.corpus_data import choose_corpora, label_of
from ser_core.training.plan import TrainingPlan


def test_only_common_emotions_are_kept_and_the_rest_is_named(
    tones: Path, german_tones: Path, data: DataFolder
) -> None:
    plan = TrainingPlan(corpora=(str(tones), str(german_tones)))
    labels = choose_corpora(plan, data=data).labels
    assert labels.common == labels.kept == ("angry", "happy", "sad")
    assert labels.dropped == {"bored": 16}
    assert dict(labels.counts)["ravdess"]["happy"] == 24


def test_all_emotions_are_kept_on_request(
    tones: Path, german_tones: Path, data: DataFolder
) -> None:
    plan = TrainingPlan(corpora=(str(tones), str(german_tones)), label_sets="all")
    assert "bored" in choose_corpora(plan, data=data).labels.kept


def test_named_emotions_win(tones: Path, data: DataFolder) -> None:
    plan = TrainingPlan(corpora=(str(tones),), emotions=("sad", "happy"))
    labels = choose_corpora(plan, data=data).labels
    assert labels.kept == ("happy", "sad")
    assert labels.dropped == {"angry": 24}


def test_fewer_than_two_emotions_left_is_an_error_that_shows_what_there_is(
    tones: Path, data: DataFolder
) -> None:
    plan = TrainingPlan(corpora=(str(tones),), emotions=("happy", "disgust"))
    with pytest.raises(ParameterError, match="ravdess has angry, happy, sad"):
        choose_corpora(plan, data=data)


def test_the_limit_takes_files_evenly_and_changes_the_fingerprint(
    tones: Path, data: DataFolder
) -> None:
    whole = choose_corpora(TrainingPlan(corpora=(str(tones),)), data=data)
    some = choose_corpora(TrainingPlan(corpora=(str(tones),), limit=12), data=data)
    assert len(some.corpora[0].utterances) == 12
    assert some.n_listed == (72,)
    assert {u.speaker for u in some.corpora[0].utterances} == {
        u.speaker for u in whole.corpora[0].utterances
    }
    assert some.fingerprints != whole.fingerprints


def test_an_option_goes_to_the_corpora_that_know_it(
    tones: Path, german_tones: Path, data: DataFolder
) -> None:
    plan = TrainingPlan(corpora=(str(tones), str(german_tones)), channels=("speech",))
    chosen = choose_corpora(plan, data=data)
    assert [len(c.utterances) for c in chosen.corpora] == [72, 64]


def test_an_option_that_no_corpus_knows_is_refused(
    german_tones: Path, data: DataFolder
) -> None:
    plan = TrainingPlan(corpora=(str(german_tones),), channels=("speech",))
    with pytest.raises(ParameterError, match="channels is known to none"):
        choose_corpora(plan, data=data)


def test_an_option_that_leaves_nothing_is_told_with_the_corpus(
    tones: Path, data: DataFolder
) -> None:
    plan = TrainingPlan(corpora=(str(tones),), channels=("song",))
    with pytest.raises(CorpusError, match="no utterances to work on with channels"):
        choose_corpora(plan, data=data)


def test_gender_and_emotion_make_one_label() -> None:
    known = Utterance(
        path=Path("a"), corpus="tess", emotion="sad", label="sad", gender="female"
    )
    unknown = Utterance(path=Path("a"), corpus="folder", emotion="sad", label="sad")
    assert label_of(known, "gender-emotion") == "female_sad"
    assert label_of(unknown, "gender-emotion") is None
    assert label_of(unknown, "emotion") == "sad"


@pytest.mark.parametrize("second", ["", "Actor_01"])
def test_a_part_of_a_corpus_is_no_second_corpus(
    second: str, tones: Path, data: DataFolder, tmp_path: Path
) -> None:
    link = tmp_path / "another name"
    link.symlink_to(tones)
    for corpora in ((tones, link / second), (link / second, tones)):
        plan = TrainingPlan(corpora=tuple(map(str, corpora)))
        with pytest.raises(ParameterError, match=r"is a part of.*choose one"):
            choose_corpora(plan, data=data)
