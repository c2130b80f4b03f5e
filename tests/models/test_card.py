from __future__ import annotations

import doctest
import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from bundle_models import card, fitted, result, rows

from ser_core.errors import ModelError
from ser_core.evaluation.probabilities import CalibrationBin
from ser_core.models import acceleration_process, calibration, card_markup
from ser_core.models.abstention import Abstention, AbstentionPoint
from ser_core.models.calibration import Calibration
from ser_core.models.card import CardCorpus, CardResults, ModelCard
from ser_core.models.card_markup import inert
from ser_core.models.card_record import card_from_record, licence_note
from ser_core.models.other_corpus import OtherCorpus
from ser_core.models.training_distance import (
    TrainingDistances,
    distances,
    training_distances,
)


def record(**changes: Any) -> dict[str, Any]:
    """Make the parts of a training record that a card is made of."""
    values = {
        "schema_version": 1,
        "kind": "training",
        "id": "abc123",
        "plan": {
            "corpora": ["ravdess"],
            "features": "mfcc13x500",
            "seed": 7,
            "pca": 0.95,
            "parameters": {"C": 10.0},
        },
        "corpora": [
            {
                "name": "ravdess",
                "synthetic": False,
                "root": "ravdess",
                "fingerprint": "0" * 64,
                "n_utterances": 1440,
                "n_files": 1200,
                "licence": None,
                "language": None,
            }
        ],
        "model": "svm",
        "features": "mfcc13x500",
        "classes": ["angry", "happy", "sad"],
        **result("random-80-20", uar=0.8),
        "folds": [{"name": "1", "n_train": 1, "n_test": 1}],
        "predictions": {"path": ["a.wav"], "truth": [0]},
        "unseen_speakers": {
            **result("speaker", independent=True),
            "predictions": {"path": ["a.wav"]},
        },
        "unseen_speakers_reason": None,
        "gap": "Random 80, unseen 50.",
        "human": {"accuracy": 0.6, "uar": None, "source": "listeners"},
        "tuning": {"n_trials": 5, "best_parameters": {"gamma": 0.1}, "best_value": 0.5},
        "seconds": {"total": 3.0},
        "bundle": None,
    }
    return {**values, **changes}


def test_a_card_comes_back_from_its_json() -> None:
    made = card(
        distances=TrainingDistances(
            space="pca", n_rows=10, n_dimensions=3, quantiles={0.5: 1.0, 1.0: 2.5}
        ),
        parameters={"C": 10, "kernel": "rbf"},
        pca=0.95,
    )
    text = json.dumps(made.to_json()).encode()
    assert ModelCard.from_text(text) == made


@pytest.mark.parametrize("key", sorted(card().to_json()))
def test_a_card_without_one_of_its_keys_is_refused(key: str) -> None:
    document = card().to_json()
    del document[key]
    with pytest.raises(ModelError, match="the model's card"):
        ModelCard.from_json(document)


@pytest.mark.parametrize(
    "changes",
    [
        {"surplus": 1},
        {"schema_version": 2},
        {"schema_version": True},
        {"kind": "training"},
        {"name": "../x"},
        {"classes": ["sad", "angry"]},
        {"classes": ["sad", "sad"]},
        {"classes": ["sad"]},
        {"classes": "angry"},
        {"seed": 1.5},
        {"features": {"label": "x", "key": "0" * 64, "definition": {"a": 1}}},
        {"files": {"../x": "0" * 64}},
        {"files": {"model.skops": "short"}},
        {"limits": [1]},
        {"results": {}},
        {"record_id": "a b"},
        {"created_utc": "yesterday"},
        {"probe": {"classes": []}},
    ],
)
def test_a_card_that_is_not_as_it_should_be_is_refused(changes: dict[str, Any]) -> None:
    document = json.loads(json.dumps(card().to_json()))
    with pytest.raises(ModelError, match="the model's card"):
        ModelCard.from_json({**document, **changes})


@pytest.mark.parametrize("value", [None, [], "card", 3])
def test_json_that_is_no_card_is_refused(value: Any) -> None:
    with pytest.raises(ModelError):
        ModelCard.from_json(value)


def test_figures_outside_their_range_are_refused() -> None:
    document = json.loads(json.dumps(card().to_json()))
    document["results"]["plan"]["war"] = 1.5
    with pytest.raises(ModelError, match=r"results\.plan\.war"):
        ModelCard.from_json(document)


