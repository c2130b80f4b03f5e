"""Blocks of any size become blocks of one size."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


class Blocks:
    """Cut a signal that comes in blocks of any size into ones of equal length.

    Parameters
    ----------
    length : int
        Samples in a block; they neither overlap nor leave gaps.

    Attributes
    ----------
    rest : ndarray of shape (n_samples,), float32
        What has come and fills no block yet.

    """

    def __init__(self, length: int) -> None:
        self.length = length
        self.rest = np.zeros(0, dtype=np.float32)

    def feed(self, y: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the blocks that are now complete, of shape (n_blocks, length)."""
        joined = np.concatenate([self.rest, y])
        n_blocks = len(joined) // self.length
        self.rest = joined[n_blocks * self.length :].copy()
        return joined[: n_blocks * self.length].reshape(n_blocks, self.length)
