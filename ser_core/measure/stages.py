"""Measure the stages of a pipeline that runs in this process."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import psutil

from ser_core.errors import JobError
from ser_core.measure.sampler import Sample
from ser_core.measure.sampling import Sampling
from ser_core.measure.tree import ProcessTree


class StageRecorder:
    """Time stages and record what they use; a context manager.

    A sampler process runs beside; it is left out of every figure.

    Parameters
    ----------
    emit : callable, optional
        Called with ``stage`` events when a stage starts and finishes, and with a
        ``sample`` event (``arm`` and ``repeat`` null) for each sample. The latter
        come from a thread of their own, so `emit` must bear calls from several.

    Attributes
    ----------
    stages : list of dict
        One entry per finished stage, in order: ``name``, ``wall_s``,
        ``cpu_user_s`` and ``cpu_system_s`` (whole tree, with children already
        reaped), ``rss_end_bytes`` (this process alone at the stage's end, as the
        reference report has it), ``peak_rss_bytes`` and ``peak_pss_bytes`` (whole
        tree, largest sample within the stage, its end included),
        ``private_end_bytes`` (whole tree at the end: what would be free if it
        ended).

    Examples
    --------
    >>> with StageRecorder() as recorder:
    ...     with recorder.stage("metadata"):
    ...         total = sum(range(1000))
    >>> recorder.stages[0]["name"]
    'metadata'

    """

    def __init__(self, *, emit: Callable[[dict[str, Any]], None] | None = None) -> None:
        self.stages: list[dict[str, Any]] = []
        self._emit = emit
        self._sampling: Sampling | None = None
        self._tree: ProcessTree | None = None
        self._started_s = time.monotonic()
        self._lock = threading.Lock()
        self._current: str | None = None
        self._peak_rss = 0
        self._peak_pss: int | None = None

    def __enter__(self) -> StageRecorder:
        self._sampling = Sampling(os.getpid(), on_sample=self._take, inside=True)
        self._sampling.__enter__()
        self._tree = ProcessTree(os.getpid(), exclude=[self._sampling.pid])
        self._started_s = time.monotonic()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._sampling is not None:
            self._sampling.__exit__(kind, error, trace)
            self._sampling = None

    def snapshot(self) -> dict[str, Any]:
        """Return CPU time so far and memory now, for ``initial`` and ``final``.

        Returns
        -------
        figures : dict
            ``cpu_user_s``, ``cpu_system_s`` (whole tree since its start),
            ``rss_bytes`` (this process alone), ``private_bytes`` (whole tree; None
            where the platform does not tell).

        """
        cpu = self._measured_tree().cpu_times()
        return {
            "cpu_user_s": cpu.user_s,
            "cpu_system_s": cpu.system_s,
            "rss_bytes": psutil.Process().memory_info().rss,
            "private_bytes": self._request().private_bytes,
        }

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure what runs inside the ``with`` block.

        Parameters
        ----------
        name : str
            Name of the stage. A stage that raises is not recorded.

        Raises
        ------
        JobError
            Another stage is running, the recorder is not started, or its sampler
            was killed.

        """
        tree = self._measured_tree()
        if self._current is not None:
            raise JobError(
                f"stage {name!r} was started inside stage {self._current!r}; "
                "stages follow each other"
            )
        # so that a stage's peak is never below what it started with
        first = self._request()
        with self._lock:
            self._current = name
            self._peak_rss, self._peak_pss = first.rss_bytes, first.pss_bytes
        self._send({"type": "stage", "name": name, "state": "started"})
        try:
            cpu_start = tree.cpu_times()
            start_s = time.perf_counter()
            yield
            wall_s = time.perf_counter() - start_s
            cpu = tree.cpu_times() - cpu_start
            rss_end = psutil.Process().memory_info().rss
            last = self._request()
        finally:
            self._current = None
        with self._lock:
            figures = {
                "name": name,
                "wall_s": wall_s,
                "cpu_user_s": cpu.user_s,
                "cpu_system_s": cpu.system_s,
                "rss_end_bytes": rss_end,
                "peak_rss_bytes": self._peak_rss,
                "peak_pss_bytes": self._peak_pss,
                "private_end_bytes": last.private_bytes,
            }
        self.stages.append(figures)
        self._send({"type": "stage", "state": "finished", **figures})

    def _take(self, sample: Sample) -> None:
        """Keep a sample's part in the running stage's peaks."""
        with self._lock:
            self._peak_rss = max(self._peak_rss, sample.rss_bytes)
            if sample.pss_bytes is not None:
                self._peak_pss = max(self._peak_pss or 0, sample.pss_bytes)
        self._send(
            {
                "type": "sample",
                "arm": None,
                "repeat": None,
                "t_s": sample.at_s - self._started_s,
                "rss_bytes": sample.rss_bytes,
                "pss_bytes": sample.pss_bytes,
                "cores": list(sample.cores),
                "cpu_s": sample.cpu_s,
            }
        )

    def _request(self) -> Sample:
        """Have the sampler take a complete sample now."""
        if self._sampling is None:
            raise JobError("the recorder is not started; use it in a with statement")
        return self._sampling.request()

    def _measured_tree(self) -> ProcessTree:
        """Return the tree that is measured."""
        if self._tree is None:
            raise JobError("the recorder is not started; use it in a with statement")
        return self._tree

    def _send(self, event: dict[str, Any]) -> None:
        """Emit an event, stamped."""
        if self._emit is not None:
            self._emit({"t": time.time(), **event})
