"""Say how long a fit will take, from small ones."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.errors import ParameterError
from ser_core.models.catalogue import model_info
from ser_core.models.registry import build_model, build_recogniser

_ROWS: Final = (250, 500)
_LEAST_ROWS: Final = 8
_PATIENCE_S: Final = 2.0
"""A first trial that takes longer is not followed by a larger one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FitEstimate:
    """A forecast of the time of one fit.

    Attributes
    ----------
    seconds, seconds_low, seconds_high : float
        The forecast, and what it would be if time grew as slowly (low) or as fast
        (high) with the number of utterances, and the fit took as few or as many
        steps, as the model is known to do.
    n_train : int
        The utterances it is for.
    n_timed : int
        The utterances of the larger trial.

    """

    seconds: float
    seconds_low: float
    seconds_high: float
    n_train: int
    n_timed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Growth:
    """How the time of a model's fit grows, and how its trials are kept short.

    Attributes
    ----------
    rows : tuple of float
        Least and greatest exponent of the number of utterances.
    n_columns : int
        Most columns in a trial.
    columns : float
        Exponent of the number of columns.
    steps : str or None
        The parameter that counts rounds, trees or passes, which a trial has fewer of.
    n_steps : int
        As many as a trial has.
    expected : tuple of float
        How many steps' time a whole fit takes: likely, least, greatest. Up to 1 they
        are shares of all steps (later trees are smaller than the first), above
        1 numbers of them (of passes, before it stops early).
    parameters : mapping
        Others that a trial differs in.

    """

    rows: tuple[float, float]
    n_columns: int = 10_000
    columns: float = 1.0
    steps: str | None = None
    n_steps: int = 1
    expected: tuple[float, float, float] = (1.0, 1.0, 1.0)
    parameters: Mapping[str, Any] = field(default_factory=dict)


_GROWTH: Final[dict[str, _Growth]] = {
    "mlp": _Growth(
        rows=(1, 1.1),
        steps="max_iter",
        n_steps=4,
        expected=(30, 12, 100),
        parameters={"early_stopping": False},
    ),
    "svm": _Growth(rows=(2, 3)),
    "knn": _Growth(rows=(0.5, 1)),
    "lr": _Growth(rows=(0.7, 1.5), n_columns=1_500),
    "dt": _Growth(rows=(1, 1.4), n_columns=1_500),
    "rf": _Growth(rows=(0.9, 1.3), columns=0.5, steps="n_estimators", n_steps=10),
    "xgb": _Growth(
        rows=(0.2, 0.8),
        n_columns=200,
        steps="n_estimators",
        n_steps=5,
        expected=(0.5, 0.2, 1.0),
    ),
    "lgbm": _Growth(rows=(0.2, 1.1), n_columns=200, steps="n_estimators", n_steps=5),
    "gmm": _Growth(rows=(0.8, 1.5), n_columns=200),
    "kls": _Growth(rows=(2.0, 3.0)),
}
_FULL_COVARIANCE: Final = _Growth(rows=(0.5, 1.3), n_columns=100, columns=2.0)
_PROJECTION: Final = _Growth(rows=(1, 2))


