"""The fresh process that does one repetition of one arm.

``python -m ser_core.bench.arm SPECFILE`` speaks with its supervisor in lines: JSON
objects on standard output, the word ``go`` on standard input. It waits for ``go``
three times: before it starts its pool, so that the sampler is in place; before the
work, so that the files can be dropped from the page cache; and after it, so that the
memory of all workers can be read while they live. The end of standard input means
that the supervisor is gone, and ends the arm.

The supervisor sets the environment, because libraries read it when they are loaded.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, TextIO, TypeVar

import numpy as np
import psutil

from ser_core.bench.child import end_with, private_output
from ser_core.bench.plan import Arm
from ser_core.errors import SerError
from ser_core.execution import Backend, inner_thread_pools, open_backend
from ser_core.features import Extraction, ExtractionTask, feature_set
from ser_core.measure.tree import ProcessTree

PROGRESS_S: Final = 0.2
"""Least time between two reports of progress."""

WARM_UP_TRIES: Final = 10
"""Files that are tried until one can be read, to warm up with."""

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class ArmSpec:
    """Tell an arm's process what to do.

    Attributes
    ----------
    arm : Arm
        Which arm.
    features : str
        Name of the feature set.
    paths : tuple of str
        The files, in corpus order.
    chunk_size : int
        Files that a worker is given at once.
    n_cores : int
        Cores that may be used.
    supervisor : int
        Process without which the arm is to end.
    timeline : Path
        File for when each recording was worked on, and by whom.
    progress_s : float or None, default 0.2
        Least time between two reports of progress; None for no reports.

    """

    arm: Arm
    features: str
    paths: tuple[str, ...]
    chunk_size: int
    n_cores: int
    supervisor: int
    timeline: Path
    progress_s: float | None = PROGRESS_S

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "arm": asdict(self.arm),
            "features": self.features,
            "paths": list(self.paths),
            "chunk_size": self.chunk_size,
            "n_cores": self.n_cores,
            "supervisor": self.supervisor,
            "timeline": str(self.timeline),
            "progress_s": self.progress_s,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> ArmSpec:
        """Read what `to_json` wrote."""
        return cls(
            arm=Arm(**document["arm"]),
            features=document["features"],
            paths=tuple(document["paths"]),
            chunk_size=document["chunk_size"],
            n_cores=document["n_cores"],
            supervisor=document["supervisor"],
            timeline=Path(document["timeline"]),
            progress_s=document["progress_s"],
        )


class Supervisor:
    """Speak with the process that started this one.

    Parameters
    ----------
    stream : text stream
        Where lines for the supervisor go.

    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._words: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def tell(self, kind: str, fields: Mapping[str, Any] | None = None) -> None:
        """Send one line, from any thread."""
        with self._lock:
            self._stream.write(json.dumps({"type": kind, **(fields or {})}) + "\n")
            self._stream.flush()

    def wait_for_go(self) -> None:
        """Wait until the supervisor says ``go``."""
        self._words.get()

    def _listen(self) -> None:
        """Take words in; end this process with the supervisor."""
        for word in sys.stdin:
            self._words.put(word)
        # the workers watch this process, and end with it
        os._exit(1)


class Tally:
    """Take in the extractions of one repetition, in corpus order, and keep no array.

    Parameters
    ----------
    started_s : float
        When the work began, by `time.monotonic`.

    Attributes
    ----------
    n_done : int
        Files taken in.
    failures : list of dict
        ``path`` and ``reason`` of each file that could not be read.
    silent : list of str
        Files that are digital silence.
    timeline : list
        Worker, start and end in seconds since the work began, and success.

    """

    def __init__(self, started_s: float) -> None:
        self.n_done = 0
        self.failures: list[dict[str, str]] = []
        self.silent: list[str] = []
        self.timeline: list[tuple[str, float, float, bool]] = []
        self._started_s = started_s
        self._hash = hashlib.sha256()

    @property
    def checksum(self) -> str:
        """SHA-256 (hex) of the arrays so far, as little-endian float32."""
        return self._hash.hexdigest()

    def add(self, extraction: Extraction) -> None:
        """Take in the next file."""
        self.n_done += 1
        values = extraction.values
        if values is None:
            reason = extraction.error or "no features, and no reason given"
            self.failures.append({"path": extraction.path, "reason": reason})
        else:
            self._hash.update(np.ascontiguousarray(values, dtype="<f4").data)
        if extraction.note is not None:
            self.silent.append(extraction.path)
        self.timeline.append(
            (
                extraction.worker,
                round(extraction.started_s - self._started_s, 6),
                round(extraction.ended_s - self._started_s, 6),
                values is not None,
            )
        )


