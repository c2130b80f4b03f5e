"""The set of our own functionals, as a feature set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ser_core.features.feature_set import FeatureSet
from ser_core.features.functionals.columns import columns


@dataclass(frozen=True, kw_only=True)
class Functionals(FeatureSet):
    """Describe functionals over contours of level, spectrum, cepstrum and voice.

    The columns are fixed: `ser_core.features.functionals.columns` lists each with
    what it is and its unit. A change of the definition raises `version`.
    """

    kind: ClassVar[str] = "functionals"
    title: ClassVar[str] = "Functionals of level, spectrum, cepstrum and voice"

    name: str = "functionals"
    sample_rate: int = 16_000
    resampler: str = "soxr_hq"

    @property
    def shape(self) -> tuple[int]:
        """Shape of one utterance's array: (n_columns,)."""
        return (len(columns()),)

    def column_names(self) -> list[str]:
        """Name each column."""
        return [column.name for column in columns()]
