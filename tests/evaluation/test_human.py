"""Human accuracy from EMO-DB's own table and from publications."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ser_core.corpora.utterance import Utterance
from ser_core.errors import CorpusError
from ser_core.evaluation.human import RATINGS_FILE, human_accuracy, read_ratings

TABLE = (
    "Nr.\tSatz\terkannt\tnatuerlich\n"
    "1\xa0 \t03a01Fa.wav\t90,00\xa0 \xa0 \t75,00\xa0 \n"
    "2\xa0 \t03a01Wa.wav\t80,00\xa0 \t90,00\xa0 \n"
    "3\xa0 \t08a01Wa.wav\t97,5\xa0 \t75,00\xa0 \n"
    "4\xa0 \t09a01Nb.wav\t20,00\xa0 \t75,00\xa0 \n"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "wav").mkdir()
    (tmp_path / RATINGS_FILE).write_bytes(TABLE.encode("latin-1"))
    return tmp_path


def heard(stem: str, emotion: str) -> Utterance:
    return Utterance(
        path=Path(f"/nowhere/wav/{stem}.flac"),
        corpus="emo-db",
        emotion=emotion,
        label=stem[5],
    )


def test_rates_have_a_decimal_comma_and_odd_spaces(root: Path) -> None:
    rates = read_ratings(root / RATINGS_FILE)
    assert rates == {"03a01fa": 0.9, "03a01wa": 0.8, "08a01wa": 0.975, "09a01nb": 0.2}


def test_only_the_tested_utterances_count(root: Path) -> None:
    tested = [
        heard("03a01Fa", "happy"),
        heard("03a01Wa", "angry"),
        heard("08a01Wa", "angry"),
    ]
    human = human_accuracy("emo-db", tested, root)
    assert human is not None
    assert human.accuracy == pytest.approx((0.9 + 0.8 + 0.975) / 3)
    assert human.uar == pytest.approx((0.9 + (0.8 + 0.975) / 2) / 2)
    assert human.n_utterances == 3
    assert set(human.to_json()) == {"accuracy", "uar", "source"}


def test_utterances_without_a_rate_are_told(root: Path) -> None:
    tested = [heard("03a01Fa", "happy"), heard("16b10Zz", "angry")]
    human = human_accuracy("emo-db", tested, root)
    assert human is not None
    assert "1 of 2 tested utterances are not in it" in human.source


@pytest.mark.parametrize("below", ["wav", "."])
def test_table_is_found_beside_and_in_the_corpus_folder(root: Path, below: str) -> None:
    assert human_accuracy("emo-db", None, root / below) is not None


def test_table_is_found_one_folder_below(root: Path, tmp_path: Path) -> None:
    (tmp_path / "wav" / "deep").mkdir()
    (root / RATINGS_FILE).rename(tmp_path / "wav" / RATINGS_FILE)
    assert human_accuracy("emo-db", None, tmp_path) is not None


def test_nothing_is_said_without_the_table(tmp_path: Path) -> None:
    assert human_accuracy("emo-db", [heard("03a01Fa", "happy")], tmp_path) is None
    assert human_accuracy("emo-db") is None


def test_nothing_is_said_where_no_utterance_is_in_the_table(root: Path) -> None:
    assert human_accuracy("emo-db", [heard("16b10Zz", "angry")], root) is None


def test_table_without_rates_is_refused(tmp_path: Path) -> None:
    (tmp_path / RATINGS_FILE).write_text("nothing here\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"holds no line with a \.wav name"):
        human_accuracy("emo-db", None, tmp_path)


def test_impossible_rates_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / RATINGS_FILE
    path.write_text("1 a.wav 900,0 1\n2 b.wav 50,0 1\n", encoding="utf-8")
    assert read_ratings(path) == {"b": 0.5}


@pytest.mark.parametrize(
    ("corpus", "accuracy", "words"),
    [("thai-ser", 0.772, "2507.09618"), ("crema-d", 0.409, "sound alone")],
)
def test_published_figures_name_their_source(
    corpus: str, accuracy: float, words: str
) -> None:
    human = human_accuracy(corpus)
    assert human is not None
    assert human.accuracy == accuracy
    assert human.uar is None
    assert words in human.source


@pytest.mark.parametrize("corpus", ["ravdess", "tess", "savee", "folder", "synthetic"])
def test_nothing_is_said_where_no_figure_is_certain(corpus: str) -> None:
    assert human_accuracy(corpus) is None


@pytest.mark.corpora
@pytest.mark.skipif(
    not os.environ.get("SER_TEST_CORPORA"), reason="SER_TEST_CORPORA is not set"
)
def test_emo_db_knows_a_rate_of_every_file_and_none_is_below_80_percent() -> None:
    from ser_core.corpora.reader import read_corpus

    corpus = read_corpus(Path(os.environ["SER_TEST_CORPORA"]) / "EMO-DB")
    rates = read_ratings(corpus.root / RATINGS_FILE)
    assert min(rates[u.path.stem.lower()] for u in corpus.utterances) == 0.8
    human = human_accuracy("emo-db", corpus.utterances, corpus.root)
    assert human is not None
    assert human.n_utterances == 535
    assert human.accuracy == pytest.approx(0.9354, abs=1e-4)
