"""Feature sets x models over several corpora, within a budget of time, resumable."""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from ser_core.errors import ParameterError, SerError
from ser_core.execution import open_backend
from ser_core.features.matrix import feature_matrix
from ser_core.features.registry import feature_set
from ser_core.measure.cores import available_cores
from ser_core.store.data_folder import DataFolder
from ser_core.training.corpus_data import choose_corpora
from ser_core.training.estimate import estimate
from ser_core.training.plan import TrainingPlan
from ser_core.training.runner import run_training

Emit = Callable[[Mapping[str, Any]], None]

TIMES_THE_MEAN: Final = 4.0
"""What a cell may take, as a multiple of the time that is left for each."""

REDUCED_SHARE: Final = 0.95
"""Share of the variance that a PCA keeps where a cell would take too long."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One corpus, feature set and model.

    Attributes
    ----------
    plan : TrainingPlan
    corpus : str
        What the corpus is called in the table.
    deadline : float
        Unix time at which the budget is used up.
    share_s : float
        Seconds that this cell may take by its estimate, on one worker.
    folder : str
        Where finished cells are kept.
    data_root : str

    """

    plan: TrainingPlan
    corpus: str
    deadline: float
    share_s: float
    folder: str
    data_root: str

    @property
    def file(self) -> Path:
        """File that holds the finished cell."""
        return Path(self.folder) / f"{self.plan.key}.json"


@dataclass(frozen=True, kw_only=True)
class CellResult:
    """What became of a cell.

    Attributes
    ----------
    corpus, features, model : str
    state : str
        ``done``, ``reduced`` (by PCA) or ``not run``.
    reason : str or None
        Why it was reduced or not run.
    record : dict or None
        The run record without its predictions.

    """

    corpus: str
    features: str
    model: str
    state: str
    reason: str | None
    record: dict[str, Any] | None


def make_cells(
    corpora: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    *,
    seed: int = 0,
    limit: int | None = None,
) -> list[TrainingPlan]:
    """Make the plan of each cell: 5 random folds, with speakers apart beside them.

    Parameters
    ----------
    corpora : sequence of str
    pairs : sequence of (features, model)
    seed : int, default 0
    limit : int, optional
        Files of each corpus.

    """
    return [
        TrainingPlan(
            corpora=(corpus,),
            features=features,
            model=model,
            split="kfold",
            seed=seed,
            limit=limit,
        )
        for corpus in corpora
        for features, model in pairs
    ]


def fill_table(
    plans: Sequence[TrainingPlan],
    *,
    budget_s: float,
    folder: Path,
    data: DataFolder,
    emit: Emit,
    n_workers: int | None = None,
) -> list[CellResult]:
    """Run every cell that is not there yet, as long as there is time.

    Parameters
    ----------
    plans : sequence of TrainingPlan
    budget_s : float
        Wall time for everything, feature extraction included.
    folder : Path
        Finished cells are kept there, one file each; a table that was interrupted goes
        on from them. Those of a corpus that changed since are run again.
    data : DataFolder
    emit : callable
        Takes log and progress events.
    n_workers : int, optional
        Cells that are run at once; by default one a core.

    Returns
    -------
    results : list of CellResult
        In the order of the plans.

    Raises
    ------
    ParameterError
        The budget is not positive.
    CorpusError
        A corpus is not known or cannot be read.

    """
    if budget_s <= 0:
        raise ParameterError(
            f"budget = {budget_s!r} s is not possible; give more than 0 seconds"
        )
    deadline = time.time() + budget_s
    folder.mkdir(parents=True, exist_ok=True)
    names = _names(plans, data)
    _remove_outdated(plans, folder, data)
    missing = [plan for plan in plans if not _file(plan, folder).exists()]
    _extract(missing, data=data, emit=emit)
    n_workers = n_workers or max(1, min(available_cores(), len(missing)))
    left_s = max(0.0, deadline - time.time()) * n_workers
    cells = [
        Cell(
            plan=plan,
            corpus=names[plan.corpora],
            deadline=deadline,
            share_s=TIMES_THE_MEAN * left_s / max(1, len(missing)),
            folder=str(folder),
            data_root=str(data.root),
        )
        for plan in missing
    ]
    unfinished: dict[str, CellResult] = {}
    if cells:
        with open_backend(
            "loky" if n_workers > 1 else "sequential", n_workers=n_workers
        ) as backend:
            backend.start()
            for done, found in enumerate(backend.map(run_cell, cells), 1):
                if found.state == "not run":
                    unfinished[cells[done - 1].plan.key] = found
                _tell(emit, found, done=done, total=len(cells))
    results = [
        unfinished.get(plan.key) or read_cell(_file(plan, folder)) for plan in plans
    ]
    return [
        replace(result, corpus=names[plan.corpora])
        for plan, result in zip(plans, results, strict=True)
    ]


def run_cell(cell: Cell) -> CellResult:
    """Estimate a cell, run it or reduce it, and keep what came out.

    A cell that fails is told as not run; the others go on.
    """
    try:
        return _run_cell(cell)
    except SerError as error:
        return _not_run(cell, str(error))


