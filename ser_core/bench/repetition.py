"""One repetition of one arm: its process, its sampler, and what they report."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ser_core.bench.arm import ArmSpec
from ser_core.bench.child import (
    child_environment,
    ending,
    last_words,
    told_error,
)
from ser_core.errors import BackendError, JobError, SerError
from ser_core.execution import thread_environment
from ser_core.measure.sampler import Sample
from ser_core.measure.sampling import Sampling, package_command
from ser_core.measure.tree import end_tree

_POLL_S: Final = 0.2
_ENDING_S: Final = 30.0


@dataclass(frozen=True, kw_only=True)
class Repetition:
    """What one repetition showed.

    Attributes
    ----------
    figures : dict
        What the arm reported: times, CPU, checksum, failures, thread pools.
    first, last : Sample
        Complete samples just before and just after the work.
    samples : tuple of Sample
        All samples from the first to the last, these two included.

    """

    figures: dict[str, Any]
    first: Sample
    last: Sample
    samples: tuple[Sample, ...]


@dataclass(frozen=True, kw_only=True)
class Listener:
    """Who is told what while a repetition runs.

    Attributes
    ----------
    on_phase : callable
        Called with ``start-up``, ``warm-up``, ``work``.
    on_progress : callable
        Called with files done and seconds since the work began.
    on_sample : callable
        Called with each sample within the work, and the seconds and the tree's CPU
        seconds since it began.
    before_work : callable
        Called when everything is warm and the work is about to begin.
    should_stop : callable
        Asked several times a second; True ends the repetition.

    """

    on_phase: Callable[[str], None]
    on_progress: Callable[[int, float], None]
    on_sample: Callable[[Sample, float, float], None]
    before_work: Callable[[], None]
    should_stop: Callable[[], bool]

    @classmethod
    def silent(cls) -> Listener:
        """Return a listener that nobody hears and that never stops anything."""
        return cls(
            on_phase=lambda _name: None,
            on_progress=lambda _done, _elapsed_s: None,
            on_sample=lambda _sample, _t_s, _cpu_s: None,
            before_work=lambda: None,
            should_stop=lambda: False,
        )


class _Arm:
    """The arm's process and the messages of it and its sampler, in one queue."""

    def __init__(self, spec: ArmSpec, *, numba_cache: Path, folder: Path) -> None:
        temporary = folder / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        specification = folder / "arm.json"
        specification.write_text(json.dumps(spec.to_json()), encoding="utf-8")
        self._log = folder / "arm.log"
        self.messages: queue.Queue[dict[str, Any] | Sample | None] = queue.Queue()
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [*package_command("ser_core.bench.arm"), str(specification)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                encoding="utf-8",
                cwd=folder,
                env=arm_environment(spec, numba_cache=numba_cache, temporary=temporary),
            )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def go(self) -> None:
        """Let the arm go on; one that has died is noticed by the end of its lines."""
        stream = self.process.stdin
        if stream is None:
            return
        try:
            stream.write("go\n")
            stream.flush()
        except BrokenPipeError:
            return

    def end(self) -> None:
        """End the arm's whole tree, if it has not ended by itself."""
        end_tree(self.process.pid)
        self.process.wait()
        self._reader.join()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    continue

    def failure(self, label: str) -> SerError:
        """Say why the arm ended before its work was done."""
        code = self.process.wait()
        return BackendError(
            f"arm '{label}' ended before its work was done ({ending(code)}): "
            f"{last_words(self._log)}"
        )

    def _read(self) -> None:
        """Put the arm's lines into the queue, and None at their end."""
        for line in self.process.stdout or ():
            if line.endswith("\n"):  # else it was killed while it wrote
                self.messages.put(json.loads(line))
        self.messages.put(None)


def run_repetition(
    spec: ArmSpec, *, numba_cache: Path, folder: Path, listener: Listener
) -> Repetition:
    """Run one repetition in a fresh process, with a sampler beside it.

    Parameters
    ----------
    spec : ArmSpec
        What the arm does.
    numba_cache : Path
        Where compiled code is kept, unless ``NUMBA_CACHE_DIR`` is set already.
    folder : Path
        A folder of its own, for the specification, the log and temporary files.
    listener : Listener
        Who is told what.

    Returns
    -------
    repetition : Repetition

    Raises
    ------
    BackendError
        The arm's pool did not start, a worker was lost, or the arm died.
    JobError
        `should_stop` said so, or the sampler died.
    SerError
        What the arm itself refused.

    """
    folder.mkdir(parents=True, exist_ok=True)
    arm = _Arm(spec, numba_cache=numba_cache, folder=folder)
    try:
        return _converse(arm, spec, listener)
    finally:
        arm.end()


