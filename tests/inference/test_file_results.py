"""Results as JSON, CSV and documents."""

from __future__ import annotations

import csv
import io
import json
from types import SimpleNamespace
from typing import Any

import numpy as np

from ser_core.audio.envelope import Envelope
from ser_core.audio.quality import QualityWarning
from ser_core.inference.decision import Decision, decide
from ser_core.inference.documents import from_document, to_document
from ser_core.inference.results import (
    FileResult,
    Segment,
    results_csv,
    segments_csv,
)

CARD: Any = SimpleNamespace(
    abstention=SimpleNamespace(min_confidence=0.5, max_distance=2.0)
)


def segment(start_s: float, angry: float) -> Segment:
    chances = {"angry": angry, "sad": 1 - angry}
    return Segment(
        start_s=start_s,
        end_s=start_s + 1.5,
        decision=decide(chances, card=CARD, distance=1.0),
        probabilities=chances,
        distance=1.0,
    )


def heard(**changes: Any) -> FileResult:
    values: dict[str, Any] = {
        "file": "voice.wav",
        "decision": Decision(emotion="angry", best="angry", confidence=0.75),
        "probabilities": {"angry": 0.75, "sad": 0.25},
        "distance": 1.25,
        "share_nearer": 0.5,
        "warnings": (
            QualityWarning(
                code="clipping", message="It clips.", remedy="Turn it down."
            ),
        ),
        "segments": (segment(0.0, 0.9), segment(2.0, 0.3)),
        "duration_s": 4.0,
        "sample_rate": 16_000,
        "n_channels": 1,
        "container": "WAV",
        "envelope": Envelope(
            times_s=np.array([0.0, 2.0]),
            low=np.array([-0.5, -0.25], np.float32),
            high=np.array([0.5, 0.25], np.float32),
        ),
        "seconds": {"total": 0.5},
    }
    return FileResult(**{**values, **changes})


def test_json_is_what_the_command_promises() -> None:
    document = heard().to_json()
    assert list(document) == [
        "file",
        "emotion",
        "confidence",
        "probabilities",
        "warnings",
        "error",
        "segments",
    ]
    assert document["emotion"] == "angry"
    assert document["error"] is None
    assert document["warnings"] == ["It clips. Turn it down."]
    assert document["segments"][1] == {
        "start_s": 2.0,
        "end_s": 3.5,
        "emotion": "sad",
        "confidence": 0.7,
    }
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_json_without_timeline_has_no_segments() -> None:
    assert heard().to_json(timeline=False)["segments"] == []


def test_failed_file_has_its_reason_and_nothing_else() -> None:
    document = FileResult(file="x", error="is empty").to_json()
    assert document["error"] == "is empty"
    assert document["emotion"] is None
    assert document["probabilities"] == {}


def test_deciding_again_changes_answers_and_nothing_else() -> None:
    again = heard().decided(CARD, 0.8)
    assert again.decision is not None
    assert again.decision.emotion == "unsure"
    assert [s.decision.emotion for s in again.segments] == ["angry", "unsure"]
    assert again.decided(CARD, 0.5).to_json() == heard().to_json()


def test_reasons_of_unsure_are_among_the_warnings() -> None:
    document = heard().decided(CARD, 0.8).to_json()
    assert any(text.startswith("unsure: ") for text in document["warnings"])


def test_csv_has_one_line_a_file_and_a_column_a_class() -> None:
    other = FileResult(file="broken.wav", error="is empty; copy it again")
    rows = list(csv.DictReader(io.StringIO(results_csv([heard(), other]))))
    assert [row["file"] for row in rows] == ["voice.wav", "broken.wav"]
    assert rows[0]["p_angry"] == "0.7500"
    assert rows[1]["p_angry"] == ""
    assert rows[1]["error"] == "is empty; copy it again"


def test_csv_of_segments_has_their_times() -> None:
    rows = list(csv.DictReader(io.StringIO(segments_csv([heard()]))))
    assert [row["start_s"] for row in rows] == ["0.000", "2.000"]
    assert rows[0]["emotion"] == "angry"


def test_file_name_is_no_formula_in_a_spreadsheet() -> None:
    text = results_csv([heard(file="=HYPERLINK(1).wav")])
    assert next(csv.DictReader(io.StringIO(text)))["file"] == "'=HYPERLINK(1).wav"


def test_class_of_an_imported_model_is_no_formula_in_a_spreadsheet() -> None:
    odd = Decision(emotion="+A1", best="-A1", confidence=0.75)
    stretch = Segment(start_s=0.0, end_s=1.0, decision=odd, probabilities={})
    result = heard(decision=odd, segments=(stretch,))
    for table in (results_csv([result]), segments_csv([result])):
        row = next(csv.DictReader(io.StringIO(table)))
        assert (row["emotion"], row["most_probable"]) == ("'+A1", "'-A1")


def test_document_keeps_all_but_the_sound() -> None:
    before = heard(y=np.zeros(4, np.float32))
    after = from_document(json.loads(json.dumps(to_document(before))))
    assert after.to_json() == before.to_json()
    assert after.segments == before.segments
    assert after.warnings == before.warnings
    assert after.y is None
    assert after.envelope is not None
    assert before.envelope is not None
    assert np.allclose(after.envelope.high, before.envelope.high)


def test_document_of_a_failure_can_be_read_again() -> None:
    before = FileResult(file="x", error="is empty")
    assert from_document(to_document(before)).to_json() == before.to_json()
