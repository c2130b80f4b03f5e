"""A model that tells made-up voices apart, quick to fit and to hear with."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from training_records import training_record

from ser_core.features.front_ends import front_end
from ser_core.features.registry import feature_set
from ser_core.models.abstention import Abstention, AbstentionPoint
from ser_core.models.bundle import save_bundle
from ser_core.models.card import CardCorpus
from ser_core.models.card_record import card_from_record
from ser_core.models.registry import build_recogniser
from ser_core.models.training_distance import training_distances
from tests.inference.inference_voices import RATE, voice, wav

CLASSES = ("angry", "happy", "sad")
FEATURES = "means180"
_VOICES = 12


@cache
def _rows() -> np.ndarray:
    """Compute the features of a few voices."""
    chosen, hears = feature_set(FEATURES), front_end("reference")
    rows = [
        hears.compute(clip(index), sample_rate=RATE, feature_set=chosen)
        for index in range(_VOICES)
    ]
    return np.stack(rows).reshape(_VOICES, -1)


def clip(index: int, seconds: float = 1.5) -> np.ndarray:
    """Speak an utterance, float32 at `RATE`, louder than a whisper."""
    y = voice(index, seconds)
    return (0.5 * y / np.abs(y).max()).astype(np.float32)


def wav_of(index: int, seconds: float = 1.5) -> bytes:
    """Speak an utterance into a WAV file."""
    return wav(clip(index, seconds), subtype="PCM_16")


def small_model(folder: Path, name: str = "small") -> Path:
    """Save a model of three classes; return its folder."""
    X = _rows()
    y = np.array(CLASSES * (_VOICES // len(CLASSES)))
    recogniser = build_recogniser("lr").fit(X, y)
    record = training_record(classes=CLASSES, model="lr", features=FEATURES)
    card = card_from_record(
        record,
        name=name,
        n_fitted=len(X),
        distances=training_distances(recogniser, X),
    )
    card = replace(
        card,
        corpora=(
            CardCorpus(
                name="emo-db",
                language="German",
                acted=True,
                n_utterances=_VOICES,
                n_speakers=10,
            ),
        ),
        abstention=Abstention(
            min_confidence=0.4,
            max_distance=None,
            curve=(
                AbstentionPoint(confidence=0.0, share=1.0, accuracy=0.5),
                AbstentionPoint(confidence=0.4, share=0.8, accuracy=0.6),
                AbstentionPoint(confidence=0.9, share=0.0, accuracy=None),
            ),
            basis="made up",
        ),
    )
    save_bundle(folder, recogniser, card)
    return folder
