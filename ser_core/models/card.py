"""The card of a saved model: what it is, how it was judged, and what it is not for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from ser_core.errors import ModelError, ParameterError, RecordError
from ser_core.features.feature_set import FeatureSet
from ser_core.features.registry import feature_set
from ser_core.models.abstention import Abstention
from ser_core.models.calibration import Calibration
from ser_core.models.card_shape import CARD_SHAPE, CARD_VERSION, check_consistency
from ser_core.models.other_corpus import OtherCorpus
from ser_core.models.training_distance import TrainingDistances

LARGEST_CARD_BYTES: Final = 8 << 20
"""Size of the largest card that is read."""

_OPTIONAL: Final = ("calibration", "abstention", "uncalibrated_reason")
"""Keys that older cards do not have; without a value they are not written."""


@dataclass(frozen=True, kw_only=True)
class CardFeatures:
    """The feature set that a model takes.

    Attributes
    ----------
    label : str
        As ``functionals+denoise``.
    key : str
        SHA-256 of its definition.
    definition : mapping
        The definition, as `FeatureSet.to_json` gives it.

    """

    label: str
    key: str
    definition: Mapping[str, Any]

    @classmethod
    def of(cls, features: FeatureSet) -> CardFeatures:
        """Describe a feature set."""
        definition: dict[str, Any] = json.loads(json.dumps(features.to_json()))
        return cls(label=features.label, key=features.key, definition=definition)


@dataclass(frozen=True, kw_only=True)
class CardCorpus:
    """One corpus that a model was trained on.

    Attributes
    ----------
    name : str
    licence, citation, language : str or None
        None where they are not known.
    acted : bool or None
        Whether its emotions are played; None where it is not known.
    synthetic : bool
        Whether its voices are made by SER Lab.
    n_utterances : int
    n_speakers : int or None

    """

    name: str
    licence: str | None = None
    citation: str | None = None
    language: str | None = None
    acted: bool | None = None
    synthetic: bool = False
    n_utterances: int = 0
    n_speakers: int | None = None


@dataclass(frozen=True, kw_only=True)
class CardResults:
    """How models of this kind did when they were judged.

    Attributes
    ----------
    plan : mapping
        The figures on the plan's split, as in the run record, without predictions.
    unseen_speakers : mapping or None
        The same on speakers that were not trained on.
    unseen_speakers_reason : str or None
        Why they are missing.
    gap : str
        The sentence about the difference.
    human : mapping or None
        What listeners reached: ``accuracy``, ``uar``, ``source``.
    other_corpora : tuple of OtherCorpus
        How the saved model itself did on corpora that it was not trained on.

    """

    plan: Mapping[str, Any]
    unseen_speakers: Mapping[str, Any] | None = None
    unseen_speakers_reason: str | None = None
    gap: str = ""
    human: Mapping[str, Any] | None = None
    other_corpora: tuple[OtherCorpus, ...] = ()

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> CardResults:
        """Read what a card holds; the card's shape has checked it."""
        others = document.get("other_corpora", ())
        values = {
            **document,
            "other_corpora": tuple(OtherCorpus.from_json(other) for other in others),
        }
        return cls(**values)


