"""Models whose numbers would lead native code outside its memory."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from bundle_models import fitted, rows

from ser_core.errors import ModelError
from ser_core.models.bundle_boosters import booster_text, make_booster
from ser_core.models.bundle_parts import StoredTree, from_stored, to_stored
from ser_core.models.bundle_structure import check_structure

pytestmark = pytest.mark.timeout(60)


def tree() -> StoredTree:
    model = fitted("dt").named_steps["model"]
    stored = StoredTree(model.tree_)
    stored.nodes = stored.nodes.copy()
    return stored


def test_a_tree_is_built_again_as_it_was() -> None:
    X, _ = rows(40, seed=3)
    model = fitted("dt").named_steps["model"]
    np.testing.assert_array_equal(tree().build().predict(X), model.tree_.predict(X))


def plant(column: str, value: int) -> Callable[[StoredTree], None]:
    def change(stored: StoredTree) -> None:
        stored.nodes[column][0] = value

    return change


def attribute(name: str, value: Any) -> Callable[[StoredTree], None]:
    return lambda stored: setattr(stored, name, value)


@pytest.mark.parametrize(
    "change",
    [
        plant("left_child", 10**6),
        plant("left_child", 0),
        plant("right_child", -5),
        plant("right_child", -1),
        plant("feature", 20),
        plant("feature", -3),
        attribute("node_count", 10**6),
        attribute("node_count", "3"),
        attribute("n_classes", np.array([3, 3])),
        attribute("n_classes", np.array([300])),
        attribute("n_features", -1),
        attribute("values", np.zeros((1, 1, 3))),
        attribute("nodes", np.zeros(3)),
        attribute("nodes", None),
    ],
)
def test_a_tree_that_leads_outside_itself_is_refused(
    change: Callable[[StoredTree], None],
) -> None:
    stored = tree()
    change(stored)
    with pytest.raises(ModelError, match="damaged"):
        stored.build()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("support_", np.arange(3, dtype=np.int32)),
        ("support_vectors_", np.zeros((2, 20))),
        ("_n_support", np.array([1000, 1000, 1000], dtype=np.int32)),
        ("_dual_coef_", np.zeros((1, 1))),
        ("_intercept_", np.zeros(1)),
        ("_probA", np.zeros(7)),
        ("kernel", "precomputed"),
        ("_impl", "epsilon_svr"),
    ],
)
def test_support_vectors_that_do_not_fit_are_refused(name: str, value: Any) -> None:
    recogniser = copy.deepcopy(fitted("svm", probability=False))
    svc = recogniser.named_steps["model"].svc_
    check_structure(recogniser)
    setattr(svc, name, value)
    with pytest.raises(ModelError, match="damaged"):
        check_structure(recogniser)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_y", np.full(150, 9)),
        ("_y", np.zeros(3, dtype=int)),
        ("_fit_X", np.zeros((150, 3))),
        ("classes_", np.array(["a", 1], dtype=object)),
    ],
)
def test_neighbours_that_do_not_fit_are_refused(name: str, value: Any) -> None:
    recogniser = copy.deepcopy(fitted("knn"))
    check_structure(recogniser)
    setattr(recogniser.named_steps["model"], name, value)
    with pytest.raises(ModelError, match="damaged"):
        check_structure(recogniser)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_other_params", {"config": "/etc/passwd"}),
        ("_other_params", {"predict_disable_shape_check": True}),
        ("_n_features", 3),
    ],
)
def test_settings_that_lightgbm_should_not_get_are_refused(
    name: str, value: Any
) -> None:
    recogniser = copy.deepcopy(fitted("lgbm"))
    check_structure(recogniser)
    setattr(recogniser.named_steps["model"].trees_, name, value)
    with pytest.raises(ModelError, match="damaged"):
        check_structure(recogniser)


def test_a_neighbour_tree_is_grown_again() -> None:
    recogniser = fitted("knn", algorithm="kd_tree")
    stored, files = to_stored(recogniser)
    assert stored.named_steps["model"]._tree is None
    X, _ = rows(40, seed=4)
    again = from_stored(stored, files)
    np.testing.assert_array_equal(again.predict_proba(X), recogniser.predict_proba(X))


def text_of(name: str) -> tuple[bytes, Any]:
    trees = fitted(name).named_steps["model"].trees_
    booster = trees.get_booster() if name == "xgb" else trees.booster_
    return booster_text(booster), trees


def test_boosters_predict_the_same_from_their_text() -> None:
    import xgboost

    X, _ = rows(40, seed=5)
    content, trees = text_of("xgb")
    again = make_booster("xgboost", content)
    np.testing.assert_array_equal(
        again.predict(xgboost.DMatrix(X)),
        trees.get_booster().predict(xgboost.DMatrix(X)),
    )
    content, trees = text_of("lgbm")
    again = make_booster("lightgbm", content)
    np.testing.assert_array_equal(again.predict(X), trees.booster_.predict(X))


def change_xgb(path: list[Any], value: Any) -> bytes:
    """Set one value of an XGBoost model; the path ends where it lies."""
    document = json.loads(text_of("xgb")[0])
    place = document["learner"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return json.dumps(document).encode()


FIRST = ["gradient_booster", "model", "trees", 0]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ([*FIRST, "left_children", 0], 10**6),
        ([*FIRST, "left_children", 0], 0),
        ([*FIRST, "split_indices", 0], 20),
        ([*FIRST, "parents", 1], 10**6),
        ([*FIRST, "split_type", 0], 1),
        ([*FIRST, "split_conditions"], []),
        ([*FIRST, "base_weights", 0], "x"),
        ([*FIRST, "tree_param", "num_nodes"], "1000000"),
        ([*FIRST, "categories"], [1]),
        (["gradient_booster", "model", "tree_info", 0], 3),
        (["gradient_booster", "model", "iteration_indptr", 0], 5),
        (["gradient_booster", "name"], "gblinear"),
        (["learner_model_param", "num_feature"], "2"),
        (["learner_model_param", "num_target"], "7"),
        (["learner_model_param", "base_score"], "$(x)"),
        (["objective", "name"], "rank:pairwise"),
    ],
)
def test_boosted_trees_of_xgboost_that_lead_outside_are_refused(
    path: list[Any], value: Any
) -> None:
    with pytest.raises(ModelError, match="damaged"):
        make_booster("xgboost", change_xgb(path, value))


@pytest.mark.parametrize(
    ("line", "replacement"),
    [
        ("num_leaves=", "num_leaves=1000000"),
        ("split_feature=", "split_feature=99"),
        ("left_child=", "left_child=1000000"),
        ("right_child=", "right_child=-1000000"),
        ("num_cat=", "num_cat=1"),
        ("is_linear=", "is_linear=1"),
        ("max_feature_idx=", "max_feature_idx=3"),
        ("num_tree_per_iteration=", "num_tree_per_iteration=77"),
        ("objective=", "objective=custom"),
        ("leaf_value=", "leaf_value=x"),
        ("shrinkage=", "shrinkage="),
    ],
)
def test_boosted_trees_of_lightgbm_that_lead_outside_are_refused(
    line: str, replacement: str
) -> None:
    lines = text_of("lgbm")[0].decode().split("\n")
    at = next(i for i, text in enumerate(lines) if text.startswith(line))
    filled = replacement
    if "child" in line or "split_feature" in line:
        # only the first of its numbers is changed, so that their count is right
        values = lines[at].split("=")[1].split()
        filled = " ".join([replacement, *values[1:]])
    lines[at] = filled
    with pytest.raises(ModelError, match="damaged"):
        make_booster("lightgbm", "\n".join(lines).encode())


@pytest.mark.parametrize("library", ["xgboost", "lightgbm", "catboost", None])
@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b"tree\nx=1"])
def test_what_is_no_booster_is_refused(library: str | None, content: bytes) -> None:
    with pytest.raises(ModelError, match="damaged"):
        make_booster(library, content)


def test_only_checked_fields_reach_lightgbm() -> None:
    content, _ = text_of("lgbm")
    text = content.decode()
    assert "parameters" not in text
    assert "tree_sizes" not in text
    smuggled = text.replace("version=v4", "version=v4\nmachine_list_filename=/etc/x")
    again = make_booster("lightgbm", smuggled.encode())
    assert "/etc/x" not in again.model_to_string()
