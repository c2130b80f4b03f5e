"""Utterances made up for tests; no file stands behind them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ser_core.corpora.utterance import Utterance

FOUR = ("angry", "happy", "neutral", "sad")


def spoken(
    n: int,
    *,
    n_speakers: int | None,
    corpus: str = "ravdess",
    emotions: Sequence[str] = FOUR,
    seed: int = 0,
) -> list[Utterance]:
    """Make utterances; every speaker says every emotion in turn."""
    order = np.random.default_rng(seed).permutation(n)
    made = []
    for i in order.tolist():
        speaker = None if n_speakers is None else f"{i % n_speakers + 1:02d}"
        emotion = emotions[(i // (n_speakers or 1)) % len(emotions)]
        made.append(
            Utterance(
                path=Path(f"/nowhere/{corpus}/{i:05d}.wav"),
                corpus=corpus,
                emotion=emotion,
                label=emotion,
                speaker=speaker,
            )
        )
    return made


def plain_uar(truth: npt.NDArray[Any], predicted: npt.NDArray[Any]) -> float:
    """Work out the UAR class by class."""
    return float(
        np.mean([(predicted[truth == c] == c).mean() for c in np.unique(truth)])
    )


def emotions_of(utterances: Sequence[Utterance]) -> list[str]:
    """Return the labels that most tests split by."""
    return [utterance.emotion for utterance in utterances]


def thai(
    session: str,
    actor: str | None,
    emotion: str,
    number: int,
    *,
    microphone: str | None = None,
    agreement: float | None = 0.9,
) -> Utterance:
    """Make an utterance of THAI-SER, as its reader does."""
    room = "zoom" if session.startswith("z") else "studio"
    heard = microphone or ("mic" if room == "zoom" else "con")
    return Utterance(
        path=Path(
            f"/nowhere/{room}{session[1:]}/{heard}/{session}_{heard}_{number}.flac"
        ),
        corpus="thai-ser",
        emotion=emotion,
        label=emotion,
        speaker=actor,
        session=session,
        agreement=agreement,
        microphone=heard,
    )
