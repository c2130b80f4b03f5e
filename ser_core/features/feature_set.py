"""FeatureSet: what to compute, never how."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Final

from ser_core.errors import ParameterError


@dataclass(frozen=True, kw_only=True, slots=True)
class FeatureSet:
    """Describe one feature array per utterance.

    Attributes
    ----------
    name : str
        DESIGN's name, as ``mfcc13x500``.
    sample_rate : int
        Rate in Hz to which the signal is brought before anything else.
    resampler : str
        ``kaiser_fast``, ``kaiser_best`` (resampy) or ``soxr_hq``. Part of the set,
        because resamplers move cepstra by several units.
    n_mfcc : int
        Number of cepstral coefficients.
    n_frames : int
        Frames kept: longer clips are cut, shorter ones padded with zeros.
    n_fft, hop_length, n_mels : int
        Short-time analysis, in samples, and mel bands.
    version : int
        Raised when the definition changes, so that stored arrays are not reused.

    """

    name: str
    sample_rate: int = 44_100
    resampler: str = "kaiser_fast"
    n_mfcc: int = 13
    n_frames: int = 500
    n_fft: int = 2048
    hop_length: int = 512
    n_mels: int = 128
    version: int = 1

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of one utterance's array: (n_frames, n_mfcc)."""
        return (self.n_frames, self.n_mfcc)

    @property
    def size(self) -> int:
        """Number of values in one utterance's flattened array."""
        return self.n_frames * self.n_mfcc

    @property
    def key(self) -> str:
        """SHA-256 (hex) of the canonical JSON of all fields."""
        canonical = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def column_names(self) -> list[str]:
        """Name each flattened value, row-major: ``frame000_mfcc00`` onwards."""
        return [
            f"frame{t:03d}_mfcc{c:02d}"
            for t in range(self.n_frames)
            for c in range(self.n_mfcc)
        ]


FEATURE_SETS: Final[dict[str, FeatureSet]] = {
    "mfcc13x500": FeatureSet(name="mfcc13x500"),
    "mfcc20x500": FeatureSet(name="mfcc20x500", n_mfcc=20),
}
"""The feature sets known by name."""


def feature_set(name: str) -> FeatureSet:
    """Look a feature set up by its name.

    Raises
    ------
    ParameterError
        The name is not in `FEATURE_SETS`.

    """
    try:
        return FEATURE_SETS[name]
    except KeyError:
        allowed = ", ".join(FEATURE_SETS)
        raise ParameterError(
            f"features = {name!r} is not known; choose one of: {allowed}"
        ) from None
