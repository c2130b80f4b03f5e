"""The made-up matrix of the benchmarks, and what they work out from it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from benchmarks import pipeline_real_size, training_precision
from benchmarks.real_size import CLASSES, Size, utterances, write_matrix
from ser_core.store.matrix_file import open_matrix_file

SIZE = Size(n_rows=600, n_columns=260)


def test_matrix_is_the_same_every_time(tmp_path: Path) -> None:
    for name in ("a.npy", "b.npy"):
        write_matrix(tmp_path / name, SIZE)
    first = open_matrix_file(tmp_path / "a.npy")
    assert first.shape == (600, 260)
    assert first.dtype == np.float32
    assert np.isfinite(first).all()
    assert np.array_equal(first, open_matrix_file(tmp_path / "b.npy"))


def test_made_up_speakers_say_every_class() -> None:
    known = utterances(SIZE)
    counts = Counter(utterance.emotion for utterance in known)
    assert set(counts) == set(CLASSES)
    assert counts["frustrated"] > counts["sad"]
    assert len({utterance.speaker for utterance in known}) == 200


def test_plain_and_lean_way_find_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline_real_size, "N_EXTRACTIONS", 1)
    write_matrix(tmp_path / "x.npy", SIZE)
    told: list[str] = []

    def emit(event: dict[str, object]) -> None:
        if event["type"] == "stage" and event["state"] == "started":
            told.append(str(event["name"]))

    lean = pipeline_real_size.pipeline(
        tmp_path / "x.npy", SIZE, version="first", emit=emit
    )
    plain = pipeline_real_size.plainly(
        tmp_path / "x.npy", SIZE, emit=lambda event: None
    )
    assert lean["confusion"] == plain["confusion"]
    assert lean["accuracy"] == plain["accuracy"]
    assert told[0] == "metadata"
    assert told[-1] == "unseen speakers"


def test_peaks_are_those_within_a_stage() -> None:
    found = {
        "events": [
            {"t": 10.0, "type": "stage", "name": "metadata", "state": "started"},
            {"t": 15.0, "type": "stage", "name": "metadata", "state": "finished"},
            {"t": 20.0, "type": "stage", "name": "training", "state": "started"},
        ],
        "samples": [(9.0, 5, 6), (11.0, 7, 8), (19.0, 9, 2), (21.0, 1, 3)],
    }
    rows = pipeline_real_size.peaks(found)
    assert [
        (r["stage"], r["peak_private_bytes"], r["peak_pss_bytes"]) for r in rows
    ] == [
        ("before the stages", 5, 6),
        ("metadata", 9, 8),
        ("training", 1, 3),
    ]


def test_losses_of_both_precisions_agree() -> None:
    X, y = training_precision.rows_and_labels(SIZE)
    pairs = training_precision.compared(X, y, epochs=2, repeats=1)
    found = training_precision.figures(pairs)
    assert found["largest_difference"] < training_precision.AGREEMENT
    assert found["interval"] is None
    assert found["ratio"] == pytest.approx(found["float64_s"] / found["float32_s"])
