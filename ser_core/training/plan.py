"""What is trained, on what, and how it is judged: the plan of a training run."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from ser_core.errors import ParameterError
from ser_core.evaluation.splits import SHORT_FORMS, SPLITS
from ser_core.execution.parameters import is_whole
from ser_core.features.registry import feature_set
from ser_core.labels import EMOTIONS
from ser_core.models.registry import MODELS, build_recogniser
from ser_core.models.shipped import SHIPPED

LABELS: Final[tuple[str, ...]] = ("emotion", "gender-emotion")
"""What the classes are: emotions, or gender and emotion together."""

LABEL_SETS: Final[tuple[str, ...]] = ("common", "all")
"""Which emotions of several corpora are kept: those all share, or every one."""

BUNDLE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
"""Names under which a model may be saved."""


@dataclass(frozen=True, kw_only=True)
class TrainingPlan:
    """Describe one training run.

    Attributes
    ----------
    corpora : tuple of str
        Names of registered corpora, or paths of folders.
    features : str
        Label of a feature set, as ``functionals+denoise``.
    model : str
        One of `ser_core.models.registry.MODELS`.
    split : str
        One of `ser_core.evaluation.splits.SPLITS`, or a short form.
    seed : int, default 0
        Of the split, the model and the search.
    n_folds : int or None, default None
        Folds of ``kfold`` and ``speaker``; None for the split's own number.
    limit : int or None, default None
        Files of each corpus, evenly spaced over its sorted list; None for all.
    emotions : tuple of str or None, default None
        Those that are kept; None for what `label_sets` gives.
    label_sets : str, default ``common``
        ``common`` keeps the emotions that every corpus has, ``all`` keeps all.
    labels : str, default ``emotion``
        ``emotion``, or ``gender-emotion`` for classes as ``female_angry``.
    pca : float, int or None, default None
        Share of the variance that is kept (between 0 and 1), or components.
    parameters : mapping
        Parameters of the model that differ from its own.
    tune : int, default 0
        Trials of a search inside the training part of each fold; 0 for none.
    min_agreement : float or None
        Of the raters, for THAI-SER and the synthetic corpus.
    channels : tuple of str or None
        ``speech``, ``song``: for RAVDESS.
    microphones : tuple of str or None
        For THAI-SER and the synthetic corpus.
    save : str or None
        Name under which a model fitted on all utterances is saved.
    preset : str or None
        Name of the preset that the plan was made from.

    Raises
    ------
    ParameterError
        A value is outside what is allowed.

    """

    corpora: tuple[str, ...]
    features: str = "functionals"
    model: str = "svm"
    split: str = "speaker"
    seed: int = 0
    n_folds: int | None = None
    limit: int | None = None
    emotions: tuple[str, ...] | None = None
    label_sets: str = "common"
    labels: str = "emotion"
    pca: float | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    tune: int = 0
    min_agreement: float | None = None
    channels: tuple[str, ...] | None = None
    microphones: tuple[str, ...] | None = None
    save: str | None = None
    preset: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "split", SHORT_FORMS.get(self.split, self.split))
        self._check_names()
        self._check_numbers()
        feature_set(self.features)
        # an unknown parameter of the model is better told before hours of work
        build_recogniser(
            self.model, seed=self.seed, parameters=self.parameters, pca=self.pca
        )

    def _check_names(self) -> None:
        """Refuse names that are not known."""
        if not self.corpora or not all(isinstance(c, str) and c for c in self.corpora):
            raise ParameterError(
                f"corpora = {self.corpora!r} is not possible; give at least one name "
                "of a registered corpus, or a folder"
            )
        if len(set(self.corpora)) != len(self.corpora):
            raise ParameterError(
                f"corpora = {self.corpora!r} names one twice; name each once"
            )
        choices: tuple[tuple[str, object, tuple[str, ...]], ...] = (
            ("model", self.model, MODELS),
            ("split", self.split, SPLITS),
            ("labels", self.labels, LABELS),
            ("label_sets", self.label_sets, LABEL_SETS),
            *(("emotions", emotion, EMOTIONS) for emotion in self.emotions or ()),
        )
        for name, value, allowed in choices:
            if value not in allowed:
                raise ParameterError(
                    f"{name} = {value!r} is not known; "
                    f"choose one of: {', '.join(allowed)}"
                )
        if self.emotions is not None and len(set(self.emotions)) < 2:
            raise ParameterError(
                f"emotions = {self.emotions!r} leaves fewer than two classes; name "
                "two or more, or none to keep all"
            )
        if self.save is not None and not BUNDLE_NAME.fullmatch(self.save):
            raise ParameterError(
                f"save = {self.save!r} cannot be a model's name; use up to 60 letters, "
                "digits, dots, hyphens and underscores, beginning with a letter or "
                "digit"
            )
        if self.save is not None and self.save.lower() == SHIPPED:
            raise ParameterError(
                f"save = {self.save!r} is the name of the model that comes with SER "
                "Lab; choose another one"
            )

    def _check_numbers(self) -> None:
        """Refuse numbers out of range."""
        bounds: tuple[tuple[str, int | None, int, int], ...] = (
            ("seed", self.seed, 0, 2**32 - 1),
            ("n_folds", self.n_folds, 2, 1_000),
            ("limit", self.limit, 1, 10**9),
            ("tune", self.tune, 0, 10_000),
        )
        for name, value, low, high in bounds:
            optional = name in ("n_folds", "limit")
            if value is None and optional:
                continue
            if value is None or not (is_whole(value) and low <= value <= high):
                raise ParameterError(
                    f"{name} = {value!r} is not possible; give a whole number from "
                    f"{low} to {high}" + (", or none" if optional else "")
                )
        agreement = self.min_agreement
        if agreement is not None and not 0 <= agreement <= 1:
            raise ParameterError(
                f"min_agreement = {agreement!r} is not possible; give a share from 0 "
                "to 1, as 0.71"
            )

    @property
    def key(self) -> str:
        """SHA-256 (hex) of what is trained and how; names for saving left out."""
        document = replace(self, save=None, preset=None).to_json()
        canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON, from which `from_json` makes an equal plan."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        values["parameters"] = dict(self.parameters)
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in values.items()
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> TrainingPlan:
        """Make a plan from plain JSON.

        Raises
        ------
        ParameterError
            A field is missing, not known, of the wrong type or out of range.

        """
        known = {f.name for f in fields(cls)}
        unknown = set(document) - known
        if unknown or "corpora" not in document:
            raise ParameterError(
                f"a training plan has the fields {', '.join(sorted(known))}; "
                f"{', '.join(sorted(unknown)) or 'corpora'} does not fit"
            )
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in document.items()
        }
        try:
            return cls(**values)
        except (TypeError, AttributeError) as error:
            raise ParameterError(
                f"the training plan holds a value of the wrong type ({error}); "
                "make it again"
            ) from error


def describe(plan: TrainingPlan) -> str:
    """Name a plan in a line, for lists of runs."""
    corpora = " + ".join(c.rstrip("/").rpartition("/")[2] for c in plan.corpora)
    pca = "" if plan.pca is None else f", PCA {plan.pca:g}"
    return f"{corpora}, {plan.features}, {plan.model}{pca}, {plan.split}"