def run_arm(spec: ArmSpec, supervisor: Supervisor) -> None:
    """Do one repetition: start the pool, warm it up, do the work, report.

    Parameters
    ----------
    spec : ArmSpec
        What to do.
    supervisor : Supervisor
        Whom to tell.

    Raises
    ------
    BackendError
        The pool cannot start, or a worker was lost.

    Notes
    -----
    ``startup_s`` is the time until every worker answers. ``warmup_s`` is the time in
    which each worker works on one file; librosa loads what it needs, and numba its
    compiled code, in it. ``wall_s`` is the time from then until the last file's
    features are here: the arm's interpreter and its ending are in none of them. CPU
    times are those of the whole tree within ``wall_s``.

    """
    task = ExtractionTask(
        feature_set=feature_set(spec.features), front_end=spec.arm.front_end
    )
    supervisor.tell("hello")
    supervisor.wait_for_go()
    supervisor.tell("phase", {"name": "start-up"})
    with open_backend(
        spec.arm.backend,
        n_workers=spec.arm.workers,
        inner_threads=spec.arm.inner_threads,
        n_cores=spec.n_cores,
    ) as backend:
        start_s = time.perf_counter()
        backend.start()
        startup_s = time.perf_counter() - start_s
        supervisor.tell("phase", {"name": "warm-up"})
        warmup_s = _warm_up(backend, task, spec.paths)
        pools = _only(backend.map(inner_thread_pools, [None]))
        supervisor.tell("ready")
        supervisor.wait_for_go()
        supervisor.tell("phase", {"name": "work"})
        figures = _work(backend, task, spec, supervisor)
        supervisor.tell(
            "done",
            {
                "startup_s": startup_s,
                "warmup_s": warmup_s,
                "threadpools": [asdict(pool) for pool in pools],
                **figures,
            },
        )
        supervisor.wait_for_go()


def _warm_up(backend: Backend, task: ExtractionTask, paths: Sequence[str]) -> float:
    """Let every worker work on the first file that can be read; return seconds."""
    start_s = time.perf_counter()
    chosen = paths[0]
    for path in paths[:WARM_UP_TRIES]:
        if _only(backend.map(task, [path])).error is None:
            chosen = path
            break
    backend.warm_up(task, chosen)
    return time.perf_counter() - start_s


def _only(results: Iterable[Result]) -> Result:
    """Return the one result of a map over one item, and let the map end."""
    (result,) = results
    return result


def _work(
    backend: Backend, task: ExtractionTask, spec: ArmSpec, supervisor: Supervisor
) -> dict[str, Any]:
    """Extract every file and return the figures of it."""
    tree = ProcessTree(os.getpid())
    cpu_start = tree.cpu_times()
    told_s = started_s = time.monotonic()
    pause_s = math.inf if spec.progress_s is None else spec.progress_s
    tally = Tally(started_s)
    start_s = time.perf_counter()
    for extraction in backend.map(task, spec.paths, chunk_size=spec.chunk_size):
        tally.add(extraction)
        now_s = time.monotonic()
        if now_s - told_s >= pause_s:
            told_s = now_s
            supervisor.tell(
                "progress", {"done": tally.n_done, "elapsed_s": now_s - started_s}
            )
    wall_s = time.perf_counter() - start_s
    cpu = tree.cpu_times() - cpu_start
    parent_rss_bytes = psutil.Process().memory_info().rss
    spec.timeline.write_text(json.dumps(tally.timeline))
    return {
        "started_s": started_s,
        "wall_s": wall_s,
        "cpu_user_s": cpu.user_s,
        "cpu_system_s": cpu.system_s,
        "parent_rss_end_bytes": parent_rss_bytes,
        "n_files": tally.n_done,
        "checksum": tally.checksum,
        "failures": tally.failures,
        "silent": tally.silent,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the arm that a specification file describes."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if len(given) != 1:
        sys.stderr.write("usage: python -m ser_core.bench.arm SPECFILE\n")
        return 2
    spec = ArmSpec.from_json(json.loads(Path(given[0]).read_text(encoding="utf-8")))
    end_with(spec.supervisor)
    # Ctrl-C reaches the whole foreground group; the supervisor decides what ends.
    # Workers inherit it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with private_output() as stream:
        supervisor = Supervisor(stream)
        try:
            run_arm(spec, supervisor)
        except SerError as error:
            supervisor.tell(
                "error", {"error": type(error).__name__, "message": error.message}
            )
            return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