def test_predictions_have_no_place_in_a_card() -> None:
    document = json.loads(json.dumps(card().to_json()))
    document["results"]["plan"]["predictions"] = {"path": ["a.wav"]}
    with pytest.raises(ModelError, match="predictions"):
        ModelCard.from_json(document)


def test_a_record_becomes_a_card_with_both_splits() -> None:
    made = card_from_record(record(), name="m", n_fitted=1440)
    assert made.results.plan["uar"] == pytest.approx(0.8)
    assert made.results.unseen_speakers is not None
    assert made.results.unseen_speakers["uar"] == pytest.approx(0.5)
    assert "predictions" not in made.results.plan
    assert "predictions" not in made.results.unseen_speakers
    assert made.parameters == {"C": 10.0, "gamma": 0.1}
    assert made.record_id == "abc123"
    assert made.feature_set().name == "mfcc13x500"
    assert made.corpora[0].language == "English (North America)"
    assert made.corpora[0].acted is True
    assert made.corpora[0].n_utterances == 1200  # those that were used


def test_only_the_record_of_a_training_becomes_a_card() -> None:
    with pytest.raises(ModelError, match="kind 'bench'"):
        card_from_record(record(kind="bench"), name="m")
    incomplete = record()
    del incomplete["plan"]
    with pytest.raises(ModelError, match="lacks 'plan'"):
        card_from_record(incomplete, name="m")


def test_every_card_says_what_the_model_is_not_for() -> None:
    limits = " ".join(card_from_record(record(), name="m").limits)
    for words in ("actors", "diagnosis", "grading", "hiring", "watching"):
        assert words in limits


def test_a_synthetic_corpus_is_said_to_be_of_no_use_on_people() -> None:
    corpora = [{**record()["corpora"][0], "name": "s", "synthetic": True}]
    made = card_from_record(record(corpora=corpora), name="m")
    assert "synthesised voices" in made.limits[0]
    assert not any("actors who played" in line for line in made.limits)


def test_classes_with_a_gender_are_explained() -> None:
    classes = ["female_angry", "male_angry"]
    text = " ".join(card_from_record(record(classes=classes), name="m").limits)
    assert "says nothing about the gender of whoever speaks" in text


@pytest.mark.parametrize(
    ("licences", "words"),
    [
        (["CC BY-NC-SA 4.0 (no commercial use)"], "not for commercial use"),
        (["research only, after registration"], "not for commercial use"),
        (["CC BY-SA 4.0"], "shared under the same licence"),
        (["CC BY-NC-ND 4.0"], "no derivatives"),
        (["CC0", "CC BY-SA 4.0"], "strictest condition"),
        ([None], "not known"),
    ],
)
def test_licences_of_the_training_data_are_put_into_words(
    licences: list[str | None], words: str
) -> None:
    corpora = [CardCorpus(name=f"c{i}", licence=x) for i, x in enumerate(licences)]
    assert words in licence_note(corpora)


def test_free_data_carry_no_such_words() -> None:
    assert "commercial" not in licence_note([CardCorpus(name="c", licence="CC0 1.0")])


def test_the_text_sets_unseen_speakers_beside_the_random_split() -> None:
    text = card().to_markdown()
    head = next(line for line in text.splitlines() if line.startswith("| Figure"))
    assert "Known speakers" in head
    assert "Unseen speakers" in head
    row = next(line for line in text.splitlines() if line.startswith("| WAR"))
    assert row.endswith("| 70.0 % (60.0 to 80.0) | 50.0 % (40.0 to 60.0) |")
    assert "fewer than 8 speakers" in text
    assert "no diagnosis" in text
    # the classes' figures are those of unseen speakers
    assert "| angry | 50.0 % | 50.0 % | 50.0 % (40.0 to 60.0) | 50 |" in text


def test_the_text_says_when_unseen_speakers_are_missing() -> None:
    results = CardResults(
        plan=result("random-80-20"), unseen_speakers_reason="one speaker only"
    )
    text = card(results=results).to_markdown()
    assert "is not known**: one speaker only" in text


def test_every_row_of_a_table_has_the_columns_of_its_head() -> None:
    lines = card().to_markdown().splitlines()
    tables = [line for line in lines if line.startswith("|")]
    widths: list[int] = []
    for line in tables:
        width = line.replace("\\|", "").count("|")
        if line.startswith("| Figure") or line.startswith("| Class |"):
            widths = [width]
        assert not widths or width >= 3
    assert len(tables) > 12


