from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from corpus_trees import TreeMaker, label
from hypothesis import given
from hypothesis import strategies as st

from ser_core.corpora.contract import LISTED_PER_KIND
from ser_core.corpora.reader import ReadOptions, read_corpus
from ser_core.corpora.thai_ser import parse_name
from ser_core.corpora.utterance import Corpus
from ser_core.errors import CorpusError

CON = "s001_con_actor001_impro1_1"
ZOOM = "z011_mic_actor181_script2_1_4b"


def relatives(corpus: Corpus) -> list[str]:
    return [u.path.relative_to(corpus.root).as_posix() for u in corpus.utterances]


# Names ------------------------------------------------------------------------


def test_a_release_name_gives_session_microphone_actor_and_sentence() -> None:
    name = parse_name(f"{ZOOM}.flac")
    assert name is not None
    assert (name.session, name.room, name.microphone) == ("z011", "zoom", "mic")
    assert (name.actor, name.sentence) == ("181", "script2")
    assert name.folder == "zoom11-20/zoom011/mic"


def test_improvised_speech_has_no_sentence() -> None:
    name = parse_name(CON)
    assert name is not None
    assert name.sentence is None


def test_a_report_name_has_no_actor() -> None:
    name = parse_name("s001_mic1_001")
    assert name is not None
    assert (name.actor, name.session, name.microphone) == (None, "s001", "mic1")
    assert name.folder == "studio1-10/studio001/mic1"


def test_zoom_lies_in_mic_whatever_the_name_says() -> None:
    name = parse_name("z001_mic2_001")
    assert name is not None
    assert name.folder == "zoom1-10/zoom001/mic"


@given(number=st.integers(1, 100))
def test_groups_of_ten_follow_the_reports_rule(number: int) -> None:
    name = parse_name(f"s{number:03d}_con_001")
    assert name is not None
    assert name.folder is not None
    group, studio, _ = name.folder.split("/")
    first, last = map(int, group.removeprefix("studio").split("-"))
    assert first <= number <= last
    assert (last - first, first % 10) == (9, 1)
    assert int(studio.removeprefix("studio")) == number


@given(key=st.text(max_size=60))
def test_any_key_is_split_or_refused(key: str) -> None:
    name = parse_name(key)
    if name is not None:
        assert name.stem.count("_") >= 2
        assert "/" not in name.stem


def test_a_path_or_a_suffix_in_the_key_is_cut_off() -> None:
    names = [parse_name(key) for key in (CON, f"{CON}.FLAC", f"a/b\\{CON}.wav")]
    assert {name.stem for name in names if name} == {CON}


# Layouts ----------------------------------------------------------------------


@pytest.mark.parametrize("level", ["", "studio1-10/", "Dataset/studio1-10/"])
def test_studios_are_found_with_and_without_the_level_of_ten(
    make_thai_ser: TreeMaker, level: str
) -> None:
    file = f"{level}studio001/con/{CON}.flac"
    corpus = read_corpus(make_thai_ser({f"{CON}.flac": label("Neutral", 0.857)}, file))
    (utterance,) = corpus.utterances
    assert corpus.name == utterance.corpus == "thai-ser"
    assert relatives(corpus) == [file]
    assert (utterance.emotion, utterance.label) == ("neutral", "Neutral")
    assert (utterance.speaker, utterance.session) == ("001", "s001")
    assert (utterance.microphone, utterance.agreement) == ("con", 0.857)


def test_report_names_are_read_by_session(make_thai_ser: TreeMaker) -> None:
    root = make_thai_ser(
        {"s001_mic1_001": label("Angry"), "z001_mic_001": label("Sad")},
        "studio1-10/studio001/mic1/s001_mic1_001.flac",
        "zoom1-10/zoom001/mic/z001_mic_001.flac",
    )
    corpus = read_corpus(root)
    assert [(u.speaker, u.session) for u in corpus.utterances] == [
        (None, "s001"),
        (None, "z001"),
    ]
    assert corpus.problems == ()


