"""What was heard in a file, as values, JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.audio.envelope import Envelope
from ser_core.audio.quality import QualityWarning
from ser_core.inference.decision import Decision, decide
from ser_core.models.card import ModelCard

_DIGITS: Final = 4
_NOTHING: Final[Mapping[str, float]] = MappingProxyType({})
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A stretch of speech in a recording.

    Attributes
    ----------
    start_s, end_s : float
        In seconds from the recording's beginning.
    decision : Decision
    probabilities : mapping of str to float
        Of every class.
    distance : float or None
        From the training data; None for a model without such distances.

    """

    start_s: float
    end_s: float
    decision: Decision
    probabilities: Mapping[str, float]
    distance: float | None = None

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON, as the command line prints it."""
        return {
            "start_s": round(self.start_s, 3),
            "end_s": round(self.end_s, 3),
            "emotion": self.decision.emotion,
            "confidence": round(self.decision.confidence, _DIGITS),
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class FileResult:
    """What was heard in one file, or why nothing was.

    Attributes
    ----------
    file : str
        How it is called where it is shown.
    decision : Decision or None
        None where the file could not be heard.
    probabilities : mapping of str to float
        Of every class; empty where it could not be heard.
    distance, share_nearer : float or None
        From the training data, and the share of the training clips that lie nearer;
        None for long recordings and for models without such distances.
    warnings : tuple of QualityWarning
    unheard : tuple of str
        Why there is nothing to be heard in a file that could be read, as silence.
    error : str or None
        Why it could not be heard, and what to do.
    segments : tuple of Segment
        In time; empty without a timeline.
    whole : bool
        Classified as one clip; otherwise the mean over its segments.
    duration_s : float
    sample_rate, n_channels : int
        Of the file; 0 where it could not be heard.
    container : str
        As ``WAV`` or ``OGG``.
    y : ndarray of shape (n_samples,), float32, or None
        The mean of its channels, of a recording that was classified as a whole.
    features : ndarray of shape (n_features,), float32, or None
        Of such a recording.
    envelope : Envelope or None
        Its lowest and highest samples over time.
    seconds : mapping of str to float
        What took how long: ``decode``, ``features``, ``predict``, ``total``.

    """

    file: str
    decision: Decision | None = None
    probabilities: Mapping[str, float] = field(default_factory=lambda: _NOTHING)
    distance: float | None = None
    share_nearer: float | None = None
    warnings: tuple[QualityWarning, ...] = ()
    unheard: tuple[str, ...] = ()
    error: str | None = None
    segments: tuple[Segment, ...] = ()
    whole: bool = True
    duration_s: float = 0.0
    sample_rate: int = 0
    n_channels: int = 0
    container: str = ""
    y: npt.NDArray[np.float32] | None = None
    features: npt.NDArray[np.float32] | None = None
    envelope: Envelope | None = None
    seconds: Mapping[str, float] = field(default_factory=lambda: _NOTHING)

    def decided(self, card: ModelCard, min_confidence: float | None) -> FileResult:
        """Decide again, with another confidence from which an answer is given."""
        if self.decision is None:
            return self
        return replace(
            self,
            decision=decide(
                self.probabilities,
                card=card,
                distance=self.distance,
                min_confidence=min_confidence,
                unheard=self.unheard,
            ),
            segments=tuple(
                replace(
                    segment,
                    decision=decide(
                        segment.probabilities,
                        card=card,
                        distance=segment.distance,
                        min_confidence=min_confidence,
                    ),
                )
                for segment in self.segments
            ),
        )

    def to_json(self, *, timeline: bool = True) -> dict[str, Any]:
        """Return the object that the command line prints for the file.

        Parameters
        ----------
        timeline : bool, default True
            With the segments; without, the list is empty.

        """
        decision = self.decision
        return {
            "file": self.file,
            "emotion": None if decision is None else decision.emotion,
            "confidence": (
                None if decision is None else round(decision.confidence, _DIGITS)
            ),
            "probabilities": {
                name: round(float(p), _DIGITS) for name, p in self.probabilities.items()
            },
            "warnings": warnings_of(self),
            "error": self.error,
            "segments": [s.to_json() for s in self.segments] if timeline else [],
        }


def warnings_of(result: FileResult) -> list[str]:
    """List everything to keep in mind: of the sound, and why it is unsure."""
    told = [f"{w.message} {w.remedy}" for w in result.warnings]
    reasons = () if result.decision is None else result.decision.reasons
    already = {w.message for w in result.warnings}
    return told + [f"unsure: {reason}" for reason in reasons if reason not in already]


def results_csv(results: Iterable[FileResult]) -> str:
    """Write one line a file, with the probability of every class.

    Returns
    -------
    text : str
        CSV with a line of headings. A text that a spreadsheet would take for a formula
        begins with an apostrophe.

    """
    rows = list(results)
    classes = sorted({name for row in rows for name in row.probabilities})
    headings = ["file", "emotion", "most_probable", "confidence", "duration_s"]
    return _csv(
        [*headings, *(f"p_{name}" for name in classes), "warnings", "error"],
        [
            [
                _inert(row.file),
                "" if row.decision is None else _inert(row.decision.emotion),
                "" if row.decision is None else _inert(row.decision.best),
                "" if row.decision is None else f"{row.decision.confidence:.4f}",
                f"{row.duration_s:.3f}",
                *(
                    f"{row.probabilities[name]:.4f}"
                    if name in row.probabilities
                    else ""
                    for name in classes
                ),
                _inert(" | ".join(warnings_of(row))),
                _inert(row.error or ""),
            ]
            for row in rows
        ],
    )


def segments_csv(results: Iterable[FileResult]) -> str:
    """Write one line a segment, with the probability of every class; see `results_csv`.

    Returns
    -------
    text : str

    """
    rows = list(results)
    classes = sorted({name for row in rows for name in row.probabilities})
    headings = ["file", "start_s", "end_s", "emotion", "most_probable", "confidence"]
    return _csv(
        [*headings, *(f"p_{name}" for name in classes)],
        [
            [
                _inert(row.file),
                f"{segment.start_s:.3f}",
                f"{segment.end_s:.3f}",
                _inert(segment.decision.emotion),
                _inert(segment.decision.best),
                f"{segment.decision.confidence:.4f}",
                *(f"{segment.probabilities.get(name, 0.0):.4f}" for name in classes),
            ]
            for row in rows
            for segment in row.segments
        ],
    )


def _csv(headings: list[str], rows: list[list[str]]) -> str:
    """Lay a table out as CSV."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows(rows)
    return stream.getvalue()


def _inert(text: str) -> str:
    """Keep a spreadsheet from taking a stranger's text for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
