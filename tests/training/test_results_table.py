"""A table of results, within a budget, resumable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ser_core.errors import ParameterError
from ser_core.store.data_folder import DataFolder
from ser_core.training import results_table
from ser_core.training.estimate import TrainingEstimate, estimate
from ser_core.training.plan import TrainingPlan
from ser_core.training.results_table import fill_table, make_cells, run_cell
from ser_core.training.table_text import markdown
from tests.training.tone_corpora import ravdess_tones, write_tone

pytestmark = pytest.mark.timeout(150)


def fake_estimate(seconds: float, seconds_pca: float) -> Any:
    """Return an estimate that depends on the PCA alone."""

    def estimated(plan: TrainingPlan, **_: Any) -> TrainingEstimate:
        total = seconds if plan.pca is None else seconds_pca
        return TrainingEstimate(
            total_s=total,
            low_s=total,
            high_s=total,
            features_s=0.0,
            fits_s=total,
            n_files=1,
            n_fits=1,
            basis="made up",
        )

    return estimated


def fill(
    tones: Path, folder: Path, data: DataFolder, **fields: Any
) -> list[results_table.CellResult]:
    plans = make_cells([str(tones)], [("means180", "knn"), ("means180", "dt")])
    return fill_table(
        plans,
        folder=folder,
        data=data,
        emit=lambda event: None,
        **{"budget_s": 3600.0, "n_workers": 1, **fields},
    )


def test_a_finished_cell_is_read_and_not_run_again(
    tones: Path, data: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results_table, "estimate", fake_estimate(1.0, 1.0))
    first = fill(tones, tmp_path, data)
    assert [result.state for result in first] == ["done", "done"]

    def never(cell: object) -> None:
        raise AssertionError("a finished cell was run again")

    monkeypatch.setattr(results_table, "run_cell", never)
    assert fill(tones, tmp_path, data) == first
    text = markdown(first)
    assert "| knn |" in text
    unseen = (first[0].record or {})["unseen_speakers"]["uar"]
    assert f"{100 * unseen:.1f}" in text


def test_a_cell_of_a_corpus_that_changed_is_run_again(
    data: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results_table, "estimate", fake_estimate(1.0, 1.0))
    voices = ravdess_tones(tmp_path / "voices", actors=3)
    cells = tmp_path / "cells"
    first = fill(voices, cells, data)
    next(voices.rglob("*.wav")).unlink()
    again = fill(voices, cells, data)
    counts = [(r.record or {})["n_test"] for r in (*first, *again)]
    assert counts == [36, 36, 35, 35]


def test_cells_of_one_corpus_stand_together_whether_run_or_not(
    tones: Path, data: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results_table, "estimate", fake_estimate(1.0, 1.0))
    done = fill(tones, tmp_path, data)
    next(tmp_path.glob("*.json")).unlink()
    monkeypatch.setattr(results_table, "estimate", fake_estimate(1e6, 1e6))
    partly = fill(tones, tmp_path, data)
    assert {result.state for result in partly} == {"done", "not run"}
    assert {result.corpus for result in (*done, *partly)} == {"ravdess"}


def test_a_table_says_why_there_are_no_unseen_speakers(
    data: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results_table, "estimate", fake_estimate(1.0, 1.0))
    for label, f0_hz in (("happy", 300.0), ("sad", 900.0)):
        for i in range(6):
            path = tmp_path / "nameless" / label / f"{i}.wav"
            write_tone(path, f0_hz=f0_hz + 10 * i, seed=i)
    text = markdown(fill(tmp_path / "nameless", tmp_path / "cells", data))
    assert "unknown speakers. Unseen speakers: none. The speaker of 12 of 12" in text
    assert "`kfold`, 5 folds" in text


def test_a_cell_beyond_its_share_is_reduced_and_marked(
    tones: Path, data: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results_table, "estimate", fake_estimate(1e6, 1.0))
    results = fill(tones, tmp_path, data)
    assert [result.state for result in results] == ["reduced", "reduced"]
    assert (results[0].record or {})["pca"]["share"] == 0.95
    assert "PCA to 95%" in markdown(results)


def test_a_cell_that_is_too_long_even_reduced_stays_empty_and_says_so(
    tones: Path, data: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results_table, "estimate", fake_estimate(1e6, 1e6))
    results = fill(tones, tmp_path, data)
    assert [result.state for result in results] == ["not run", "not run"]
    assert "estimate 16666.7 min" in (results[0].reason or "")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_begun_after_the_budget(
    tones: Path, data: DataFolder, tmp_path: Path
) -> None:
    (plan, _) = make_cells([str(tones)], [("means180", "knn"), ("means180", "dt")])
    cell = results_table.Cell(
        plan=plan,
        corpus="voices",
        deadline=0.0,
        share_s=1e9,
        folder=str(tmp_path),
        data_root=str(data.root),
    )
    result = run_cell(cell)
    assert (result.state, result.reason) == (
        "not run",
        "the budget of time was used up",
    )


def test_a_cell_that_fails_is_told(
    tmp_path: Path, data: DataFolder, tones: Path
) -> None:
    cell = results_table.Cell(
        plan=TrainingPlan(corpora=(str(tmp_path / "nowhere"),)),
        corpus="nowhere",
        deadline=1e12,
        share_s=1.0,
        folder=str(tmp_path),
        data_root=str(data.root),
    )
    assert "nowhere" in (run_cell(cell).reason or "")


def test_a_budget_of_nothing_is_refused(tmp_path: Path, data: DataFolder) -> None:
    with pytest.raises(ParameterError, match="budget"):
        fill_table(
            [], budget_s=0.0, folder=tmp_path, data=data, emit=lambda event: None
        )


def test_an_estimate_counts_the_fits_of_both_splits(
    tones: Path, data: DataFolder
) -> None:
    plan = TrainingPlan(
        corpora=(str(tones),), features="means180", model="knn", split="kfold"
    )
    expected = estimate(plan, data=data, n_workers=1)
    assert (expected.n_files, expected.n_fits) == (72, 5 + 6)
    assert 0 < expected.low_s <= expected.total_s <= expected.high_s
