"""Figures against scikit-learn and by hand, intervals against a plain loop."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
)
from spoken import plain_uar

from ser_core.errors import ParameterError
from ser_core.evaluation.bootstrap import speaker_weights
from ser_core.evaluation.judgement import judge

CLASSES = ["angry", "calm", "happy", "sad"]


def guessed(
    n: int = 300, *, n_speakers: int = 12, seed: int = 0
) -> tuple[list[str], list[str], npt.NDArray[np.float64], list[str]]:
    """Return truth, a fair guess, its probabilities and who speaks."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, size=n)
    p = rng.dirichlet(np.ones(4), size=n)
    p[np.arange(n), y] += 0.4
    p /= p.sum(axis=1, keepdims=True)
    speakers = [f"s{i:02d}" for i in rng.integers(0, n_speakers, size=n)]
    labels = np.array(CLASSES)
    return labels[y].tolist(), labels[p.argmax(axis=1)].tolist(), p, speakers


def test_figures_are_scikit_learns() -> None:
    truth, found, p, speakers = guessed()
    result = judge(truth, found, p, classes=CLASSES, speakers=speakers)
    values = {name: figure.value for name, figure in result.overall.items()}
    assert values == pytest.approx(
        {
            "war": accuracy_score(truth, found),
            "uar": balanced_accuracy_score(truth, found),
            "macro_f1": f1_score(truth, found, average="macro"),
            "weighted_f1": f1_score(truth, found, average="weighted"),
        }
    )
    expected = precision_recall_fscore_support(truth, found, labels=CLASSES)
    for i, label in enumerate(CLASSES):
        score = result.per_class[label]
        got = (score.precision.value, score.recall.value, score.f1.value, score.support)
        assert got == pytest.approx(tuple(column[i] for column in expected))
    assert np.array_equal(
        result.confusion, confusion_matrix(truth, found, labels=CLASSES)
    )
    assert result.log_loss is not None
    assert result.log_loss.value == pytest.approx(log_loss(truth, p, labels=CLASSES))
    assert result.n_test == 300


def test_figures_are_those_worked_out_by_hand() -> None:
    truth = ["sad", "sad", "sad", "sad", "happy", "happy", "angry"]
    found = ["sad", "sad", "sad", "happy", "happy", "sad", "happy"]
    result = judge(truth, found, classes=CLASSES)
    # recalls 3/4, 1/2, 0; F1: sad 6/8, happy 2/5, angry 0; calm is not there
    assert result.overall["uar"].value == pytest.approx((0.75 + 0.5) / 3)
    assert result.overall["macro_f1"].value == pytest.approx((0.75 + 0.4) / 3)
    assert result.overall["weighted_f1"].value == pytest.approx((4 * 0.75 + 0.8) / 7)
    assert result.per_class["calm"].support == 0
    assert result.per_class["calm"].f1.value == 0
    assert result.per_class["angry"].precision.value == 0


def test_interval_is_that_of_a_plain_bootstrap_over_speakers() -> None:
    truth, found, p, speakers = guessed()
    result = judge(truth, found, p, classes=CLASSES, speakers=speakers, seed=5)
    names = sorted(set(speakers))
    rows_of = [np.flatnonzero(np.array(speakers) == name) for name in names]
    y, guess = np.array(truth), np.array(found)
    column = np.array([CLASSES.index(label) for label in truth])
    uars, f1s, losses = [], [], []
    for weights in speaker_weights(len(names), seed=5).astype(int):
        drawn = zip(rows_of, weights, strict=True)
        rows = np.concatenate([np.tile(rows, times) for rows, times in drawn])
        uars.append(plain_uar(y[rows], guess[rows]))
        hits = (y[rows] == "sad") & (guess[rows] == "sad")
        f1s.append(
            2 * hits.sum() / ((y[rows] == "sad").sum() + (guess[rows] == "sad").sum())
        )
        losses.append(-np.log(p[rows, column[rows]]).mean())
    for figure, draws in (
        (result.overall["uar"], uars),
        (result.per_class["sad"].f1, f1s),
        (result.log_loss, losses),
    ):
        assert figure is not None
        assert figure.interval == pytest.approx(np.percentile(draws, [2.5, 97.5]))


def test_draws_take_as_many_speakers_as_there_are() -> None:
    weights = speaker_weights(9, seed=0)
    assert weights.shape == (1000, 9)
    assert (weights.sum(axis=1) == 9).all()
    assert (weights >= 0).all()


