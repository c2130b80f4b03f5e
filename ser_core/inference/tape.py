"""The last part of a recording that is being read."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]


class Tape:
    """Hold blocks of a recording until nobody needs them.

    Attributes
    ----------
    n_samples : int
        A channel, of all that was ever appended.

    """

    def __init__(self) -> None:
        self.n_samples = 0
        self._blocks: list[Samples] = []
        self._begin = 0

    def append(self, block: Samples) -> None:
        """Add a block of shape (n_samples, n_channels) or (n_samples,)."""
        self._blocks.append(block)
        self.n_samples += len(block)

    def whole(self) -> Samples:
        """Return all that is held, as a decoder returns it.

        Returns
        -------
        samples : ndarray of shape (n_samples,) or (n_samples, n_channels), float32
            One dimension for one channel.

        """
        samples = np.concatenate(self._blocks)
        return samples[:, 0] if samples.ndim == 2 and samples.shape[1] == 1 else samples

    def mono(self, start: int, end: int) -> Samples:
        """Return the mean of the channels from a sample to another.

        What is not held any more, or not there yet, is left out.
        """
        found, position = [], self._begin
        for block in self._blocks:
            first, last = max(start - position, 0), min(end - position, len(block))
            if first < last:
                found.append(mono(block[first:last]))
            position += len(block)
        return np.concatenate(found) if found else np.zeros(0, np.float32)

    def keep_last(self, n_samples: int) -> None:
        """Let go of whole blocks before the last samples, and of single channels."""
        self._blocks = [mono(block) for block in self._blocks]
        held = self.n_samples - self._begin
        while self._blocks and held - len(self._blocks[0]) >= n_samples:
            gone = len(self._blocks.pop(0))
            self._begin += gone
            held -= gone


def mono(block: Samples) -> Samples:
    """Return the mean of the channels, as librosa takes it."""
    if block.ndim == 1:
        return block
    mixed: Samples = np.mean(block.T, axis=0)
    return mixed
