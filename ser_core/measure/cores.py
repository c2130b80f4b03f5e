"""How many cores this process may use."""

from __future__ import annotations

import math
import os

import psutil

from ser_core.measure.cgroup import cpu_quota


def available_cores() -> int:
    """Return the cores that this process may use, never below 1.

    Returns
    -------
    n_cores : int
        The machine's logical cores, cut down to the process's affinity (as
        ``taskset`` sets it) and to the control group's quota (as ``docker
        --cpus`` sets it), a broken quota rounded up: half a core is only used by
        a worker of its own.

    """
    allowed = min(logical_cores(), affinity_cores() or logical_cores())
    quota = cpu_quota()
    if quota is not None:
        allowed = min(allowed, math.ceil(quota))
    return max(1, allowed)


def logical_cores() -> int:
    """Return the machine's logical cores, 1 where they cannot be counted."""
    return os.cpu_count() or 1


def affinity_cores() -> int | None:
    """Return the cores in the process's affinity, None where there is no such thing.

    macOS has none.
    """
    if not hasattr(psutil.Process, "cpu_affinity"):
        return None
    return len(psutil.Process().cpu_affinity() or []) or None