def test_interval_widens_where_speakers_differ() -> None:
    truth = ["sad", "happy"] * 60
    speakers = [f"s{i // 10:02d}" for i in range(120)]
    # the same accuracy: six whole speakers wrong, or every speaker half wrong
    apart = [t if i // 10 < 6 else "angry" for i, t in enumerate(truth)]
    alike = [t if i % 10 < 5 else "angry" for i, t in enumerate(truth)]
    widths = []
    for found in (apart, alike):
        result = judge(truth, found, classes=CLASSES, speakers=speakers)
        assert result.overall["war"].value == 0.5
        low, high = result.overall["war"].interval or (0, 0)
        widths.append(high - low)
    assert widths[0] > 0.3
    assert widths[1] == pytest.approx(0, abs=1e-12)


def test_seven_speakers_get_their_spread_in_place_of_an_interval() -> None:
    truth, found, p, speakers = guessed(n_speakers=7)
    result = judge(truth, found, p, classes=CLASSES, speakers=speakers)
    plain = result.to_json()
    assert "7 speaker(s) were tested; an interval needs 8" in plain["interval_reason"]
    assert plain["uar_interval"] is None
    assert plain["log_loss_interval"] is None
    assert len(plain["by_speaker"]) == 7
    mine = [i for i, name in enumerate(speakers) if name == "s03"]
    row = next(r for r in plain["by_speaker"] if r["speaker"] == "s03")
    assert row["n"] == len(mine)
    assert row["uar"] == pytest.approx(
        balanced_accuracy_score([truth[i] for i in mine], [found[i] for i in mine])
    )


def test_eight_speakers_get_an_interval() -> None:
    truth, found, _, speakers = guessed(n_speakers=8)
    result = judge(truth, found, classes=CLASSES, speakers=speakers)
    assert result.interval_reason is None
    assert result.overall["war"].interval is not None


@pytest.mark.parametrize("n_unknown", [1, 300])
def test_unknown_speakers_give_no_interval_and_a_reason(n_unknown: int) -> None:
    truth, found, _, speakers = guessed()
    known: list[str | None] = [None] * n_unknown + list(speakers[n_unknown:])
    result = judge(truth, found, classes=CLASSES, speakers=known)
    expected = "all" if n_unknown == 300 else "1 of 300"
    assert f"speakers of {expected} tested" in (result.interval_reason or "")
    assert result.by_speaker == ()
    assert all(figure.interval is None for figure in result.overall.values())


def test_without_probabilities_there_is_no_loss_and_no_calibration() -> None:
    truth, found, _, _ = guessed()
    plain = judge(truth, found, classes=CLASSES).to_json()
    assert plain["log_loss"] is None
    assert plain["log_loss_interval"] is None
    assert plain["ece"] is None
    assert plain["calibration"] == []


def test_calibration_is_that_worked_out_by_hand() -> None:
    # confidences .95 (right), .85 (wrong), .81 (right), .55 (wrong)
    top = np.array([0.95, 0.85, 0.81, 0.55])
    p = np.stack([top, 1 - top], axis=1)
    truth = ["angry", "sad", "angry", "sad"]
    result = judge(truth, ["angry"] * 4, p, classes=["angry", "sad"])
    bins = [(b.confidence, b.accuracy, b.n) for b in result.calibration]
    expected = [(0.55, 0.0, 1), (0.83, 0.5, 2), (0.95, 1.0, 1)]
    assert bins == [pytest.approx(row) for row in expected]
    assert result.ece == pytest.approx((0.55 + 2 * 0.33 + 0.05) / 4)


def test_confidence_is_that_of_the_predicted_class() -> None:
    # an SVC decides without its probabilities, so another class may be likelier
    p = np.array([[0.7, 0.3], [0.7, 0.3]])
    result = judge(["sad", "sad"], ["sad", "sad"], p, classes=["angry", "sad"])
    assert [(b.confidence, b.accuracy) for b in result.calibration] == [
        pytest.approx((0.3, 1.0))
    ]


def test_true_class_of_probability_zero_leaves_the_loss_finite() -> None:
    p = np.array([[1.0, 0.0], [0.0, 1.0]])
    loss = judge(["sad", "sad"], ["angry", "sad"], p, classes=["angry", "sad"]).log_loss
    assert loss is not None
    assert loss.value == pytest.approx(-np.log(np.finfo(float).eps) / 2)


def test_folds_are_scored_in_the_order_in_which_they_come() -> None:
    truth, found = ["sad", "happy", "sad", "happy"], ["sad", "sad", "sad", "happy"]
    folds = ["fold 2", "fold 2", "fold 10", "fold 10"]
    plain = judge(truth, found, classes=CLASSES, folds=folds).to_json()
    assert plain["folds"] == [
        {"name": "fold 2", "n_test": 2, "war": 0.5, "uar": 0.5},
        {"name": "fold 10", "n_test": 2, "war": 1.0, "uar": 1.0},
    ]


def test_json_is_plain_and_finite_with_absent_and_rare_classes() -> None:
    truth, found, p, speakers = guessed(n_speakers=10)
    truth = ["sad" if label == "calm" else label for label in truth]
    truth[0] = "calm"  # one speaker alone has it
    plain = judge(truth, found, p, classes=[*CLASSES], speakers=speakers).to_json()
    text = json.dumps(plain, allow_nan=False)
    assert json.loads(text) == plain


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(1, 60),
    n_speakers=st.integers(1, 20),
    seed=st.integers(0, 10_000),
    n_classes=st.integers(2, 4),
)
def test_figures_are_shares_and_intervals_hold_their_order(
    n: int, n_speakers: int, seed: int, n_classes: int
) -> None:
    rng = np.random.default_rng(seed)
    labels = np.array(CLASSES[:n_classes])
    truth, found = labels[rng.integers(0, n_classes, size=(2, n))].tolist()
    speakers = [str(i) for i in rng.integers(0, n_speakers, size=n)]
    p = rng.dirichlet(np.ones(n_classes), size=n)
    result = judge(truth, found, p, classes=labels.tolist(), speakers=speakers)
    figures = list(result.overall.values())
    for score in result.per_class.values():
        figures += [score.precision, score.recall, score.f1]
    for figure in figures:
        assert 0 <= figure.value <= 1 + 1e-12
        if figure.interval is not None:
            low, high = figure.interval
            assert -1e-12 <= low <= high <= 1 + 1e-12
    assert 0 <= (result.ece or 0) <= 1
    json.dumps(result.to_json(), allow_nan=False)