HOSTILE = (
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "![x](http://evil/x.png)",
    "| a | b |\n| --- | --- |",
    "x\n\n# Heading",
    "**bold** _it_ `code` ~~s~~",
    "http://evil.example www.evil.example a@b.example",
    "$\\href{http://x}{y}$ :red[x] :material/x:",
    "\u202eevil\u200b\x00",
    "&lt;b&gt;",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_outside_stays_text(text: str) -> None:
    made = card(
        corpora=(CardCorpus(name=text[:100], licence=text, citation=text),),
        parameters={text: text},
        licence=text,
        limits=(text,),
        protocol=text,
        results=CardResults(
            plan={**result("random-80-20"), "interval_reason": text},
            unseen_speakers_reason=text,
            gap=text,
            human={"accuracy": 0.5, "uar": None, "source": text},
        ),
        versions={"python": text[:60]},
    )
    shown = made.to_markdown()
    assert "<" not in shown
    assert not re.search(r"(?<!\\)(\]\(|!\[|:[/a-z]|\*\*b|~~s|\$|`code|@b)", shown)
    assert "www.evil" not in shown
    assert "\n# Heading" not in shown
    assert "\u202e" not in shown
    assert "\x00" not in shown
    assert "| a | b |" not in shown


def test_long_text_is_cut() -> None:
    assert len(inert("a" * 1000)) == 300


@pytest.mark.parametrize("pca", [None, 0.9])
def test_training_rows_lie_at_distance_one(pca: float | None) -> None:
    X, _ = rows()
    recogniser = fitted("lr", pca)
    before = X.copy()
    found = distances(recogniser, X)
    np.testing.assert_array_equal(X, before)
    # PCA divides by n - 1, scaling by n
    assert np.sqrt(np.mean(found**2)) == pytest.approx(1, abs=0.01)


def test_distance_behind_pca_is_that_of_mahalanobis() -> None:
    from scipy.spatial.distance import mahalanobis

    X, _ = rows()
    recogniser = fitted("lr", 20)
    scaled = recogniser.named_steps["scaler"].transform(X).astype(float)
    inverse = np.linalg.inv(np.cov(scaled, rowvar=False))
    expected = [
        mahalanobis(row, scaled.mean(axis=0), inverse) / np.sqrt(20)
        for row in scaled[:10]
    ]
    np.testing.assert_allclose(distances(recogniser, X[:10]), expected, rtol=1e-3)


def test_a_row_from_elsewhere_lies_beyond_the_training_rows() -> None:
    X, _ = rows()
    recogniser = fitted("lr")
    summary = training_distances(recogniser, X)
    far = distances(recogniser, X[:1] + 1e4)[0]
    assert summary.share_nearer(float(far)) == pytest.approx(1)
    assert summary.share_nearer(summary.quantiles[0.5]) == pytest.approx(0.5)
    assert summary.share_nearer(0.0) == pytest.approx(0)
    assert summary.n_rows == len(X)


def test_distances_need_a_scaler() -> None:
    from sklearn.linear_model import LogisticRegression

    with pytest.raises(ModelError, match="scaler"):
        distances(LogisticRegression(), rows()[0])


def test_the_examples_of_the_documentation_hold() -> None:
    for module in (card_markup, calibration, acceleration_process):
        found = doctest.testmod(module)
        assert found.attempted
        assert not found.failed


def with_everything() -> ModelCard:
    """Make a card with all that older ones lack."""
    return card(
        calibration=Calibration(
            temperature=1.5,
            n=200,
            n_speakers=10,
            ece_before=0.12,
            ece_after=0.03,
            log_loss_before=1.2,
            log_loss_after=1.1,
            bins=(CalibrationBin(confidence=0.61, accuracy=0.58, n=200),),
            basis="Fitted somehow.",
        ),
        abstention=Abstention(
            min_confidence=0.42,
            max_distance=1.75,
            curve=(
                AbstentionPoint(confidence=0.0, share=1.0, accuracy=0.6),
                AbstentionPoint(confidence=0.42, share=0.8, accuracy=0.7),
                AbstentionPoint(confidence=0.95, share=0.0, accuracy=None),
            ),
            basis="Chosen somehow.",
        ),
        results=CardResults(
            plan={
                **result("speaker", independent=True),
                "by_corpus": [{"corpus": "emo-db", "n": 9, "war": 0.5, "uar": 0.25}],
            },
            other_corpora=(
                OtherCorpus(
                    name="tess",
                    language="English (Canada)",
                    licence=None,
                    n_clips=84,
                    n_speakers=2,
                    classes=("angry", "sad"),
                    left_out={"surprised": 14},
                    n_failed=1,
                    war=0.4,
                    war_interval=None,
                    uar=0.45,
                    uar_interval=(0.3, 0.6),
                    interval_reason="two speakers",
                    recall={"angry": 0.3, "sad": 0.6},
                    ece=0.2,
                    share_answered=0.5,
                    accuracy_answered=0.75,
                    share_too_far=0.1,
                    note="Read from lossy copies.",
                ),
            ),
        ),
    )


def test_a_card_with_calibration_comes_back_from_its_json() -> None:
    made = with_everything()
    assert ModelCard.from_text(json.dumps(made.to_json()).encode()) == made


def test_a_card_without_calibration_is_written_as_before() -> None:
    document = card().to_json()
    later = {"calibration", "abstention", "uncalibrated_reason"}
    assert not later & document.keys()
    assert "other_corpora" not in document["results"]


def test_the_text_tells_calibration_doubt_and_other_corpora() -> None:
    text = with_everything().to_markdown()
    assert "by the temperature 1.50" in text
    assert "| ECE | 0.120 | 0.030 |" in text
    assert "| 61 % | 58 % | 200 |" in text
    assert (
        "Below a confidence of 42 % it answers *unsure*: 80 % of the clips of unseen "
        "speakers get an answer, and 70 % of these are right." in text
    )
    assert "farther than 1.75" in text
    assert "| 95 % | 0 % | – |" in text
    row = next(line for line in text.splitlines() if line.startswith("| tess"))
    assert "45.0 % (30.0 to 60.0)" in row
    assert "75.0 %" in row
    assert "surprised (14)" in text
    assert "1 clips could not be read" in text
    assert "| emo-db | 9 | 25.0 % | 50.0 % |" in text


def test_the_text_says_why_nothing_is_calibrated() -> None:
    text = card(uncalibrated_reason="there was one speaker").to_markdown()
    assert "not calibrated: there was one speaker." in text


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("calibration", "temperature"), 0),
        (("calibration", "temperature"), "1"),
        (("calibration", "ece_after"), 1.5),
        (("calibration", "bins"), []),
        (("calibration", "surplus"), 1),
        (("abstention", "min_confidence"), 0.5),  # no point of the curve
        (("abstention", "max_distance"), -1),
        (("abstention", "curve"), []),
        (("abstention", "curve"), [{"confidence": 0.42, "share": 2, "accuracy": 1}]),
        (("results", "other_corpora"), [{"name": "tess"}]),
        (("results", "other_corpora"), {}),
        (("uncalibrated_reason",), 3),
    ],
)
def test_calibration_that_is_not_as_it_should_be_is_refused(
    place: tuple[str, ...], value: Any
) -> None:
    document = json.loads(json.dumps(with_everything().to_json()))
    inner = document
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    with pytest.raises(ModelError, match="the model's card"):
        ModelCard.from_json(document)


@pytest.mark.parametrize(
    "changes",
    [
        {"classes": ["angry", "bored"], "recall": {"angry": 0.3, "bored": 0.6}},
        {"recall": {"angry": 0.3}},
        {"uar": 1.5},
        {"left_out": {"surprised": -1}},
    ],
)
def test_another_corpus_that_does_not_fit_the_model_is_refused(
    changes: dict[str, Any],
) -> None:
    document = json.loads(json.dumps(with_everything().to_json()))
    document["results"]["other_corpora"][0].update(changes)
    with pytest.raises(ModelError, match="other_corpora"):
        ModelCard.from_json(document)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_another_corpus_stays_text(text: str) -> None:
    made = with_everything()
    (other,) = made.results.other_corpora
    hostile = replace(
        other, name=text[:100], language=text, note=text, interval_reason=text
    )
    shown = replace(
        made, results=replace(made.results, other_corpora=(hostile,))
    ).to_markdown()
    assert "<" not in shown
    assert not re.search(r"(?<!\\)(\]\(|!\[|:[/a-z]|\*\*b|~~s|\$|`code|@b)", shown)
    assert "| a | b |" not in shown
