"""What the source report printed, for display beside our own figures.

The figures are of another machine and another corpus copy; nothing of them is
measured by SER Lab. Memory is the resident set size of the parent process at the end
of each stage: the workers are missing from it, and it is no peak. CPU times are the
parent's, cumulated since its start, and miss the workers as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SOURCE: Final = "the source report, another machine"
"""How every figure from here is marked."""

N_UTTERANCES: Final = 25_185
"""Utterances of THAI-SER that the report used."""

N_FEATURES: Final = 6_500
"""Values per utterance: 500 frames of 13 coefficients."""

_MIB: Final = 2**20


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedStage:
    """One stage as the report logged it.

    Attributes
    ----------
    name : str
        As in our own records.
    wall_s : float
    cpu_user_end_s, cpu_system_end_s : float
        Of the parent, cumulated since its start, at the stage's end.
    rss_end_bytes : int
        Of the parent, at the stage's end.

    """

    name: str
    wall_s: float
    cpu_user_end_s: float
    cpu_system_end_s: float
    rss_end_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedScore:
    """Precision, recall, F1 (0 to 1) and support of one class."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, kw_only=True)
class PublishedRun:
    """One of the report's two runs.

    Attributes
    ----------
    version : str
        "first" (sequential) or "enhanced" (parallel), as in our own records.
    label : str
        For legends.
    cpu_user_start_s, cpu_system_start_s, rss_start_bytes : float, float, int
        Of the parent before the first stage.
    stages : tuple of PublishedStage
        In order.
    total_wall_s : float
    accuracy : float
        Share of the test part that is right; a random split.
    per_class : mapping of str to PublishedScore
    files_per_s : float
        As the report's progress bar showed at the end of extraction.

    """

    version: str
    label: str
    cpu_user_start_s: float
    cpu_system_start_s: float
    rss_start_bytes: int
    stages: tuple[PublishedStage, ...]
    total_wall_s: float
    accuracy: float
    per_class: Mapping[str, PublishedScore]
    files_per_s: float
    source: str = SOURCE

    def stage(self, name: str) -> PublishedStage:
        """Return the stage of that name (KeyError where there is none)."""
        return {stage.name: stage for stage in self.stages}[name]

    @property
    def peak_rss_bytes(self) -> int:
        """Return what the report calls its peak: the last of the stage ends."""
        return max(stage.rss_end_bytes for stage in self.stages)


def _stage(
    name: str, wall_s: float, cpu_user_s: float, cpu_system_s: float, rss_mib: float
) -> PublishedStage:
    """Turn a line of the report's log into units of ours (its MB are 2**20 bytes)."""
    return PublishedStage(
        name=name,
        wall_s=wall_s,
        cpu_user_end_s=cpu_user_s,
        cpu_system_end_s=cpu_system_s,
        rss_end_bytes=round(rss_mib * _MIB),
    )


def _score(precision: float, recall: float, f1: float, support: int) -> PublishedScore:
    """Name the columns of the report's table."""
    return PublishedScore(precision=precision, recall=recall, f1=f1, support=support)


FIRST: Final = PublishedRun(
    version="first",
    label="First version (report)",
    cpu_user_start_s=3.09,
    cpu_system_start_s=0.11,
    rss_start_bytes=round(209.91 * _MIB),
    stages=(
        _stage("metadata", 0.39, 3.44, 0.16, 257.47),
        _stage("feature extraction", 615.14, 6484.82, 9.67, 1700.66),
        _stage("preprocessing", 1.41, 6485.95, 9.94, 3137.56),
        _stage("training", 25.62, 6752.82, 10.42, 3142.91),
        _stage("evaluation", 0.04, 6753.26, 10.42, 3145.54),
    ),
    total_wall_s=642.60,
    accuracy=0.4714,
    per_class={
        "angry": _score(0.48, 0.42, 0.44, 467),
        "frustrated": _score(0.43, 0.51, 0.47, 1180),
        "happy": _score(0.44, 0.45, 0.44, 610),
        "neutral": _score(0.56, 0.54, 0.55, 1104),
        "sad": _score(0.39, 0.28, 0.32, 417),
    },
    files_per_s=40.95,
)
"""The sequential run. Its library threads kept about ten cores busy."""

ENHANCED: Final = PublishedRun(
    version="enhanced",
    label="Enhanced version (report)",
    cpu_user_start_s=3.09,
    cpu_system_start_s=0.12,
    rss_start_bytes=round(210.20 * _MIB),
    stages=(
        _stage("metadata", 0.35, 3.39, 0.17, 257.81),
        _stage("feature extraction", 115.40, 20.83, 2.46, 2145.20),
        _stage("preprocessing", 1.56, 21.90, 2.95, 3582.18),
        _stage("training", 30.29, 337.88, 3.23, 3629.14),
        _stage("evaluation", 0.05, 338.42, 3.23, 3631.64),
    ),
    total_wall_s=147.65,
    accuracy=0.4656,
    per_class={
        "angry": _score(0.48, 0.44, 0.46, 467),
        "frustrated": _score(0.45, 0.42, 0.43, 1180),
        "happy": _score(0.44, 0.41, 0.43, 610),
        "neutral": _score(0.51, 0.62, 0.56, 1104),
        "sad": _score(0.38, 0.31, 0.34, 417),
    },
    files_per_s=221.17,
)
"""The parallel run: joblib's loky on all cores."""

PUBLISHED: Final[Mapping[str, PublishedRun]] = {"first": FIRST, "enhanced": ENHANCED}
"""Both runs by version."""

EXTRACTION_SPEEDUP: Final = 5.3
"""As printed; 615.14 s over 115.40 s."""

OVERALL_SPEEDUP: Final = 4.35
"""As printed; 642.60 s over 147.65 s."""
