"""What the models are: names, where they come from, what they need."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

from ser_core.errors import ParameterError

_REPORT: Final = "the source report (THAI-SER)"
_VOTING: Final = "the article on 16 gender x emotion classes (RAVDESS + TESS)"
_PARTS: Final = "the article on model parallelism (RAVDESS + TESS)"


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelInfo:
    """What is known of a model before it is built.

    Attributes
    ----------
    name : str
        As plans, records and the command line have it.
    title : str
        For people.
    family : str
        Kind of model, as "support vectors".
    description : str
        One paragraph in plain words.
    source : str
        Where the choice of the model comes from.
    available : bool
        Whether it can be built in this installation.
    reason : str or None
        What is missing, where it is not available.
    n_features_slow : int or None
        From about how many columns a fit of some thousand utterances takes minutes;
        None where the number of columns hardly matters.
    parts : tuple of str
        The models whose votes are averaged; empty for all others.

    """

    name: str
    title: str
    family: str
    description: str
    source: str
    available: bool
    reason: str | None
    n_features_slow: int | None
    parts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    """A row of the catalogue, before the installation is looked at."""

    title: str
    family: str
    description: str
    source: str
    n_features_slow: int | None = None
    package: tuple[str, str] | None = None
    parts: tuple[str, ...] = ()


def _vote(number: int, *parts: str, slow: int | None = None) -> _Entry:
    """Describe a soft vote."""
    names = ", ".join(_SINGLE[part].title for part in parts)
    return _Entry(
        title=f"Soft voting V{number} ({' + '.join(p.upper() for p in parts)})",
        family="voting",
        description=(
            f"Averages the probabilities of {len(parts)} models, each trained on the "
            f"same data: {names}. The class with the highest mean is chosen."
        ),
        source=_VOTING,
        n_features_slow=slow,
        parts=parts,
    )


_SINGLE: Final[dict[str, _Entry]] = {
    "mlp": _Entry(
        title="MLP",
        family="neural network",
        description=(
            "A neural network with one hidden layer of 100 rectified units, trained "
            "by Adam; a tenth of the training part is held back to stop when it no "
            "longer gets better."
        ),
        source=_REPORT,
    ),
    "svm": _Entry(
        title="SVM",
        family="support vectors",
        description=(
            "A support vector machine with a Gaussian kernel. Time and memory grow "
            "faster than the square of the number of utterances. It has no "
            "probabilities of its own: they come from a calibration on the training "
            "part, so that the most probable class is not always the one that the "
            "machine chooses."
        ),
        source=_REPORT,
        n_features_slow=3_000,
    ),
    "knn": _Entry(
        title="k nearest neighbours",
        family="neighbours",
        description=(
            "Takes the five training utterances that lie nearest and counts their "
            "emotions. Nothing is learned; all time goes into predicting."
        ),
        source=_VOTING,
    ),
    "lr": _Entry(
        title="Logistic regression",
        family="linear",
        description=(
            "A weighted sum of the features for each emotion, turned into "
            "probabilities. The simplest model here, and a line to compare others "
            "with."
        ),
        source=_VOTING,
        n_features_slow=5_000,
    ),
    "dt": _Entry(
        title="Decision tree",
        family="trees",
        description=(
            "Asks one yes-or-no question of a feature after another. It learns its "
            "training part by heart and is here for comparison."
        ),
        source=_VOTING,
        n_features_slow=5_000,
    ),
    "rf": _Entry(
        title="Random forest",
        family="trees",
        description=(
            "Averages 100 decision trees, each grown on other utterances and other "
            "features drawn at random."
        ),
        source=_VOTING,
    ),
    "xgb": _Entry(
        title="XGBoost",
        family="boosted trees",
        description=(
            "Adds up small trees, each grown to correct the ones before it, one per "
            "class and round. Its time grows with columns times classes."
        ),
        source=_VOTING,
        n_features_slow=500,
        package=("xgboost", "xgboost-cpu"),
    ),
    "lgbm": _Entry(
        title="LightGBM",
        family="boosted trees",
        description=(
            "As XGBoost, but grows each tree leaf by leaf where it helps most. Its "
            "time grows with columns times classes."
        ),
        source=_VOTING,
        n_features_slow=500,
        package=("lightgbm", "lightgbm"),
    ),
    "gmm": _Entry(
        title="Gaussian mixtures",
        family="density",
        description=(
            "Describes each emotion by a mixture of Gaussian clouds and chooses the "
            "emotion under which an utterance is most likely. The number of clouds "
            "is chosen on the training part. With many features its probabilities "
            "are close to 0 and 1: a step of PCA before it helps."
        ),
        source=_PARTS,
        n_features_slow=5_000,
    ),
    "kls": _Entry(
        title="Kernel least squares",
        family="kernel",
        description=(
            "Fits membership of each emotion by least squares under a Gaussian "
            "kernel, every class counting the same. Best of what was tried on the "
            "functionals for speakers that were not in training. Keeps its training "
            "rows; time grows with the cube of the number of utterances, up to 8,000 "
            "of them."
        ),
        source="our own choice; docs/results-log.md tells what was tried",
    ),
}
_ENTRIES: Final[dict[str, _Entry]] = {
    **_SINGLE,
    "v1": _vote(1, "mlp", "knn"),
    "v2": _vote(2, "knn", "xgb", "mlp", slow=500),
    "v3": _vote(3, "xgb", "mlp", "rf", "lr", slow=500),
    "v4": _vote(4, "mlp", "xgb", slow=500),
}

MODELS: Final[tuple[str, ...]] = tuple(_ENTRIES)
"""The models known by name."""

REPORT_MODELS: Final[tuple[str, ...]] = ("mlp", "svm")
"""The models of the source report, which its pipeline can be run with."""


def check_model_name(name: str) -> None:
    """Refuse a name that no model has.

    Raises
    ------
    ParameterError
        The name is not in `MODELS`.

    """
    if name not in _ENTRIES:
        raise ParameterError(
            f"model = {name!r} is not known; choose one of: {', '.join(MODELS)}"
        )


def model_info(name: str) -> ModelInfo:
    """Describe a model and say whether this installation can build it.

    Parameters
    ----------
    name : str
        One of `MODELS`.

    Returns
    -------
    info : ModelInfo

    Raises
    ------
    ParameterError
        The name is not in `MODELS`.

    """
    check_model_name(name)
    entry = _ENTRIES[name]
    reason = _missing(name)
    return ModelInfo(
        name=name,
        title=entry.title,
        family=entry.family,
        description=entry.description,
        source=entry.source,
        available=reason is None,
        reason=reason,
        n_features_slow=entry.n_features_slow,
        parts=entry.parts,
    )


def model_infos() -> tuple[ModelInfo, ...]:
    """Describe every model, in the order of `MODELS`."""
    return tuple(model_info(name) for name in MODELS)


def _missing(name: str) -> str | None:
    """Say which library a model lacks, if any."""
    entry = _ENTRIES[name]
    reasons = [_missing(part) for part in entry.parts]
    if entry.package is not None and find_spec(entry.package[0]) is None:
        module, distribution = entry.package
        reasons.append(
            f"the library {module} is not installed: pip install {distribution}"
        )
    return next((reason for reason in reasons if reason is not None), None)
