"""What each group of features does to the probability of a class."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ser_core.errors import ModelError, ParameterError
from ser_core.features.feature_set import FeatureSet
from ser_core.features.plain_groups import plain_groups


class Explainable(Protocol):
    """What is needed of a model; `ser_core.inference.loading.SpeechModel` has it."""

    @property
    def name(self) -> str:
        """How messages call it."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, as the columns of the probabilities."""
        ...

    @property
    def feature_set(self) -> FeatureSet:
        """What it takes."""
        ...

    @property
    def recogniser(self) -> Any:
        """A fitted Pipeline whose first step is a scaler."""
        ...

    def probabilities(self, X: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Return probabilities of shape (n_samples, n_classes)."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupEffect:
    """What one group of features does to the probability of a class.

    Attributes
    ----------
    name, words, about : str
        As `ser_core.features.plain_groups.PlainGroup`.
    of : str
        The class.
    probability : float
        Of the class with all features of the clip, 0 to 1.
    without : float
        The same with this group at the average of the training.
    instead : str or None
        The most probable class without the group where it is another one.
    share : float
        The group's Shapley value: its fair share of the difference between
        `probability` and what the model says of the average of its training. The
        shares of all groups add up to that difference; negative ones speak against
        the class.

    """

    name: str
    words: str
    about: str
    of: str
    probability: float
    without: float
    instead: str | None
    share: float

    @property
    def effect(self) -> float:
        """By how much the class would be less probable without the group."""
        return self.probability - self.without


def group_effects(
    model: Explainable, x: npt.NDArray[np.float32], *, of: str | None = None
) -> tuple[GroupEffect, ...]:
    """Tell what each group of features does to the probability of a class.

    Parameters
    ----------
    model : SpeechModel
    x : ndarray of shape (n_features,), float32
        Features of the clip, as `model.features` returns them.
    of : str, optional
        The class; the most probable one by default.

    Returns
    -------
    effects : tuple of GroupEffect
        The largest share first.

    Raises
    ------
    ParameterError
        `of` is not a class of the model, or x has another shape.
    ModelError
        The model does not know the average of its training.

    Notes
    -----
    A group is taken away by putting its columns to their means over the training
    part, where they are 0 after scaling. All combinations of present and absent groups
    are predicted in one batch, 64 rows for six groups, which gives both the change
    when one group alone is taken away (`GroupEffect.effect`) and the exact Shapley
    values of the groups.

    It is an intervention on the model and says nothing about causes in the voice: the
    model sees combinations that no voice produces. Groups that go together can stand
    in for each other: each alone then has little effect, while their shares are large.

    References
    ----------
    L. S. Shapley, "A value for n-person games", Contributions to the Theory of Games
    II, Princeton University Press, 1953, doi 10.1515/9781400881970-018.

    S. M. Lundberg, S.-I. Lee, "A unified approach to interpreting model predictions",
    Advances in Neural Information Processing Systems 30, 2017.

    """
    average = _average_of_training(model)
    if x.shape != average.shape:
        raise ParameterError(
            f"x has the shape {x.shape}; model {model.name!r} takes {average.shape}: "
            "compute it with model.features"
        )
    groups = plain_groups(model.feature_set)
    rows = np.tile(average, (2 ** len(groups), 1))
    numbers = np.arange(len(rows))
    for place, group in enumerate(groups):
        present = np.flatnonzero(numbers >> place & 1)
        columns = np.array(group.columns)
        rows[np.ix_(present, columns)] = x[columns]
    probabilities = model.probabilities(rows)
    everything = len(rows) - 1
    explained = _class_number(model.classes, of, probabilities[everything])
    values = probabilities[:, explained]
    winners = probabilities.argmax(axis=1)
    found = []
    for place, group in enumerate(groups):
        without = everything - 2**place
        changed = winners[without] != winners[everything]
        found.append(
            GroupEffect(
                name=group.name,
                words=group.words,
                about=group.about,
                of=model.classes[explained],
                probability=float(values[everything]),
                without=float(values[without]),
                instead=model.classes[winners[without]] if changed else None,
                share=_shapley_value(values, place),
            )
        )
    return tuple(sorted(found, key=lambda effect: -effect.share))


def _average_of_training(model: Explainable) -> npt.NDArray[np.float32]:
    """Return the row that the first step of the recogniser scales to zeros."""
    scaler = model.recogniser[0]
    mean = getattr(scaler, "mean_", None)
    if mean is None:
        raise ModelError(
            f"model {model.name!r} begins with {type(scaler).__name__}, which does not "
            "know the mean of its training part, so no group of features can be taken "
            "away; train it with build_recogniser, which puts a scaler first"
        )
    return np.asarray(mean, dtype=np.float32)


def _class_number(
    classes: tuple[str, ...], of: str | None, probabilities: npt.NDArray[np.float64]
) -> int:
    """Return the column of a class, by default of the most probable one."""
    if of is None:
        return int(probabilities.argmax())
    if of not in classes:
        raise ParameterError(
            f"of = {of!r} is no class of the model; choose one of: {', '.join(classes)}"
        )
    return classes.index(of)


def _shapley_value(values: npt.NDArray[np.float64], place: int) -> float:
    """Return the Shapley value of one player.

    Values are those of all coalitions; player p takes part in coalition c where bit p
    of c is set.
    """
    n_players = len(values).bit_length() - 1
    coalitions = np.arange(len(values))
    without = coalitions[(coalitions >> place & 1) == 0]
    sizes = np.bitwise_count(without.astype(np.uint64)).astype(np.int64)
    # the share of orders in which the player comes after a coalition of this size
    weights = np.array(
        [1 / (n_players * math.comb(n_players - 1, k)) for k in range(n_players)]
    )
    gains = values[without + 2**place] - values[without]
    return float((weights[sizes] * gains).sum())
