from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from ser_core.features import front_end
from ser_core.models.bundle import Bundle, load_bundle
from ser_core.models.card import CardResults, ModelCard
from ser_core.models.shipped import SHIPPED, shipped_folder
from ser_core.models.training_distance import distances
from ser_core.store.data_folder import DataFolder
from ser_core.training.other_corpora import calibrated, judge_on

LARGEST_BYTES = 2_000_000
SAMPLE_RATE = 16_000

# numba compiles the resampler where its cache is cold
pytestmark = pytest.mark.timeout(170)


@cache
def shipped() -> Bundle:
    return load_bundle(shipped_folder())


def row(y: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Compute the shipped model's features of a signal."""
    values = front_end("reference").compute(
        y.astype(np.float32),
        sample_rate=SAMPLE_RATE,
        feature_set=shipped().card.feature_set(),
    )
    return values.reshape(1, -1)


def no_speech() -> dict[str, npt.NDArray[np.float64]]:
    """Make sounds that are no speech, 5 s each."""
    rng = np.random.default_rng(0)
    n = 5 * SAMPLE_RATE
    t = np.arange(n) / SAMPLE_RATE
    notes = np.repeat([262, 294, 330, 349, 392, 440, 494, 523, 392, 330], n // 10)
    return {
        "white noise": rng.normal(0, 0.1, n),
        "tone": 0.3 * np.sin(2 * np.pi * 440 * t),
        "clicks": np.where(np.arange(n) % 4_000 == 0, 0.8, 0.0),
        "hum": 0.003 * np.sin(2 * np.pi * 50 * t) + rng.normal(0, 1e-4, n),
        "silence": np.zeros(n),
        "melody": 0.3 * np.sin(2 * np.pi * np.cumsum(notes) / SAMPLE_RATE),
    }


def test_the_shipped_model_loads_and_is_small() -> None:
    assert shipped().card.name == SHIPPED
    files = list(shipped_folder().iterdir())
    assert sum(path.stat().st_size for path in files) < LARGEST_BYTES
    assert {path.name for path in files} == {"card.json", *shipped().card.files}


def test_its_card_says_what_it_was_trained_on() -> None:
    card = shipped().card
    assert [corpus.name for corpus in card.corpora] == ["emo-db", "crema-d"]
    assert all(corpus.acted for corpus in card.corpora)
    assert {corpus.language for corpus in card.corpora} == {
        "German",
        "English (United States)",
    }
    assert "lossy copies" in card.protocol
    assert "commercial" not in card.licence
    assert card.record_id is None


def test_its_card_has_figures_for_unseen_speakers_and_corpora() -> None:
    card = shipped().card
    plan = card.results.plan
    assert plan["speaker_independent"]
    assert plan["shared_speakers"] == 0
    assert plan["uar_interval"] is not None
    assert [part["corpus"] for part in plan["by_corpus"]] == ["emo-db", "crema-d"]
    # far above the sixth that guessing reaches
    assert all(part["uar"] > 0.5 for part in plan["by_corpus"])
    others = {other.name: other for other in card.results.other_corpora}
    assert set(others) == {"ravdess", "tess"}
    assert others["ravdess"].left_out.keys() == {"calm", "surprised"}
    assert all(other.uar > 1 / 6 for other in others.values())


def test_its_probabilities_are_calibrated_and_its_doubt_measured() -> None:
    card = shipped().card
    assert card.calibration is not None
    assert card.abstention is not None
    assert card.calibration.ece_after < 0.05
    assert card.abstention.chosen.share > 0.3
    everything = card.abstention.curve[0]
    assert everything.accuracy is not None
    assert card.abstention.chosen.accuracy is not None
    assert card.abstention.chosen.accuracy > everything.accuracy


@pytest.mark.parametrize("name", sorted(no_speech()))
def test_what_is_no_speech_lies_beyond_what_it_knows(name: str) -> None:
    bundle = shipped()
    x = row(no_speech()[name])
    p = calibrated(bundle.recogniser, bundle.card, x)
    assert np.isfinite(p).all()
    assert p.sum() == pytest.approx(1)
    assert bundle.card.abstention is not None
    assert bundle.card.abstention.max_distance is not None
    assert distances(bundle.recogniser, x)[0] > bundle.card.abstention.max_distance


@pytest.mark.parametrize("gain_db", [-20.0, -10.0, 6.0])
def test_the_level_of_a_recording_is_no_emotion(gain_db: float) -> None:
    rng = np.random.default_rng(3)
    t = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    f0 = 140 * 2 ** (0.3 * np.sin(2 * np.pi * 1.5 * t))
    voice = sum(
        np.sin(k * 2 * np.pi * np.cumsum(f0) / SAMPLE_RATE) / k for k in range(1, 20)
    )
    voice = 0.05 * voice * (1.2 + np.sin(2 * np.pi * 4 * t)) + rng.normal(
        0, 1e-3, len(t)
    )
    bundle = shipped()
    plain, other = (
        calibrated(bundle.recogniser, bundle.card, row(y))
        for y in (voice, voice * 10 ** (gain_db / 20))
    )
    np.testing.assert_allclose(plain, other, atol=0.02)


def corpora_folder() -> Path:
    folder = os.environ.get("SER_TEST_CORPORA")
    if not folder:
        pytest.skip("SER_TEST_CORPORA is not set: no real recordings to judge on")
    return Path(folder)


@pytest.mark.corpora
def test_the_figures_of_tess_are_those_that_the_card_tells(tmp_path: Path) -> None:
    bundle = shipped()
    data = DataFolder(tmp_path).prepare()
    found = judge_on(
        bundle.recogniser, bundle.card, str(corpora_folder() / "TESS"), data=data
    )
    told = next(o for o in bundle.card.results.other_corpora if o.name == "tess")
    assert found.n_clips == told.n_clips == 84
    assert found.war == pytest.approx(told.war, abs=1.5 / 84)
    assert found.recall == pytest.approx(told.recall, abs=1.5 / 14)
    assert found.share_answered == pytest.approx(told.share_answered, abs=1.5 / 84)


def test_a_card_of_before_has_no_calibration_and_stays_readable() -> None:
    card = shipped().card
    document = card.to_json()
    for key in ("calibration", "abstention"):
        del document[key]
    del document["results"]["other_corpora"]
    older = ModelCard.from_json(document)
    assert older.calibration is None
    assert older.abstention is None
    assert isinstance(older.results, CardResults)
    assert older.results.other_corpora == ()
    assert older.to_json() == document
    assert "unsure" not in older.to_markdown()