def test_a_key_of_any_three_parts_is_found_anywhere(make_thai_ser: TreeMaker) -> None:
    root = make_thai_ser({"take_one_b": label("Happy")}, "x/y/Take_One_B.WAV")
    (utterance,) = read_corpus(root).utterances
    assert (utterance.session, utterance.microphone) == (None, "one")


def test_of_two_copies_the_one_where_the_rule_puts_it_is_taken(
    make_thai_ser: TreeMaker,
) -> None:
    ruled = f"studio1-10/studio001/con/{CON}.flac"
    short = f"studio001/con/{CON}.flac"
    both = read_corpus(
        make_thai_ser({CON: label("Sad")}, f"a/{CON}.flac", short, ruled, folder="both")
    )
    assert relatives(both) == [ruled]
    assert both.left_out == {"further copy of a recording already listed": 2}
    one = read_corpus(
        make_thai_ser({CON: label("Sad")}, f"a/{CON}.flac", short, folder="one")
    )
    assert relatives(one) == [short]


# Labels -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "emotion"),
    [
        ("Neutral", "neutral"),
        ("ANGRY", "angry"),
        ("โกรธ", "angry"),
        ("เศร้า", "sad"),
        ("สุข", "happy"),
        ("หงุดหงิด", "frustrated"),
        ("ปกติ", "neutral"),
    ],
)
def test_labels_count_in_any_case_and_in_thai(
    make_thai_ser: TreeMaker, written: str, emotion: str
) -> None:
    (utterance,) = read_corpus(
        make_thai_ser({CON: label(written)}, f"{CON}.flac")
    ).utterances
    assert (utterance.emotion, utterance.label) == (emotion, written)


def test_none_and_other_are_left_out_and_counted(make_thai_ser: TreeMaker) -> None:
    labels = {
        "s001_con_1": label("None", 0.0),
        "s001_con_2": label(None),
        "s001_con_3": label("other"),
        "s001_con_4": label("Happy"),
    }
    corpus = read_corpus(make_thai_ser(labels, *(f"{key}.flac" for key in labels)))
    assert relatives(corpus) == ["s001_con_4.flac"]
    assert corpus.left_out == {"majority_emo None": 2, "majority_emo other": 1}
    assert corpus.problems == ()


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (label("Bored"), "majority_emo = 'Bored' is not one of Angry"),
        (label(""), "majority_emo = '' is not one of"),
        (label(3), "majority_emo = 3 is not a string"),
        ([{}], "its entry has no 'majority_emo'"),
        ([], "its entry is not a list that begins with an object"),
        ("Neutral", "its entry is not a list"),
        (["Neutral"], "its entry is not a list"),
    ],
)
def test_an_entry_that_says_nothing_is_a_problem_and_loses_nothing_else(
    make_thai_ser: TreeMaker, entry: Any, reason: str
) -> None:
    good = "s001_con_good"
    root = make_thai_ser(
        {CON: entry, good: label("Sad")}, f"{CON}.flac", f"{good}.flac"
    )
    corpus = read_corpus(root)
    assert relatives(corpus) == [f"{good}.flac"]
    (problem,) = corpus.problems
    assert problem.path == CON
    assert problem.reason.startswith(reason)


def test_only_the_first_entry_of_a_list_counts(make_thai_ser: TreeMaker) -> None:
    root = make_thai_ser({CON: [*label("Sad"), *label("Happy")]}, f"{CON}.flac")
    assert read_corpus(root).utterances[0].emotion == "sad"


def test_a_key_of_two_parts_is_a_problem(make_thai_ser: TreeMaker) -> None:
    corpus = read_corpus(make_thai_ser({"s001_con": label("Sad")}, "s001_con.flac"))
    assert corpus.utterances == ()
    assert "fewer than three parts" in corpus.problems[0].reason


