"""Paired tests against values worked out by hand."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from spoken import plain_uar

from ser_core.errors import ParameterError
from ser_core.evaluation.bootstrap import speaker_weights
from ser_core.evaluation.paired import corrected_t_test, mcnemar_test, paired_test
from ser_core.evaluation.predictions import Predictions


def right(only_a: int, only_b: int, both: int = 30) -> tuple[Any, Any]:
    """Return which utterances two models got right."""
    a = np.repeat([True, False, True, False], [only_a, only_b, both, 5])
    b = np.repeat([False, True, True, False], [only_a, only_b, both, 5])
    return a, b


def models(
    n: int = 400, *, n_speakers: int = 20, lift: float = 0.2, seed: int = 0
) -> tuple[Predictions, Predictions]:
    """Return a better and a worse model on the same utterances."""
    rng = np.random.default_rng(seed)
    labels = np.array(["angry", "happy", "sad"])
    truth = labels[rng.integers(0, 3, size=n)]
    wrong = labels[rng.integers(0, 3, size=(2, n))]
    good = np.where(rng.random(n) < 0.5 + lift, truth, wrong[0])
    poor = np.where(rng.random(n) < 0.5, truth, wrong[1])
    speakers = [f"s{i % n_speakers:02d}" for i in range(n)]
    folds = [f"fold {i % n_speakers % 5}" for i in range(n)]
    a, b = (
        Predictions.from_labels(
            truth.tolist(), found.tolist(), speakers=speakers, folds=folds
        )
        for found in (good, poor)
    )
    return a, b


def test_mcnemar_is_exact_for_few_discordant_utterances() -> None:
    test = mcnemar_test(*right(10, 2))
    assert (test.only_a, test.only_b, test.statistic) == (10, 2, None)
    # 2 x (C(12,0) + C(12,1) + C(12,2)) / 2^12
    assert test.p_value == pytest.approx(2 * (1 + 12 + 66) / 4096)


def test_mcnemar_is_chi_squared_with_correction_for_many() -> None:
    test = mcnemar_test(*right(40, 20))
    assert test.statistic == pytest.approx(19**2 / 60)
    # one degree of freedom: the tail is that of the normal distribution, twice
    assert test.p_value == pytest.approx(math.erfc(math.sqrt(19**2 / 60 / 2)))


@pytest.mark.parametrize("each", [0, 3, 50])
def test_mcnemar_of_balanced_disagreement_is_one(each: int) -> None:
    assert mcnemar_test(*right(each, each)).p_value == pytest.approx(1.0)


def test_corrected_t_is_that_worked_out_by_hand() -> None:
    # mean 0.03, variance 0.0005; 0.03 / sqrt(0.0005 x (1/5 + 20/80)) = 2
    test = corrected_t_test([0.02, 0.04, 0.06, 0.0, 0.03], n_train=80, n_test=20)
    assert test is not None
    assert test.t == pytest.approx(2.0)
    # Student's t with 4 degrees of freedom has this tail in closed form
    x = 2 / math.sqrt(2**2 + 4)
    assert test.p_value == pytest.approx(1 - x * (1 + (1 - x**2) / 2))
    assert test.mean_difference == pytest.approx(0.03)


@pytest.mark.parametrize("differences", [[0.1], [0.02, 0.02, 0.02]])
def test_corrected_t_needs_variance(differences: list[float]) -> None:
    assert corrected_t_test(differences, n_train=80, n_test=20) is None


def test_corrected_t_of_equal_models_is_no_difference() -> None:
    test = corrected_t_test([0.0, 0.0, 0.0], n_train=80, n_test=20)
    assert test is not None
    assert (test.t, test.p_value) == (0.0, 1.0)


def test_better_model_is_told_with_its_interval() -> None:
    a, b = models()
    test = paired_test(a, b, names=("svm", "knn"))
    assert test.bootstrap is not None
    assert test.bootstrap.interval[0] > 0
    assert test.bootstrap.p_value < 0.05
    assert test.mcnemar.p_value < 0.05
    assert test.resampled_t is not None
    assert test.resampled_t.n_folds == 5
    assert test.words.startswith("svm is better than knn by ")
    assert "resampling 20 speakers" in test.words
    json.dumps(test.to_json(), allow_nan=False)


def test_words_stay_the_same_the_other_way_round() -> None:
    a, b = models()
    forth = paired_test(a, b, names=("svm", "knn"))
    back = paired_test(b, a, names=("knn", "svm"))
    assert back.uar_difference == -forth.uar_difference
    assert back.words == forth.words


def test_equal_models_cannot_be_told_apart() -> None:
    a, _ = models()
    test = paired_test(a, a)
    assert test.uar_difference == 0
    assert test.bootstrap is not None
    assert test.bootstrap.p_value == 1
    assert test.mcnemar.p_value == 1
    assert "cannot tell the two apart" in test.words


def test_interval_is_that_of_a_plain_bootstrap_over_speakers() -> None:
    a, b = models(n=120, n_speakers=9)
    test = paired_test(a, b, seed=3)
    speakers = np.array(a.speakers)
    rows_of = [np.flatnonzero(speakers == name) for name in np.unique(speakers)]
    draws = []
    for weights in speaker_weights(9, seed=3).astype(int):
        pairs = zip(rows_of, weights, strict=True)
        rows = np.concatenate([np.tile(r, times) for r, times in pairs])
        draws.append(
            plain_uar(a.truth[rows], a.predicted[rows])
            - plain_uar(b.truth[rows], b.predicted[rows])
        )
    assert test.bootstrap is not None
    assert test.bootstrap.interval == pytest.approx(np.percentile(draws, [2.5, 97.5]))


def test_few_speakers_leave_mcnemar_with_a_warning() -> None:
    test = paired_test(*models(n_speakers=7))
    assert test.bootstrap is None
    assert "takes utterances as independent" in test.words
    assert "fewer than 8" in test.words


def test_rows_are_matched_by_key_whatever_their_order() -> None:
    a, b = models(n=60)
    order = np.random.default_rng(1).permutation(60)[:50]
    shuffled = Predictions(
        keys=tuple(b.keys[i] for i in order),
        classes=b.classes,
        truth=b.truth[order],
        predicted=b.predicted[order],
        speakers=tuple(b.speakers[i] for i in order),
    )
    test = paired_test(a, shuffled)
    rows = np.sort(order)
    assert test.n == 50
    assert test.war_difference == pytest.approx(
        (a.predicted == a.truth)[rows].mean() - (b.predicted == b.truth)[rows].mean()
    )
    assert test.resampled_t is None


def test_classes_are_matched_by_name() -> None:
    a = Predictions.from_labels(["sad", "happy"], ["sad", "happy"])
    b = Predictions.from_labels(["sad", "happy"], ["angry", "happy"])
    assert paired_test(a, b).war_difference == 0.5


def test_runs_on_other_utterances_are_refused() -> None:
    a = Predictions.from_labels(["sad"], ["sad"], keys=["x"])
    b = Predictions.from_labels(["sad"], ["sad"], keys=["y"])
    with pytest.raises(ParameterError, match="no utterance in common"):
        paired_test(a, b)


def test_runs_with_other_labels_are_refused() -> None:
    a = Predictions.from_labels(["sad"], ["sad"])
    b = Predictions.from_labels(["happy"], ["sad"])
    with pytest.raises(ParameterError, match="another label in each run"):
        paired_test(a, b)


def test_key_given_twice_is_refused() -> None:
    with pytest.raises(ParameterError, match="every key must be there once"):
        Predictions.from_labels(["sad", "sad"], ["sad", "sad"], keys=["x", "x"])


def record() -> dict[str, Any]:
    """Return the part of a training record that holds predictions."""
    return {
        "classes": ["happy", "sad"],
        "corpora": [
            {"name": "tess", "fingerprint": "f0"},
            {"name": "savee", "fingerprint": "f1"},
        ],
        "folds": [{"name": "a", "n_train": 10}, {"name": "b", "n_train": 20}],
        "unseen_speakers": None,
        "predictions": {
            "path": ["x.wav", "x.wav"],
            "corpus": [0, 1],
            "speaker": ["OAF", None],
            "truth": [0, 1],
            "predicted": [1, 1],
            "fold": [0, 1],
        },
    }


def test_predictions_of_a_record_are_named_by_corpus_and_path() -> None:
    found = Predictions.from_record(record())
    assert found.keys == ("f0/x.wav", "f1/x.wav")
    assert found.speakers == ("tess/OAF", None)
    assert found.n_train == 15
    assert found.truth.tolist() == [0, 1]


def test_record_without_unseen_speakers_says_so() -> None:
    with pytest.raises(ParameterError, match="no result on unseen speakers"):
        Predictions.from_record(record(), unseen=True)
