"""Tiny corpora of tones, and benchmarks over them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile as sf

RATE = 44_100


def write_tone(path: Path, *, pitch_hz: float, duration_s: float = 0.3) -> Path:
    """Write a tone with a little noise, as nothing but noise differs in silence."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(int(pitch_hz))
    t = np.arange(round(duration_s * RATE)) / RATE
    y = 0.3 * np.sin(2 * np.pi * pitch_hz * t) + 0.01 * rng.standard_normal(t.size)
    sf.write(path, y.astype(np.float32), RATE)
    return path


def tone_corpus(root: Path, *, n_files: int) -> Path:
    """Write a corpus with one folder a label."""
    for i in range(n_files):
        label = "happy" if i % 2 else "sad"
        write_tone(root / label / f"{i:03d}.wav", pitch_hz=200.0 + 10 * i)
    return root
