from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil
import pytest

from ser_core.errors import ModelError, ParameterError
from ser_core.models import acceleration
from ser_core.models.acceleration import accelerated, acceleration_available
from ser_core.models.acceleration_process import judge_calls

pytestmark = pytest.mark.timeout(170)

needs_extension = pytest.mark.skipif(
    not acceleration_available()[0], reason=acceleration_available()[1]
)

RAN = "running accelerated version on CPU"
FELL = "fallback to original Scikit-learn"

Data = tuple[npt.NDArray[np.float32], npt.NDArray[np.str_]]


@pytest.fixture(scope="module")
def data() -> Data:
    rng = np.random.default_rng(0)
    codes = np.arange(160) % 3
    X = rng.normal(size=(3, 12))[codes] + rng.normal(size=(160, 12))
    return X.astype(np.float32), np.array(["angry", "happy", "sad"])[codes]


def test_a_log_of_accelerated_calls_is_believed() -> None:
    log = [f"sklearn.svm.SVC.fit: {RAN}", f"sklearn.svm.SVC.predict: {RAN}"]
    assert judge_calls(log, model="svm") == (True, None)


def test_a_fit_that_fell_back_is_told_with_its_cause() -> None:
    scope = "sklearn.ensemble.RandomForestClassifier"
    cause = f"{scope}.fit: patching failed with cause - 'entropy' is not supported."
    log = [cause, cause, f"{scope}.fit: {FELL}", f"{scope}.predict: {RAN}"]
    ran, reason = judge_calls(log, model="rf")
    assert not ran
    assert reason == (
        "ensemble.RandomForestClassifier.fit fell back to scikit-learn "
        "('entropy' is not supported)"
    )


def test_a_failure_of_the_accelerated_code_is_a_fall_back() -> None:
    log = [f"sklearn.svm.SVC.fit: failed to run accelerated version, {FELL}"]
    assert judge_calls(log, model="svm")[0] is False


def test_a_prediction_that_fell_back_behind_an_accelerated_fit_is_told() -> None:
    log = [f"sklearn.svm.SVC.fit: {RAN}", f"sklearn.svm.SVC.predict: {FELL}"]
    ran, reason = judge_calls(log, model="svm")
    assert ran
    assert "SVC.predict" in str(reason)


def test_a_model_that_the_extension_does_not_know_is_told() -> None:
    # divisions inside a model's fit are accelerated now and then, and no model is
    log = [f"sklearn.model_selection.train_test_split: {RAN}"]
    ran, reason = judge_calls(log, model="mlp")
    assert not ran
    assert "no version of mlp" in str(reason)


def test_pca_before_a_model_does_not_make_it_accelerated() -> None:
    log = [f"sklearn.decomposition.PCA.fit: {RAN}"]
    assert judge_calls(log, model="mlp")[0] is False
    assert judge_calls(log, model="pca") == (True, None)


@pytest.mark.parametrize(
    ("platform", "machine", "words"),
    [
        ("linux", "x86_64", "requirements-accelerated.txt"),
        ("linux", "aarch64", "aarch64"),
        ("darwin", "arm64", "arm64"),
        ("darwin", "x86_64", "published for Linux and Windows"),
    ],
)
def test_a_machine_without_the_extension_is_told_why(
    platform: str,
    machine: str,
    words: str,
    data: Data,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(acceleration.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(acceleration.sys, "platform", platform)
    monkeypatch.setattr(acceleration.platform, "machine", lambda: machine)
    available, reason = acceleration_available()
    assert not available
    assert words in reason
    result = accelerated("knn", *data)
    assert not result.available
    assert [row["arm"] for row in result.rows()] == ["stock", "accelerated"]
    assert result.rows()[1]["fallback_reason"] == reason
    assert result.rows()[1]["median_s"] is None


@needs_extension
def test_nearest_neighbours_run_accelerated_and_predict_the_same(data: Data) -> None:
    told: list[str] = []
    result = accelerated(
        "knn", *data, rounds=2, later_calls=1, n_threads=1, emit=told.append
    )
    # interleaved, each round beginning with the other arm
    assert [line.split(", ")[1] for line in told] == [
        "stock",
        "accelerated",
        "accelerated",
        "stock",
    ]
    stock, fast = result.rows()
    assert stock["accelerated"] is None
    assert fast["accelerated"] is True
    assert fast["fallback_reason"] is None
    assert fast["repeats"] == 2
    assert result.same_predictions == pytest.approx(1)
    assert result.largest_difference == pytest.approx(0, abs=1e-5)
    assert stock["accuracy"] == fast["accuracy"]
    assert result.n_train == 120
    assert result.n_test == 40
    for row in (stock, fast):
        low, median, high = (
            float(row[f"{k}_s"] or 0) for k in ("low", "median", "high")
        )
        assert 0 < low <= median <= high
    assert "sklearnex" not in sys.modules


@needs_extension
def test_a_silent_fall_back_is_detected(data: Data) -> None:
    result = accelerated(
        "rf",
        *data,
        parameters={"criterion": "entropy", "n_estimators": 5},
        rounds=1,
        later_calls=1,
    )
    assert result.arms[1].accelerated is False
    assert "entropy" in str(result.arms[1].fallback_reason)
    assert result.same_predictions == pytest.approx(1)


def test_a_process_that_takes_too_long_is_ended(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acceleration, "acceleration_available", lambda: (True, "x"))
    before = set(psutil.Process().children(recursive=True))
    with pytest.raises(ModelError, match="took more than"):
        accelerated("knn", *data, timeout_s=0.05)
    left = set(psutil.Process().children(recursive=True)) - before
    assert not [child for child in left if child.is_running()]


def test_an_error_of_the_process_is_told_in_words(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acceleration, "acceleration_available", lambda: (True, "x"))
    with pytest.raises(ModelError, match=r"knn, stock: .*wings"):
        accelerated("knn", *data, parameters={"wings": 2})


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"rounds": 0}, "rounds = 0"),
        ({"later_calls": 0}, "later_calls = 0"),
    ],
)
def test_numbers_below_one_are_refused(
    changes: dict[str, Any], match: str, data: Data
) -> None:
    with pytest.raises(ParameterError, match=match):
        accelerated("knn", *data, **changes)


def test_rows_that_cannot_be_divided_are_refused(data: Data) -> None:
    X, y = data
    with pytest.raises(ParameterError, match="is not known"):
        accelerated("wings", X, y)
    with pytest.raises(ParameterError, match="cannot be timed"):
        accelerated("knn", X[:10], y[:10])
    with pytest.raises(ParameterError, match="cannot be timed"):
        accelerated("knn", X, np.full(len(y), "sad"))


def test_the_process_ends_with_its_supervisor(tmp_path: Path) -> None:
    """End the supervisor's end of the pipe while the process is at work."""
    from ser_core.measure.sampling import package_environment

    code = (
        "import threading, time\n"
        "from ser_core.models.acceleration_process import _end_with_input\n"
        "threading.Thread(target=_end_with_input, daemon=True).start()\n"
        "print('ready', flush=True)\n"
        "time.sleep(120)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=package_environment(),
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == f"ready{os.linesep}".encode()
        process.stdin.close()
        assert process.wait(60) == 1
