"""A matrix of the report's size with made-up values, and who is to have said them.

Not a benchmark itself. Values look like cepstra: an offset per coefficient, slow
movement along the frames, zeros after the end of an utterance, and a little of the
class and the speaker in them, so that a classifier learns for about as many epochs as
on real ones. What it scores says nothing about people.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ser_core.bench.published import N_FEATURES, N_UTTERANCES
from ser_core.corpora.utterance import Utterance
from ser_core.store.matrix_file import MatrixWriter

CLASSES = ("angry", "frustrated", "happy", "neutral", "sad")
SHARES = (3_111, 7_864, 4_070, 7_359, 2_781)  # THAI-SER's majority labels
N_SPEAKERS = 200
N_COEFFICIENTS = 13
CLASS_SPREAD = 0.03  # in deviations of a column; real corpora give about half right
BLOCK_ROWS = 256


@dataclass(frozen=True)
class Size:
    """How large a matrix is."""

    n_rows: int = N_UTTERANCES
    n_columns: int = N_FEATURES


def utterances(size: Size, *, seed: int = 0) -> tuple[Utterance, ...]:
    """Make up who says what."""
    rng = np.random.default_rng([seed, 0])
    shares = np.array(SHARES) / sum(SHARES)
    emotions = rng.choice(len(CLASSES), size.n_rows, p=shares)
    return tuple(
        Utterance(
            path=Path(f"{row:05d}.flac"),
            corpus="synthetic",
            emotion=CLASSES[emotion],
            label=CLASSES[emotion],
            speaker=f"{row * N_SPEAKERS // size.n_rows:03d}",
        )
        for row, emotion in enumerate(emotions)
    )


def write_matrix(path: Path, size: Size, *, seed: int = 0) -> None:
    """Write the values, some rows at a time."""
    known = utterances(size, seed=seed)
    rng = np.random.default_rng([seed, 1])
    coefficients = np.arange(size.n_columns) % N_COEFFICIENTS
    frames = np.arange(size.n_columns) // N_COEFFICIENTS
    spread = 60 / (1 + coefficients)
    by_class = CLASS_SPREAD * rng.normal(size=(len(CLASSES), size.n_columns))
    by_speaker = 0.5 * rng.normal(size=(N_SPEAKERS, N_COEFFICIENTS))[:, coefficients]
    with MatrixWriter(path, n_columns=size.n_columns) as writer:
        for start in range(0, size.n_rows, BLOCK_ROWS):
            block = known[start : start + BLOCK_ROWS]
            values = rng.normal(size=(len(block), size.n_columns))
            values += by_class[[CLASSES.index(u.emotion) for u in block]]
            values += by_speaker[[int(u.speaker or 0) for u in block]]
            values = values * spread - 300 * (coefficients == 0)
            n_frames = rng.lognormal(np.log(frames.max() * 0.8), 0.6, len(block))
            values[frames > n_frames[:, None]] = 0
            for row in values.astype(np.float32):
                writer.append(row)
