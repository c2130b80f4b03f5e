"""Which process is meant, whether it lives, and how its whole tree is ended."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

MARKER: Final = "SER_LAB_JOB"
"""Environment variable that every process of a job carries: the job's id."""

_GRACE_S: Final = 2.0
_TRACKER_GRACE_S: Final = 1.5
_GIVE_UP_S: Final = 15.0


@dataclass(frozen=True)
class ProcessIdentity:
    """Name a process so that a later one with the same pid is not taken for it.

    Attributes
    ----------
    pid : int
        Its number, which the system reuses.
    started : str
        When it started, in the finest form the system has: on Linux the boot's id
        and clock ticks since boot (no clock adjustment moves these), elsewhere
        seconds since 1970.

    """

    pid: int
    started: str

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {"pid": self.pid, "started": self.started}

    @classmethod
    def from_json(cls, document: object) -> ProcessIdentity | None:
        """Read plain JSON; None where it names no process."""
        if not isinstance(document, dict):
            return None
        pid, started = document.get("pid"), document.get("started")
        if not isinstance(pid, int) or pid <= 0 or not isinstance(started, str):
            return None
        return cls(pid, started)


def identify(pid: int) -> ProcessIdentity | None:
    """Name a process that is alive; None where there is none (or a zombie)."""
    if sys.platform == "linux":
        boot = boot_id()
        if boot is not None:
            ticks = _linux_start_ticks(pid)
            return None if ticks is None else ProcessIdentity(pid, f"{boot}:{ticks}")
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return ProcessIdentity(pid, f"{process.create_time():.3f}")
    except psutil.Error:
        return None


def is_alive(identity: ProcessIdentity | None) -> bool:
    """Tell whether exactly this process still runs."""
    return identity is not None and identify(identity.pid) == identity


def boot_id() -> str | None:
    """Return what names this boot of the machine; None where unknown."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None


def restarted_since(identity: ProcessIdentity) -> bool:
    """Tell whether the machine was started anew after the process began."""
    boot, _, ticks = identity.started.partition(":")
    if ticks:
        return boot != boot_id()
    return psutil.boot_time() > float(identity.started) + 1.0


def first_process() -> ProcessIdentity | None:
    """Name the process with number 1, which ends with the machine or container.

    A container that is started again keeps the boot's id of its host, so the boot
    alone does not tell that everything in it was stopped meanwhile.

    Returns
    -------
    identity : ProcessIdentity or None
        None where the system does not say (other than Linux, hidden ``/proc``).

    """
    return identify(1) if sys.platform == "linux" else None


def memory_kills() -> int | None:
    """Count the processes that the kernel has killed for lack of memory.

    Returns
    -------
    count : int or None
        Since boot, over the machine (Linux); None where the system does not say.

    """
    try:
        lines = Path("/proc/vmstat").read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        name, _, value = line.partition(" ")
        if name == "oom_kill":
            return int(value)
    return None


def job_processes(
    job_id: str, *, roots: Sequence[ProcessIdentity] = ()
) -> list[psutil.Process]:
    """List the live processes of a job, the caller excepted.

    Parameters
    ----------
    job_id : str
        Processes that carry it in `MARKER` belong to the job, whoever their parent
        is by now.
    roots : sequence of ProcessIdentity
        These and everything below them belong to the job, marked or not.

    """
    found: dict[int, psutil.Process] = {}
    for root in filter(is_alive, roots):
        with suppress(psutil.Error):
            top = psutil.Process(root.pid)
            for process in (*top.children(recursive=True), top):
                found[process.pid] = process
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(MARKER) == job_id:
                found[process.pid] = process
    found.pop(os.getpid(), None)
    return [process for process in found.values() if _runs(process)]


def end_processes(
    find: Callable[[], list[psutil.Process]], *, grace_s: float = _GRACE_S
) -> set[int]:
    """End every process that `find` names: ask, then kill, until none is left.

    Resource trackers of multiprocessing and loky are spared for a moment: they end
    by themselves once their parent is gone, and remove its semaphores first.

    Parameters
    ----------
    find : callable
        Lists the processes; called again, because they may start others meanwhile.
    grace_s : float
        Seconds between asking and killing.

    Returns
    -------
    pids : set of int
        All processes that were ended.

    """
    processes = find()
    ended = {process.pid for process in processes}
    for process in processes:
        with suppress(psutil.Error):
            process.terminate()
    _wait_for([p for p in processes if not _is_tracker(p)], grace_s)
    begun = time.monotonic()
    while (processes := find()) and time.monotonic() - begun < _GIVE_UP_S:
        ended |= {process.pid for process in processes}
        patient = time.monotonic() - begun < _TRACKER_GRACE_S
        for process in processes:
            if not (patient and _is_tracker(process)):
                with suppress(psutil.Error):
                    process.kill()
        _wait_for(processes, 0.2)
    return ended


def remove_semaphores(pids: set[int], *, since: float | None = None) -> None:
    """Remove the named semaphores that ended loky pools left in shared memory.

    Parameters
    ----------
    pids : set of int
        Processes known to have belonged to the job.
    since : float, optional
        Seconds since 1970. Given, the semaphores of *any* dead process of this user
        that were made after it go as well: the pids of a job that was killed whole
        are not known.

    """
    shared = Path("/dev/shm")
    if os.name == "nt" or not shared.is_dir():
        return
    for path in shared.glob("sem.loky-*"):
        pid = path.name.split("-")[1]
        if not pid.isdigit() or identify(int(pid)) is not None:
            continue
        with suppress(OSError):
            status = path.lstat()
            ours = status.st_uid == os.geteuid()
            late = since is not None and status.st_mtime >= since
            if ours and (int(pid) in pids or late):
                path.unlink()


def _wait_for(processes: list[psutil.Process], timeout_s: float) -> None:
    """Wait until processes have ended, at most so long; zombies count as ended."""
    deadline = time.monotonic() + timeout_s
    while any(_runs(p) for p in processes) and time.monotonic() < deadline:
        time.sleep(0.02)


def _runs(process: psutil.Process) -> bool:
    """Tell whether a process is there and no zombie."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True


def _is_tracker(process: psutil.Process) -> bool:
    """Tell whether a process is a resource tracker."""
    try:
        return any("resource_tracker" in part for part in process.cmdline())
    except psutil.Error:
        return False


def _linux_start_ticks(pid: int) -> int | None:
    """Read field 22 of /proc/<pid>/stat; None for no process or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    # the name in brackets may itself hold spaces and brackets
    fields = stat.rpartition(b")")[2].split()
    return None if fields[0] in (b"Z", b"X") else int(fields[19])
