"""CPU time and memory of a process and everything below it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class CpuTimes:
    """CPU seconds in user and in kernel mode."""

    user_s: float
    system_s: float

    @property
    def total_s(self) -> float:
        """User and system seconds together."""
        return self.user_s + self.system_s

    def __sub__(self, earlier: CpuTimes) -> CpuTimes:
        return CpuTimes(self.user_s - earlier.user_s, self.system_s - earlier.system_s)


class ProcessTree:
    """Add up what a process and all its descendants use.

    Parameters
    ----------
    pid : int
        The root of the tree.
    exclude : collection of int, optional
        Processes left out although they belong to the tree, as a sampler that the
        measured process started itself.
    max_age_s : float, default 0
        How long a listing of the tree may be used again. A listing reads the
        parent of every process of the machine, which a sampler that reads ten
        times a second can only afford once a second.

    Raises
    ------
    psutil.NoSuchProcess
        There is no process `pid`.

    Notes
    -----
    A process that ends between listing and reading counts as nothing; the CPU time
    of children that ended and were waited for stays in their parent's account
    (Linux). Pages that several processes share are counted once for each of them
    in RSS, and divided among them in PSS.

    """

    def __init__(
        self, pid: int, *, exclude: Collection[int] = (), max_age_s: float = 0.0
    ) -> None:
        self._root = psutil.Process(pid)
        self._exclude = frozenset(exclude)
        self._max_age_s = max_age_s
        self._listed: list[psutil.Process] = []
        self._listed_s = float("-inf")

    def alive(self) -> bool:
        """Tell whether the root still runs; one that waits to be reaped does not."""
        try:
            return (
                self._root.is_running() and self._root.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.NoSuchProcess:
            return False

    def processes(self) -> list[psutil.Process]:
        """List the tree, its root first."""
        now = time.monotonic()
        if not self._listed or now - self._listed_s >= self._max_age_s:
            try:
                below = self._root.children(recursive=True)
            except psutil.NoSuchProcess:
                below = []
            tree = [self._root, *below]
            self._listed = [p for p in tree if p.pid not in self._exclude]
            self._listed_s = now
        return self._listed

    def refresh(self) -> None:
        """List the tree anew at the next reading, whatever `max_age_s` says."""
        self._listed = []

    def cpu_times(self) -> CpuTimes:
        """Return the CPU time of the tree, with that of children already reaped."""
        user = system = 0.0
        for process in self.processes():
            try:
                times = process.cpu_times()
            except psutil.Error:
                continue
            # Windows keeps no account of children that ended
            user += times.user + getattr(times, "children_user", 0.0)
            system += times.system + getattr(times, "children_system", 0.0)
        return CpuTimes(user, system)

    def rss_bytes(self) -> int:
        """Return the resident memory in bytes, summed over the tree."""
        return self._sum(lambda process: process.memory_info().rss) or 0

    def pss_bytes(self) -> int | None:
        """Return the proportional set size in bytes, summed over the tree.

        None where the platform does not know it (macOS, Windows) or does not let
        one of the processes be read.
        """
        return self._sum(
            lambda process: getattr(process.memory_full_info(), "pss", None)
        )

    def private_bytes(self) -> int | None:
        """Return the memory in bytes that the tree's processes wrote for themselves.

        Summed; None where it cannot be read. On Linux the private pages that were
        written, in memory or in swap; elsewhere the unique set size.

        Notes
        -----
        The unique set size also holds pages of libraries as long as nobody else has
        them mapped: 100 MB that come and go with other people's processes.
        """
        return self._sum(_private_bytes)

    def high_water_bytes(self) -> int | None:
        """Return each process's largest resident memory so far, summed, in bytes.

        An upper bound of the tree's peak, because the processes need not have had
        their largest size at the same moment; exact for a tree of one. None on
        macOS, whose kernel tells it to the process itself alone.
        """
        return self._sum(_high_water_bytes)

    def largest_high_water_bytes(self) -> int | None:
        """Return the largest high-water mark of any single process, in bytes.

        A lower bound of the tree's peak that no sampling interval can miss.
        """
        marks = [_guarded(_high_water_bytes, p) for p in self.processes()]
        return max((m for m in marks if m is not None), default=None)

    def _sum(self, read: Callable[[psutil.Process], int | None]) -> int | None:
        """Add a figure up; None as soon as one living process will not tell it."""
        total = 0
        for process in self.processes():
            try:
                value = read(process)
            except (psutil.NoSuchProcess, psutil.ZombieProcess):
                continue
            except psutil.AccessDenied:
                return None
            if value is None:
                return None
            total += value
        return total


def end_tree(pid: int, *, exclude: Collection[int] = (), grace_s: float = 3.0) -> None:
    """Kill a process and everything below it, and wait until they are gone.

    Parameters
    ----------
    pid : int
        The root; nothing happens where it does not exist.
    exclude : collection of int, optional
        Processes to spare.
    grace_s : float, default 3
        How long the resource trackers of `multiprocessing` and loky get to end by
        themselves. They outlive the others for a moment, because it is they who
        remove semaphores and shared memory from ``/dev/shm``; killed at once they
        would leave them behind.

    """
    try:
        root = psutil.Process(pid)
        doomed = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    doomed = [process for process in doomed if process.pid not in exclude]
    trackers = [process for process in doomed if _is_resource_tracker(process)]
    _kill([process for process in doomed if process not in trackers], grace_s)
    _, left = psutil.wait_procs(trackers, timeout=grace_s)
    _kill(left, grace_s)


def _kill(processes: list[psutil.Process], wait_s: float) -> None:
    """Kill processes, root first so that it cannot start new ones, and wait."""
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(processes, timeout=wait_s)


def _is_resource_tracker(process: psutil.Process) -> bool:
    """Tell whether a process is a resource tracker, by its command line."""
    try:
        return any("resource_tracker" in word for word in process.cmdline())
    except psutil.Error:
        return False


def _guarded(
    read: Callable[[psutil.Process], int | None], process: psutil.Process
) -> int | None:
    """Read one process's figure, None where it ended or may not be read."""
    try:
        return read(process)
    except psutil.Error:
        return None


def _private_bytes(process: psutil.Process) -> int | None:
    """Return one process's written private memory; None where it is hidden."""
    if not psutil.LINUX:
        unique: int | None = getattr(process.memory_full_info(), "uss", None)
        return unique
    try:
        rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError) as error:
        raise psutil.NoSuchProcess(process.pid) from error
    except PermissionError as error:
        raise psutil.AccessDenied(process.pid) from error
    found = re.findall(
        r"^(?:Private_Dirty|Private_Hugetlb|Swap):\s*(\d+) kB", rollup, re.MULTILINE
    )
    return sum(int(size) for size in found) * 1024


def _high_water_bytes(process: psutil.Process) -> int | None:
    """Return one process's high-water mark; None where the platform hides it."""
    if not psutil.LINUX:
        # Windows' memory_info has this field, macOS' has not
        mark: int | None = getattr(process.memory_info(), "peak_wset", None)
        return mark
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError) as error:
        raise psutil.NoSuchProcess(process.pid) from error
    found = re.search(r"^VmHWM:\s*(\d+) kB", status, re.MULTILINE)
    # a process that waits to be reaped has no memory, and no such line
    return int(found.group(1)) * 1024 if found else 0
