"""The protocols of the sources, as plans that run on the corpora at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ser_core.corpora.reader import read_corpus
from ser_core.corpora.registry import registered
from ser_core.errors import CorpusError, ParameterError
from ser_core.labels import THAI_SER_EMOTIONS
from ser_core.store.data_folder import DataFolder
from ser_core.training.plan import TrainingPlan

_SEVEN: Final = (
    "angry",
    "disgust",
    "fearful",
    "happy",
    "neutral",
    "sad",
    "surprised",
)
_FIVE_COMMON: Final = ("angry", "disgust", "fearful", "happy", "sad")
_ARTICLE_MODELS: Final = (
    "knn",
    "lr",
    "dt",
    "rf",
    "xgb",
    "lgbm",
    "mlp",
    "v1",
    "v2",
    "v3",
    "v4",
)


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Describe one protocol of a source.

    Attributes
    ----------
    name : str
        By which plans and the command line name it.
    title : str
        In words.
    source : str
        Where it is from.
    corpora : tuple of str
        Readers' names of the corpora that the source used.
    stand_in : str or None
        A corpus that may take their place, as the synthetic one.
    models : tuple of str
    settings : mapping
        Fields of `TrainingPlan` that the protocol fixes.
    differences : str
        What is not as in the source, and why.

    """

    name: str
    title: str
    source: str
    corpora: tuple[str, ...]
    models: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    stand_in: str | None = None
    differences: str = ""

    def plans(self, corpora: Sequence[str]) -> tuple[TrainingPlan, ...]:
        """Make the protocol's plans, one a model.

        Parameters
        ----------
        corpora : sequence of str
            Names of registered corpora, or folders.

        """
        return tuple(
            TrainingPlan(
                corpora=tuple(corpora), model=model, preset=self.name, **self.settings
            )
            for model in self.models
        )


_REPORT: Final = Preset(
    name="report",
    title="THAI-SER report: 13 MFCC of 500 frames, MLP and SVM",
    source="Cloudy's OS, Audio Emotion Analysis (report)",
    corpora=("thai-ser",),
    stand_in="synthetic",
    models=("mlp", "svm"),
    settings={
        "features": "mfcc13x500",
        "split": "random-70-15-15",
        "seed": 42,
        "emotions": THAI_SER_EMOTIONS,
    },
    differences="On the synthetic corpus the figures describe made voices, not people.",
)
_PARALLEL_MODEL: Final = Preset(
    name="model-parallelism",
    title="Mental health assessment: 7 emotions, SVM and GMM",
    source="M. T. Islam, Emotion Recognition using Speech Analysis for Mental "
    "Health Assessment Through Distributed Model Parallelism",
    corpora=("ravdess", "tess"),
    models=("svm", "gmm"),
    settings={
        "features": "functionals+denoise+trim+normalise",
        "split": "random-80-20",
        "emotions": _SEVEN,
        "label_sets": "all",
        "channels": ("speech",),
    },
    differences="The source names its features (MFCC, pitch, loudness, intensity, "
    "rhythm) and its pre-processing, but neither their parameters nor the split. The "
    "set functionals holds MFCC, pitch, intensity and rhythm; loudness in LUFS is in "
    "the set prosody. Windowing is part of the set. Calm is left out as there.",
)
_GENDER_EMOTION: Final = Preset(
    name="gender-emotion",
    title="Gender and emotion: 180 means, PCA to 95 %, 16 classes",
    source="Intel AI Analytics Toolkit: Emotion Detection and Classification from "
    "Audio Samples",
    corpora=("ravdess", "tess"),
    models=_ARTICLE_MODELS,
    settings={
        "features": "means180",
        "split": "random-80-20",
        "labels": "gender-emotion",
        "label_sets": "all",
        "pca": 0.95,
    },
    differences="The source's PCA kept 78 components of its own features; the share "
    "of variance is what is kept here, and the number follows from the data.",
)
_FOUR_CORPORA: Final = Preset(
    name="four-corpora",
    title="Four corpora, 8 emotions with calm",
    source="MAIS 202, Preliminary Results",
    corpora=("savee", "ravdess", "tess", "crema-d"),
    models=("mlp", "svm"),
    settings={
        "features": "mfcc39x94",
        "split": "random-80-20",
        "label_sets": "all",
        "channels": ("speech",),
    },
    differences="The source trained a convolutional network; here are its data, "
    "features and split with classical models.",
)
_FOUR_NO_CALM: Final = replace(
    _FOUR_CORPORA,
    name="four-corpora-no-calm",
    title="Four corpora, 7 emotions without calm",
    settings={**_FOUR_CORPORA.settings, "emotions": _SEVEN},
)
_FOUR_COMMON: Final = replace(
    _FOUR_CORPORA,
    name="four-corpora-common",
    title="Four corpora, their five common emotions",
    settings={**_FOUR_CORPORA.settings, "emotions": _FIVE_COMMON},
)

PRESETS: Final[tuple[Preset, ...]] = (
    _REPORT,
    _PARALLEL_MODEL,
    _GENDER_EMOTION,
    _FOUR_CORPORA,
    _FOUR_NO_CALM,
    _FOUR_COMMON,
)
"""The protocols of the sources."""


@dataclass(frozen=True, kw_only=True)
class PresetCorpora:
    """Say which of a preset's corpora are here.

    Attributes
    ----------
    found : tuple of str
        Registered names, in the preset's order.
    missing : tuple of str
        Readers' names of those that are not registered.

    """

    found: tuple[str, ...]
    missing: tuple[str, ...]


def preset(name: str) -> Preset:
    """Look a preset up by its name.

    Raises
    ------
    ParameterError
        The name is not in `PRESETS`.

    """
    for candidate in PRESETS:
        if candidate.name == name:
            return candidate
    raise ParameterError(
        f"preset = {name!r} is not known; "
        f"choose one of: {', '.join(candidate.name for candidate in PRESETS)}"
    )


def find_corpora(chosen: Preset, *, data: DataFolder) -> PresetCorpora:
    """Find the registered corpora that a preset needs.

    Parameters
    ----------
    chosen : Preset
    data : DataFolder

    Returns
    -------
    corpora : PresetCorpora
        With the stand-in where none of the preset's own is here.

    """
    here = _readers_of_registered(data)
    found = tuple(here[name] for name in chosen.corpora if name in here)
    missing = tuple(name for name in chosen.corpora if name not in here)
    if not found and chosen.stand_in in here:
        found = (here[chosen.stand_in],)
    return PresetCorpora(found=found, missing=missing)


def _readers_of_registered(data: DataFolder) -> dict[str, str]:
    """Return the first registered name of each corpus that is here."""
    names: dict[str, str] = {}
    for entry in registered(data):
        if not entry.available:
            continue
        reader = entry.reader
        if reader is None:
            try:
                reader = read_corpus(entry.root).name
            except CorpusError:
                continue
        names.setdefault(reader, entry.name)
    return names
