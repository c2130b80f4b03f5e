"""A model that is small and known, and voices to hear with it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import soundfile

from ser_core.corpora.synthesis.ratings import SAMPLE_RATE, plan
from ser_core.corpora.synthesis.speech import speak
from ser_core.errors import AudioError

RATE = SAMPLE_RATE


@cache
def voice(index: int, seconds: float = 3.0) -> np.ndarray:
    """Speak an utterance, float32 at `RATE`."""
    spoken = replace(plan(0, index), n_samples=round(seconds * RATE))
    return speak(spoken, seed=0).astype(np.float32) / 32768


def wav(y: np.ndarray, *, rate: int = RATE, subtype: str = "FLOAT") -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, y, rate, format="WAV", subtype=subtype)
    return stream.getvalue()


class LoudnessModel:
    """Tell loud from quiet by the level, and keep what it was given."""

    classes = ("loud", "quiet")
    card: Any = SimpleNamespace(
        abstention=SimpleNamespace(min_confidence=0.5, max_distance=None),
        distances=None,
        calibration=None,
    )

    def __init__(self) -> None:
        self.lengths: list[int] = []
        self.last: np.ndarray | None = None

    def features(self, samples: np.ndarray, *, sample_rate: int) -> np.ndarray:
        if len(samples) < 100:
            raise AudioError(f"{len(samples)} samples are too few; record more")
        self.lengths.append(len(samples))
        self.last = samples
        return np.array([np.abs(samples).max()], dtype=np.float32)

    def probabilities(self, X: np.ndarray) -> np.ndarray:
        loud = np.where(X[:, 0] > 0.2, 0.9, 0.2).astype(np.float64)
        return np.stack([loud, 1 - loud], axis=1)

    def named(self, probabilities: np.ndarray) -> Mapping[str, float]:
        return dict(zip(self.classes, map(float, probabilities), strict=True))

    def distance(self, x: np.ndarray) -> float | None:
        return None
