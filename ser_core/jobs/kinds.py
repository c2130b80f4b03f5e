"""The kinds of job, and the function that does the work of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ser_core.errors import JobError
from ser_core.jobs.work_place import WorkPlace

Work = Callable[[Mapping[str, Any], WorkPlace], dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Describe one kind of job.

    Attributes
    ----------
    work : callable
        Takes the spec's parameters and the place; returns the result.
    needs_machine : bool
        It measures or uses every core: one at a time, the rest queue.
    keeps_record : bool
        Its result is a run record, to be kept in the run store.

    """

    work: Work
    needs_machine: bool = True
    keeps_record: bool = False


def _bench(parameters: Mapping[str, Any], place: WorkPlace) -> dict[str, Any]:
    """Run a benchmark plan."""
    from ser_core.bench.plan import BenchmarkPlan
    from ser_core.bench.runner import run_benchmark

    return run_benchmark(
        BenchmarkPlan.from_json(dict(parameters)),
        data_folder=place.data,
        work_folder=place.work_folder,
        emit=place.emit,
    )


def _pipeline(parameters: Mapping[str, Any], place: WorkPlace) -> dict[str, Any]:
    """Run a pipeline plan."""
    from ser_core.bench.pipeline import PipelinePlan, run_pipeline

    return run_pipeline(
        PipelinePlan.from_json(dict(parameters)),
        data_folder=place.data,
        work_folder=place.work_folder,
        emit=place.emit,
    )


def _train(parameters: Mapping[str, Any], place: WorkPlace) -> dict[str, Any]:
    """Run a training plan."""
    from ser_core.training.plan import TrainingPlan
    from ser_core.training.runner import run_training

    return run_training(
        TrainingPlan.from_json(dict(parameters)),
        data=place.data,
        work_folder=place.work_folder,
        emit=place.emit,
    )


def _compare(parameters: Mapping[str, Any], place: WorkPlace) -> dict[str, Any]:
    """Run several training plans, one after the other."""
    from ser_core.training.comparison import run_comparison

    return run_comparison(
        parameters, data=place.data, work_folder=place.work_folder, emit=place.emit
    )


def _study(parameters: Mapping[str, Any], place: WorkPlace) -> dict[str, Any]:
    """Run a study of a training plan."""
    from ser_core.training.studies import run_study

    return run_study(
        parameters, data=place.data, work_folder=place.work_folder, emit=place.emit
    )


def _synthesize(parameters: Mapping[str, Any], place: WorkPlace) -> dict[str, Any]:
    """Generate a synthetic corpus."""
    from ser_core.jobs.corpus_work import synthesize_corpus

    return synthesize_corpus(parameters, place)


def _download(parameters: Mapping[str, Any], place: WorkPlace) -> dict[str, Any]:
    """Download a corpus."""
    from ser_core.jobs.corpus_work import download_corpus

    return download_corpus(parameters, place)


def _predict(parameters: Mapping[str, Any], place: WorkPlace) -> dict[str, Any]:
    """Hear recordings of a corpus."""
    from ser_core.jobs.predict_work import predict_files

    return predict_files(parameters, place)


KINDS: Final[dict[str, Kind]] = {
    "bench": Kind(work=_bench, keeps_record=True),
    "pipeline": Kind(work=_pipeline, keeps_record=True),
    "train": Kind(work=_train, keeps_record=True),
    "compare": Kind(work=_compare),
    "study": Kind(work=_study, keeps_record=True),
    "synthesize": Kind(work=_synthesize),
    "predict": Kind(work=_predict),
    "download": Kind(work=_download, needs_machine=False),
}
"""Every kind by its name."""


def kind_of(name: str) -> Kind:
    """Look a kind up.

    Raises
    ------
    JobError
        The name is not in `KINDS`.

    """
    try:
        return KINDS[name]
    except KeyError:
        raise JobError(
            f"kind = {name!r} is no kind of job; choose one of: {', '.join(KINDS)}"
        ) from None


def needs_machine(name: str) -> bool:
    """Tell whether jobs of a kind queue; one whose kind is unknown does."""
    kind = KINDS.get(name)
    return kind is None or kind.needs_machine