def test_a_repeated_key_must_agree_with_itself(make_tree: TreeMaker) -> None:
    root = make_tree("s001_con_1.flac", "s001_con_2.flac")
    happy, sad = json.dumps(label("Happy")), json.dumps(label("Sad"))
    (root / "emotion_label.json").write_text(
        f'{{"s001_con_1": {happy}, "s001_con_1": {sad},'
        f' "s001_con_2": {sad}, "s001_con_2": {sad}}}',
        encoding="utf-8",
    )
    corpus = read_corpus(root)
    assert relatives(corpus) == ["s001_con_2.flac"]
    (problem,) = corpus.problems
    assert problem.path == "s001_con_1"
    assert "Happy, Sad" in problem.reason
    assert any("more than once" in note for note in corpus.notes)


def test_a_file_listed_with_and_without_suffix_must_agree(
    make_thai_ser: TreeMaker,
) -> None:
    labels = {CON: label("Sad"), f"{CON}.flac": label("Happy")}
    corpus = read_corpus(make_thai_ser(labels, f"{CON}.flac"))
    assert corpus.utterances == ()
    assert "'Sad' and 'Happy'" in corpus.problems[0].reason


# Audio that is not there, labels that are not there ---------------------------


def test_missing_audio_is_counted_and_only_the_first_files_are_listed(
    make_thai_ser: TreeMaker,
) -> None:
    labels = {f"s001_con_actor001_impro1_{i}": label("Sad") for i in range(300)}
    here = next(iter(labels))
    corpus = read_corpus(make_thai_ser(labels, f"{here}.flac"))
    assert len(corpus.utterances) == 1
    assert corpus.left_out == {"labelled, but the audio is not here": 299}
    assert len(corpus.problems) == LISTED_PER_KIND + 1
    rest = 299 - LISTED_PER_KIND
    assert corpus.problems[-1].reason.startswith(f"and {rest} more after this one")


def test_audio_without_a_label_is_reported(make_thai_ser: TreeMaker) -> None:
    root = make_thai_ser({CON: label("Sad")}, f"{CON}.flac", "s009_con_1.flac")
    (problem,) = read_corpus(root).problems
    assert problem.path == "s009_con_1.flac"
    assert "no entry in emotion_label.json" in problem.reason


def test_labels_without_any_audio_say_what_to_unpack(make_thai_ser: TreeMaker) -> None:
    with pytest.raises(CorpusError, match=r"studio1-10\.zip"):
        read_corpus(make_thai_ser({CON: label("Sad")}))


def test_audio_without_the_label_file_names_it(make_tree: TreeMaker) -> None:
    with pytest.raises(CorpusError, match=r"emotion_label\.json"):
        read_corpus(make_tree(f"studio001/con/{CON}.flac"))


# Options ----------------------------------------------------------------------


@pytest.fixture
def mixed(make_thai_ser: TreeMaker) -> Path:
    """Make one sentence at three microphones, and one of zoom."""
    clip, middle = (CON.replace("con", m, 1) for m in ("clip", "middle"))
    return make_thai_ser(
        {CON: label("Sad", 0.5), ZOOM: label("Happy", 0.9)},
        f"studio001/con/{CON}.flac",
        f"studio001/clip/{clip}.flac",
        f"studio001/middle/{middle}.flac",
        f"zoom011/mic/{ZOOM}.flac",
    )


def test_by_default_labelled_microphones_are_read_and_the_others_counted(
    mixed: Path,
) -> None:
    corpus = read_corpus(mixed)
    assert [u.microphone for u in corpus.utterances] == ["con", "mic"]
    assert corpus.left_out == {
        "microphone clip, labelled through con": 1,
        "microphone middle, labelled through con": 1,
    }
    assert corpus.problems == ()


def test_clip_takes_the_label_of_its_con_file(mixed: Path) -> None:
    corpus = read_corpus(mixed, options=ReadOptions(microphones=frozenset({"clip"})))
    (utterance,) = corpus.utterances
    assert (utterance.microphone, utterance.emotion) == ("clip", "sad")
    assert (utterance.speaker, utterance.agreement) == ("001", 0.5)
    assert corpus.left_out == {
        "microphone con": 1,
        "microphone mic": 1,
        "microphone middle, labelled through con": 1,
    }


