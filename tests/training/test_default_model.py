from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ser_core.cli.main import main
from ser_core.errors import ModelError, ParameterError
from ser_core.models.bundle import load_bundle
from ser_core.models.card import ModelCard
from ser_core.models.training_distance import distances
from ser_core.store.data_folder import DataFolder
from ser_core.training import default_model
from ser_core.training.default_model import make_default
from ser_core.training.other_corpora import judge_on
from ser_core.training.worsening import SAMPLE_RATE, Worsening, worsened
from tests.training.tone_corpora import emo_db_tones, ravdess_tones

pytestmark = pytest.mark.timeout(170)


def silent(event: Mapping[str, Any]) -> None:
    """Take no notice of an event."""


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tones")
    german = emo_db_tones(folder / "emodb")
    english = ravdess_tones(folder / "ravdess", emotions=("03", "04", "05", "08"))
    return german, english


@pytest.fixture(scope="module")
def made(
    corpora: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[ModelCard, Path, DataFolder]:
    data = DataFolder(tmp_path_factory.mktemp("default-data")).prepare()
    out = tmp_path_factory.mktemp("made") / "default"
    german, english = corpora
    card = make_default(
        [str(german)], unseen=[str(english)], out=out, data=data, emit=silent
    )
    return card, out, data


def test_the_card_tells_every_figure(made: tuple[ModelCard, Path, DataFolder]) -> None:
    card, _, _ = made
    assert card.name == "default"
    assert card.n_fitted == 48
    assert card.results.plan["speaker_independent"]
    assert card.results.plan["shared_speakers"] == 0
    parts = card.results.plan["by_corpus"]
    assert [part["corpus"] for part in parts] == ["emo-db"]
    assert parts[0]["uar"] == pytest.approx(card.results.plan["uar"])
    assert card.calibration is not None
    assert card.abstention is not None
    assert card.abstention.max_distance is not None
    assert "copies" in card.protocol
    text = card.to_markdown()
    assert "On corpora that it was not trained on" in text
    assert "When it says *unsure*" in text


def test_another_corpus_is_judged_by_the_classes_that_both_have(
    made: tuple[ModelCard, Path, DataFolder],
) -> None:
    card, _, _ = made
    (other,) = card.results.other_corpora
    assert other.name == "ravdess"
    assert other.n_clips == 72
    assert other.n_speakers == 6
    assert other.classes == ("angry", "happy", "sad")
    assert other.left_out == {"surprised": 24}
    assert set(other.recall) == set(other.classes)
    assert other.interval_reason is not None  # six speakers are too few for intervals
    assert other.uar == pytest.approx(np.mean(list(other.recall.values())))


def test_the_same_recordings_give_the_same_model(
    made: tuple[ModelCard, Path, DataFolder],
    corpora: tuple[Path, Path],
    tmp_path: Path,
) -> None:
    card, _, data = made
    german, english = corpora
    again = make_default(
        [str(german)],
        unseen=[str(english)],
        out=tmp_path / "default",
        data=data,
        emit=silent,
    )
    first, second = card.to_json(), again.to_json()
    assert first.pop("created_utc")
    assert second.pop("created_utc")
    assert first == second


def test_a_corpus_that_was_trained_on_is_not_unseen(
    made: tuple[ModelCard, Path, DataFolder], corpora: tuple[Path, Path]
) -> None:
    _, out, data = made
    bundle = load_bundle(out)
    with pytest.raises(ModelError, match="trained on 'emo-db'"):
        judge_on(bundle.recogniser, bundle.card, str(corpora[0]), data=data)


def test_a_taken_folder_is_told_before_the_work(
    made: tuple[ModelCard, Path, DataFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, out, data = made
    monkeypatch.setattr(default_model, "choose_corpora", None)
    with pytest.raises(ModelError, match="default"):
        make_default(["nowhere"], unseen=[], out=out, data=data, emit=silent)


def test_a_folder_of_another_name_is_told_before_the_work(
    made: tuple[ModelCard, Path, DataFolder], tmp_path: Path
) -> None:
    _, _, data = made
    out = tmp_path / "mine"
    with pytest.raises(ParameterError, match="must end in 'default'"):
        make_default(["nowhere"], unseen=[], out=out, data=data, emit=silent)


def test_a_corpus_counts_as_often_as_the_recipe_says(
    made: tuple[ModelCard, Path, DataFolder],
) -> None:
    rng = np.random.default_rng(0)

    class Named:
        name = "emo-db"

    class Other:
        name = "crema-d"

    class Chosen:
        corpora = (Named(), Other())

    class Samples:
        corpus = np.array([0, 1, 1])
        y = np.array(["sad", "happy", "angry"])

    recordings = default_model.Recordings(
        chosen=Chosen(),  # type: ignore[arg-type]
        matrix=None,  # type: ignore[arg-type]
        samples=Samples(),  # type: ignore[arg-type]
        X=rng.random((3, 4)).astype(np.float32),
        copies=rng.random((3, 2, 4)).astype(np.float32),
    )
    X, y = recordings.training_part(np.array([0, 2]))
    n = default_model.REPEATS["emo-db"]
    assert y.tolist() == (["sad"] * n + ["angry"]) * 3
    np.testing.assert_array_equal(X[n + 1], recordings.copies[0, 0])
    np.testing.assert_array_equal(X[n], recordings.X[2])


def test_the_command_passes_on_what_it_was_given(
    corpora: tuple[Path, Path],
    made: tuple[ModelCard, Path, DataFolder],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    card, _, data = made
    asked: dict[str, Any] = {}

    def pretend(corpora: list[str], **options: Any) -> ModelCard:
        asked.update(options, corpora=corpora)
        return card

    monkeypatch.setattr(default_model, "make_default", pretend)
    out, told = tmp_path / "default", tmp_path / "card.json"
    german, english = map(str, corpora)
    arguments = ["models", "make-default", "--corpus", german, "--unseen", english]
    arguments += ["--out", str(out), "--json", str(told), "--data-dir", str(data.root)]
    assert main(arguments) == 0
    assert asked["corpora"] == [german]
    assert asked["unseen"] == [english]
    assert asked["out"] == out
    assert ModelCard.from_json(json.loads(told.read_text())) == card


def test_a_copy_depends_on_name_and_number_alone(corpora: tuple[Path, Path]) -> None:
    from ser_core.features.registry import feature_set

    path = sorted(corpora[0].rglob("*.wav"))[0]
    task = Worsening(feature_set=feature_set("functionals+loudness"), n_copies=2)
    first, second = task(str(path)), task(str(path))
    assert first is not None
    assert second is not None
    np.testing.assert_array_equal(first, second)
    assert first.shape == (2, 2025)
    assert not np.array_equal(first[0], first[1])
    assert task(str(path.with_name("missing.wav"))) is None


@pytest.mark.parametrize("seed", range(12))
def test_copies_are_finite_and_within_full_scale(seed: int) -> None:
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    y = (0.9 * np.sin(2 * np.pi * 220 * t)).astype(np.float32)
    for signal in (y, np.zeros_like(y), y[:2]):
        worse = worsened(signal, rng=np.random.default_rng(seed))
        assert worse.dtype == np.float32
        assert worse.shape == signal.shape
        assert np.isfinite(worse).all()
        assert np.abs(worse).max() <= 1
    assert not worsened(np.zeros_like(y), rng=np.random.default_rng(seed)).any()


def test_noise_lies_beyond_what_the_model_knows(
    made: tuple[ModelCard, Path, DataFolder],
) -> None:
    card, out, _ = made
    recogniser = load_bundle(out).recogniser
    far = distances(recogniser, np.full((1, 2025), 1e4, dtype=np.float32))
    assert card.abstention is not None
    assert card.abstention.max_distance is not None
    assert far[0] > card.abstention.max_distance
