"""What is refused before a fit, with its reason."""

from __future__ import annotations

import numpy as np
import pytest
from model_clusters import overlapping

from ser_core.errors import ParameterError
from ser_core.models.registry import MODELS, build_recogniser
from ser_core.models.training_part import check_training_part

HOLD_BACK = ("mlp", "svm", "v1", "v2", "v3", "v4")
"""Models that hold some of the training part back."""


@pytest.mark.parametrize("name", MODELS)
def test_one_class_is_refused(name: str) -> None:
    with pytest.raises(ParameterError, match="holds 1 class"):
        check_training_part(name, np.array(["sad"] * 60))


@pytest.mark.parametrize("name", MODELS)
def test_what_is_accepted_can_be_fitted_and_lone_members_are_named(name: str) -> None:
    X, y = overlapping(60)
    y[y == "sad"] = "happy"
    y[7] = "sad"
    if name in HOLD_BACK:
        with pytest.raises(ParameterError, match="'sad' has 1 utterance"):
            check_training_part(name, y, X)
        y[8] = "sad"
    check_training_part(name, y, X)
    build_recogniser(name).fit(X, y)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("name", MODELS)
def test_value_that_is_not_finite_is_found(name: str, value: float) -> None:
    X, y = overlapping(600)
    X[550, 3] = value
    with pytest.raises(ParameterError, match=r"row 550, column 3 .* holds (nan|inf)"):
        check_training_part(name, y, X)


def test_rows_without_labels_are_refused() -> None:
    X, y = overlapping(60)
    with pytest.raises(ParameterError, match="60 rows and y 59 labels"):
        check_training_part("lr", y[1:], X)


def test_more_neighbours_than_rows_are_refused() -> None:
    y = np.array(["sad", "happy"] * 2)
    with pytest.raises(ParameterError, match="n_neighbors = 5 is more than the 4"):
        check_training_part("knn", y)
    check_training_part("knn", y, parameters={"n_neighbors": 4})


def test_neighbours_within_a_vote_are_counted_too() -> None:
    y = np.array(["sad", "happy"] * 20)
    with pytest.raises(ParameterError, match="n_neighbors = 50"):
        check_training_part("v1", y, parameters={"knn__n_neighbors": 50})


def test_another_share_held_back_needs_another_number_of_rows() -> None:
    y = np.array(["angry", "happy", "sad", "calm", "bored"] * 4)
    with pytest.raises(ParameterError, match="needs 41 or more"):
        check_training_part("mlp", y)
    check_training_part("mlp", y, parameters={"validation_fraction": 0.25})
    check_training_part("mlp", y, parameters={"early_stopping": False})


def test_bare_machine_takes_a_lone_member() -> None:
    y = np.array(["sad"] * 9 + ["happy"])
    check_training_part("svm", y, parameters={"probability": False})


def test_more_components_than_columns_are_refused() -> None:
    X, y = overlapping(60)
    with pytest.raises(ParameterError, match="pca = 9 is more than the 8"):
        check_training_part("lr", y, X, pca=9)
    check_training_part("lr", y, X, pca=8)
    check_training_part("lr", y, X, pca=0.99)
