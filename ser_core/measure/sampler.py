"""A process that watches another one's tree and writes what it sees.

It runs beside the measured tree, never inside it, so that what it costs is not
counted as the work's: ``python -m ser_core.measure.sampler --pid PID``. Samples go
to standard output, one JSON object a line. A line with a number on standard input
asks for one complete sample at once; the end of standard input, or of the watched
process, ends the sampler.

Notes
-----
A sampler at 20 Hz that read ``smaps`` inside the measured process cost a tenth of
the speed-up in a trial: hence 10 Hz at most (and 5 Hz unless said otherwise) for
what is cheap, 1 Hz for PSS.

"""

from __future__ import annotations

import argparse
import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import psutil

from ser_core.errors import ParameterError
from ser_core.measure.tree import CpuTimes, ProcessTree

MIN_INTERVAL_S: Final = 0.1
"""Shortest time between two samples of CPU and RSS."""

INTERVAL_S: Final = 0.2
"""Time between two samples unless said otherwise: enough for a chart, half the cost."""


MIN_PSS_INTERVAL_S: Final = 1.0
"""Shortest time between two samples of PSS, whose reading stops the process."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """What the tree and the machine had used at one moment.

    Attributes
    ----------
    at_s : float
        Time by `time.monotonic`, which all processes of a machine share.
    rss_bytes : int
        Resident memory, summed over the tree.
    pss_bytes, private_bytes : int or None
        Proportional and unique set size, summed; None in samples between PSS
        readings and where the platform does not tell them.
    high_water_bytes, largest_high_water_bytes : int or None
        The kernel's high-water marks, summed and the largest one; only in samples
        that were asked for.
    user_s, system_s : float
        CPU seconds of the tree since its start.
    cores : tuple of float
        Use of each logical core since the sample before, in percent.
    busy_s : float
        CPU seconds that all cores of the machine were busy since it started,
        including those that a hypervisor gave to others.
    measuring_s : float
        CPU seconds of the sampler and of its supervisor, if it has one.
    n_processes : int
        Processes in the tree.
    request : int or None
        The number of the request that this sample answers.

    """

    at_s: float
    rss_bytes: int
    pss_bytes: int | None
    private_bytes: int | None
    high_water_bytes: int | None
    largest_high_water_bytes: int | None
    user_s: float
    system_s: float
    cores: tuple[float, ...]
    busy_s: float
    measuring_s: float
    n_processes: int
    request: int | None

    @property
    def cpu_s(self) -> float:
        """User and system seconds of the tree together."""
        return self.user_s + self.system_s

    @classmethod
    def from_json(cls, line: str) -> Sample:
        """Read a sample from one line that the sampler wrote."""
        fields: dict[str, Any] = json.loads(line)
        return cls(**{**fields, "cores": tuple(fields["cores"])})


class TreeWatcher:
    """Take samples of one process tree.

    Parameters
    ----------
    pid : int
        Root of the watched tree.
    exclude : sequence of int
        Processes that are left out of the tree.
    supervisor : int or None
        A process outside the tree whose CPU time counts as the measuring's.
    pss_interval_s : float
        Time between two samples that read PSS.

    """

    def __init__(
        self,
        pid: int,
        *,
        exclude: Sequence[int],
        supervisor: int | None,
        pss_interval_s: float,
    ) -> None:
        self._tree = ProcessTree(pid, exclude=exclude, max_age_s=1.0)
        self._supervisor = psutil.Process(supervisor) if supervisor else None
        self._pss_interval_s = pss_interval_s
        self._pss_read_s = float("-inf")
        psutil.cpu_percent(percpu=True)  # the first call only sets the starting point

    def alive(self) -> bool:
        """Tell whether the watched root still runs."""
        return self._tree.alive()

    def take(self, *, request: int | None = None) -> Sample:
        """Take one sample, a complete one where it was asked for."""
        asked = request is not None
        if asked:
            self._tree.refresh()
        now = time.monotonic()
        reads_pss = asked or now - self._pss_read_s >= self._pss_interval_s
        if reads_pss:
            self._pss_read_s = now
        cpu = self._tree.cpu_times()
        return Sample(
            at_s=now,
            rss_bytes=self._tree.rss_bytes(),
            pss_bytes=self._tree.pss_bytes() if reads_pss else None,
            private_bytes=self._tree.private_bytes() if asked else None,
            high_water_bytes=self._tree.high_water_bytes() if asked else None,
            largest_high_water_bytes=(
                self._tree.largest_high_water_bytes() if asked else None
            ),
            user_s=cpu.user_s,
            system_s=cpu.system_s,
            cores=tuple(psutil.cpu_percent(percpu=True)),
            busy_s=machine_busy_s(),
            measuring_s=self._measuring_s(),
            n_processes=len(self._tree.processes()),
            request=request,
        )

    def _measuring_s(self) -> float:
        """Return the CPU seconds that watching has cost so far."""
        own = time.process_time()
        if self._supervisor is None:
            return own
        try:
            times = self._supervisor.cpu_times()
        except psutil.NoSuchProcess:
            return own
        return own + CpuTimes(times.user, times.system).total_s


def machine_busy_s() -> float:
    """Return the CPU seconds of all cores that were not idle since the start.

    Time stolen by a hypervisor is included: this machine could not use it. Guest
    time is not added, because the kernel counts it as user time already.
    """
    times = psutil.cpu_times()._asdict()
    quiet = ("idle", "iowait", "guest", "guest_nice")
    return float(sum(value for name, value in times.items() if name not in quiet))


def main(arguments: Sequence[str] | None = None) -> int:
    """Sample until the watched process or the one that reads the samples ends."""
    options = _parser().parse_args(arguments)
    if options.interval < MIN_INTERVAL_S or options.pss_interval < MIN_PSS_INTERVAL_S:
        raise ParameterError(
            f"interval = {options.interval}, pss_interval = {options.pss_interval}; "
            f"allowed are at least {MIN_INTERVAL_S} s and {MIN_PSS_INTERVAL_S} s: "
            "faster sampling slows down what it measures"
        )
    # Ctrl-C reaches the whole foreground group; the supervisor decides what ends
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests: queue.Queue[int | None] = queue.Queue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    try:
        watcher = TreeWatcher(
            options.pid,
            exclude=[*options.exclude, os.getpid()],
            supervisor=options.supervisor,
            pss_interval_s=options.pss_interval,
        )
        _sample_until_ended(watcher, requests, options.interval)
    except (psutil.NoSuchProcess, BrokenPipeError):
        # the watched process or the reader is gone: nothing is left to do
        return 0
    return 0


def _sample_until_ended(
    watcher: TreeWatcher, requests: queue.Queue[int | None], interval_s: float
) -> None:
    """Write a sample every interval and at each request."""
    due_s = time.monotonic()
    while watcher.alive():
        try:
            request = requests.get(timeout=max(0.0, due_s - time.monotonic()))
        except queue.Empty:
            _write(watcher.take())
            # counted from now: after a pause nothing has to be caught up
            due_s = time.monotonic() + interval_s
            continue
        if request is None:
            return
        _write(watcher.take(request=request))


def _write(sample: Sample) -> None:
    """Write one sample as one line."""
    sys.stdout.write(json.dumps(asdict(sample)) + "\n")
    sys.stdout.flush()


def _listen(requests: queue.Queue[int | None]) -> None:
    """Hand on the numbers that come in on standard input, None at its end."""
    for line in sys.stdin:
        requests.put(int(line))
    requests.put(None)


def _parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ser_core.measure.sampler",
        description="Sample CPU and memory of a process tree as JSON lines.",
    )
    parser.add_argument("--pid", type=int, required=True, help="root of the tree")
    parser.add_argument("--exclude", type=int, action="append", default=[])
    parser.add_argument("--supervisor", type=int, help="counted as measuring")
    parser.add_argument("--interval", type=float, default=INTERVAL_S)
    parser.add_argument("--pss-interval", type=float, default=MIN_PSS_INTERVAL_S)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
