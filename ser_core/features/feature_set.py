"""FeatureSet: what to compute, never how."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Final

from ser_core.audio.preprocessing import NO_PREPROCESSING, WINDOWS, Preprocessing
from ser_core.errors import ParameterError

NO_WINDOW: Final[Mapping[str, str]] = dict.fromkeys(
    WINDOWS[1:], "the windows of its analysis are part of its definition"
)
"""What a set refuses whose short-time analysis has no window to choose."""


@dataclass(frozen=True, kw_only=True)
class FeatureSet(ABC):
    """Describe one feature array per utterance.

    A frozen value: the hash of its canonical JSON is its key. Subclasses add the
    fields of their kind.

    Attributes
    ----------
    name : str
        DESIGN's name, as ``mfcc13x500``.
    sample_rate : int
        Rate in Hz to which the signal is brought before anything else.
    resampler : str
        ``kaiser_fast``, ``kaiser_best`` (resampy) or ``soxr_hq``. Part of the set,
        because resamplers move cepstra by several units.
    preprocessing : Preprocessing
        What is done to the signal between resampling and analysis; nothing by default.
    version : int
        Raised when the definition changes, so that stored arrays are not reused.

    Raises
    ------
    ParameterError
        A step of the pre-processing has no meaning for this kind of set.

    """

    kind: ClassVar[str]
    """Name of the kind of set, by which a front end finds its function."""

    title: ClassVar[str]
    """What it is, in a few words."""

    refused_steps: ClassVar[Mapping[str, str]] = NO_WINDOW
    """Steps of pre-processing without a meaning here, each with the reason."""

    name: str
    sample_rate: int = 44_100
    resampler: str = "kaiser_fast"
    preprocessing: Preprocessing = NO_PREPROCESSING
    version: int = 1

    def __post_init__(self) -> None:
        """Refuse steps of pre-processing that would be silently without effect."""
        for step in self.preprocessing.steps():
            if step in self.refused_steps:
                raise ParameterError(
                    f"features = {self.label!r}: the step {step!r} has no meaning "
                    f"here, because {self.refused_steps[step]}; leave it out"
                )

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Shape of one utterance's array."""

    @abstractmethod
    def column_names(self) -> list[str]:
        """Name each flattened value, row-major."""

    @property
    def size(self) -> int:
        """Number of values in one utterance's flattened array."""
        size = 1
        for length in self.shape:
            size *= length
        return size

    @property
    def label(self) -> str:
        """Name with the pre-processing, as `feature_set` reads it again."""
        return "+".join((self.name, *self.preprocessing.steps()))

    def to_json(self) -> dict[str, Any]:
        """Return the fields as plain JSON, without pre-processing that does nothing."""
        document = asdict(self)
        del document["preprocessing"]
        if self.preprocessing.steps():
            document["preprocessing"] = self.preprocessing.to_json()
        return document

    def missing(self) -> str | None:
        """Say what this installation lacks to compute the set; None when nothing."""
        return None

    @property
    def key(self) -> str:
        """SHA-256 (hex) of the canonical JSON of all fields."""
        canonical = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class MfccFrames(FeatureSet):
    """Describe mel-frequency cepstral coefficients of a fixed number of frames.

    Attributes
    ----------
    n_mfcc : int
        Number of cepstral coefficients.
    n_frames : int
        Frames kept: longer clips are cut, shorter ones padded with zeros.
    n_fft, hop_length, n_mels : int
        Short-time analysis, in samples, and mel bands.

    """

    kind: ClassVar[str] = "mfcc-frames"
    title: ClassVar[str] = "Cepstral coefficients frame by frame"
    refused_steps: ClassVar[Mapping[str, str]] = {}

    n_mfcc: int = 13
    n_frames: int = 500
    n_fft: int = 2048
    hop_length: int = 512
    n_mels: int = 128

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of one utterance's array: (n_frames, n_mfcc)."""
        return (self.n_frames, self.n_mfcc)

    def column_names(self) -> list[str]:
        """Name each flattened value, row-major: ``frame000_mfcc00`` onwards."""
        return [
            f"frame{t:03d}_mfcc{c:02d}"
            for t in range(self.n_frames)
            for c in range(self.n_mfcc)
        ]