def read_cell(file: Path) -> CellResult:
    """Read a finished cell."""
    return CellResult(**json.loads(file.read_text(encoding="utf-8")))


def _run_cell(cell: Cell) -> CellResult:
    """Run a cell within its share of the budget."""
    data = DataFolder(Path(cell.data_root))
    plan, state, reason = cell.plan, "done", None
    if time.time() >= cell.deadline:
        return _not_run(cell, "the budget of time was used up")
    expected_s = estimate(plan, data=data, n_workers=1).total_s
    if expected_s > cell.share_s:
        reduced = replace(plan, pca=REDUCED_SHARE)
        reduced_s = estimate(reduced, data=data, n_workers=1).total_s
        if reduced_s > cell.share_s:
            return _not_run(
                cell,
                f"estimate {expected_s / 60:.1f} min, with PCA {reduced_s / 60:.1f} "
                f"min, share {cell.share_s / 60:.1f} min",
            )
        plan, state = reduced, "reduced"
        reason = (
            f"PCA to {REDUCED_SHARE:.0%} of the variance: without it the estimate "
            f"was {expected_s / 60:.1f} min, the share {cell.share_s / 60:.1f} min"
        )
    with tempfile.TemporaryDirectory() as scratch:
        record = run_training(
            plan, data=data, work_folder=Path(scratch), emit=_nothing, n_workers=1
        )
    result = CellResult(
        corpus=cell.corpus,
        features=record["features"],
        model=record["model"],
        state=state,
        reason=reason,
        record=_without_predictions(record),
    )
    part = cell.file.with_suffix(".part")
    part.write_text(json.dumps(asdict(result), allow_nan=False), encoding="utf-8")
    part.replace(cell.file)
    return result


def _extract(plans: Sequence[TrainingPlan], *, data: DataFolder, emit: Emit) -> None:
    """Compute the features that the cells need, each once, on all cores."""
    wanted = {(plan.corpora, plan.features): plan for plan in plans}
    for plan in wanted.values():
        emit(_log(f"Features {plan.features} of {plan.corpora[0]}"))
        chosen = choose_corpora(plan, data=data)
        feature_matrix(chosen.corpora, feature_set(plan.features), data=data, emit=emit)


def _remove_outdated(
    plans: Sequence[TrainingPlan], folder: Path, data: DataFolder
) -> None:
    """Remove cells of a corpus or a feature set that is another one by now."""
    now: dict[tuple[str, ...], list[str]] = {}
    for plan in plans:
        file = _file(plan, folder)
        if not file.exists():
            continue
        if plan.corpora not in now:
            now[plan.corpora] = list(choose_corpora(plan, data=data).fingerprints)
        record = read_cell(file).record or {}
        then = [corpus["fingerprint"] for corpus in record["corpora"]]
        described = feature_set(plan.features)
        if then != now[plan.corpora] or record["feature_set"]["key"] != described.key:
            file.unlink()


def _names(
    plans: Sequence[TrainingPlan], data: DataFolder
) -> dict[tuple[str, ...], str]:
    """Name the corpora after their readers, or as given where two would be alike."""
    distinct = {plan.corpora: plan for plan in plans}
    readers = {
        corpora: choose_corpora(plan, data=data).corpora[0].name
        for corpora, plan in distinct.items()
    }
    alike = Counter(readers.values())
    return {
        corpora: name if alike[name] == 1 else Path(corpora[0]).name
        for corpora, name in readers.items()
    }


def _file(plan: TrainingPlan, folder: Path) -> Path:
    """Return the file of a plan's cell."""
    return folder / f"{plan.key}.json"


def _not_run(cell: Cell, reason: str) -> CellResult:
    """Say that a cell stays empty."""
    return CellResult(
        corpus=cell.corpus,
        features=cell.plan.features,
        model=cell.plan.model,
        state="not run",
        reason=reason,
        record=None,
    )


def _without_predictions(record: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a table does not show."""
    unseen = record["unseen_speakers"]
    if unseen is not None:
        unseen = {k: v for k, v in unseen.items() if k != "predictions"}
    kept = {k: v for k, v in record.items() if k not in ("predictions", "environment")}
    return {**kept, "unseen_speakers": unseen}


def _tell(emit: Emit, found: CellResult, *, done: int, total: int) -> None:
    """Tell how a cell ended, and how many are done."""
    what = f"{found.corpus}, {found.features}, {found.model}: {found.state}"
    if found.record is not None:
        unseen = found.record["unseen_speakers"]
        figures = f"{found.record['uar']:.1%}"
        if unseen is not None:
            figures = f"{unseen['uar']:.1%} ({figures})"
        what += f", UAR {figures}"
    emit(
        _log(
            f"{done} of {total}: {what}" + (f"; {found.reason}" if found.reason else "")
        )
    )


def _log(message: str) -> dict[str, Any]:
    """Make an event for people."""
    return {"t": time.time(), "type": "log", "level": "info", "message": message}


def _nothing(event: Mapping[str, Any]) -> None:
    """Take an event that nobody looks at."""
