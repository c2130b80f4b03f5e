from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from corpus_trees import TreeMaker, label

from ser_core.corpora.contract import LISTED_IN_ALL, LISTED_PER_KIND
from ser_core.corpora.reader import READER_NAMES, ReadOptions, read_corpus
from ser_core.errors import CorpusError, ParameterError


def test_readers_have_the_names_that_people_type() -> None:
    assert set(READER_NAMES) == {
        "thai-ser",
        "ravdess",
        "tess",
        "savee",
        "crema-d",
        "emo-db",
        "folder",
        "synthetic",
    }


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("03-01-06-01-02-01-12.wav", "ravdess"),
        ("OAF_back_angry.wav", "tess"),
        ("DC/a01.wav", "savee"),
        ("1001_DFA_ANG_XX.wav", "crema-d"),
        ("03a01Fa.wav", "emo-db"),
        ("angry/anything.wav", "folder"),
        ("angry/03a01Fa.wav", "emo-db"),
    ],
)
def test_a_corpus_is_recognised_by_its_names(
    make_tree: TreeMaker, file: str, name: str
) -> None:
    assert read_corpus(make_tree(file)).name == name


def test_an_empty_folder_says_so(make_tree: TreeMaker) -> None:
    with pytest.raises(CorpusError, match="no audio file lies below"):
        read_corpus(make_tree("readme.txt"))


def test_a_folder_of_films_says_what_to_do(make_tree: TreeMaker) -> None:
    with pytest.raises(CorpusError, match=r"'a\.mp4': .*convert"):
        read_corpus(make_tree("a.mp4"))


def test_names_that_fit_nothing_are_shown_with_the_choices(
    make_tree: TreeMaker,
) -> None:
    with pytest.raises(CorpusError, match=r"'holiday\.wav'.*emo-db"):
        read_corpus(make_tree("holiday.wav"))


def test_an_unknown_reader_is_refused_with_the_choices(make_tree: TreeMaker) -> None:
    with pytest.raises(ParameterError, match=r"reader = 'iemocap'.*ravdess"):
        read_corpus(make_tree("a.wav"), reader="iemocap")


def test_a_chosen_reader_reads_what_another_would_claim(make_tree: TreeMaker) -> None:
    root = make_tree("angry/03a01Fa.wav")
    (utterance,) = read_corpus(root, reader="folder").utterances
    assert utterance.emotion == "angry"


def test_a_second_corpus_in_the_folder_is_mentioned(make_tree: TreeMaker) -> None:
    root = make_tree("a/OAF_back_angry.wav", "a/YAF_back_angry.wav", "b/03a01Fa.wav")
    corpus = read_corpus(root)
    assert corpus.name == "tess"
    assert [p.path for p in corpus.problems] == ["b/03a01Fa.wav"]
    assert "emo-db" in corpus.notes[-1]


def test_hidden_entries_are_mentioned(make_tree: TreeMaker) -> None:
    root = make_tree("03a01Fa.wav", "__MACOSX/._03a01Fa.wav", "._03a01Fa.wav")
    corpus = read_corpus(root)
    assert len(corpus.utterances) == 1
    assert corpus.problems == ()
    assert corpus.notes == ("2 hidden or __MACOSX entries were passed over.",)


def test_utterances_are_sorted_by_relative_path(make_tree: TreeMaker) -> None:
    root = make_tree("b/03a01Fa.wav", "a-1/03a01Wa.wav", "a/03a01Na.wav")
    corpus = read_corpus(root)
    paths = [u.path.relative_to(root).as_posix() for u in corpus.utterances]
    assert (
        paths == sorted(paths) == ["a-1/03a01Wa.wav", "a/03a01Na.wav", "b/03a01Fa.wav"]
    )


# Folders of labels ------------------------------------------------------------


