"""Whether the numbers of a loaded model fit together, before it is asked anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from ser_core.models.bundle_parts import damaged, walk

_KERNELS: Final = ("linear", "poly", "rbf", "sigmoid")

# what instances rightly hold under a name that their class has too
_SHADOWED: Final = frozenset({"__doc__"})


def check_structure(recogniser: Any) -> None:
    """Refuse a model whose parts contradict each other.

    Parameters
    ----------
    recogniser : estimator
        Made whole by `ser_core.models.bundle_parts.from_stored`.

    Raises
    ------
    ModelError
        An array of objects; an attribute that hides a method; support vectors, trees
        or neighbours whose shapes do not fit.

    Notes
    -----
    What numpy computes (scaling, PCA, logistic regression, the perceptron, mixtures)
    checks its own shapes. libsvm and the trees do not, so theirs are compared here.

    """
    for part in walk(recogniser):
        _check_attributes(part)
        check = _CHECKS.get(type(part).__name__)
        if check is not None:
            check(part)


def _check_attributes(part: Any) -> None:
    """Refuse arrays of objects, hidden methods and anything that can be called."""
    for name, value in vars(part).items():
        if isinstance(value, np.ndarray) and value.dtype.hasobject:
            raise damaged(f"{type(part).__name__}.{name} is an array of objects")
        hidden = getattr(type(part), name, None)
        if callable(hidden) and name not in _SHADOWED:
            raise damaged(f"{type(part).__name__}.{name} hides a method")


def _check_pipeline(part: Any) -> None:
    """Refuse steps that are no steps, and a cache, which is a folder of pickles."""
    if part.memory is not None:
        raise damaged(f"its pipeline has a cache {part.memory!r}")
    if not isinstance(part.steps, list) or not all(
        isinstance(step, tuple) and len(step) == 2 and isinstance(step[0], str)
        for step in part.steps
    ):
        raise damaged("its pipeline has no steps")


def _check_svc(part: Any) -> None:
    """Compare the arrays of a support vector machine with each other."""
    if "support_" not in vars(part):
        return  # a template that a calibration was fitted around
    if part.kernel not in _KERNELS or vars(part).get("_sparse"):
        raise damaged(f"kernel {part.kernel!r}")
    if "_impl" in vars(part):
        raise damaged("a support vector machine of another kind")
    n_classes = len(part.classes_)
    n_vectors = len(part.support_)
    n_pairs = n_classes * (n_classes - 1) // 2
    n_probabilities = n_pairs if len(part._probA) else 0
    wanted: dict[str, tuple[int, ...]] = {
        "support_": (n_vectors,),
        "support_vectors_": (n_vectors, part.n_features_in_),
        "_n_support": (n_classes,),
        "_dual_coef_": (n_classes - 1, n_vectors),
        "_intercept_": (n_pairs,),
        "_probA": (n_probabilities,),
        "_probB": (n_probabilities,),
    }
    for name, shape in wanted.items():
        array = getattr(part, name)
        if array.shape != shape:
            raise damaged(f"SVC.{name} has shape {array.shape}, not {shape}")
    if (part._n_support < 0).any() or part._n_support.sum() != n_vectors:
        raise damaged(f"{n_vectors} support vectors, {part._n_support.tolist()} told")


def _check_tree(part: Any) -> None:
    """Compare a tree with the classes and columns of its estimator."""
    if "tree_" not in vars(part):
        return
    n_classes = int(part.n_classes_)
    if part.tree_.n_features != part.n_features_in_ or (
        part.tree_.value.shape[1:] != (1, n_classes)
    ):
        raise damaged("a tree of other classes or columns than its estimator")


def _check_neighbours(part: Any) -> None:
    """Compare the data of nearest neighbours with their classes."""
    if "_fit_X" not in vars(part):
        return
    n_rows = len(part._fit_X)
    if part._fit_X.shape != (n_rows, part.n_features_in_) or part._y.shape != (n_rows,):
        raise damaged("neighbours whose classes are missing")
    if part._y.min(initial=0) < 0 or part._y.max(initial=0) >= len(part.classes_):
        raise damaged("neighbours of a class that is not there")
    if callable(part.metric) or callable(part.weights):
        raise damaged("a distance that is no name")


def _check_kernel_least_squares(part: Any) -> None:
    """Compare centres and weights with the classes and columns."""
    if "centres_" not in vars(part):
        return
    n_centres = len(part.centres_)
    wanted = {
        "centres_": (n_centres, part.n_features_in_),
        "dual_": (n_centres, len(part.classes_)),
    }
    for name, shape in wanted.items():
        if getattr(part, name).shape != shape:
            raise damaged(f"kernel least squares with {name} of another shape")


def _check_lightgbm(part: Any) -> None:
    """Compare columns with the booster's, and refuse settings that name files."""
    booster = vars(part).get("_Booster")
    others = vars(part).get("_other_params", {})
    if not isinstance(others, dict) or not _LIGHTGBM_SETTINGS.issuperset(others):
        raise damaged(f"LightGBM settings {sorted(map(str, others))}")
    if booster is not None and booster.num_feature() != part._n_features:
        raise damaged("boosted trees of other columns than their estimator")


_LIGHTGBM_SETTINGS: Final = frozenset(
    {"deterministic", "force_col_wise", "max_bin", "verbose", "verbosity"}
)
"""Those that SER Lab gives; others can name files to read and to write."""

_CHECKS: Final[dict[str, Callable[[Any], None]]] = {
    "Pipeline": _check_pipeline,
    "SVC": _check_svc,
    "DecisionTreeClassifier": _check_tree,
    "KNeighborsClassifier": _check_neighbours,
    "LGBMClassifier": _check_lightgbm,
    "KernelLeastSquaresClassifier": _check_kernel_least_squares,
}
