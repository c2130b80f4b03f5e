"""How much of a recording is read, and what reading it may take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ser_core.errors import ParameterError

_MIB: Final = 2**20


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bound a recording that somebody else made.

    Parameters
    ----------
    max_bytes : int
        Size of the content.
    max_s : float
        Duration in seconds that the header may claim.
    max_channels : int
    min_sample_rate, max_sample_rate : int
        In Hz.
    timeout_s : float
        How long the decoder may be waited for in all, in seconds. What the caller
        does between two blocks does not count. It is the limit of the decoder's CPU
        time as well.
    memory_bytes : int
        How much the decoder may take on top of its libraries and of the content.

    Raises
    ------
    ParameterError
        A limit is not positive, or the lowest rate is above the highest.

    """

    max_bytes: int
    max_s: float
    max_channels: int
    min_sample_rate: int
    max_sample_rate: int
    timeout_s: float
    memory_bytes: int

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise ParameterError(f"{name} = {value}; give a number above 0")
        if self.min_sample_rate > self.max_sample_rate:
            raise ParameterError(
                f"min_sample_rate = {self.min_sample_rate} is above max_sample_rate = "
                f"{self.max_sample_rate}; give the lower rate first"
            )

    def max_frames(self, sample_rate: int) -> int:
        """Return how many frames of that rate, in Hz, the longest recording has."""
        return int(self.max_s * sample_rate)

    @property
    def stall_s(self) -> float:
        """How long the decoder may send nothing at all while it is waited for."""
        return min(self.timeout_s, max(20.0, self.timeout_s / 10))


UPLOAD_LIMITS: Final = Limits(
    max_bytes=100_000_000,
    max_s=30 * 60,
    max_channels=8,
    min_sample_rate=4_000,
    max_sample_rate=192_000,
    timeout_s=60,
    memory_bytes=256 * _MIB,
)
"""What a visitor's browser may send."""

LOCAL_LIMITS: Final = Limits(
    max_bytes=64 * 2**30,
    max_s=24 * 60 * 60,
    max_channels=32,
    min_sample_rate=1_000,
    max_sample_rate=768_000,
    timeout_s=60 * 60,
    memory_bytes=512 * _MIB,
)
"""Files that whoever runs the command chose: a day of sound."""
