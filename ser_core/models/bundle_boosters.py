"""Gradient boosting in its libraries' own text formats, checked before they read it.

XGBoost writes JSON, LightGBM lines of ``key=value``. Both readers are native code that
follows the numbers it is given. Here the text is taken apart, each index is compared
with what it points into, and a new text is written of what was checked and of nothing
else; only that one reaches the library.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.errors import ModelError

_MOST_TREES: Final = 100_000

_XGB_OBJECTIVES: Final = ("multi:softprob", "binary:logistic")
_XGB_PER_NODE: Final[Mapping[str, type]] = {
    "base_weights": float,
    "default_left": int,
    "left_children": int,
    "loss_changes": float,
    "parents": int,
    "right_children": int,
    "split_conditions": float,
    "split_indices": int,
    "split_type": int,
    "sum_hessian": float,
}
_XGB_CATEGORIES: Final = (
    "categories",
    "categories_nodes",
    "categories_segments",
    "categories_sizes",
)

_LGBM_HEAD: Final[Mapping[str, str]] = {
    "version": r"v4",
    "num_class": r"\d{1,4}",
    "num_tree_per_iteration": r"\d{1,4}",
    "label_index": r"0",
    "max_feature_idx": r"\d{1,9}",
    "objective": r"(multiclass num_class:\d{1,4}|binary sigmoid:1)",
    "feature_names": r"(Column_\d{1,9} ?)+",
    "feature_infos": r"((none|\[[-+.e\d]+:[-+.e\d]+\]) ?)+",
}
_LGBM_PER_SPLIT: Final[Mapping[str, type]] = {
    "split_feature": int,
    "split_gain": float,
    "threshold": float,
    "decision_type": int,
    "left_child": int,
    "right_child": int,
    "internal_value": float,
    "internal_weight": float,
    "internal_count": int,
}
_LGBM_PER_LEAF: Final[Mapping[str, type]] = {
    "leaf_value": float,
    "leaf_weight": float,
    "leaf_count": int,
}
_LGBM_CATEGORICAL: Final = 1


def is_booster(part: Any) -> str | None:
    """Name the library whose booster an object is; None for anything else."""
    name = f"{type(part).__module__}.{type(part).__qualname__}"
    known = {"xgboost.core.Booster": "xgboost", "lightgbm.basic.Booster": "lightgbm"}
    return known.get(name)


def booster_text(booster: Any) -> bytes:
    """Write a booster as text.

    Parameters
    ----------
    booster : xgboost.Booster or lightgbm.Booster

    Returns
    -------
    content : bytes
        UTF-8; JSON for XGBoost, LightGBM's own form for the other.

    Raises
    ------
    ModelError
        It has what SER Lab's models have not, as categorical columns.

    """
    if is_booster(booster) == "xgboost":
        return _checked_xgboost(bytes(booster.save_raw("json")))
    return _checked_lightgbm(booster.model_to_string().encode())


def make_booster(library: object, content: bytes) -> Any:
    """Make a booster of a text that may come from a stranger.

    Parameters
    ----------
    library : {"xgboost", "lightgbm"}
    content : bytes

    Returns
    -------
    booster : xgboost.Booster or lightgbm.Booster

    Raises
    ------
    ModelError
        The text is damaged, or its library is not installed.

    """
    try:
        if library == "xgboost":
            text = _checked_xgboost(content)
            from xgboost import Booster

            booster = Booster()
            booster.load_model(bytearray(text))
            return booster
        if library == "lightgbm":
            text = _checked_lightgbm(content)
            import lightgbm

            return lightgbm.Booster(model_str=text.decode())
    except ModelError:
        raise
    except ImportError as error:
        raise ModelError(
            f"the model needs the library {library}, which is not installed here "
            f"({error}); install requirements.txt"
        ) from error
    except Exception as error:
        # whatever the library thinks of a text that passed the checks
        raise _damaged(" ".join(str(error).split())[:200]) from error
    raise _damaged(f"boosting library {library!r}")


def _checked_xgboost(content: bytes) -> bytes:
    """Return the JSON of an XGBoost model in which each index leads somewhere."""
    try:
        document = json.loads(content)
        learner = document["learner"]
        parameters = learner["learner_model_param"]
        n_features = _number(parameters["num_feature"])
        n_groups = max(1, _number(parameters["num_class"]))
        model = learner["gradient_booster"]["model"]
        objective = learner["objective"]["name"]
        if learner["gradient_booster"]["name"] != "gbtree":
            raise _damaged(f"boosting of kind {learner['gradient_booster']['name']!r}")
        if objective not in _XGB_OBJECTIVES:
            raise _damaged(f"objective {objective!r}")
        if _number(parameters["num_target"]) != 1:
            raise _damaged("several targets")
        if learner["feature_names"] or learner["feature_types"]:
            raise _damaged("named columns")
        trees = [_xgb_tree(tree, n_features) for tree in model["trees"]]
        _check_xgb_counts(model, n_trees=len(trees), n_groups=n_groups)
        kept = {
            "gbtree_model_param": {
                key: str(_number(model["gbtree_model_param"][key]))
                for key in ("num_parallel_tree", "num_trees")
            },
            "cats": {"enc": [], "feature_segments": [], "sorted_idx": []},
            "iteration_indptr": model["iteration_indptr"],
            "tree_info": model["tree_info"],
            "trees": trees,
        }
        return json.dumps(
            {
                "version": [_number(part) for part in document["version"]],
                "learner": {
                    "attributes": {},
                    "feature_names": [],
                    "feature_types": [],
                    "gradient_booster": {"name": "gbtree", "model": kept},
                    "learner_model_param": _xgb_parameters(parameters),
                    "objective": _xgb_objective(objective, n_groups),
                },
            },
            separators=(",", ":"),
        ).encode()
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise _damaged(f"{type(error).__name__}: {error}") from error


def _xgb_parameters(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Return the few parameters of a learner, each checked."""
    score = str(parameters["base_score"])
    if not re.fullmatch(r"\[?[-+.,eE\d]{1,100000}\]?", score):
        raise _damaged("its base score")
    names = ("boost_from_average", "num_class", "num_feature", "num_target")
    return {"base_score": score} | {n: str(_number(parameters[n])) for n in names}


