"""A result as JSON that holds all of it but the sound, for jobs and their pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ser_core.audio.envelope import Envelope
from ser_core.audio.quality import QualityWarning
from ser_core.inference.decision import Decision
from ser_core.inference.results import FileResult, Segment

_PLAIN = (
    "file",
    "distance",
    "share_nearer",
    "error",
    "whole",
    "duration_s",
    "sample_rate",
    "n_channels",
    "container",
)


def to_document(result: FileResult) -> dict[str, Any]:
    """Return plain JSON of a result, without its samples and features."""
    return {
        **{name: getattr(result, name) for name in _PLAIN},
        "decision": _of_decision(result.decision),
        "probabilities": dict(result.probabilities),
        "warnings": [[w.code, w.message, w.remedy] for w in result.warnings],
        "unheard": list(result.unheard),
        "segments": [_of_segment(segment) for segment in result.segments],
        "envelope": _of_envelope(result.envelope),
        "seconds": dict(result.seconds),
    }


def from_document(document: Mapping[str, Any]) -> FileResult:
    """Read what `to_document` wrote, in a job's own result."""
    envelope = document["envelope"]
    return FileResult(
        **{name: document[name] for name in _PLAIN},
        decision=_to_decision(document["decision"]),
        probabilities=dict(document["probabilities"]),
        warnings=tuple(
            QualityWarning(code=code, message=message, remedy=remedy)
            for code, message, remedy in document["warnings"]
        ),
        unheard=tuple(document["unheard"]),
        segments=tuple(
            Segment(**{**s, "decision": _known(s["decision"])})
            for s in document["segments"]
        ),
        envelope=envelope and Envelope(**{k: np.array(v) for k, v in envelope.items()}),
        seconds=dict(document["seconds"]),
    )


def _of_decision(decision: Decision | None) -> dict[str, Any] | None:
    """Return plain JSON of a decision."""
    if decision is None:
        return None
    return {
        "emotion": decision.emotion,
        "best": decision.best,
        "confidence": decision.confidence,
        "reasons": list(decision.reasons),
    }


def _to_decision(document: Mapping[str, Any] | None) -> Decision | None:
    """Read what `_of_decision` wrote."""
    return None if document is None else _known(document)


def _known(document: Mapping[str, Any]) -> Decision:
    """Read a decision that is there."""
    return Decision(**{**document, "reasons": tuple(document["reasons"])})


def _of_segment(segment: Segment) -> dict[str, Any]:
    """Return plain JSON of a segment."""
    return {
        "start_s": segment.start_s,
        "end_s": segment.end_s,
        "decision": _of_decision(segment.decision),
        "probabilities": dict(segment.probabilities),
        "distance": segment.distance,
    }


def _of_envelope(envelope: Envelope | None) -> dict[str, Any] | None:
    """Return plain JSON of an envelope, with what a picture can show."""
    if envelope is None:
        return None
    return {
        "times_s": np.round(envelope.times_s, 3).tolist(),
        "low": np.round(envelope.low, 4).tolist(),
        "high": np.round(envelope.high, 4).tolist(),
    }