@dataclass(frozen=True, kw_only=True)
class CardProbe:
    """What the model answered to a few made-up rows when it was saved.

    Attributes
    ----------
    classes : tuple of str
        Answer to each row of the bundle's ``probe.npy``.
    probabilities : tuple of tuple of float, or None
        Of each row, per class; None for a model that gives none.

    """

    classes: tuple[str, ...]
    probabilities: tuple[tuple[float, ...], ...] | None


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """Describe a saved model.

    Attributes
    ----------
    name : str
        Name of the bundle.
    created_utc : str
        ISO 8601.
    features : CardFeatures
    front_end : str
        What computed the features.
    classes : tuple of str
        Sorted; the order of the probabilities' columns.
    model : str
        One of `ser_core.models.registry.MODELS`.
    parameters : mapping
        What differs from the model's defaults.
    pca : float or None
        Share of the variance, or number of components; None for no such step.
    corpora : tuple of CardCorpus
    split, protocol : str
        Name of the split, and what was done in words.
    seed : int
    n_fitted : int or None
        Utterances that the saved model itself was fitted on.
    results : CardResults
    distances : TrainingDistances or None
        How far training rows lie from their mean.
    calibration : Calibration or None
        How its probabilities are corrected.
    abstention : Abstention or None
        When it says *unsure*.
    uncalibrated_reason : str or None
        Why these two are missing; None on cards of before there were any.
    limits : tuple of str
        What the model is not for, one sentence each.
    licence : str
        What follows from the licences of the training data.
    versions : mapping of str to str
        Package -> version that saved the model; set by `save_bundle`.
    record_id : str or None
        The run record that the figures are from.
    files : mapping of str to str
        Name inside the bundle -> SHA-256; set by `save_bundle`.
    probe : CardProbe or None
        Set by `save_bundle`.

    """

    name: str
    created_utc: str
    features: CardFeatures
    front_end: str
    classes: tuple[str, ...]
    model: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    pca: float | None = None
    corpora: tuple[CardCorpus, ...] = ()
    split: str
    protocol: str
    seed: int = 0
    n_fitted: int | None = None
    results: CardResults
    distances: TrainingDistances | None = None
    calibration: Calibration | None = None
    abstention: Abstention | None = None
    uncalibrated_reason: str | None = None
    limits: tuple[str, ...] = ()
    licence: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    record_id: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    probe: CardProbe | None = None

    def feature_set(self) -> FeatureSet:
        """Return the feature set, if this version defines it as the model knows it.

        Raises
        ------
        ModelError
            It is not known here, or is defined otherwise by now.

        """
        try:
            known = feature_set(self.features.label)
        except ParameterError as error:
            raise ModelError(
                f"model {self.name!r} takes the feature set {self.features.label!r}, "
                "which this version does not know; use the version that saved it "
                f"({self.versions.get('ser-lab', 'not told')})"
            ) from error
        if known.key != self.features.key:
            raise ModelError(
                f"model {self.name!r} takes {self.features.label!r} as it was defined "
                f"when it was saved (key {self.features.key[:12]}…), and it is "
                f"defined otherwise now (key {known.key[:12]}…): train the model again"
            )
        return known

    def to_json(self) -> dict[str, Any]:
        """Return the card as plain JSON, with its version."""
        document = {f.name: _plain(getattr(self, f.name)) for f in fields(self)}
        for key in _OPTIONAL:
            if document[key] is None:
                del document[key]
        if not self.results.other_corpora:
            del document["results"]["other_corpora"]
        return {"schema_version": CARD_VERSION, "kind": "model", **document}

    @classmethod
    def from_json(cls, document: Any) -> ModelCard:
        """Make a card of JSON that may come from a stranger.

        Raises
        ------
        ModelError
            A key is missing, unknown or of another kind than it should be; the
            version is not known; or the card contradicts itself.

        """
        try:
            CARD_SHAPE.check(document, "")
            check_consistency(document)
        except RecordError as error:
            raise ModelError(_of_card(error.message)) from error
        values = {f.name: document.get(f.name) for f in fields(cls)}
        values["features"] = CardFeatures(**values["features"])
        values["corpora"] = tuple(CardCorpus(**corpus) for corpus in values["corpora"])
        values["results"] = CardResults.from_json(values["results"])
        values["classes"] = tuple(values["classes"])
        values["limits"] = tuple(values["limits"])
        if values["distances"] is not None:
            values["distances"] = TrainingDistances.from_json(values["distances"])
        if values["calibration"] is not None:
            values["calibration"] = Calibration.from_json(values["calibration"])
        if values["abstention"] is not None:
            values["abstention"] = Abstention.from_json(values["abstention"])
        if values["probe"] is not None:
            chances = values["probe"]["probabilities"]
            values["probe"] = CardProbe(
                classes=tuple(values["probe"]["classes"]),
                probabilities=chances and tuple(tuple(row) for row in chances),
            )
        return cls(**values)

    @classmethod
    def from_text(cls, text: bytes) -> ModelCard:
        """Read a card of a file's content.

        Raises
        ------
        ModelError
            It is too large, no JSON, or as `from_json`.

        """
        if len(text) > LARGEST_CARD_BYTES:
            raise ModelError(
                f"the card has {len(text):,} bytes, {LARGEST_CARD_BYTES:,} are "
                "allowed; it is no card of SER Lab"
            )
        try:
            document = json.loads(text, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise ModelError(
                f"the card is damaged ({str(error)[:200]}); get the bundle again"
            ) from error
        return cls.from_json(document)

    def to_markdown(self) -> str:
        """Return the card as Markdown for people; text from outside is inert."""
        from ser_core.models.card_text import markdown

        return markdown(self)


def _plain(value: Any) -> Any:
    """Turn dataclasses, tuples and mappings into plain JSON."""
    if isinstance(value, TrainingDistances):
        return value.to_json()
    if hasattr(value, "__dataclass_fields__"):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    return value


def _of_card(message: str) -> str:
    """Say of a card what the shapes say of a run record."""
    text = re.sub(r"^run record: ", "", message).split(". The file is damaged")[0]
    return f"the model's card: {text}. It is damaged or no card of SER Lab"


def _refuse_constant(name: str) -> Any:
    """Refuse NaN and infinities, which JSON does not know."""
    raise ValueError(f"{name} is no number")