def test_a_clip_with_a_label_of_its_own_keeps_it(make_thai_ser: TreeMaker) -> None:
    clip = CON.replace("con", "clip", 1)
    labels = {clip: label("Happy"), CON: label("Sad")}
    root = make_thai_ser(labels, f"{CON}.flac", f"{clip}.flac")
    chosen = ReadOptions(microphones=frozenset({"clip"}))
    (utterance,) = read_corpus(root, options=chosen).utterances
    assert utterance.emotion == "happy"


@pytest.mark.parametrize(("room", "microphone"), [("studio", "con"), ("zoom", "mic")])
def test_rooms_are_a_filter(mixed: Path, room: str, microphone: str) -> None:
    corpus = read_corpus(mixed, options=ReadOptions(rooms=frozenset({room})))
    assert [u.microphone for u in corpus.utterances] == [microphone]


@pytest.mark.parametrize(("least", "count"), [(0.5, 2), (0.51, 1), (0.9, 1), (1.0, 0)])
def test_the_threshold_keeps_what_equals_it(
    mixed: Path, least: float, count: int
) -> None:
    corpus = read_corpus(mixed, options=ReadOptions(min_agreement=least))
    assert len(corpus.utterances) == count


@pytest.mark.parametrize("agreement", [None, "0.9", True, -0.1, 1.5, float("nan"), []])
def test_an_unusable_agreement_costs_the_file_only_under_a_threshold(
    make_thai_ser: TreeMaker, agreement: Any
) -> None:
    root = make_thai_ser({CON: label("Sad", agreement)}, f"{CON}.flac")
    corpus = read_corpus(root)
    assert [u.agreement for u in corpus.utterances] == [None]
    assert any("no usable agreement" in note for note in corpus.notes)
    strict = read_corpus(root, options=ReadOptions(min_agreement=0.0))
    assert strict.left_out == {"no agreement given": 1}


# Hostile label files ----------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "cannot be read as JSON"),
        (b'{"s001_con_1": [', "cannot be read as JSON"),
        (b"[1, 2]", "holds a JSON list"),
        (b"null", "holds a JSON NoneType"),
        (b"{}", "holds no labels"),
        (b'{"s001_con_1": "\xa1\xa2"}', "not UTF-8"),
        (b"[" * 100_000, "cannot be read as JSON"),
        (b'{"s001_con_1": ' + b"9" * 5000 + b"}", "cannot be read as JSON"),
    ],
)
def test_a_damaged_label_file_is_named_with_a_remedy(
    make_tree: TreeMaker, content: bytes, reason: str
) -> None:
    root = make_tree("s001_con_1.flac")
    (root / "emotion_label.json").write_bytes(content)
    with pytest.raises(CorpusError, match=reason) as caught:
        read_corpus(root)
    assert "emotion_label.json" in caught.value.message
    assert "fetch it again" in caught.value.message


def test_a_huge_label_file_is_refused_unread(make_tree: TreeMaker) -> None:
    root = make_tree("s001_con_1.flac")
    with (root / "emotion_label.json").open("wb") as file:
        file.truncate((64 << 20) + 1)
    with pytest.raises(CorpusError, match="67,108,865 bytes"):
        read_corpus(root)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_bom_is_read_over(make_tree: TreeMaker, encoding: str) -> None:
    root = make_tree(f"{CON}.flac")
    text = json.dumps({CON: label("โกรธ")}, ensure_ascii=False)
    (root / "emotion_label.json").write_text(text, encoding=encoding)
    assert read_corpus(root).utterances[0].emotion == "angry"


