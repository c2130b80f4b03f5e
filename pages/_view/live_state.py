"""What a live view knows of a job: its events folded into one value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_TRACE_POINTS: Final = 400


@dataclass
class Lane:
    """One arm of the race.

    Attributes
    ----------
    key, label, backend : str
        As the ``plan`` event names them.
    repeat : int
        Repetition under way or last seen, from 0.
    phase : str
        ``waiting``, ``start-up``, ``warm-up``, ``work`` or ``finished``.
    done, total : int
        Files of this repetition.
    files_per_s, remaining_s : float or None
        As the last ``progress`` event said.
    work_began : float or None
        Unix time at which the repetition's work began.
    trace : list of (float, int)
        Seconds since work began and files done, for the repetition under way.
    runs : list of dict
        Finished repetitions.

    """

    key: str
    label: str
    backend: str
    total: int = 0
    repeat: int = 0
    phase: str = "waiting"
    done: int = 0
    files_per_s: float | None = None
    remaining_s: float | None = None
    work_began: float | None = None
    trace: list[tuple[float, int]] = field(default_factory=list)
    runs: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def best_wall_s(self) -> float | None:
        """Return the shortest finished repetition in seconds, if any."""
        return min((float(run["wall_s"]) for run in self.runs), default=None)


@dataclass
class LiveRun:
    """A job's events, folded.

    Attributes
    ----------
    offset : int
        How far into the events file this has read.
    lanes : dict of str to Lane
        Arms in the plan's order; empty for jobs that measure nothing.
    active : str or None
        Key of the arm under way.
    what, unit, done, total, remaining_s
        Progress of a job without arms; ``total`` is 0 while it is unknown.
    samples : list of dict
        Samples of the repetition under way.
    stages : list of dict
        Stages of a pipeline or a training so far, each with ``name`` and ``state``.
    folds : list of dict
        Folds of a training that are fitted and tested.
    training : dict or None
        Which of several trainings is under way: ``number``, ``total``, ``label``.
    log : list of dict
        What the job said.

    """

    offset: int = 0
    repeats: int = 0
    n_files: int = 0
    lanes: dict[str, Lane] = field(default_factory=dict)
    active: str | None = None
    what: str = ""
    unit: str = "files"
    done: int = 0
    total: int = 0
    files_per_s: float | None = None
    remaining_s: float | None = None
    started: float | None = None
    ended: float | None = None
    samples: list[Mapping[str, Any]] = field(default_factory=list)
    stages: list[Mapping[str, Any]] = field(default_factory=list)
    folds: list[Mapping[str, Any]] = field(default_factory=list)
    training: Mapping[str, Any] | None = None
    log: list[Mapping[str, Any]] = field(default_factory=list)

    def take(self, events: Iterable[Mapping[str, Any]], offset: int) -> LiveRun:
        """Fold further events in.

        Parameters
        ----------
        events : iterable of mapping
            In the order written; types that this view does not show are passed
            over, so that newer jobs can say more.
        offset : int
            Where the next read starts.

        Returns
        -------
        self : LiveRun

        """
        for event in events:
            handler = _HANDLERS.get(str(event.get("type")))
            if handler is not None:
                handler(self, event)
        self.offset = offset
        return self

    @property
    def repetitions_done(self) -> int:
        """Count the finished repetitions over all arms."""
        return sum(len(lane.runs) for lane in self.lanes.values())


def _on_started(run: LiveRun, event: Mapping[str, Any]) -> None:
    """Note when work on the job began."""
    run.started = float(event["t"])


def _on_ended(run: LiveRun, event: Mapping[str, Any]) -> None:
    """Note when the job ended."""
    run.ended = float(event["t"])
    run.active = None


def _on_plan(run: LiveRun, event: Mapping[str, Any]) -> None:
    """Open one lane for each arm."""
    run.repeats = int(event["repeats"])
    run.n_files = int(event["n_files"])
    run.lanes = {
        arm["key"]: Lane(arm["key"], arm["label"], arm["backend"], run.n_files)
        for arm in event["arms"]
    }


def _on_arm_started(run: LiveRun, event: Mapping[str, Any]) -> None:
    """Send an arm to the start line."""
    run.active = event["arm"]
    lane = run.lanes[event["arm"]]
    lane.repeat = int(event["repeat"])
    lane.total = int(event["n_files"])
    lane.phase = "start-up"
    lane.done = 0
    lane.files_per_s = lane.remaining_s = lane.work_began = None
    lane.trace = []


def _on_phase(run: LiveRun, event: Mapping[str, Any]) -> None:
    """Follow an arm through start-up, warm-up and work."""
    lane = run.lanes.get(event["arm"])
    if lane is None:
        return
    lane.phase = str(event["name"])
    if lane.phase == "work":
        lane.work_began = float(event["t"])
        lane.trace = [(0.0, 0)]


def _on_progress(run: LiveRun, event: Mapping[str, Any]) -> None:
    """Move an arm, or the job itself where it has no arms."""
    lane = run.lanes.get(event["arm"]) if event.get("arm") else None
    if lane is None:
        run.what = str(event.get("what") or run.what)
        run.unit = str(event.get("unit") or "files")
        run.done, run.total = int(event["done"]), int(event["total"])
        run.files_per_s = event.get("files_per_s")
        run.remaining_s = event.get("remaining_s")
        return
    lane.done, lane.total = int(event["done"]), int(event["total"])
    lane.files_per_s = event.get("files_per_s")
    lane.remaining_s = event.get("remaining_s")
    if lane.work_began is not None and len(lane.trace) < _TRACE_POINTS:
        lane.trace.append((float(event["t"]) - lane.work_began, lane.done))


def _on_sample(run: LiveRun, event: Mapping[str, Any]) -> None:
    """Keep a sample of the repetition under way."""
    # the last repetition's stay in sight until the next one's first sample
    same = ("arm", "repeat")
    if run.samples and any(run.samples[-1][name] != event[name] for name in same):
        run.samples = []
    run.samples.append(event)


def _on_arm_finished(run: LiveRun, event: Mapping[str, Any]) -> None:
    """Bring an arm over the finish line."""
    lane = run.lanes[event["arm"]]
    result = event["run"]
    lane.runs.append(result)
    lane.phase = "finished"
    lane.done = lane.total = int(result["n_files"])
    lane.files_per_s = float(result["files_per_s"])
    lane.remaining_s = 0.0
    lane.trace.append((float(result["wall_s"]), lane.done))
    run.active = None


def _on_stage(run: LiveRun, event: Mapping[str, Any]) -> None:
    """Keep the latest word on a stage."""
    run.stages = [s for s in run.stages if s["name"] != event["name"]] + [event]
    run.what, run.done, run.total, run.remaining_s = str(event["name"]), 0, 0, None


def _on_training(run: LiveRun, event: Mapping[str, Any]) -> None:
    """Begin with the next of several trainings."""
    run.training = event
    run.stages, run.folds = [], []
    run.what, run.done, run.total, run.remaining_s = "", 0, 0, None


def _on_fold(run: LiveRun, event: Mapping[str, Any]) -> None:
    """Keep what a fold gave."""
    run.folds.append(event)


def _on_log(run: LiveRun, event: Mapping[str, Any]) -> None:
    """Keep what the job said."""
    run.log.append(event)


_HANDLERS: Final = {
    "started": _on_started,
    "finished": _on_ended,
    "failed": _on_ended,
    "cancelled": _on_ended,
    "plan": _on_plan,
    "arm_started": _on_arm_started,
    "phase": _on_phase,
    "progress": _on_progress,
    "sample": _on_sample,
    "arm_finished": _on_arm_finished,
    "stage": _on_stage,
    "fold": _on_fold,
    "training_plan": _on_training,
    "log": _on_log,
}