def estimate_fit(
    name: str,
    X: npt.NDArray[np.float32],
    y: npt.NDArray[np.str_],
    *,
    n_train: int | None = None,
    pca: float | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> FitEstimate:
    """Time two small fits and extrapolate.

    Parameters
    ----------
    name : str
        One of `ser_core.models.registry.MODELS`.
    X : ndarray of shape (n_samples, n_features), float32
        Features, scaled or not; at most 500 rows, evenly spaced over the classes, are
        used.
    y : ndarray of shape (n_samples,), str
    n_train : int, optional
        Utterances of the fit to forecast, all of X by default.
    pca : float or int, optional
        As `ser_core.models.registry.build_recogniser` takes it.
    parameters : mapping, optional

    Returns
    -------
    estimate : FitEstimate

    Raises
    ------
    ParameterError
        The model or its parameters are not known; fewer than 8 rows, `n_train` below
        1, or one class only.
    ModelError
        A library that the model needs is not installed.

    Notes
    -----
    The exponent of the number of utterances between the two trials is used where it
    lies between what is known of the model (an SVM: between the square and the cube
    [1]_), else the nearer end. Trials have few columns, rounds, trees or passes
    where their number only multiplies the time. An MLP that stops early is taken to
    need 30 passes, 12 to 100; a wider guess than the others'. A vote is the sum of
    its parts. Nothing is kept: an estimate tells of the machine as it is now.

    References
    ----------
    .. [1] L. Bottou and C.-J. Lin, "Support Vector Machine Solvers", in Large Scale
       Kernel Machines, MIT Press, 2007, doi:10.7551/mitpress/7496.003.0003.

    """
    build_model(name, parameters=parameters)
    wanted = len(X) if n_train is None else n_train
    _check(X, y, wanted)
    sizes = _sizes(len(X))
    given = dict(parameters or {})
    samples = [_sample(X, y, n) for n in sizes]
    forecasts: list[Forecast] = []
    if pca is not None:
        samples, forecast = _project(samples, wanted, pca=pca)
        forecasts.append(forecast)
    for part in model_info(name).parts or (name,):
        head = f"{part}__"
        own = {k.removeprefix(head): v for k, v in given.items() if k.startswith(head)}
        own = own if model_info(name).parts else given
        likely, least, greatest = _forecast(part, samples, wanted, own)
        # a share of the variance needs more components the more rows there are
        forecasts.append((likely, least, greatest * (1 if pca is None else 2)))
    seconds, low, high = (sum(values) for values in zip(*forecasts, strict=True))
    return FitEstimate(
        seconds=seconds,
        seconds_low=low,
        seconds_high=high,
        n_train=wanted,
        n_timed=sizes[-1],
    )


Sample = tuple[npt.NDArray[np.float32], npt.NDArray[np.str_]]
Forecast = tuple[float, float, float]


def _check(X: npt.NDArray[np.float32], y: npt.NDArray[np.str_], wanted: int) -> None:
    """Refuse what cannot be timed."""
    if len(X) < _LEAST_ROWS or wanted < 1:
        raise ParameterError(
            f"{len(X)} rows for a fit of {wanted}; an estimate needs {_LEAST_ROWS} "
            "rows or more and a fit of at least 1"
        )
    if len(np.unique(y)) < 2:
        raise ParameterError(
            "one class only; a classifier needs utterances of two or more"
        )


def _sizes(n_samples: int) -> list[int]:
    """Choose the rows of the trials."""
    large = min(_ROWS[1], n_samples)
    return [min(_ROWS[0], large // 2), large]


def _sample(X: npt.NDArray[np.float32], y: npt.NDArray[np.str_], n_rows: int) -> Sample:
    """Take scaled rows evenly over the classes' order: two classes are always there.

    A class with one row has it twice, because some models refuse lone members.
    """
    from ser_core.models.scaling import BlockScaler

    by_class = np.argsort(y, kind="stable")
    rows = by_class[np.linspace(0, len(y) - 1, n_rows).round().astype(np.intp)]
    _, lone, counts = np.unique(y[rows], return_index=True, return_counts=True)
    rows = np.sort(np.concatenate([rows, rows[lone[counts == 1]]]))
    return BlockScaler().fit_transform(X[rows]), y[rows]


def _forecast(
    name: str, samples: list[Sample], wanted: int, parameters: Mapping[str, Any]
) -> Forecast:
    """Time a model on the samples and extrapolate."""
    growth = _growth(name, parameters)
    shorter = {**parameters, **growth.parameters}
    likely = fewest = most = 1.0
    if growth.steps is not None:
        all_steps = build_model(name, parameters=parameters).get_params()[growth.steps]  # type: ignore[attr-defined]
        steps = min(growth.n_steps, all_steps)
        shorter[growth.steps] = steps
        likely, fewest, most = (
            (n * all_steps if n <= 1 else min(n, all_steps)) / steps
            for n in growth.expected
        )
    n_features = samples[0][0].shape[1]
    kept = np.linspace(0, n_features - 1, min(n_features, growth.n_columns))
    wider = (n_features / len(kept)) ** growth.columns
    timed: list[tuple[int, float]] = []
    X, y = samples[0]
    # the first fit of all loads libraries, which is no part of a fit's time
    _time_fit(name, *_sample(X[:, :8], y, _LEAST_ROWS), shorter)
    for X, y in samples:
        small = np.ascontiguousarray(X[:, kept.astype(np.intp)])
        timed.append((len(y), _time_fit(name, small, y, shorter)))
        if timed[-1][1] > _PATIENCE_S:
            break
    seconds, low, high = _extrapolate(timed, wanted, growth.rows)
    return seconds * wider * likely, low * wider * fewest, high * wider * most


def _growth(name: str, parameters: Mapping[str, Any]) -> _Growth:
    """Return how a model with these parameters grows."""
    if parameters.get("covariance_type") == "full":
        return _FULL_COVARIANCE
    if name == "mlp" and not parameters.get("early_stopping", True):
        return replace(_GROWTH[name], expected=(0.5, 0.1, 1.0))
    return _GROWTH[name]


def _time_fit(
    name: str,
    X: npt.NDArray[np.float32],
    y: npt.NDArray[np.str_],
    parameters: Mapping[str, Any],
) -> float:
    """Return the seconds of one fit, never 0."""
    import warnings

    model = build_model(name, parameters=parameters)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        started_s = time.perf_counter()
        model.fit(X, y)
        return max(time.perf_counter() - started_s, 1e-6)


def _project(
    samples: list[Sample], wanted: int, *, pca: float
) -> tuple[list[Sample], Forecast]:
    """Time the projection, and return what a model would get."""
    step = build_recogniser("knn", pca=pca).named_steps["pca"]
    timed, projected = [], []
    for X, y in samples:
        if step.n_components >= 1:
            step.set_params(n_components=min(step.n_components, *X.shape))
        started_s = time.perf_counter()
        projected.append((step.fit_transform(X), y))
        timed.append((len(y), max(time.perf_counter() - started_s, 1e-6)))
    fewest = min(X.shape[1] for X, _ in projected)
    same = [(X[:, :fewest], y) for X, y in projected]
    return same, _extrapolate(timed, wanted, _PROJECTION.rows)


def _extrapolate(
    timed: list[tuple[int, float]], wanted: int, exponents: tuple[float, float]
) -> Forecast:
    """Return the likely, least and greatest seconds of a fit of `wanted` rows."""
    n_rows, seconds = timed[-1]
    least, greatest = exponents
    exponent = (least + greatest) / 2
    if len(timed) > 1 and n_rows > timed[0][0]:
        exponent = math.log(seconds / timed[0][1]) / math.log(n_rows / timed[0][0])
    ends = [seconds * (wanted / n_rows) ** power for power in exponents]
    likely = seconds * (wanted / n_rows) ** min(max(exponent, least), greatest)
    return likely, min(ends), max(ends)
