"""The description of eGeMAPS, which openSMILE computes where it is installed."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import ClassVar, Final

from ser_core.features.feature_set import FeatureSet

_MEAN_AND_SPREAD: Final = ("amean", "stddevNorm")
_CONTOUR: Final = (
    *_MEAN_AND_SPREAD,
    "percentile20.0",
    "percentile50.0",
    "percentile80.0",
    "pctlrange0-2",
    "meanRisingSlope",
    "stddevRisingSlope",
    "meanFallingSlope",
    "stddevFallingSlope",
)
_CEPSTRA: Final = tuple(f"mfcc{c}" for c in range(1, 5))
_SLOPES: Final = ("0-500", "500-1500")
_FORMANTS: Final = tuple(
    f"F{n}{what}"
    for n in (1, 2, 3)
    for what in ("frequency", "bandwidth", "amplitudeLogRelF0")
)
_VOICE: Final = (
    "jitterLocal",
    "shimmerLocaldB",
    "HNRdBACF",
    "logRelF0-H1-H2",
    "logRelF0-H1-A3",
    *_FORMANTS,
    "alphaRatioV",
    "hammarbergIndexV",
    *(f"slopeV{band}" for band in _SLOPES),
    "spectralFluxV",
    *(f"{name}V" for name in _CEPSTRA),
)
_UNVOICED: Final = (
    "alphaRatioUV",
    "hammarbergIndexUV",
    *(f"slopeUV{band}" for band in _SLOPES),
    "spectralFluxUV",
)
_TIMES: Final = (
    "loudnessPeaksPerSec",
    "VoicedSegmentsPerSec",
    "MeanVoicedSegmentLengthSec",
    "StddevVoicedSegmentLengthSec",
    "MeanUnvoicedSegmentLength",
    "StddevUnvoicedSegmentLength",
    "equivalentSoundLevel_dBp",
)


@dataclass(frozen=True, kw_only=True)
class Egemaps(FeatureSet):
    """Describe the extended Geneva minimalistic acoustic parameter set.

    Attributes
    ----------
    release : str
        openSMILE's name of the set.

    """

    kind: ClassVar[str] = "egemaps"
    title: ClassVar[str] = "Extended Geneva minimalistic acoustic parameters"

    sample_rate: int = 16_000
    resampler: str = "soxr_hq"
    release: str = "eGeMAPSv02"

    @property
    def shape(self) -> tuple[int]:
        """Shape of one utterance's array: (88,)."""
        return (len(self.column_names()),)

    def column_names(self) -> list[str]:
        """Name each value as openSMILE does."""
        return [
            *(f"F0semitoneFrom27.5Hz_sma3nz_{name}" for name in _CONTOUR),
            *(f"loudness_sma3_{name}" for name in _CONTOUR),
            *(
                f"{contour}_sma3_{name}"
                for contour in ("spectralFlux", *_CEPSTRA)
                for name in _MEAN_AND_SPREAD
            ),
            *(
                f"{contour}_sma3nz_{name}"
                for contour in _VOICE
                for name in _MEAN_AND_SPREAD
            ),
            *(f"{contour}_sma3nz_amean" for contour in _UNVOICED),
            *_TIMES,
        ]

    def missing(self) -> str | None:
        """Say that openSMILE is not installed; None when it is."""
        if find_spec("opensmile") is not None:
            return None
        return (
            "the package opensmile is not installed; its licence allows "
            "non-commercial use only, so it is left to you: pip install opensmile"
        )
