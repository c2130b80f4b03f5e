"""The description of spectral means: one number a band and clip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from ser_core.features.feature_set import FeatureSet

_PITCH_CLASSES: Final = (
    "c",
    "cs",
    "d",
    "ds",
    "e",
    "f",
    "fs",
    "g",
    "gs",
    "a",
    "as",
    "b",
)


@dataclass(frozen=True, kw_only=True)
class SpectralMeans(FeatureSet):
    """Describe means over time of cepstra, pitch classes and mel bands.

    Attributes
    ----------
    n_mfcc, n_mels : int
        Number of cepstral coefficients and of mel bands; pitch classes are twelve.
    n_fft, hop_length : int
        Short-time analysis, in samples.

    """

    kind: ClassVar[str] = "spectral-means"
    title: ClassVar[str] = "Means of cepstra, pitch classes and mel bands"
    refused_steps: ClassVar[Mapping[str, str]] = {}

    sample_rate: int = 22_050
    resampler: str = "kaiser_best"
    n_mfcc: int = 40
    n_mels: int = 128
    n_fft: int = 2048
    hop_length: int = 512

    @property
    def shape(self) -> tuple[int]:
        """Shape of one utterance's array: (n_mfcc + 12 + n_mels,)."""
        return (self.n_mfcc + len(_PITCH_CLASSES) + self.n_mels,)

    def column_names(self) -> list[str]:
        """Name each value: ``mfcc00_mean``, ``chroma_c_mean``, ``mel000_mean`` ..."""
        return [
            *(f"mfcc{c:02d}_mean" for c in range(self.n_mfcc)),
            *(f"chroma_{name}_mean" for name in _PITCH_CLASSES),
            *(f"mel{m:03d}_mean" for m in range(self.n_mels)),
        ]
