"""What of a fitted estimator is stored otherwise than skops would.

Native code believes what it is given: a tree with a child far outside its nodes, or
support vectors fewer than their count, make it read foreign memory. So trees are kept
as plain arrays and built again after a check, neighbour trees are grown again from
the data, and boosters travel in their libraries' own text formats.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.errors import ModelError
from ser_core.models.bundle_boosters import booster_text, is_booster, make_booster
from ser_core.models.bundle_trust import LIBRARY_ESTIMATORS, OWN_ESTIMATORS

TRAINING_ONLY: Final[frozenset[str]] = frozenset(
    {
        # MLPClassifier: state of the solver and of early stopping
        "_optimizer",
        "_random_state",
        "_best_coefs",
        "_best_intercepts",
        "_no_improvement_count",
        # LGBMClassifier: the course of the training
        "_best_score",
        "_evals_result",
    }
)
"""Attributes that only further training would need; they are not saved."""

_NEIGHBOUR_TREES: Final = ("kd_tree", "ball_tree")


class StoredTree:
    """The arrays of one decision tree.

    Parameters
    ----------
    tree : sklearn.tree._tree.Tree

    """

    def __init__(self, tree: Any) -> None:
        state = tree.__getstate__()
        self.n_features = int(tree.n_features)
        self.n_classes = np.asarray(tree.n_classes, dtype=np.intp)
        self.max_depth = int(state["max_depth"])
        self.node_count = int(state["node_count"])
        self.nodes = state["nodes"]
        self.values = state["values"]

    def build(self) -> Any:
        """Make the tree again.

        Raises
        ------
        ModelError
            Its arrays contradict each other.

        """
        from sklearn.tree._tree import Tree

        self._check()
        tree = Tree(self.n_features, self.n_classes, 1)
        tree.__setstate__(
            {
                "max_depth": self.max_depth,
                "node_count": self.node_count,
                "nodes": self.nodes,
                "values": self.values,
            }
        )
        return tree

    def _check(self) -> None:
        """Refuse what would lead outside the arrays."""
        for name in ("n_features", "max_depth", "node_count"):
            value = getattr(self, name, None)
            if not isinstance(value, int) or not 0 <= value < 2**31:
                raise damaged(f"a tree has {name} = {value!r}")
        for name in ("n_classes", "nodes", "values"):
            if not isinstance(getattr(self, name, None), np.ndarray):
                raise damaged(f"a tree has no array {name}")
        nodes = self.nodes
        wanted = {"left_child", "right_child", "feature", "threshold"}
        if nodes.shape != (self.node_count,) or not wanted <= set(
            nodes.dtype.names or ()
        ):
            raise damaged(f"a tree has nodes of shape {nodes.shape}")
        if self.n_classes.shape != (1,) or self.n_classes.dtype != np.intp:
            raise damaged("a tree has no number of classes")
        if self.values.shape != (self.node_count, 1, int(self.n_classes[0])):
            raise damaged(f"a tree has values of shape {self.values.shape}")
        check_children(
            nodes["left_child"],
            nodes["right_child"],
            nodes["feature"],
            n_features=self.n_features,
        )


class StoredBooster:
    """Where the text of a booster lies.

    Parameters
    ----------
    library : {"xgboost", "lightgbm"}
    file : str
        Name inside the bundle.

    """

    def __init__(self, library: str, file: str) -> None:
        self.library = library
        self.file = file


def check_children(
    left: npt.NDArray[Any],
    right: npt.NDArray[Any],
    feature: npt.NDArray[Any],
    *,
    n_features: int,
) -> None:
    """Refuse a tree whose children are missing, shared, or come before their parent.

    Parameters
    ----------
    left, right : ndarray of shape (n_nodes,), int
        Child of each node, -1 in both for a leaf.
    feature : ndarray of shape (n_nodes,), int
        Column by which a node decides.
    n_features : int
        Columns that there are.

    Raises
    ------
    ModelError
        Following the children could leave the arrays or never end.

    """
    order = np.arange(len(left))
    inner = (left != -1) | (right != -1)
    for child in (left, right):
        outside = inner & ((child <= order) | (child >= len(left)))
        if outside.any():
            raise damaged(f"node {int(np.argmax(outside))} of a tree leads outside it")
    if len(left) == 0:
        raise damaged("a tree has no nodes")
    if (inner & ((feature < 0) | (feature >= n_features))).any():
        raise damaged(f"a tree asks for a column beyond its {n_features}")


def to_stored(recogniser: Any) -> tuple[Any, dict[str, bytes]]:
    """Return a recogniser whose native parts are exchanged for plain ones.

    Parameters
    ----------
    recogniser : estimator
        Stays as it is; what need not be exchanged is shared with it.

    Returns
    -------
    stored : estimator
        For skops alone; it cannot predict.
    files : dict of str to bytes
        Name inside the bundle -> content, one a booster.

    Raises
    ------
    ModelError
        It holds a type that is not saved.

    """
    files: dict[str, bytes] = {}

    def exchange(part: Any) -> Any:
        if _type_name(part) == "sklearn.tree._tree.Tree":
            return StoredTree(part)
        if _is_neighbour_tree(part) or _is_of_training(part):
            return None
        library = is_booster(part)
        if library is not None:
            suffix = {"xgboost": "xgb.json", "lightgbm": "lgbm.txt"}[library]
            name = f"model.{len(files)}.{suffix}"
            files[name] = booster_text(part)
            return StoredBooster(library, name)
        return part

    return _exchanged(recogniser, exchange, drop=TRAINING_ONLY), files


def from_stored(stored: Any, files: dict[str, bytes]) -> Any:
    """Make a recogniser whole again.

    Parameters
    ----------
    stored : estimator
        As `ser_core.models.bundle_trust.load_trusted` returns it.
    files : dict of str to bytes
        The bundle's other files.

    Returns
    -------
    recogniser : estimator
        Fitted; `ser_core.models.bundle_structure` checks what it holds.

    Raises
    ------
    ModelError
        A part is missing or damaged.

    """

    def exchange(part: Any) -> Any:
        if isinstance(part, StoredTree):
            return part.build()
        if isinstance(part, StoredBooster):
            library, name = vars(part).get("library"), vars(part).get("file")
            if not isinstance(name, str) or name not in files:
                raise damaged(f"its file {name!r} is missing")
            return make_booster(library, files[name])
        return part

    recogniser = _exchanged(stored, exchange, drop=frozenset())
    for part in walk(recogniser):
        if _type_name(part).endswith(".KNeighborsClassifier"):
            _grow_neighbour_tree(part)
        if vars(part).get("copy") is False:
            # scaling in place is for training; who predicts keeps the features
            part.copy = True
    return recogniser


def walk(recogniser: Any) -> list[Any]:
    """List every estimator inside a recogniser once, itself first."""
    found: dict[int, Any] = {}
    waiting = [recogniser]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            waiting += part.values()
        elif isinstance(part, list | tuple):
            waiting += part
        elif _is_estimator(part) and id(part) not in found:
            found[id(part)] = part
            waiting += vars(part).values()
    return list(found.values())


def damaged(reason: str) -> ModelError:
    """Make the error for a model whose parts contradict each other."""
    return ModelError(
        f"the model is damaged: {reason}; it is not used. Get the bundle again, or "
        "train the model again"
    )


def _exchanged(
    part: Any,
    exchange: Callable[[Any], Any],
    *,
    drop: frozenset[str],
    done: dict[int, tuple[Any, Any]] | None = None,
) -> Any:
    """Copy as much of a structure as has something exchanged, and share the rest."""
    done = {} if done is None else done
    if id(part) in done:
        return done[id(part)][1]

    def again(inner: Any) -> Any:
        return _exchanged(inner, exchange, drop=drop, done=done)

    result = part
    if isinstance(part, dict):
        changed = {key: again(value) for key, value in part.items()}
        if any(changed[key] is not part[key] for key in part):
            result = copy(part)
            result.update(changed)
    elif isinstance(part, list | tuple):
        items = [again(item) for item in part]
        if any(a is not b for a, b in zip(items, part, strict=True)):
            result = type(part)(items)
    elif _is_estimator(part):
        kept = {k: v for k, v in vars(part).items() if k not in drop}
        changed = {key: again(value) for key, value in kept.items()}
        if len(changed) < len(vars(part)) or any(
            changed[key] is not kept[key] for key in kept
        ):
            result = object.__new__(type(part))
            result.__dict__.update(changed)
    else:
        result = exchange(part)
    # the original is kept with it, so that its id stays its own
    done[id(part)] = (part, result)
    return result


def _grow_neighbour_tree(estimator: Any) -> None:
    """Grow the tree of a nearest-neighbour classifier from its training data."""
    from sklearn.neighbors import BallTree, KDTree

    method = vars(estimator).get("_fit_method")
    if method not in _NEIGHBOUR_TREES:
        return
    metric = estimator.effective_metric_
    if metric not in ("euclidean", "minkowski", "manhattan", "chebyshev"):
        raise damaged(f"its distance {metric!r} is not known")
    kind = KDTree if method == "kd_tree" else BallTree
    estimator._tree = kind(
        estimator._fit_X,
        estimator.leaf_size,
        metric=metric,
        **estimator.effective_metric_params_,
    )


def _type_name(part: Any) -> str:
    """Return module and name of an object's class."""
    return f"{type(part).__module__}.{type(part).__qualname__}"


def _is_estimator(part: Any) -> bool:
    """Tell whether an object is of a class on the list of estimators."""
    return _type_name(part) in LIBRARY_ESTIMATORS | OWN_ESTIMATORS


def _is_of_training(part: Any) -> bool:
    """Tell whether an object divides folds or draws numbers, for training alone."""
    return type(part).__module__ == "sklearn.model_selection._split" or isinstance(
        part, np.random.RandomState
    )


def _is_neighbour_tree(part: Any) -> bool:
    """Tell whether an object is a k-d tree or a ball tree."""
    return _type_name(part) in (
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.neighbors._ball_tree.BallTree",
    )
