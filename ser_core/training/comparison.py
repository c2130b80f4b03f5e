"""Run several training plans one after the other and keep each one's record."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ser_core.errors import ParameterError, SerError
from ser_core.store.data_folder import DataFolder
from ser_core.store.runs import RunStore
from ser_core.training.plan import TrainingPlan, describe
from ser_core.training.runner import run_training

Emit = Callable[[Mapping[str, Any]], None]


def run_comparison(
    parameters: Mapping[str, Any],
    *,
    data: DataFolder,
    work_folder: Path,
    emit: Emit,
) -> dict[str, Any]:
    """Run each plan, store its record, and go on where one cannot be run.

    Parameters
    ----------
    parameters : mapping
        ``plans``: list of plans as `TrainingPlan.to_json` writes them.
    data : DataFolder
    work_folder : Path
    emit : callable
        Takes each event; ``plan`` events tell which plan begins.

    Returns
    -------
    result : dict
        ``runs``: ids of the stored records; ``failed``: ``plan`` and ``reason`` of
        each that could not be run.

    Raises
    ------
    ParameterError
        There are no plans, or one is not possible; nothing is run then.
    SerError
        None of the plans could be run; the first reason.

    """
    documents = parameters.get("plans")
    if not isinstance(documents, list) or not documents:
        raise ParameterError(
            "a comparison needs a list of training plans under 'plans'; give one plan "
            "or more"
        )
    plans = [TrainingPlan.from_json(document) for document in documents]
    store = RunStore(data.runs)
    store.prepare()
    runs: list[str] = []
    failed: list[dict[str, Any]] = []
    first: SerError | None = None
    for number, plan in enumerate(plans, 1):
        emit(
            {
                "t": time.time(),
                "type": "training_plan",
                "number": number,
                "total": len(plans),
                "label": describe(plan),
            }
        )
        try:
            record = run_training(plan, data=data, work_folder=work_folder, emit=emit)
        except SerError as error:
            first = first or error
            failed.append({"plan": describe(plan), "reason": str(error)})
            _warn(emit, f"{describe(plan)} could not be run: {error}")
            continue
        runs.append(store.add(record))
    if first is not None and not runs:
        raise first
    return {"runs": runs, "failed": failed}


def _warn(emit: Emit, message: str) -> None:
    """Emit a warning for people."""
    emit({"t": time.time(), "type": "log", "level": "warning", "message": message})
