"""The table of many recordings says why there is no answer."""

from __future__ import annotations

import pandas as pd

from pages._view.demo_many import compared, results_table
from ser_core.inference.decision import UNSURE, Decision
from ser_core.inference.results import FileResult

FAR = "it sounds unlike anything the model was trained on"


def doubtful(*, unheard: tuple[str, ...] = ()) -> FileResult:
    decision = Decision(emotion=UNSURE, best="sad", confidence=0.9, reasons=(FAR,))
    return FileResult(file="a.wav", decision=decision, unheard=unheard)


def test_a_doubtful_recording_says_why() -> None:
    (row,) = results_table([doubtful()]).to_dict("records")
    assert row["to keep in mind"] == FAR
    assert row["confidence"] == 90.0


def test_silence_has_no_confidence() -> None:
    table = results_table([doubtful(unheard=("silent",)), doubtful()])
    assert pd.isna(table["confidence"][0])
    assert table["to keep in mind"][0] == ""


def test_labels_that_the_model_cannot_answer_are_counted() -> None:
    sad = FileResult(
        file="a.wav",
        decision=Decision(emotion="sad", best="sad", confidence=0.9),
        probabilities={"sad": 0.9, "angry": 0.1},
    )
    told = compared([sad, sad], ["sad", "surprised"])
    assert told.startswith("1 of 2 answers (50 %) are what the corpus says.")
    assert "gives 1 of these recordings a label that the model cannot answer" in told
    assert "cannot answer" not in compared([sad], ["sad"])
