"""Folds put together into one result."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ser_core.corpora.utterance import Utterance
from ser_core.evaluation.folds import Fold, Splitting
from ser_core.training.folds import FoldResult, FoldWork
from ser_core.training.results import collect
from ser_core.training.samples import Samples

ROOT = Path("/thai")


def utterance(session: str, microphone: str, number: int) -> Utterance:
    return Utterance(
        path=ROOT / session / microphone / f"{session}_{microphone}_{number}.flac",
        corpus="thai-ser",
        emotion=("happy", "sad")[number % 2],
        label="x",
        speaker=f"{number % 3:03d}",
        session=session,
        microphone=microphone,
    )


def result(name: str, wrong: set[int]) -> dict[str, Any]:
    """Judge one fold that tests all 12 utterances and takes some for the other."""
    utterances = [
        *(utterance("s001", "con", i) for i in range(4)),
        *(utterance("s001", "clip", i) for i in range(4)),
        *(utterance("z001", "mic", i) for i in range(4)),
    ]
    truth = np.array([u.emotion for u in utterances])
    other = np.where(truth == "happy", "sad", "happy")
    predicted = np.array([other[i] if i in wrong else truth[i] for i in range(12)])
    rows = np.arange(12)
    samples = Samples(
        rows=rows,
        utterances=tuple(utterances),
        corpus=np.zeros(12, dtype=np.intp),
        y=truth,
        duplicates=(),
    )
    splitting = Splitting(
        name=name,
        folds=(Fold(train=np.arange(0), test=rows, name="one"),),
        speaker_independent=True,
        groups="speaker",
        notes=(),
    )
    work = FoldWork(
        part="main", name="one", train=np.arange(0), test=rows, y_train=truth[:0]
    )
    fold = FoldResult(
        work=work,
        predicted=predicted,
        probabilities=None,
        known=np.array(["happy", "sad"]),
        fit_s=1.0,
        predict_s=0.1,
    )
    chosen: Any = SimpleNamespace(corpora=[SimpleNamespace(root=ROOT)])
    return collect(samples, splitting, [fold], chosen=chosen)


def test_the_authors_split_is_judged_by_recording_condition() -> None:
    found = result("thai-ser-authors", wrong={0, 4, 5})
    rows = {row["condition"]: row for row in found["by_condition"]}
    assert {name: row["n"] for name, row in rows.items()} == {
        "clip": 4,
        "con": 4,
        "zoom": 4,
    }
    assert rows["zoom"]["war"] == 1.0
    assert rows["con"]["war"] == pytest.approx(0.75)
    assert rows["clip"]["uar"] == pytest.approx(0.5)


def test_other_splits_have_no_conditions() -> None:
    assert "by_condition" not in result("loso", wrong=set())


def test_what_was_predicted_is_kept_clip_by_clip() -> None:
    found = result("loso", wrong={2})
    rows = found["predictions"]
    assert rows["path"][0] == "s001/con/s001_con_0.flac"
    differ = [i for i in range(12) if rows["truth"][i] != rows["predicted"][i]]
    assert differ == [2]
    assert found["war"] == pytest.approx(11 / 12)
