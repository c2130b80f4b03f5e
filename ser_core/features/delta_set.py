"""The description of cepstra with their deltas over a fixed time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from ser_core.errors import ParameterError
from ser_core.features.feature_set import FeatureSet

FILLS: Final = ("zeros", "loop")
"""How a short clip is brought to length: with zeros after it, or repeated."""

_SCALED: Final = "it scales every clip to a peak of 1 itself"


@dataclass(frozen=True, kw_only=True)
class MfccDeltas(FeatureSet):
    """Describe cepstra, deltas and delta-deltas of exactly so many seconds.

    Attributes
    ----------
    duration_s : float
        Longer clips are cut to it, shorter ones filled up, before anything is analysed.
    fill : str
        One of `FILLS`.
    n_mfcc : int
        Number of cepstral coefficients.
    n_fft, hop_length, n_mels : int
        Short-time analysis, in samples, and mel bands.
    delta_width : int
        Frames of a delta's regression, odd.

    Raises
    ------
    ParameterError
        The fill is not known.

    """

    kind: ClassVar[str] = "mfcc-deltas"
    title: ClassVar[str] = "Cepstral coefficients with their first and second deltas"
    refused_steps: ClassVar[Mapping[str, str]] = {
        "normalise": _SCALED,
        "loudness": _SCALED,
    }

    sample_rate: int = 24_000
    resampler: str = "soxr_hq"
    duration_s: float = 2.0
    fill: str = FILLS[0]
    n_mfcc: int = 13
    n_fft: int = 2048
    hop_length: int = 512
    n_mels: int = 128
    delta_width: int = 9

    def __post_init__(self) -> None:
        """Check the fill."""
        super().__post_init__()
        if self.fill not in FILLS:
            raise ParameterError(
                f"fill = {self.fill!r} is not known; choose one of: {', '.join(FILLS)}"
            )

    @property
    def n_samples(self) -> int:
        """Length to which every clip is brought."""
        return round(self.duration_s * self.sample_rate)

    @property
    def n_frames(self) -> int:
        """Number of frames of every clip."""
        return 1 + self.n_samples // self.hop_length

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of one utterance's array: (3 x n_mfcc, n_frames)."""
        return (3 * self.n_mfcc, self.n_frames)

    def column_names(self) -> list[str]:
        """Name each flattened value, row-major: ``mfcc00_frame000`` onwards."""
        return [
            f"{kind}{c:02d}_frame{t:03d}"
            for kind in ("mfcc", "delta", "delta_delta")
            for c in range(self.n_mfcc)
            for t in range(self.n_frames)
        ]
