"""The report's classifiers."""

from __future__ import annotations

import numpy as np
import pytest

from ser_core.errors import ParameterError
from ser_core.models.classical import check_training_part
from ser_core.models.registry import REPORT_MODELS, build_model
from ser_core.models.scaling import fit_scaler, scale_in_place
from ser_core.models.svm_estimate import estimate_svm_seconds


def clusters(n: int, *, n_features: int = 20, n_classes: int = 3, seed: int = 0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_classes, size=n)
    X = rng.normal(size=(n, n_features)).astype(np.float32) + 2 * y[:, None]
    return X.astype(np.float32), np.array(["angry", "happy", "sad", "calm", "bored"])[y]


def test_mlp_has_the_reports_parameters() -> None:
    given = {
        "hidden_layer_sizes": (100,),
        "activation": "relu",
        "solver": "adam",
        "alpha": 1e-4,
        "batch_size": "auto",
        "learning_rate": "adaptive",
        "learning_rate_init": 1e-3,
        "max_iter": 300,
        "shuffle": True,
        "random_state": 42,
        "early_stopping": True,
        "n_iter_no_change": 10,
    }
    parameters = build_model("mlp").get_params()
    assert {key: parameters[key] for key in given} == given


def test_svm_has_the_reports_parameters() -> None:
    parameters = build_model("svm").get_params()
    given = {"C": 1.0, "kernel": "rbf", "gamma": "scale", "random_state": 42}
    assert {key: parameters[key] for key in given} == given


def test_unknown_model_is_refused_with_the_choices() -> None:
    with pytest.raises(ParameterError, match=r"model = 'MLP' is not known.*mlp, svm"):
        build_model("MLP")


@pytest.mark.parametrize("name", REPORT_MODELS)
def test_models_learn_and_repeat_themselves_exactly(name: str) -> None:
    X, y = clusters(500)
    scale_in_place(X, scaler=fit_scaler(X[:400]))
    first = build_model(name).fit(X[:400], y[:400]).predict(X[400:])
    second = build_model(name).fit(X[:400], y[:400]).predict(X[400:])
    assert (first == y[400:]).mean() > 0.8
    assert np.array_equal(first, second)


def test_mlp_stays_in_single_precision() -> None:
    X, y = clusters(100)
    model = build_model("mlp").fit(X, y)
    assert {c.dtype for c in model.coefs_} == {np.dtype(np.float32)}


def test_training_part_too_small_for_early_stopping_is_explained() -> None:
    y = np.array(["angry", "happy", "sad", "calm", "bored"] * 8)
    with pytest.raises(ParameterError, match=r"40 utterances of 5 classes.*41 or more"):
        check_training_part("mlp", y)
    check_training_part("svm", y)


def test_smallest_accepted_training_part_can_be_fitted() -> None:
    X, y = clusters(41, n_classes=5)
    y[:10] = ["angry", "happy", "sad", "calm", "bored"] * 2
    check_training_part("mlp", y)
    build_model("mlp").fit(X, y)


def test_single_utterance_of_a_class_is_named() -> None:
    y = np.array(["sad"] * 30 + ["happy"] * 30 + ["calm"])
    with pytest.raises(ParameterError, match="'calm' has 1 utterance"):
        check_training_part("mlp", y)


@pytest.mark.parametrize("name", REPORT_MODELS)
def test_one_class_is_refused(name: str) -> None:
    with pytest.raises(ParameterError, match="holds 1 class"):
        check_training_part(name, np.array(["sad"] * 30))


def test_svm_estimate_lies_within_its_range_and_grows_with_the_corpus() -> None:
    X, y = clusters(120)
    near = estimate_svm_seconds(X, y)
    far = estimate_svm_seconds(X, y, n_train=12_000)
    assert near.n_train == near.n_timed == 120
    assert 0 < near.seconds_low <= near.seconds <= near.seconds_high
    assert far.n_train == 12_000
    assert far.seconds_high == pytest.approx(far.seconds_low * 100)
    assert far.seconds > near.seconds


def test_svm_estimate_of_sorted_labels_still_sees_two_classes() -> None:
    X, _ = clusters(600)
    y = np.array(["sad"] * 595 + ["angry"] * 5)
    assert estimate_svm_seconds(X, y).n_timed == 500


@pytest.mark.parametrize(
    ("n", "labels", "message"),
    [(5, ["sad", "happy"], "8 rows or more"), (20, ["sad"], "one class only")],
)
def test_svm_estimate_refuses_what_it_cannot_time(
    n: int, labels: list[str], message: str
) -> None:
    X, _ = clusters(n)
    with pytest.raises(ParameterError, match=message):
        estimate_svm_seconds(X, np.resize(np.array(labels), n))
