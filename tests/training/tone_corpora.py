"""Tiny corpora of tones whose pitch stands for the emotion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

RATE = 22_050
# RAVDESS's digits of three emotions, and the tone that stands for each
PITCHES_HZ = {"03": 300.0, "04": 600.0, "05": 1200.0}


def write_tone(path: Path, *, f0_hz: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    t = np.arange(RATE // 4) / RATE
    y = 0.3 * np.sin(2 * np.pi * f0_hz * rng.uniform(0.7, 1.4) * t)
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, (y + rng.normal(0, 0.05, len(t))).astype("float32"), RATE)


def ravdess_tones(
    root: Path, *, actors: int = 6, emotions: tuple[str, ...] = ("03", "04", "05")
) -> Path:
    """Write tones named as RAVDESS's files, 4 of each emotion and actor."""
    seed = 0
    for actor in range(1, actors + 1):
        for emotion in emotions:
            for statement in ("01", "02"):
                for repetition in ("01", "02"):
                    seed += 1
                    name = f"03-01-{emotion}-01-{statement}-{repetition}-{actor:02d}"
                    path = root / f"Actor_{actor:02d}" / f"{name}.wav"
                    f0_hz = PITCHES_HZ.get(emotion, 2000.0)
                    write_tone(path, f0_hz=f0_hz, seed=seed)
    return root


def emo_db_tones(root: Path, *, letters: str = "FTW") -> Path:
    """Write tones named as EMO-DB's files: 4 speakers, 2 sentences, 2 versions."""
    pitches = {"F": 300.0, "T": 600.0, "W": 1200.0}
    seed = 1000
    for speaker in ("03", "08", "09", "10"):
        for letter in letters:
            for text in ("a01", "b02"):
                for version in "ab":
                    seed += 1
                    path = root / "wav" / f"{speaker}{text}{letter}{version}.wav"
                    write_tone(path, f0_hz=pitches.get(letter, 2000.0), seed=seed)
    return root
