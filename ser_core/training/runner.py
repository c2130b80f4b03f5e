"""Run a training plan: features, folds, figures, record."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import psutil

from ser_core.errors import ModelError, ParameterError
from ser_core.evaluation.splits import Splitting, companion, split_utterances
from ser_core.execution import inner_thread_pools, open_backend
from ser_core.features.matrix import FeatureMatrix, feature_matrix
from ser_core.features.registry import feature_set
from ser_core.measure import environment
from ser_core.measure.cores import available_cores
from ser_core.measure.stages import StageRecorder
from ser_core.models.bundle_folders import bundle_folder, check_free
from ser_core.models.classical import check_training_part
from ser_core.store.data_folder import DataFolder
from ser_core.training.corpus_data import ChosenCorpora, choose_corpora
from ser_core.training.folds import FoldResult, FoldTask, FoldWork
from ser_core.training.plan import TrainingPlan
from ser_core.training.record import training_record
from ser_core.training.results import collect
from ser_core.training.samples import (
    Samples,
    planned_samples,
    select_samples,
    speakers_of,
)

Emit = Callable[[Mapping[str, Any]], None]

_COPIES: Final = 3
"""Copies of its training part that a fit may hold at once, for the worker count."""


def run_training(
    plan: TrainingPlan,
    *,
    data: DataFolder,
    work_folder: Path,
    emit: Emit,
    n_workers: int | None = None,
) -> dict[str, Any]:
    """Extract features where they are not stored, fit and test every fold.

    A random split is always joined by one that keeps speakers apart.

    Parameters
    ----------
    plan : TrainingPlan
    data : DataFolder
        Where corpora are registered and features are stored.
    work_folder : Path
        Scratch space.
    emit : callable
        Takes each event, from more than one thread.
    n_workers : int, optional
        Folds that are fitted at once; by default what cores and memory allow.

    Returns
    -------
    record : dict
        Of kind ``training``, plain JSON, validated.

    Raises
    ------
    CorpusError
        A corpus is not known, or none of its files can be read.
    ParameterError
        The utterances do not allow the split or the training.
    ModelError
        A model of the name under which this one is to be saved exists.
    BackendError
        A worker was lost.

    """
    started_s = time.perf_counter()
    if plan.save is not None:  # a name that is taken is better told before the work
        check_free(bundle_folder(data, plan.save))
    with StageRecorder(emit=emit) as recorder:
        with recorder.stage("metadata"):
            chosen = choose_corpora(plan, data=data)
            _check_trainable(plan, chosen)
        with recorder.stage("features"):
            matrix = feature_matrix(
                chosen.corpora, feature_set(plan.features), data=data, emit=emit
            )
            samples = select_samples(plan, chosen, matrix)
        with recorder.stage("training"):
            main, unseen, reason = split_both(plan, samples)
            works = fold_works("main", main, samples)
            if unseen is not None:
                works += fold_works("unseen", unseen, samples)
            results = fit_works(
                plan,
                works,
                samples=samples,
                matrix=matrix,
                data=data,
                emit=emit,
                n_workers=n_workers,
            )
        with recorder.stage("evaluation"):
            judged = collect(samples, main, results["main"], chosen=chosen)
            twin = None
            if unseen is not None:
                twin = collect(samples, unseen, results["unseen"], chosen=chosen)
        stages = recorder.stages
    record = training_record(
        plan,
        chosen=chosen,
        matrix=matrix,
        samples=samples,
        result=judged,
        unseen=twin,
        unseen_reason=reason,
        folds=[fold for part in results.values() for fold in part],
        stages=stages,
        machine=_machine(),
        total_s=time.perf_counter() - started_s,
    )
    if plan.save is not None:
        _save(plan, record, samples, matrix=matrix, data=data, emit=emit)
    return record


def _save(
    plan: TrainingPlan,
    record: dict[str, Any],
    samples: Samples,
    *,
    matrix: FeatureMatrix,
    data: DataFolder,
    emit: Emit,
) -> None:
    """Save a model fitted on everything; where that fails, the figures are kept."""
    from ser_core.training.saving import save_model

    _log(emit, "Fitting the model to be saved on all utterances.")
    try:
        record["bundle"] = save_model(plan, record, samples, matrix=matrix, data=data)
    except (ModelError, OSError, MemoryError) as error:
        record["notes"].append(f"The model could not be saved: {error}"[:2_000])
        _log(emit, record["notes"][-1])


def split_both(
    plan: TrainingPlan, samples: Samples
) -> tuple[Splitting, Splitting | None, str | None]:
    """Split as planned, and once more with speakers apart where that is another.

    Returns
    -------
    main : Splitting
    unseen : Splitting or None
        None where `main` keeps speakers apart itself, or nothing can.
    reason : str or None
        Why nothing can.

    """
    main = split_utterances(
        plan.split,
        samples.utterances,
        samples.y.tolist(),
        seed=plan.seed,
        n_folds=plan.n_folds,
        duplicates=samples.duplicates,
        corpora=samples.corpus.tolist(),
    )
    if main.speaker_independent:
        return main, None, None
    name, reason = companion(main.name, samples.utterances, samples.corpus.tolist())
    if name is None:
        return main, None, reason
    try:
        unseen = split_utterances(
            name,
            samples.utterances,
            samples.y.tolist(),
            seed=plan.seed,
            duplicates=samples.duplicates,
            corpora=samples.corpus.tolist(),
        )
    except ParameterError as error:
        return main, None, error.message
    return main, unseen, None


def fit_works(
    plan: TrainingPlan,
    works: Sequence[FoldWork],
    *,
    samples: Samples,
    matrix: FeatureMatrix,
    data: DataFolder,
    emit: Emit,
    n_workers: int | None = None,
) -> dict[str, list[FoldResult]]:
    """Fit and test folds, in parallel.

    Parameters
    ----------
    plan : TrainingPlan
        For model, parameters, PCA and search.
    works : sequence of FoldWork
    samples, matrix, data, emit, n_workers
        As in `run_training`.

    Returns
    -------
    results : dict
        One entry a part that occurs, each in the order of its works.

    Raises
    ------
    ParameterError
        The model cannot be fitted to one of the training parts; told before any fit.
    BackendError
        A worker was lost.

    """
    for work in works:
        check_training_part(plan.model, work.y_train, parameters=plan.parameters)
    task = FoldTask(
        data_root=str(data.root),
        matrix_key=matrix.key,
        model=plan.model,
        seed=plan.seed,
        parameters=dict(plan.parameters),
        pca=plan.pca,
        tune=plan.tune,
        search_folder=str(data.root / "searches") if plan.tune else None,
        # more trials of the same search go on from those that are there
        search_key=replace(plan, tune=0).key[:16],
    )
    largest = max(len(work.train) for work in works) * matrix.X.shape[1] * 4
    if n_workers is None:
        n_workers = n_fold_workers(len(works), training_bytes=largest)
    results: dict[str, list[FoldResult]] = {work.part: [] for work in works}
    progress = _Progress(emit, samples, total=len(works))
    name = "loky" if n_workers > 1 else "sequential"
    with open_backend(name, n_workers=n_workers) as backend:
        backend.start()
        for result in backend.map(task, works):
            results[result.work.part].append(result)
            progress.step(result)
    return results


def fold_works(part: str, splitting: Splitting, samples: Samples) -> list[FoldWork]:
    """Make the folds of a split ready to be sent to workers."""
    speakers = speakers_of(samples)
    works = []
    for fold in splitting.folds:
        groups = speakers[fold.train]
        known = all(u.speaker for u in (samples.utterances[i] for i in fold.train))
        works.append(
            FoldWork(
                part=part,
                name=fold.name,
                train=samples.rows[fold.train],
                test=samples.rows[fold.test],
                y_train=samples.y[fold.train],
                groups_train=groups if known else None,
            )
        )
    return works


def n_fold_workers(n_folds: int, *, training_bytes: int) -> int:
    """Choose how many folds are fitted at once: cores, and half of free memory."""
    free = psutil.virtual_memory().available // 2
    room = max(1, free // max(1, _COPIES * training_bytes))
    return max(1, min(available_cores(), n_folds, room))


def _check_trainable(plan: TrainingPlan, chosen: ChosenCorpora) -> None:
    """Refuse what could not be split or fitted, before the long stage."""
    samples = planned_samples(plan, chosen)
    main, _, _ = split_both(plan, samples)
    for fold in main.folds:
        check_training_part(
            plan.model,
            samples.y[fold.train],
            parameters=plan.parameters,
            pca=plan.pca,
        )


def _machine() -> dict[str, Any]:
    """Return the fingerprint of this machine for the record."""
    machine = environment.fingerprint()
    machine["threadpools"] = [asdict(pool) for pool in inner_thread_pools()]
    return machine


def _log(emit: Emit, message: str) -> None:
    """Emit a line for people."""
    emit({"t": time.time(), "type": "log", "level": "info", "message": message})


class _Progress:
    """Tell each fold's end, and how much remains.

    Parameters
    ----------
    emit : callable
    samples : Samples
    total : int
        Folds in all.

    """

    def __init__(self, emit: Emit, samples: Samples, *, total: int) -> None:
        self._emit = emit
        self._truth = dict(zip(samples.rows.tolist(), samples.y.tolist(), strict=True))
        self._total = total
        self._done = 0
        self._started_s = time.monotonic()
        self._send()

    def step(self, result: FoldResult) -> None:
        """Count one fold and tell its share of right answers."""
        self._done += 1
        truth = np.array([self._truth[row] for row in result.work.test.tolist()])
        self._emit(
            {
                "t": time.time(),
                "type": "fold",
                "part": result.work.part,
                "fold": result.work.name,
                "n_train": len(result.work.train),
                "n_test": len(result.work.test),
                "war": float(np.mean(truth == result.predicted)),
                "fit_s": result.fit_s,
                "done": self._done,
                "total": self._total,
            }
        )
        self._send()

    def _send(self) -> None:
        """Emit how many folds are done."""
        elapsed_s = max(time.monotonic() - self._started_s, 1e-9)
        rate = self._done / elapsed_s
        remaining_s = (self._total - self._done) / rate if self._done else None
        self._emit(
            {
                "t": time.time(),
                "type": "progress",
                "arm": None,
                "repeat": None,
                "what": "folds",
                "done": self._done,
                "total": self._total,
                "files_per_s": rate,
                "remaining_s": remaining_s,
            }
        )
