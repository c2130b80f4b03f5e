"""The corpora whose file names say everything."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from corpus_trees import TreeMaker
from hypothesis import given
from hypothesis import strategies as st

from ser_core.corpora.by_name import NameReader
from ser_core.corpora.crema_d import CremaDReader
from ser_core.corpora.emo_db import EmoDbReader
from ser_core.corpora.ravdess import RavdessReader
from ser_core.corpora.reader import ReadOptions, read_corpus
from ser_core.corpora.savee import SaveeReader
from ser_core.corpora.tess import TessReader
from ser_core.corpora.tree import AudioFile
from ser_core.corpora.utterance import Corpus, Utterance
from ser_core.errors import CorpusError
from ser_core.labels import EMOTIONS


def only(corpus: Corpus) -> Utterance:
    (utterance,) = corpus.utterances
    return utterance


def placed(reader: NameReader, relative: str) -> str | None:
    """Return the emotion that a reader gives a file, None for a foreign name."""
    name = relative.rpartition("/")[2]
    stem, _, suffix = name.rpartition(".")
    placement = reader.place(AudioFile(relative, stem, f".{suffix}"))
    return placement.emotion if placement else None


# EMO-DB -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("letter", "emotion"),
    [
        ("W", "angry"),
        ("L", "bored"),
        ("E", "disgust"),
        ("A", "fearful"),
        ("F", "happy"),
        ("T", "sad"),
        ("N", "neutral"),
    ],
)
def test_emo_db_letters_are_german_words(letter: str, emotion: str) -> None:
    assert placed(EmoDbReader(), f"03a01{letter}c.wav") == emotion


def test_emo_db_name_gives_speaker_gender_and_sentence(make_tree: TreeMaker) -> None:
    corpus = read_corpus(make_tree("wav/16b10Lb.flac"))
    utterance = only(corpus)
    assert (corpus.name, utterance.label) == ("emo-db", "L")
    assert (utterance.speaker, utterance.gender) == ("16", "female")
    assert utterance.sentence == "b10"
    assert utterance.session is None


def test_emo_db_genders_follow_its_table(make_tree: TreeMaker) -> None:
    speakers = ("03", "08", "09", "10", "11", "12", "13", "14", "15", "16")
    corpus = read_corpus(make_tree(*(f"{s}a01Fa.wav" for s in speakers)))
    men = {u.speaker for u in corpus.utterances if u.gender == "male"}
    assert men == {"03", "10", "11", "12", "15"}
    assert len(corpus.utterances) == 10


def test_emo_db_says_which_speakers_it_does_not_know(make_tree: TreeMaker) -> None:
    corpus = read_corpus(make_tree("03a01Fa.wav", "77a01Fa.wav"))
    assert corpus.utterances[1].gender is None
    assert "77" in corpus.notes[0]


def test_emo_db_letter_outside_its_table_is_a_problem(make_tree: TreeMaker) -> None:
    corpus = read_corpus(make_tree("03a01Fa.wav", "03a01Xa.wav"))
    assert len(corpus.utterances) == 1
    assert [p.path for p in corpus.problems] == ["03a01Xa.wav"]


# RAVDESS ----------------------------------------------------------------------


def test_ravdess_speech_and_song_are_read_and_can_be_chosen(
    make_tree: TreeMaker,
) -> None:
    root = make_tree(
        "Actor_12/03-01-06-01-02-01-12.wav", "Actor_11/03-02-05-01-01-02-11.wav"
    )
    corpus = read_corpus(root)
    song, speech = corpus.utterances
    assert (corpus.name, speech.emotion, song.emotion) == (
        "ravdess",
        "fearful",
        "angry",
    )
    assert (speech.speaker, speech.gender, speech.sentence) == ("12", "female", "02")
    assert (song.speaker, song.gender, song.session) == ("11", "male", "song")
    chosen = read_corpus(root, options=ReadOptions(channels=frozenset({"speech"})))
    assert only(chosen) == speech
    assert chosen.left_out == {"channel song": 1}


def test_ravdess_sound_track_of_the_film_is_a_copy(make_tree: TreeMaker) -> None:
    root = make_tree(
        "video/01-01-06-01-02-01-12.wav",
        "video/02-01-06-01-02-01-12.wav",
        "Actor_12/03-01-06-01-02-01-12.wav",
        "again/03-01-06-01-02-01-12.wav",
        "video/01-01-06-01-02-02-12.wav",
    )
    corpus = read_corpus(root)
    assert [u.path.relative_to(root).as_posix() for u in corpus.utterances] == [
        "Actor_12/03-01-06-01-02-01-12.wav",
        "video/01-01-06-01-02-02-12.wav",
    ]
    assert corpus.left_out == {"further copy of a recording already listed": 2}
    assert [p.reason for p in corpus.problems] == ["modality 02 is film without sound"]


def test_a_lossless_copy_wins_over_a_lossy_one(make_tree: TreeMaker) -> None:
    root = make_tree("03-01-06-01-02-01-12.mp3", "deep/er/03-01-06-01-02-01-12.wav")
    assert only(read_corpus(root)).path.suffix == ".wav"


@pytest.mark.parametrize(
    ("stem", "reason"),
    [
        ("04-01-06-01-02-01-12", "modality 04"),
        ("03-03-06-01-02-01-12", "vocal channel 03"),
        ("03-01-09-01-02-01-12", "label '09'"),
        ("03-01-06-01-02-01-00", "actor 00"),
        ("03-01-06-01-02-01-12 (1)", "its name"),
    ],
)
def test_ravdess_numbers_outside_its_tables_are_problems(
    make_tree: TreeMaker, stem: str, reason: str
) -> None:
    corpus = read_corpus(make_tree("03-01-01-01-01-01-01.wav", f"{stem}.wav"))
    assert len(corpus.utterances) == 1
    (problem,) = corpus.problems
    assert problem.path == f"{stem}.wav"
    assert problem.reason.startswith(reason)


def test_ravdess_names_its_stereo_files_and_its_double(make_tree: TreeMaker) -> None:
    root = make_tree(
        "03-01-02-01-01-02-01.opus",
        "03-01-03-01-02-01-07.opus",
        "03-01-03-01-02-02-07.opus",
    )
    stereo, double = read_corpus(root).notes
    assert stereo.startswith("1 files are stereo")
    assert "03-01-02-01-01-02-01" in stereo
    assert "same audio" in double


def test_ravdess_keeps_actors_that_others_added(make_tree: TreeMaker) -> None:
    corpus = read_corpus(
        make_tree("03-01-02-01-01-02-01.wav", "03-01-02-01-01-02-26.wav")
    )
    assert corpus.utterances[1].gender == "female"
    assert any("26" in note for note in corpus.notes)


# TESS -------------------------------------------------------------------------


def test_tess_is_read_by_name_whatever_the_folder(make_tree: TreeMaker) -> None:
    root = make_tree(
        "OAF_Pleasant_surprise/OAF_back_ps.wav",
        "YAF_pleasant_surprised/YAF_back_ps.wav",
        "OAF_Fear/OAF_back_fear.wav",
        "TESS Toronto emotional speech set data/YAF_sad/YAF_back_sad.wav",
    )
    corpus = read_corpus(root)
    assert corpus.name == "tess"
    assert [u.emotion for u in corpus.utterances] == [
        "fearful",
        "surprised",
        "sad",
        "surprised",
    ]
    assert {u.gender for u in corpus.utterances} == {"female"}
    assert {u.sentence for u in corpus.utterances} == {"back"}
    assert {u.speaker for u in corpus.utterances} == {"OAF", "YAF"}


def test_tess_file_without_its_f_is_taken_and_named(make_tree: TreeMaker) -> None:
    corpus = read_corpus(make_tree("OAF_neutral/OA_bite_neutral.wav"))
    utterance = only(corpus)
    assert (utterance.speaker, utterance.sentence) == ("OAF", "bite")
    assert "OA_bite_neutral" in corpus.notes[0]


def test_tess_names_its_odd_files(make_tree: TreeMaker) -> None:
    root = make_tree("OAF_food_fear.wav", "YAF_germ_angry.wav", "YAF_neat_fear.wav")
    notes = " ".join(read_corpus(root).notes)
    assert "96 kHz" in notes
    assert notes.count("AIFF") == 2


# SAVEE ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["AudioData/DC/su07.wav", "ALL/DC_su07.wav"])
def test_savee_speaker_is_in_the_folder_or_in_the_name(
    make_tree: TreeMaker, name: str
) -> None:
    corpus = read_corpus(make_tree(name))
    utterance = only(corpus)
    assert (corpus.name, utterance.speaker, utterance.gender) == ("savee", "DC", "male")
    assert (utterance.emotion, utterance.label) == ("surprised", "su")
    assert utterance.sentence == "su07"


@pytest.mark.parametrize(
    ("stem", "emotion"),
    [
        ("a01", "angry"),
        ("d01", "disgust"),
        ("f01", "fearful"),
        ("h01", "happy"),
        ("n30", "neutral"),
        ("sa15", "sad"),
        ("su15", "surprised"),
    ],
)
def test_savee_letters(stem: str, emotion: str) -> None:
    assert placed(SaveeReader(), f"KL/{stem}.wav") == emotion


def test_savee_name_in_a_foreign_folder_is_not_savee() -> None:
    assert placed(SaveeReader(), "XY/a01.wav") is None
    assert placed(SaveeReader(), "a01.wav") is None


def test_whole_savee_says_that_files_clip(make_tree: TreeMaker) -> None:
    letters = [("n", 30), *((e, 15) for e in ("a", "d", "f", "h", "sa", "su"))]
    names = [
        f"{speaker}/{letter}{number:02d}.wav"
        for speaker in ("DC", "JE", "JK", "KL")
        for letter, count in letters
        for number in range(1, count + 1)
    ]
    corpus = read_corpus(make_tree(*names))
    assert len(corpus.utterances) == 480
    assert corpus.notes == ("144 of the 480 published files clip.",)


# CREMA-D ----------------------------------------------------------------------

TABLE = '"ActorID","Age","Sex","Race","Ethnicity"\n1001,51,"Male","x","y"\n'


def test_crema_d_genders_come_from_its_table(make_tree: TreeMaker) -> None:
    root = make_tree("AudioWAV/1001_DFA_ANG_XX.wav", "AudioWAV/1002_IEO_SAD_HI.wav")
    (root / "VideoDemographics.csv").write_text(TABLE, encoding="utf-8")
    corpus = read_corpus(root)
    first, second = corpus.utterances
    assert (corpus.name, first.emotion, first.label) == ("crema-d", "angry", "ANG")
    assert (first.speaker, first.gender, first.sentence) == ("1001", "male", "DFA")
    assert (second.emotion, second.gender) == ("sad", None)
    assert "1002" in corpus.notes[0]


def test_crema_d_without_its_table_says_what_is_missing(make_tree: TreeMaker) -> None:
    corpus = read_corpus(make_tree("1001_DFA_ANG_XX.wav"))
    assert only(corpus).gender is None
    assert "VideoDemographics.csv" in corpus.notes[0]


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\x00nonsense",
        b"a,b\n1,2\n",
        b"ActorID;Sex\n1001;Male\n",
        b"\0" * 2**21,
    ],
)
def test_a_bad_table_of_actors_is_a_problem_and_loses_nothing_else(
    make_tree: TreeMaker, content: bytes
) -> None:
    root = make_tree("1001_DFA_ANG_XX.wav")
    (root / "VideoDemographics.csv").write_bytes(content)
    corpus = read_corpus(root)
    assert len(corpus.utterances) == 1
    assert [p.path for p in corpus.problems] == ["VideoDemographics.csv"]


def test_a_table_of_actors_with_bom_is_read(make_tree: TreeMaker) -> None:
    root = make_tree("1001_DFA_ANG_XX.wav")
    (root / "VideoDemographics.csv").write_text(TABLE, encoding="utf-8-sig")
    assert only(read_corpus(root)).gender == "male"


def test_crema_d_names_its_silent_file_and_its_double_labels(
    make_tree: TreeMaker,
) -> None:
    stems = (
        "1076_MTI_SAD_XX",
        "1006_TIE_HAP_XX",
        "1006_TIE_NEU_XX",
        "1013_WSI_DIS_XX",
        "1017_IWW_ANG_XX",
        "1017_IWW_FEA_XX",
    )
    corpus = read_corpus(make_tree(*(f"{stem}.wav" for stem in stems)))
    notes = " ".join(corpus.notes)
    assert "1076_MTI_SAD_XX is digital silence" in notes
    assert notes.count("two labels") == 2  # 1013_WSI_SAD_XX is not there
    assert len(corpus.utterances) == len(stems)


# All of them ------------------------------------------------------------------

READERS: tuple[NameReader, ...] = (
    EmoDbReader(),
    RavdessReader(),
    TessReader(),
    SaveeReader(),
    CremaDReader(),
)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_each_reader_places_its_own_example_alone(reader: NameReader) -> None:
    file = f"{reader.example}.wav"
    assert [r.name for r in READERS if placed(r, file)] == [reader.name]


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_a_folder_without_a_single_fitting_name_is_refused(
    reader: NameReader, make_tree: TreeMaker
) -> None:
    with pytest.raises(CorpusError, match="choose another reader"):
        read_corpus(make_tree("holiday.wav"), reader=reader.name)


@given(stem=st.text(st.characters(exclude_characters="/\0"), max_size=40))
def test_any_name_is_placed_within_the_vocabulary_or_not_at_all(stem: str) -> None:
    for reader in READERS:
        placement = reader.place(AudioFile(f"DC/{stem}.wav", stem, ".wav"))
        if placement is not None and placement.emotion is not None:
            assert placement.emotion in EMOTIONS


@given(
    numbers=st.tuples(
        st.integers(1, 3),
        st.integers(1, 2),
        st.integers(1, 8),
        st.integers(1, 2),
        st.integers(1, 2),
        st.integers(1, 2),
        st.integers(1, 24),
    )
)
def test_every_ravdess_number_is_split_where_it_belongs(
    numbers: tuple[int, ...],
) -> None:
    stem = "-".join(f"{number:02d}" for number in numbers)
    placement = RavdessReader().place(AudioFile(f"{stem}.wav", stem, ".wav"))
    assert placement is not None
    assert placement.speaker == f"{numbers[6]:02d}"
    assert placement.gender == ("male" if numbers[6] % 2 else "female")
    assert placement.sentence == f"{numbers[4]:02d}"
    assert (placement.refused is None) == (numbers[0] != 2)


def test_only_ascii_digits_are_numbers() -> None:
    assert placed(RavdessReader(), "03-01-0६-01-02-01-12.wav") is None
    assert placed(EmoDbReader(), "٠3a01Fa.wav") is None


# Real corpora -----------------------------------------------------------------


@pytest.mark.corpora
@pytest.mark.parametrize(
    ("folder", "name", "n_utterances", "n_speakers", "n_female"),
    [
        ("EMO-DB", "emo-db", 535, 10, 302),
        ("RAVDESS", "ravdess", 1440, 24, 720),
        ("CREMA-D", "crema-d", 7442, 91, 3512),
        ("TESS", "tess", 98, 2, 98),
    ],
)
def test_real_corpora_are_recognised_and_read_whole(
    real_corpora: Path,
    folder: str,
    name: str,
    n_utterances: int,
    n_speakers: int,
    n_female: int,
) -> None:
    corpus = read_corpus(real_corpora / folder)
    assert corpus.name == name
    assert len(corpus.utterances) == n_utterances
    assert len({u.speaker for u in corpus.utterances}) == n_speakers
    assert sum(u.gender == "female" for u in corpus.utterances) == n_female
    assert corpus.problems == ()


@pytest.mark.corpora
def test_every_published_name_is_placed(real_corpora: Path) -> None:
    lists = {
        "EMO-DB": (EmoDbReader(), 535),
        "RAVDESS-speech": (RavdessReader(), 1440),
        "RAVDESS-song": (RavdessReader(), 1012),
        "CREMA-D": (CremaDReader(), 7442),
        "TESS": (TessReader(), 2800),
    }
    for name, (reader, count) in lists.items():
        text = (real_corpora / "checksums" / f"{name}.sha256").read_text("utf-8")
        paths = [line.split(maxsplit=1)[1] for line in text.splitlines()]
        emotions = [placed(reader, path.lstrip("*")) for path in paths]
        assert len(emotions) == count
        assert None not in emotions
        # no two published files are taken for copies of one recording
        recordings = {
            placement.recording
            for path in paths
            for stem in [path.rpartition("/")[2].rpartition(".")[0]]
            if (placement := reader.place(AudioFile(path, stem, ".wav")))
        }
        assert len(recordings) == count


def test_copies_are_told_apart_by_speaker_in_savee() -> None:
    paths = [f"{s}/a01.wav" for s in ("DC", "JE")]
    one, other = (SaveeReader().place(AudioFile(p, "a01", ".wav")) for p in paths)
    assert one is not None
    assert other is not None
    assert one.recording != other.recording


def test_readers_of_two_corpora_never_claim_one_name() -> None:
    examples = ["03a01Fa", "03-01-06-01-02-01-12", "OAF_back_angry", "1001_DFA_ANG_XX"]
    for stem, pair in itertools.product(examples, itertools.combinations(READERS, 2)):
        assert not all(placed(reader, f"{stem}.wav") for reader in pair)
