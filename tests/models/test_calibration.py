from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ser_core.errors import ParameterError
from ser_core.models import calibration
from ser_core.models.calibration import (
    apply_temperature,
    calibrate,
    cross_fitted,
    fit_temperature,
    speaker_parts,
    uncalibrated_reason,
)

CLASSES = ("angry", "happy", "neutral", "sad")
Floats = npt.NDArray[np.float64]


def honest(n: int = 4_000, *, seed: int = 0) -> tuple[list[str], Floats]:
    """Draw probabilities, and truths that come true as often as they say."""
    rng = np.random.default_rng(seed)
    scores = 1.5 * rng.normal(size=(n, len(CLASSES)))
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    drawn = (p.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    return [CLASSES[min(i, 3)] for i in drawn], p


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_was_put_in_is_found(temperature: float) -> None:
    truth, p = honest()
    logits = np.log(p) / (1 / temperature)
    off = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    # p ** temperature: the correction is that temperature
    assert fit_temperature(truth, off, CLASSES) == pytest.approx(temperature, rel=0.1)


def test_calibration_lowers_the_error_of_a_model_that_is_too_sure() -> None:
    truth, p = honest()
    voices = [f"s{i % 20}" for i in range(len(truth))]
    found = calibrate(truth, apply_temperature(p, 0.4), CLASSES, voices)
    assert found is not None
    assert found.temperature == pytest.approx(2.5, rel=0.1)
    assert found.ece_after < 0.25 * found.ece_before
    assert found.log_loss_after < found.log_loss_before
    assert sum(each.n for each in found.bins) == found.n == 4_000
    assert found.n_speakers == 20


def test_probabilities_that_need_nothing_are_left_alone() -> None:
    # constant probabilities: no temperature makes them better
    truth = list(CLASSES) * 25
    p = np.full((100, 4), 0.25)
    voices = [f"s{i // 10}" for i in range(100)]
    found = calibrate(truth, p, CLASSES, voices)
    assert found is not None
    assert found.temperature == 1.0
    assert found.ece_after == found.ece_before
    assert "stay as they are" in found.basis


def test_no_prediction_is_corrected_by_what_its_own_speaker_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    truth, p = honest(60)
    voices = [f"s{i % 6}" for i in range(60)]
    # each row's first probability tells who speaks
    names = {
        round(float(row[0]), 12): voice for row, voice in zip(p, voices, strict=True)
    }
    fits: list[set[str]] = []
    applied: list[set[str]] = []

    def of(rows: Floats) -> set[str]:
        return {names[round(float(row[0]), 12)] for row in rows}

    def fit(labels: object, rows: Floats, classes: object) -> float:
        fits.append(of(rows))
        return 1.0

    def correct(rows: Floats, temperature: float) -> Floats:
        applied.append(of(rows))
        return rows

    monkeypatch.setattr(calibration, "fit_temperature", fit)
    monkeypatch.setattr(calibration, "apply_temperature", correct)
    cross_fitted(truth, p, CLASSES, voices)
    assert len(fits) == len(applied) == 5
    for fitted, corrected in zip(fits, applied, strict=True):
        assert not fitted & corrected
        assert fitted | corrected == set(voices)


def test_parts_hold_every_row_once_and_no_speaker_twice() -> None:
    voices = [f"s{i * i % 13}" for i in range(200)]
    parts = speaker_parts(voices)
    assert sorted(np.concatenate(parts).tolist()) == list(range(200))
    of_part = [{voices[i] for i in part} for part in parts]
    assert sum(map(len, of_part)) == len(set(voices))
    assert [p.tolist() for p in parts] == [p.tolist() for p in speaker_parts(voices)]


@given(
    row=st.lists(st.floats(0, 1), min_size=2, max_size=6),
    temperature=st.floats(0.05, 20),
)
@settings(max_examples=200, deadline=None)
def test_corrected_rows_sum_to_one_and_keep_their_best(
    row: list[float], temperature: float
) -> None:
    found = apply_temperature(row, temperature)
    assert found.sum() == pytest.approx(1)
    assert np.isfinite(found).all()
    assert found[int(np.argmax(row))] == found.max()


def test_a_temperature_of_one_changes_nothing() -> None:
    _, p = honest(50)
    np.testing.assert_allclose(apply_temperature(p, 1.0), p, rtol=1e-12)


def test_zeros_stay_zeros_and_a_row_of_zeros_says_nothing() -> None:
    found = apply_temperature([[1.0, 0.0], [0.0, 0.0]], 3.0)
    np.testing.assert_array_equal(found, [[1.0, 0.0], [0.5, 0.5]])


def test_a_true_class_that_was_given_nothing_does_not_decide_alone() -> None:
    truth, p = honest(500)
    p[0] = [0, 0, 0, 1]
    truth[0] = CLASSES[0]
    assert fit_temperature(truth, p, CLASSES) == pytest.approx(1.0, rel=0.2)


@pytest.mark.parametrize("temperature", [0, -1, float("nan"), float("inf")])
def test_a_temperature_that_is_none_is_refused(temperature: float) -> None:
    with pytest.raises(ParameterError, match="temperature"):
        apply_temperature([0.5, 0.5], temperature)


@pytest.mark.parametrize("row", [[-0.1, 1.1], [float("nan"), 1.0]])
def test_what_are_no_probabilities_is_refused(row: list[float]) -> None:
    with pytest.raises(ParameterError, match="probabilities"):
        apply_temperature(row, 2.0)


def test_a_truth_that_is_no_class_is_refused() -> None:
    with pytest.raises(ParameterError, match="'bored'"):
        fit_temperature(["bored"], [[0.25] * 4], CLASSES)


@pytest.mark.parametrize(
    ("probabilities", "voices", "words"),
    [
        (None, ["a", "b"], "no probabilities"),
        ([[0.25] * 4] * 2, ["a", None], "not all known"),
        ([[0.25] * 4] * 2, ["a", "a"], "one speaker"),
    ],
)
def test_what_cannot_be_calibrated_is_told(
    probabilities: list[list[float]] | None, voices: list[str | None], words: str
) -> None:
    assert words in str(uncalibrated_reason(probabilities, voices))
    assert calibrate(["sad", "sad"], probabilities, CLASSES, voices) is None