def _xgb_objective(name: str, n_groups: int) -> dict[str, Any]:
    """Describe an objective, with its default parameters."""
    if name == "multi:softprob":
        key = "softmax_multiclass_param"
        return {"name": name, key: {"num_class": str(n_groups)}}
    return {"name": name, "reg_loss_param": {"scale_pos_weight": "1"}}


def _xgb_tree(tree: Mapping[str, Any], n_features: int) -> dict[str, Any]:
    """Return one tree whose arrays are of one length and whose children exist."""
    from ser_core.models.bundle_parts import check_children

    parameters = tree["tree_param"]
    n_nodes = _number(parameters["num_nodes"])
    if _number(parameters["size_leaf_vector"]) > 1:
        raise _damaged("leaves of several values")
    if _number(parameters["num_feature"]) != n_features:
        raise _damaged("trees of different columns")
    if any(tree[name] for name in _XGB_CATEGORIES):
        raise _damaged("categorical columns")
    arrays = {
        name: _values(tree[name], kind, n_nodes) for name, kind in _XGB_PER_NODE.items()
    }
    if arrays["split_type"].any():
        raise _damaged("categorical splits")
    parents = arrays["parents"]
    if ((parents < 0) | ((parents >= n_nodes) & (parents != 2**31 - 1))).any():
        raise _damaged("a node without a parent")
    check_children(
        arrays["left_children"],
        arrays["right_children"],
        arrays["split_indices"],
        n_features=n_features,
    )
    return {
        **{name: tree[name] for name in _XGB_PER_NODE},
        **{name: [] for name in _XGB_CATEGORIES},
        "id": _number(tree["id"]),
        "tree_param": {name: str(_number(v)) for name, v in parameters.items()},
    }


def _check_xgb_counts(model: Mapping[str, Any], *, n_trees: int, n_groups: int) -> None:
    """Refuse trees that belong to no class or to no round."""
    told = _number(model["gbtree_model_param"]["num_trees"])
    if not 0 < n_trees <= _MOST_TREES or told != n_trees:
        raise _damaged(f"{n_trees} trees, {told} told")
    groups = _values(model["tree_info"], int, n_trees)
    if ((groups < 0) | (groups >= n_groups)).any():
        raise _damaged("a tree of no class")
    rounds = model["iteration_indptr"]
    ends = _values(rounds, int, len(rounds))
    if ends[0] != 0 or ends[-1] != n_trees or (np.diff(ends) < 0).any():
        raise _damaged("rounds that do not fit its trees")


