"""Run a benchmark: every repetition of every arm, and the record of all of it."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from ser_core.bench.arm import ArmSpec
from ser_core.bench.laws import fit_laws
from ser_core.bench.plan import Arm, BenchmarkPlan
from ser_core.bench.record import new_record, validate
from ser_core.bench.remarks import remarks
from ser_core.bench.repetition import (
    Listener,
    Repetition,
    measuring_cpu_s,
    other_cpu_share,
    peak_pss_bytes,
    peak_rss_bytes,
    run_repetition,
)
from ser_core.bench.selection import Selection, select
from ser_core.bench.statistics import reading, summarise
from ser_core.bench.timeline import (
    nearest_the_median,
    sample_figures,
    thin_samples,
    timeline_entries,
    within_work,
)
from ser_core.errors import CorpusError, ParameterError
from ser_core.features import feature_set
from ser_core.measure import environment
from ser_core.measure.cores import available_cores
from ser_core.measure.page_cache import (
    cold_unavailable_reason,
    drop_page_cache,
    warm_page_cache,
)
from ser_core.measure.sampler import Sample
from ser_core.store.data_folder import DataFolder

SAMPLE_EVENT_S: Final = 0.4
"""Least time between two ``sample`` events; the record keeps what lies between."""

Emit = Callable[[dict[str, Any]], None]


def run_benchmark(
    plan: BenchmarkPlan,
    *,
    data_folder: DataFolder,
    work_folder: Path,
    emit: Emit,
    should_stop: Callable[[], bool] | None = None,
) -> dict[str, Any]:
    """Measure every arm of a plan, and return the run record.

    Parameters
    ----------
    plan : BenchmarkPlan
        What to compare.
    data_folder : DataFolder
        Where corpora are registered and compiled code is kept.
    work_folder : Path
        Exists; temporary files go there, and are gone at the end.
    emit : callable
        Called with each event (see ``docs/architecture.md``), from one thread.
    should_stop : callable, optional
        Asked several times a second; True ends everything.

    Returns
    -------
    record : dict
        The run record, plain JSON.

    Raises
    ------
    ParameterError
        This machine cannot do what the plan says.
    CorpusError
        The corpus is not known, has no utterances, or none of them can be read.
    BackendError
        An arm failed; the message holds its last words.
    JobError
        `should_stop` said so.

    """
    check_plan(plan)
    chosen = select(plan, data_folder=data_folder)
    machine = environment.fingerprint()
    notes: list[str] = []
    _send(
        emit,
        "plan",
        {
            "arms": plan.to_json()["arms"],
            "repeats": plan.repeats,
            "n_files": len(chosen.paths),
        },
    )
    if plan.page_cache == "warm":
        _log(emit, f"reading {len(chosen.paths)} files once, to warm the page cache")
        reason = warm_page_cache(chosen.paths)
        notes += [] if reason is None else [f"The page cache is not warm: {reason}."]
    with tempfile.TemporaryDirectory(dir=work_folder, prefix="bench-") as folder:
        series = _Series(
            plan,
            chosen,
            folder=Path(folder),
            numba_cache=data_folder.numba_cache,
            emit=emit,
            should_stop=should_stop or (lambda: False),
        )
        series.run()
        shown = series.shown()
    machine["threadpools"] = series.runs[0]["threadpools"]
    summary = summarise(series.runs, reference_key=plan.reference_key, seed=plan.seed)
    notes += reading(summary, series.runs, reference_key=plan.reference_key)
    notes += remarks(series.runs, plan=plan, n_cores=available_cores())
    notes += series.notes
    record = {
        **new_record(
            "bench",
            label=f"{chosen.description['name']}, {len(chosen.paths)} files",
            environment=machine,
            corpus=chosen.description,
            feature_set=_described(plan.features),
        ),
        "plan": _shareable(plan).to_json(),
        "runs": series.runs,
        "summary": summary,
        "laws": fit_laws(
            series.runs,
            reference_key=plan.reference_key,
            n_cores=available_cores(),
            seed=plan.seed,
        ),
        **shown,
        "failures": series.failures,
        "notes": notes,
    }
    validate(record)
    return record


def check_plan(plan: BenchmarkPlan) -> None:
    """Check that this machine can do what a plan says.

    Raises
    ------
    ParameterError
        Too many workers, or a cold page cache where it cannot be dropped.

    """
    for arm in plan.arms:
        arm.check_here()
    reason = cold_unavailable_reason()
    if plan.page_cache == "cold" and reason is not None:
        raise ParameterError(f"page_cache = 'cold' is not possible: {reason}")


def repetition_order(arms: Sequence[Arm], repeat: int) -> list[Arm]:
    """Return the order of the arms in one repetition.

    Each repetition begins one arm later than the one before, and every second round
    runs backwards, so that no arm is always first, nor always after the same other.

    Parameters
    ----------
    arms : sequence of Arm
        In the plan's order, which the first repetition keeps.
    repeat : int
        Number of the repetition, from 1.

    """
    turn = (repeat - 1) % len(arms)
    order = [*arms[turn:], *arms[:turn]]
    backwards = (repeat - 1) // len(arms) % 2 == 1
    return order[::-1] if backwards else order


class _Series:
    """All repetitions of a plan, as they are run."""

    def __init__(
        self,
        plan: BenchmarkPlan,
        chosen: Selection,
        *,
        folder: Path,
        numba_cache: Path,
        emit: Emit,
        should_stop: Callable[[], bool],
    ) -> None:
        self.runs: list[dict[str, Any]] = []
        self.failures: list[dict[str, str]] = []
        self.notes: list[str] = []
        self._plan = plan
        self._chosen = chosen
        self._folder = folder
        self._numba_cache = numba_cache
        self._emit = emit
        self._should_stop = should_stop
        self._left_cached = 0
        self._silent: set[str] = set()
        self._kept: dict[str, list[Path]] = {arm.key: [] for arm in plan.arms}

    def run(self) -> None:
        """Run all repetitions, interleaved."""
        for repeat in range(1, self._plan.repeats + 1):
            for arm in repetition_order(self._plan.arms, repeat):
                self._run_one(arm, repeat)
        if self._left_cached:
            self.notes.append(
                f"Up to {self._left_cached / 1e6:.1f} MB of the files stayed in the "
                "page cache although it was to be cold: another program maps them."
            )
        if self._silent:
            self.notes.append(
                f"{len(self._silent)} file(s) are digital silence; they were measured "
                "like the others."
            )

    def shown(self) -> dict[str, Any]:
        """Return the timelines and samples of the repetitions nearest the median."""
        timelines, samples = {}, {}
        for arm in self._plan.arms:
            walls = [run["wall_s"] for run in self.runs if run["arm"] == arm.key]
            folder = self._kept[arm.key][nearest_the_median(walls)]
            times = json.loads((folder / "timeline.json").read_text(encoding="utf-8"))
            timelines[arm.key] = timeline_entries(self._chosen.names, times)
            samples[arm.key] = thin_samples(
                json.loads((folder / "samples.json").read_text(encoding="utf-8"))
            )
        return {"timelines": timelines, "samples": samples}

    def _run_one(self, arm: Arm, repeat: int) -> None:
        """Run one repetition of one arm, and keep what it showed."""
        folder = self._folder / f"{len(self.runs):04d}"
        where = {"arm": arm.key, "repeat": repeat}
        n_files = len(self._chosen.paths)
        _send(self._emit, "arm_started", {**where, "n_files": n_files})
        spec = ArmSpec(
            arm=arm,
            features=self._plan.features,
            paths=self._chosen.paths,
            chunk_size=self._plan.chunk_size,
            n_cores=available_cores(),
            supervisor=os.getpid(),
            timeline=folder / "timeline.json",
        )
        repetition = run_repetition(
            spec,
            numba_cache=self._numba_cache,
            folder=folder,
            listener=self._listener(where, n_files),
        )
        self._note_failures(repetition.figures)
        run = {**where, **self._figures(arm, repetition)}
        self.runs.append(run)
        samples = within_work(repetition)
        (folder / "samples.json").write_text(json.dumps(samples), encoding="utf-8")
        self._kept[arm.key].append(folder)
        shutil.rmtree(folder / "tmp", ignore_errors=True)
        _send(self._emit, "arm_finished", {**where, "run": run})

    def _listener(self, where: dict[str, Any], n_files: int) -> Listener:
        """Turn what a repetition reports into events."""
        shown_s = float("-inf")

        def on_progress(done: int, elapsed_s: float) -> None:
            rate = done / elapsed_s
            figures = {
                "done": done,
                "total": n_files,
                "files_per_s": rate,
                "remaining_s": (n_files - done) / rate,
            }
            _send(self._emit, "progress", {**where, **figures})

        def on_sample(sample: Sample, t_s: float, cpu_s: float) -> None:
            nonlocal shown_s
            if t_s - shown_s >= SAMPLE_EVENT_S or sample.pss_bytes is not None:
                shown_s = t_s
                figures = sample_figures(sample, t_s=t_s, cpu_s=cpu_s)
                _send(self._emit, "sample", {**where, **figures})

        return Listener(
            on_phase=lambda name: _send(self._emit, "phase", {**where, "name": name}),
            on_progress=on_progress,
            on_sample=on_sample,
            before_work=self._cool_down,
            should_stop=self._should_stop,
        )

    def _cool_down(self) -> None:
        """Drop the files from the page cache, if the plan wants it cold."""
        if self._plan.page_cache == "cold":
            report = drop_page_cache(self._chosen.paths)
            self._left_cached = max(self._left_cached, report.left_bytes or 0)

    def _figures(self, arm: Arm, repetition: Repetition) -> dict[str, Any]:
        """Return one entry of the record's runs, without its arm and repeat."""
        done = repetition.figures
        n_failed = len(done["failures"])
        return {
            "front_end": arm.front_end,
            "backend": arm.backend,
            "workers": arm.workers,
            "inner_threads": arm.inner_threads,
            "n_files": done["n_files"],
            "n_failed": n_failed,
            "page_cache": self._plan.page_cache,
            "wall_s": done["wall_s"],
            "startup_s": done["startup_s"],
            "warmup_s": done["warmup_s"],
            "files_per_s": (done["n_files"] - n_failed) / done["wall_s"],
            "cpu_user_s": done["cpu_user_s"],
            "cpu_system_s": done["cpu_system_s"],
            "peak_rss_bytes": peak_rss_bytes(repetition),
            "peak_pss_bytes": peak_pss_bytes(repetition),
            "high_water_bytes": repetition.last.high_water_bytes,
            "parent_rss_end_bytes": done["parent_rss_end_bytes"],
            "other_cpu_share": other_cpu_share(repetition),
            "measuring_cpu_s": measuring_cpu_s(repetition),
            "checksum": done["checksum"],
            "threadpools": done["threadpools"],
        }

    def _note_failures(self, figures: dict[str, Any]) -> None:
        """List failed files once, and stop where no file at all can be read."""
        self._silent.update(figures["silent"])
        failed = figures["failures"]
        above = f"{self._chosen.root}{os.sep}"
        names = dict(zip(self._chosen.paths, self._chosen.names, strict=True))
        known = {failure["path"] for failure in self.failures}
        for failure in failed:
            name = names[failure["path"]]
            if name not in known:
                reason = failure["reason"].replace(above, "")
                self.failures.append({"path": name, "reason": reason})
        if len(failed) == figures["n_files"]:
            raise CorpusError(
                f"none of the {len(failed)} files of '{self._chosen.root}' could be "
                f"read, so there is nothing to measure; the first one: "
                f"{failed[0]['reason']}",
                path=str(self._chosen.root),
            )


def _described(features: str) -> dict[str, Any]:
    """Return the record's ``feature_set``."""
    chosen = feature_set(features)
    return {**chosen.to_json(), "key": chosen.key}


def _shareable(plan: BenchmarkPlan) -> BenchmarkPlan:
    """Return a plan whose corpus tells no folder of this machine."""
    return replace(plan, corpus=Path(plan.corpus).name or plan.corpus)


def _log(emit: Emit, message: str) -> None:
    """Emit a line for people."""
    _send(emit, "log", {"level": "info", "message": message})


def _send(emit: Emit, kind: str, fields: dict[str, Any]) -> None:
    """Emit an event, stamped."""
    emit({"t": time.time(), "type": kind, **fields})
