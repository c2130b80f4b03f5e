"""Which parameters of a model may be changed, and the check of what is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ser_core.errors import ParameterError
from ser_core.models.catalogue import check_model_name, model_info

_TREE: Final = (
    "criterion max_depth max_features max_leaf_nodes min_samples_leaf "
    "min_samples_split min_impurity_decrease ccp_alpha class_weight"
)
_BOOSTED: Final = (
    "n_estimators max_depth learning_rate subsample colsample_bytree reg_alpha "
    "reg_lambda max_bin class_weight"
)
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    model: tuple(sorted(names.split()))
    for model, names in {
        "mlp": "hidden_layer_sizes activation alpha batch_size learning_rate_init "
        "max_iter early_stopping validation_fraction n_iter_no_change tol beta_1 "
        "beta_2 epsilon",
        "svm": "C kernel degree gamma coef0 tol class_weight cache_size max_iter "
        "probability n_folds",
        "knn": "n_neighbors weights metric p algorithm leaf_size",
        "lr": "C l1_ratio solver class_weight fit_intercept max_iter tol",
        "dt": f"{_TREE} splitter",
        "rf": f"{_TREE} n_estimators max_samples bootstrap",
        "xgb": f"{_BOOSTED} min_child_weight gamma",
        "lgbm": f"{_BOOSTED} num_leaves min_child_samples",
        "gmm": "covariance_type max_components reg_covar priors max_iter",
        "kls": "alpha gamma squash priors max_centres",
    }.items()
}


def parameter_names(name: str) -> tuple[str, ...]:
    """List the parameters of a model that may be changed.

    Parameters
    ----------
    name : str
        One of `ser_core.models.registry.MODELS`.

    Returns
    -------
    names : tuple of str
        Sorted. Of a vote: `weights`, and `<part>__<parameter>` for each part.

    Raises
    ------
    ParameterError
        The model is not known.

    """
    check_model_name(name)
    parts = model_info(name).parts
    if not parts:
        return _NAMES[name]
    inner = [f"{part}__{key}" for part in parts for key in _NAMES[part]]
    return ("weights", *sorted(inner))


def set_parameters(estimator: Any, parameters: Mapping[str, Any], *, name: str) -> None:
    """Change an estimator's parameters after checking names and values.

    Parameters
    ----------
    estimator : sklearn estimator
        As `build_estimator` returns it.
    parameters : mapping of str to value
        Plain values, as from JSON; a list stands for a tuple.
    name : str
        The model.

    Raises
    ------
    ParameterError
        A name is not among `parameter_names(name)`, or a value is not allowed.

    """
    allowed = parameter_names(name)
    unknown = [key for key in parameters if key not in allowed]
    if unknown:
        raise ParameterError(
            f"parameter {unknown[0]!r} is not known for model {name!r}; choose among: "
            f"{', '.join(allowed)}"
        )
    for key, value in parameters.items():
        if "__" in key and key.endswith("class_weight") and isinstance(value, Mapping):
            raise ParameterError(
                f"{key} = {dict(value)!r} is not possible in a vote, whose parts do "
                "not see the names of the classes; give 'balanced' or null"
            )
    estimator.set_params(
        **{
            key: tuple(value) if isinstance(value, list) else value
            for key, value in parameters.items()
        }
    )
    for part in getattr(estimator, "named_estimators", {"": estimator}).values():
        _check_values(part, name=name)


def _check_values(estimator: Any, *, name: str) -> None:
    """Let the estimator look at its values now, not after the features are made."""
    try:
        estimator._validate_params()
    except ValueError as error:
        raise ParameterError(
            f"a parameter of model {name!r} cannot be used: {error}"
        ) from error
