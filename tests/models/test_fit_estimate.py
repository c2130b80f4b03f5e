"""Forecasts of the time of a fit: their range and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from model_clusters import overlapping

from ser_core.errors import ParameterError
from ser_core.models import fit_estimate
from ser_core.models.fit_estimate import estimate_fit
from ser_core.models.registry import MODELS


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch):
    """Let each fit take (rows / 250) ** power seconds per round, without fitting."""
    timed: list[tuple[str, tuple[int, int], dict[str, object]]] = []
    power = {"rows": 1.0}

    def seconds(name, X, y, parameters) -> float:
        timed.append((name, X.shape, dict(parameters)))
        return (len(y) / 250) ** power["rows"]

    monkeypatch.setattr(fit_estimate, "_time_fit", seconds)
    return timed, power


@pytest.mark.parametrize("name", MODELS)
def test_forecast_lies_in_its_range_and_grows_with_the_corpus(name: str) -> None:
    X, y = overlapping(60)
    near = estimate_fit(name, X, y)
    far = estimate_fit(name, X, y, n_train=60_000)
    assert near.n_train == near.n_timed == 60
    assert 0 < near.seconds_low <= near.seconds <= near.seconds_high
    assert far.n_train == 60_000
    assert 0 < far.seconds_low <= far.seconds <= far.seconds_high
    assert far.seconds_high > near.seconds_high


@pytest.mark.parametrize(("measured", "used"), [(1.0, 2.0), (2.5, 2.5), (3.5, 3.0)])
def test_exponent_of_an_svm_is_kept_between_square_and_cube(
    clock, measured: float, used: float
) -> None:
    clock[1]["rows"] = measured
    X, y = overlapping(500)
    found = estimate_fit("svm", X, y, n_train=5_000)
    assert found.seconds == pytest.approx(2**measured * 10**used)
    assert found.seconds_low == pytest.approx(2**measured * 100)
    assert found.seconds_high == pytest.approx(2**measured * 1000)


def test_a_slow_first_trial_is_the_only_one(clock, monkeypatch) -> None:
    monkeypatch.setattr(fit_estimate, "_PATIENCE_S", 0.5)
    X, y = overlapping(500)
    found = estimate_fit("svm", X, y)
    rows = [shape[0] for _, shape, _ in clock[0][1:]]
    assert rows == [250]
    assert found.seconds == pytest.approx(2**2.5)


def test_boosted_trees_are_timed_on_few_rounds_and_columns(clock) -> None:
    X, y = overlapping(500, n_features=1_000)
    found = estimate_fit("lgbm", X, y, parameters={"n_estimators": 300})
    assert {shape[1] for _, shape, _ in clock[0][1:]} == {200}
    assert {given["n_estimators"] for _, _, given in clock[0]} == {5}
    assert found.seconds == pytest.approx(2 * (1_000 / 200) * (300 / 5))


def test_a_vote_is_the_sum_of_its_parts(clock) -> None:
    X, y = overlapping(500)
    parts = [estimate_fit(part, X, y).seconds for part in ("knn", "xgb", "mlp")]
    assert estimate_fit("v2", X, y).seconds == pytest.approx(sum(parts))


def test_parameters_of_a_part_reach_its_trial(clock) -> None:
    X, y = overlapping(500)
    estimate_fit("v1", X, y, parameters={"knn__n_neighbors": 9, "mlp__alpha": 0.5})
    given = {name: parameters for name, _, parameters in clock[0]}
    assert given["knn"] == {"n_neighbors": 9}
    assert given["mlp"]["alpha"] == 0.5


def test_model_behind_a_projection_is_timed_on_components(clock) -> None:
    X, y = overlapping(200, n_features=50)
    estimate_fit("svm", X, y, pca=3)
    assert {shape[1] for _, shape, _ in clock[0]} == {3}


def test_sorted_labels_still_give_two_classes() -> None:
    X, _ = overlapping(600)
    y = np.array(["sad"] * 595 + ["angry"] * 5)
    assert estimate_fit("dt", X, y).n_timed == 500


@pytest.mark.parametrize(
    ("n", "labels", "message"),
    [(5, ["sad", "happy"], "8 rows or more"), (20, ["sad"], "one class only")],
)
def test_what_cannot_be_timed_is_refused(
    n: int, labels: list[str], message: str
) -> None:
    X, _ = overlapping(n)
    with pytest.raises(ParameterError, match=message):
        estimate_fit("lr", X, np.resize(np.array(labels), n))