@pytest.mark.parametrize(
    ("probabilities", "words"),
    [
        ([[0.5, 0.6], [0.5, 0.5]], r"row 0 sum to 1.1 \(1 such row"),
        ([[0.5, 0.5], [float("nan"), 1.0]], r"probability nan in row 1, column 0"),
        ([[0.5, 0.5], [-0.1, 1.1]], r"probability -0.1 in row 1"),
        ([[0.5, 0.5]], r"shape \(1, 2\); \(2, 2\) is expected"),
        ([[0.2, 0.3, 0.5]] * 2, r"shape \(2, 3\)"),
    ],
)
def test_what_are_no_probabilities_is_refused(probabilities: Any, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        judge(["sad", "angry"], ["sad"] * 2, probabilities, classes=["angry", "sad"])


def test_probabilities_rounded_to_four_digits_are_taken() -> None:
    p = np.round(np.full((2, 3), 1 / 3), 4)
    loss = judge(["sad", "calm"], ["sad"] * 2, p, classes=["angry", "calm", "sad"])
    assert loss.log_loss is not None
    assert loss.log_loss.value == pytest.approx(np.log(3))


def test_probabilities_given_are_not_changed() -> None:
    p = np.round(np.full((2, 3), 1 / 3), 4)
    before = p.copy()
    judge(["sad", "calm"], ["sad"] * 2, p, classes=["angry", "calm", "sad"])
    assert np.array_equal(p, before)


@pytest.mark.parametrize(
    ("truth", "found", "more", "words"),
    [
        ([], [], {}, "0 true and 0 predicted"),
        (["sad"], ["sad", "sad"], {}, "1 true and 2 predicted"),
        (["sad"], [float("nan")], {}, r"label\(s\) nan are not among"),
        (["sad"], ["bored"], {}, "bored"),
        (["sad"], ["sad"], {"speakers": ["a", "b"]}, "speakers has 2 entries for 1"),
        (["sad"], ["sad"], {"folds": []}, "folds has 0 entries for 1"),
        (["sad"], ["sad"], {"classes": ["sad", "sad"]}, "names one twice"),
    ],
)
def test_what_cannot_be_judged_is_refused(
    truth: Any, found: Any, more: dict[str, Any], words: str
) -> None:
    with pytest.raises(ParameterError, match=words):
        judge(truth, found, **{"classes": CLASSES, **more})
