"""Studies of a training plan: what changes when one thing does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from ser_core.errors import ParameterError
from ser_core.execution import inner_thread_pools
from ser_core.features.registry import feature_set
from ser_core.measure import environment
from ser_core.store.data_folder import DataFolder
from ser_core.store.record_head import begin_record
from ser_core.training.corpus_data import ChosenCorpora, choose_corpora
from ser_core.training.plan import TrainingPlan, describe
from ser_core.training.record import shareable, validate
from ser_core.training.schema import STUDIES
from ser_core.training.studies.acceleration import study_acceleration
from ser_core.training.studies.coefficients import study_coefficients
from ser_core.training.studies.dimensions import study_dimensions
from ser_core.training.studies.importance import study_importance
from ser_core.training.studies.learning_curve import study_learning_curve
from ser_core.training.studies.place import Emit, Found, Place

_STUDIES: Final[dict[str, Callable[[TrainingPlan, Place], Found]]] = {
    "learning-curve": study_learning_curve,
    "coefficients": study_coefficients,
    "dimensions": study_dimensions,
    "importance": study_importance,
    "acceleration": study_acceleration,
}


def run_study(
    parameters: Mapping[str, Any],
    *,
    data: DataFolder,
    work_folder: Path,
    emit: Emit,
) -> dict[str, Any]:
    """Run one study and make its record.

    Parameters
    ----------
    parameters : mapping
        ``study``, one of `ser_core.training.schema.STUDIES`, and ``plan`` as
        `TrainingPlan.to_json` writes it.
    data : DataFolder
    work_folder : Path
        Scratch space.
    emit : callable
        Takes each event.

    Returns
    -------
    record : dict
        Of kind ``study``; what its rows hold stands with each study's function.

    Raises
    ------
    ParameterError
        The study is not known, or the plan is not possible.
    SerError
        As `ser_core.training.runner.run_training`.

    """
    name = parameters.get("study")
    if name not in STUDIES:
        raise ParameterError(
            f"study = {name!r} is not known; choose one of: {', '.join(STUDIES)}"
        )
    plan = TrainingPlan.from_json(dict(parameters.get("plan") or {}))
    chosen = choose_corpora(plan, data=data)
    found = _STUDIES[name](
        plan, Place(data=data, work_folder=work_folder, emit=emit, chosen=chosen)
    )
    record = {
        **_head(plan, chosen),
        "study": name,
        "plan": shareable(plan).to_json(),
        "rows": found.rows,
        "failures": [],
        "notes": found.notes,
    }
    record["label"] = f"{name}: {describe(plan)}"[:200]
    validate(record)
    return record


def _head(plan: TrainingPlan, chosen: ChosenCorpora) -> dict[str, Any]:
    """Begin the record."""
    machine = environment.fingerprint()
    machine["threadpools"] = [asdict(pool) for pool in inner_thread_pools()]
    described = feature_set(plan.features)
    return begin_record(
        "study",
        label=describe(plan),
        environment=machine,
        corpus={
            "name": " + ".join(chosen.names())[:100],
            "synthetic": chosen.synthetic,
            "root": None,
            "fingerprint": None,
            "n_utterances": sum(chosen.n_listed),
            "n_files": sum(len(corpus.utterances) for corpus in chosen.corpora),
            "duration_s": None,
        },
        feature_set={**described.to_json(), "key": described.key},
    )