def _converse(arm: _Arm, spec: ArmSpec, listener: Listener) -> Repetition:
    """Lead the arm through its three stops."""
    label = spec.arm.label
    _await(arm, "hello", label, listener)
    with Sampling(arm.process.pid, on_sample=arm.messages.put) as sampling:
        # once it has answered, its own start no longer takes time from the arm
        _complete_sample(arm, sampling, label)
        arm.go()
        _await(arm, "ready", label, listener)
        listener.before_work()
        first = _complete_sample(arm, sampling, label)
        within = [first]
        listener.on_sample(first, 0.0, 0.0)

        def take(sample: Sample) -> None:
            if sample.at_s > first.at_s:
                within.append(sample)
                cpu_s = sample.cpu_s - first.cpu_s
                listener.on_sample(sample, sample.at_s - first.at_s, cpu_s)

        arm.go()
        figures = _await(arm, "done", label, listener, take=take)
        last = _complete_sample(arm, sampling, label)
        take(last)
    arm.go()
    _await_end(arm, label, listener)
    return Repetition(figures=figures, first=first, last=last, samples=tuple(within))


def _complete_sample(arm: _Arm, sampling: Sampling, label: str) -> Sample:
    """Have a complete sample taken of an arm that waits for us."""
    try:
        return sampling.request()
    except JobError:
        if arm.process.poll() is None:
            raise
        raise arm.failure(label) from None


def _await(
    arm: _Arm,
    kind: str,
    label: str,
    listener: Listener,
    *,
    take: Callable[[Sample], None] | None = None,
) -> dict[str, Any]:
    """Handle messages until one of a kind comes, and return it."""
    while True:
        message = _next(arm, listener)
        if message is None:
            raise arm.failure(label)
        if isinstance(message, Sample):
            if take is not None:
                take(message)
        elif message["type"] == kind:
            return message
        elif message["type"] == "phase":
            listener.on_phase(message["name"])
        elif message["type"] == "progress":
            listener.on_progress(message["done"], message["elapsed_s"])
        elif message["type"] == "error":
            raise told_error(message, f"arm '{label}'")


def _next(arm: _Arm, listener: Listener) -> dict[str, Any] | Sample | None:
    """Return the next message; stop where that is asked for."""
    while True:
        if listener.should_stop():
            raise JobError("the benchmark was cancelled; start it again to measure")
        try:
            return arm.messages.get(timeout=_POLL_S)
        except queue.Empty:
            continue


def _await_end(arm: _Arm, label: str, listener: Listener) -> None:
    """Let the arm close its pool; it has time, because its figures are here."""
    while (message := _next(arm, listener)) is not None:
        if not isinstance(message, Sample) and message["type"] == "error":
            raise told_error(message, f"arm '{label}'")
    try:
        arm.process.wait(timeout=_ENDING_S)
    except subprocess.TimeoutExpired:
        # the measurement is complete: `end` kills what is left
        return


def arm_environment(
    spec: ArmSpec, *, numba_cache: Path, temporary: Path
) -> dict[str, str]:
    """Return the environment in which an arm's process starts.

    Parameters
    ----------
    spec : ArmSpec
        Which arm, on how many cores.
    numba_cache : Path
        Used where ``NUMBA_CACHE_DIR`` is not set.
    temporary : Path
        Where libraries put temporary files, so that they go with the job.

    Returns
    -------
    environment : dict of str

    """
    return child_environment(
        thread_environment(
            spec.arm.inner_threads,
            n_cores=spec.n_cores,
            backend=spec.arm.backend,
            n_workers=spec.arm.workers,
        ),
        numba_cache=numba_cache,
        temporary=temporary,
    )


def peak_rss_bytes(repetition: Repetition) -> int:
    """Return the largest resident memory of the tree during the work, in bytes.

    The largest sampled sum; or the high-water mark of the largest single process,
    where that is more and was reached during the work: no sampling misses it.
    """
    peak = max(sample.rss_bytes for sample in repetition.samples)
    before = repetition.first.largest_high_water_bytes
    after = repetition.last.largest_high_water_bytes
    if before is not None and after is not None and after > before:
        return max(peak, after)
    return peak


def peak_pss_bytes(repetition: Repetition) -> int | None:
    """Return the largest sampled PSS of the tree during the work; None without any."""
    return max(
        (s.pss_bytes for s in repetition.samples if s.pss_bytes is not None),
        default=None,
    )


def other_cpu_share(repetition: Repetition) -> float:
    """Return the share of the machine's cores that others used during the work.

    Busy time of all cores, less that of the tree, of the sampler and of its
    supervisor; divided by all cores' time. From 0 to 1. Time that a hypervisor gave
    to other machines counts as used by others.
    """
    first, last = repetition.first, repetition.last
    capacity_s = (last.at_s - first.at_s) * max(1, len(last.cores))
    others_s = (
        (last.busy_s - first.busy_s)
        - (last.cpu_s - first.cpu_s)
        - measuring_cpu_s(repetition)
    )
    return min(1.0, max(0.0, others_s / capacity_s))


def measuring_cpu_s(repetition: Repetition) -> float:
    """Return the CPU seconds of sampler and supervisor during the work."""
    return repetition.last.measuring_s - repetition.first.measuring_s
