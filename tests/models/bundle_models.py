"""Small fitted models and their cards, for the tests of saved models."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning

from ser_core.features.feature_set import MfccFrames
from ser_core.models.card import (
    CardCorpus,
    CardFeatures,
    CardResults,
    ModelCard,
)
from ser_core.models.registry import build_recogniser, model_info

CLASSES = ("angry", "happy", "sad")
FEATURES = MfccFrames(name="small", n_frames=4, n_mfcc=5)
"""Twenty columns; no set of this name is known, so only its key is compared."""

SMALL: dict[str, dict[str, Any]] = {
    "rf": {"n_estimators": 5},
    "xgb": {"n_estimators": 5},
    "lgbm": {"n_estimators": 5},
    "mlp": {"max_iter": 30},
}
"""Parameters with which a model is fitted in no time."""

Rows = npt.NDArray[np.float32]


def rows(n_rows: int = 150, *, seed: int = 0) -> tuple[Rows, npt.NDArray[np.str_]]:
    """Make features in which the classes overlap, on scales far from 1."""
    rng = np.random.default_rng(seed)
    codes = np.arange(n_rows) % len(CLASSES)
    centres = np.random.default_rng(9).normal(size=(len(CLASSES), FEATURES.size))
    X = centres[codes] + rng.normal(scale=1.2, size=(n_rows, FEATURES.size))
    scales = np.geomspace(1e-2, 1e3, FEATURES.size)
    return (X * scales + scales).astype(np.float32), np.array(CLASSES)[codes]


@cache
def fitted(name: str, pca: float | None = None, **parameters: Any) -> Any:
    """Fit a model of the registry; tests must leave it as it is."""
    parts = model_info(name).parts
    small = {
        f"{part}__{key}": value
        for part in parts
        for key, value in SMALL.get(part, {}).items()
    }
    given = {**(small or SMALL.get(name, {})), **parameters}
    recogniser = build_recogniser(name, pca=pca, parameters=given)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return recogniser.fit(*rows())


def result(
    split: str, *, uar: float = 0.5, independent: bool = False
) -> dict[str, Any]:
    """Make the figures of one split."""
    per_class = {
        name: {
            "precision": uar,
            "recall": uar,
            "f1": uar,
            "support": 50,
            "f1_interval": [uar - 0.1, uar + 0.1],
        }
        for name in CLASSES
    }
    return {
        "split": split,
        "speaker_independent": independent,
        "n_train": 100,
        "n_validation": 0,
        "n_test": 50,
        "n_speakers": 10,
        "shared_speakers": 0 if independent else 10,
        "war": uar,
        "war_interval": [uar - 0.1, uar + 0.1],
        "uar": uar,
        "uar_interval": None,
        "macro_f1": uar,
        "weighted_f1": uar,
        "log_loss": 1.25,
        "ece": 0.05,
        "interval_reason": "fewer than 8 speakers",
        "per_class": per_class,
        "confusion": {"labels": list(CLASSES), "counts": [[1, 2, 3]] * 3},
        "calibration": [{"confidence": 0.5, "accuracy": 0.4, "n": 10}],
    }


def card(name: str = "m", **changes: Any) -> ModelCard:
    """Make a card of a small model."""
    values: dict[str, Any] = {
        "name": name,
        "created_utc": "2026-03-01T09:05:00+00:00",
        "features": CardFeatures.of(FEATURES),
        "front_end": "reference",
        "classes": CLASSES,
        "model": "svm",
        "corpora": (
            CardCorpus(name="emo-db", licence="CC0", n_utterances=150, acted=True),
        ),
        "split": "random-80-20",
        "protocol": "One division.",
        "results": CardResults(
            plan=result("random-80-20", uar=0.7),
            unseen_speakers=result("speaker", independent=True),
            gap="Random 70 %, unseen 50 %.",
        ),
        "limits": ("It is no diagnosis.",),
        "licence": "emo-db is under CC0.",
    }
    return ModelCard(**{**values, **changes})
