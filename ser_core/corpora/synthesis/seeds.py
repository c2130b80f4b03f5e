"""One independent random stream for each thing that is drawn."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What a stream of random numbers is for."""

    LABELS = 1
    SPEECH = 2
    SPEAKER = 3
    ROOM = 4


def generator(seed: int, stream: Stream, number: int) -> np.random.Generator:
    """Make the generator of (seed, stream, number), independent of all others.

    Parameters
    ----------
    seed : int
        Corpus seed, >= 0.
    stream : Stream
        What it is for.
    number : int
        Utterance, actor or session.

    """
    # PCG64 by name: what default_rng stands for may change with numpy.
    sequence = np.random.SeedSequence([seed, int(stream), number])
    return np.random.Generator(np.random.PCG64(sequence))