def _checked_lightgbm(content: bytes) -> bytes:
    """Return the text of a LightGBM model in which each index leads somewhere."""
    try:
        text = content.decode("utf-8")
        head, *blocks = re.split(r"\nTree=(?=\d+\n)", text.split("\nend of trees")[0])
        fields = _lines(head.removeprefix("tree\n"))
        for name, pattern in _LGBM_HEAD.items():
            if not re.fullmatch(pattern, fields[name].strip()):
                raise _damaged(f"{name} = {fields[name][:80]!r}")
        n_features = int(fields["max_feature_idx"]) + 1
        for name in ("feature_names", "feature_infos"):
            if len(fields[name].split()) != n_features:
                raise _damaged(f"{name} of another number than {n_features} columns")
        n_groups = int(fields["num_tree_per_iteration"])
        if not 0 < len(blocks) <= _MOST_TREES or len(blocks) % max(1, n_groups):
            raise _damaged(f"{len(blocks)} trees for {n_groups} classes")
        if n_groups not in (1, int(fields["num_class"])):
            raise _damaged(f"{n_groups} trees a round")
        lines = ["tree", *(f"{name}={fields[name]}" for name in _LGBM_HEAD), ""]
        for number, block in enumerate(blocks):
            lines += [f"Tree={number}", *_lgbm_tree(block, n_features), "", ""]
        return "\n".join([*lines, "end of trees", ""]).encode()
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(f"{type(error).__name__}: {error}") from error


def _lgbm_tree(block: str, n_features: int) -> list[str]:
    """Return the lines of one tree whose children and leaves exist."""
    fields = _lines(block)
    n_leaves = _number(fields["num_leaves"])
    n_splits = n_leaves - 1
    if n_leaves < 1 or fields["num_cat"] != "0" or fields.get("is_linear", "0") != "0":
        raise _damaged("a tree that is empty, linear or has categorical columns")
    kept = ["num_leaves", "num_cat"]
    for names, length in ((_LGBM_PER_SPLIT, n_splits), (_LGBM_PER_LEAF, n_leaves)):
        for name, kind in names.items():
            # a tree of one leaf has no splits, and its leaf may have no weight
            if n_splits == 0 and name != "leaf_value":
                continue
            values = _values([kind(v) for v in fields[name].split()], kind, length)
            kept.append(name)
            _check_lgbm_values(name, values, n_leaves, n_features)
    shrinkage = float(fields["shrinkage"])
    return [
        *(f"{name}={fields[name]}" for name in kept),
        "is_linear=0",
        f"shrinkage={shrinkage:g}",
    ]


def _check_lgbm_values(
    name: str, values: npt.NDArray[Any], n_leaves: int, n_features: int
) -> None:
    """Refuse children, columns and decisions that are not there."""
    if name == "split_feature" and ((values < 0) | (values >= n_features)).any():
        raise _damaged(f"a tree asks for a column beyond its {n_features}")
    if name == "decision_type" and (
        (values & _LGBM_CATEGORICAL).any() or (values < 0).any() or (values > 15).any()
    ):
        raise _damaged("a decision of an unknown kind")
    if name in ("left_child", "right_child"):
        order = np.arange(len(values))
        inner = values >= 0
        outside = (inner & ((values <= order) | (values >= n_leaves - 1))) | (
            ~inner & (~values >= n_leaves)
        )
        if outside.any():
            raise _damaged("a node of a tree leads outside it")


def _lines(block: str) -> dict[str, str]:
    """Split lines of ``key=value``; the first of two alike counts."""
    fields: dict[str, str] = {}
    for line in block.splitlines():
        key, found, value = line.partition("=")
        if found:
            fields.setdefault(key, value)
    return fields


def _number(value: Any) -> int:
    """Read a whole number of 0 or more, which XGBoost writes as text."""
    number = int(value)
    if not 0 <= number < 2**31 or isinstance(value, float | bool):
        raise ValueError(f"{value!r} is no number of this place")
    return number


def _values(values: Any, kind: type, length: int) -> npt.NDArray[Any]:
    """Return a list of numbers of one kind and a known length as an array."""
    if not isinstance(values, list) or len(values) != length:
        raise _damaged(f"a list that should have {length} entries")
    allowed = (int, bool) if kind is int else (int, float)
    if not all(isinstance(value, allowed) for value in values):
        raise _damaged("a list of something else than numbers")
    return np.array(values, dtype=np.int64 if kind is int else np.float64)


def _damaged(reason: str) -> ModelError:
    """Make the error for a booster that cannot be read."""
    return ModelError(
        f"the boosted trees are damaged or not SER Lab's: {reason}; they are not "
        "used. Get the bundle again, or train the model again"
    )