def test_a_key_that_cannot_be_written_is_shown_escaped(
    make_thai_ser: TreeMaker,
) -> None:
    root = make_thai_ser({CON: label("Sad")}, f"{CON}.flac")
    file = root / "emotion_label.json"
    text = json.dumps({CON: label("Sad"), "\ud800_a": label("Sad")})
    file.write_text(text, encoding="ascii")
    (problem,) = read_corpus(root).problems
    assert problem.path == "\\ud800_a"


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["majority_emo", "agreement", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(key=st.text(max_size=12), entry=json_values)
def test_no_entry_costs_another_file_its_label(
    key: str, entry: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("corpus")
    (root / f"{CON}.flac").touch()
    text = json.dumps({key: entry, CON: label("Sad")})
    (root / "emotion_label.json").write_text(text, encoding="utf-8")
    corpus = read_corpus(root)
    assert [u.emotion for u in corpus.utterances] == ["sad"]
    assert all((p.path + p.reason).encode("utf-8") for p in corpus.problems)


# Genders ----------------------------------------------------------------------


def with_actors(root: Path, content: str) -> Corpus:
    (root / "actor_demography.json").write_text(content, encoding="utf-8")
    return read_corpus(root)


def test_genders_come_from_the_actors_file(make_thai_ser: TreeMaker) -> None:
    root = make_thai_ser({CON: label("Sad")}, f"{CON}.flac")
    rows = [{"Actor's ID": "001", "Sex": "Male", "Age": 30}, "odd", {"Sex": "Female"}]
    corpus = with_actors(root, json.dumps({"schema": {}, "data": rows}))
    assert corpus.utterances[0].gender == "male"


@pytest.mark.parametrize("content", ["{", "[]", '{"data": 3}', "\ufeff"])
def test_a_damaged_actors_file_costs_the_genders_alone(
    make_thai_ser: TreeMaker, content: str
) -> None:
    corpus = with_actors(make_thai_ser({CON: label("Sad")}, f"{CON}.flac"), content)
    assert [u.gender for u in corpus.utterances] == [None]
    assert [p.path for p in corpus.problems] == ["actor_demography.json"]


# Synthetic --------------------------------------------------------------------


def test_the_marker_makes_it_synthetic_under_every_reader(
    make_thai_ser: TreeMaker,
) -> None:
    root = make_thai_ser({CON: label("Sad")}, f"{CON}.flac", "synthetic.json")
    for chosen in (read_corpus(root), read_corpus(root, reader="thai-ser")):
        assert chosen.synthetic
        assert chosen.utterances[0].corpus == "synthetic"
    assert read_corpus(root.parent).synthetic  # the folder above hides nothing


def test_real_recordings_are_never_called_synthetic(make_thai_ser: TreeMaker) -> None:
    root = make_thai_ser({CON: label("Sad")}, f"{CON}.flac")
    with pytest.raises(CorpusError, match=r"holds no 'synthetic\.json'"):
        read_corpus(root, reader="synthetic")


# The real label file ----------------------------------------------------------


@pytest.fixture(scope="module")
def whole_release(real_corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make all 27,854 labelled files of the release, empty, at their places."""
    root = tmp_path_factory.mktemp("thai-ser")
    source = real_corpora / "THAI-SER"
    labels = {}
    with (source / "emotion_label.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            name = parse_name(row["file"])
            assert name is not None
            assert name.folder is not None
            labels[row["file"]] = label(row["majority_emo"], float(row["agreement"]))
            folder = root / name.folder
            folder.mkdir(parents=True, exist_ok=True)
            (folder / row["file"]).touch()
    (root / "emotion_label.json").write_text(json.dumps(labels), encoding="utf-8")
    shutil.copy(source / "actor_demography.json", root)
    return root


@pytest.mark.corpora
def test_the_whole_release_gives_the_reference_runs_files(whole_release: Path) -> None:
    corpus = read_corpus(whole_release)
    assert Counter(u.emotion for u in corpus.utterances) == {
        "frustrated": 7864,
        "neutral": 7359,
        "happy": 4070,
        "angry": 3111,
        "sad": 2781,
    }
    assert corpus.left_out == {"majority_emo None": 2664, "majority_emo other": 5}
    assert corpus.problems == ()
    assert len({u.speaker for u in corpus.utterances}) == 200
    assert None not in {u.gender for u in corpus.utterances}


@pytest.mark.corpora
def test_the_authors_threshold_keeps_14182_files(whole_release: Path) -> None:
    corpus = read_corpus(whole_release, options=ReadOptions(min_agreement=0.71))
    assert len(corpus.utterances) == 14_182
