"""The protocol of THAI-SER's authors on its layout."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from spoken import FOUR, emotions_of, spoken, thai

from ser_core.corpora.utterance import Utterance
from ser_core.errors import ParameterError
from ser_core.evaluation.folds import Splitting
from ser_core.evaluation.splits import split_utterances
from ser_core.evaluation.thai_ser_protocol import conditions


def recordings(prefix: str, numbers: range, *microphones: str) -> list[Utterance]:
    """Make two actors in each recording, each with four emotions."""
    made = []
    for number in numbers:
        for take in range(8):
            for microphone in microphones:
                base = 160 if prefix == "z" else 0
                actor = f"{base + 2 * number - take % 2:03d}"
                session = f"{prefix}{number:03d}"
                made.append(
                    thai(session, actor, FOUR[take // 2], take, microphone=microphone)
                )
    return made


def whole() -> list[Utterance]:
    return [
        *recordings("s", range(1, 81), "con", "clip", "middle"),
        *recordings("z", range(1, 21), "mic"),
    ]


def split(utterances: list[Utterance], *, seed: int = 42) -> Splitting:
    return split_utterances(
        "thai-ser-authors", utterances, emotions_of(utterances), seed=seed
    )


def sessions(utterances: list[Utterance], rows: list[int], microphone: str) -> set[str]:
    return {
        str(utterances[i].session)
        for i in rows
        if utterances[i].microphone == microphone
    }


def test_a_fold_is_ten_recordings_half_for_validation_half_for_test() -> None:
    utterances = whole()
    found = split(utterances)
    assert [f.name for f in found.folds][:2] == ["studio1-10", "studio11-20"]
    assert len(found.folds) == 8
    assert found.groups == "session"
    assert found.speaker_independent
    for number, fold in enumerate(found.folds):
        held = {f"s{10 * number + i:03d}" for i in range(1, 11)}
        train, validation, test = (
            part.tolist() for part in (fold.train, fold.validation, fold.test)
        )
        for_validation = sessions(utterances, validation, "con")
        for_test = sessions(utterances, test, "con")
        assert len(for_validation) == len(for_test) == 5
        assert for_validation | for_test == held
        assert len(sessions(utterances, train, "con")) == 70
        assert not sessions(utterances, train, "con") & held
        assert sessions(utterances, test, "clip") == for_test


def test_training_hears_con_alone_and_nobody_hears_middle() -> None:
    utterances = whole()
    for fold in split(utterances).folds:
        heard = {utterances[i].microphone for i in fold.train}
        assert heard == {utterances[i].microphone for i in fold.validation} == {"con"}
        assert {utterances[i].microphone for i in fold.test} == {"con", "clip", "mic"}


def test_every_zoom_recording_is_tested_once() -> None:
    utterances = whole()
    tested = [
        utterances[i].path
        for fold in split(utterances).folds
        for i in fold.test
        if utterances[i].microphone == "mic"
    ]
    assert sorted(tested) == sorted(u.path for u in utterances if u.microphone == "mic")


def test_seed_chooses_the_halves() -> None:
    utterances = whole()
    first, same, other = (split(utterances, seed=s).folds[0] for s in (1, 1, 2))
    assert first.test.tolist() == same.test.tolist() != other.test.tolist()


def test_labels_that_few_agree_on_are_left_out() -> None:
    utterances = whole()
    utterances[0] = replace(utterances[0], agreement=0.70)
    utterances[1] = replace(utterances[1], agreement=None)
    utterances[3] = replace(utterances[3], agreement=0.71)
    found = split(utterances)
    used = {
        i for f in found.folds for part in (f.train, f.validation, f.test) for i in part
    }
    assert not {0, 1} & used
    assert 3 in used
    assert any(n.startswith("2 utterances are in no part: their") for n in found.notes)


def test_actor_of_the_test_part_is_in_no_training_part() -> None:
    utterances = whole()
    # one actor comes back in a studio of another fold
    utterances[0] = replace(utterances[0], speaker="099")
    for fold in split(utterances).folds:
        trained = {utterances[i].speaker for i in fold.train}
        assert not trained & {utterances[i].speaker for i in fold.test}


def test_recording_is_read_from_the_folders_where_the_session_is_unknown() -> None:
    plain = [
        replace(
            u,
            session=None,
            speaker=None,
            microphone="mic1",
            path=Path(f"/nowhere/studio{int(u.session[1:]):03d}/mic1/{i}.flac"),
        )
        for i, u in enumerate(recordings("s", range(1, 31), "con"))
        if u.session
    ]
    found = split(plain)
    assert len(found.folds) == 3
    assert any("No file is of the microphone con" in note for note in found.notes)


def test_small_corpus_halves_one_recording_by_its_speakers() -> None:
    utterances = recordings("s", range(1, 72, 10), "con")
    found = split(utterances)
    for fold in found.folds:
        tested = {utterances[i].speaker for i in fold.test}
        validated = {utterances[i].speaker for i in fold.validation}
        assert len(tested) == len(validated) == 1
        assert tested != validated


def test_conditions_name_room_and_microphone() -> None:
    utterances = [
        *recordings("s", range(1, 2), "con", "clip")[:2],
        recordings("z", range(1, 2), "mic")[0],
        spoken(1, n_speakers=1)[0],
    ]
    assert conditions(utterances) == ["con", "clip", "zoom", None]


def test_other_corpora_are_refused() -> None:
    with pytest.raises(ParameterError, match="not for ravdess"):
        split(spoken(40, n_speakers=4))


def test_one_group_of_recordings_is_too_few() -> None:
    with pytest.raises(ParameterError, match=r"1 group\(s\) of ten studio recordings"):
        split(recordings("s", range(1, 11), "con"))


def test_nothing_agreed_on_is_refused() -> None:
    utterances = [replace(u, agreement=0.5) for u in whole()[:200]]
    with pytest.raises(ParameterError, match="none of 200 utterances"):
        split(utterances)