def test_the_nearest_folder_that_names_an_emotion_is_the_label(
    make_tree: TreeMaker,
) -> None:
    root = make_tree(
        "Anger/x.wav", "sad/train/y.wav", "sad/Happiness/z.wav", "โกรธ/t.wav"
    )
    corpus = read_corpus(root)
    assert {u.path.name: (u.emotion, u.label) for u in corpus.utterances} == {
        "x.wav": ("angry", "Anger"),
        "y.wav": ("sad", "sad"),
        "z.wav": ("happy", "Happiness"),
        "t.wav": ("angry", "โกรธ"),
    }
    assert {u.speaker for u in corpus.utterances} == {None}


def test_folders_that_name_no_emotion_are_problems(make_tree: TreeMaker) -> None:
    corpus = read_corpus(make_tree("happy/a.wav", "contempt/b.wav", "c.wav"))
    assert len(corpus.utterances) == 1
    reasons = {p.path: p.reason for p in corpus.problems}
    assert reasons["contempt/b.wav"].startswith("'contempt' names no emotion; allowed:")
    assert "c.wav" in reasons


def test_files_of_one_stem_in_two_folders_are_two_utterances(
    make_tree: TreeMaker,
) -> None:
    assert len(read_corpus(make_tree("happy/1.wav", "sad/1.wav")).utterances) == 2


def test_a_folder_corpus_needs_one_emotion_at_least(make_tree: TreeMaker) -> None:
    with pytest.raises(CorpusError, match="name one folder a label"):
        read_corpus(make_tree("contempt/b.wav"), reader="folder")


# Problems ---------------------------------------------------------------------


def test_many_problems_of_one_kind_do_not_hide_another(make_tree: TreeMaker) -> None:
    junk = [f"junk{i:03d}.wav" for i in range(LISTED_PER_KIND + 9)]
    corpus = read_corpus(make_tree("03a01Fa.wav", "03a01Xa.wav", *junk))
    assert len(corpus.problems) == LISTED_PER_KIND + 2
    assert any(p.reason.startswith("and 9 more") for p in corpus.problems)
    assert any(p.path == "03a01Xa.wav" for p in corpus.problems)


def test_many_kinds_of_problems_end_in_a_count(make_tree: TreeMaker) -> None:
    junk = [f"nobody{i}/a.wav" for i in range(LISTED_IN_ALL + 5)]
    corpus = read_corpus(make_tree("happy/a.wav", *junk), reader="folder")
    assert len(corpus.problems) == LISTED_IN_ALL + 1
    assert corpus.problems[-1].reason.startswith("and 5 more")


# Options ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        {"min_agreement": 1.01},
        {"min_agreement": -0.1},
        {"min_agreement": float("nan")},
        {"rooms": frozenset({"kitchen"})},
        {"rooms": frozenset()},
        {"channels": frozenset({"whisper"})},
        {"microphones": frozenset()},
        {"microphones": frozenset({"Con"})},
    ],
)
def test_options_outside_what_is_allowed_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=next(iter(given))):
        ReadOptions(**given)


def test_an_option_that_a_corpus_does_not_know_is_refused(make_tree: TreeMaker) -> None:
    with pytest.raises(
        ParameterError, match="min_agreement cannot be chosen for emo-db"
    ):
        read_corpus(make_tree("03a01Fa.wav"), options=ReadOptions(min_agreement=0.7))


def test_options_that_leave_nothing_give_an_empty_corpus_with_counts(
    make_thai_ser: TreeMaker,
) -> None:
    root = make_thai_ser({"s001_con_1": label("Sad", 0.5)}, "s001_con_1.flac")
    corpus = read_corpus(root, options=ReadOptions(min_agreement=0.9))
    assert corpus.utterances == ()
    assert corpus.left_out == {"agreement below 0.9": 1}


def test_listing_loads_neither_numpy_nor_soundfile(make_tree: TreeMaker) -> None:
    code = (
        "import sys\n"
        "from ser_core.corpora.reader import read_corpus\n"
        f"assert len(read_corpus({str(make_tree('03a01Fa.wav'))!r}).utterances) == 1\n"
        "print(sorted({'numpy', 'soundfile', 'librosa'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "[]"
