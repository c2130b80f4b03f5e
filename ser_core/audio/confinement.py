"""Give up what a decoder does not need, before it looks at a stranger's file.

Called in the process that decodes, once, after its libraries are loaded and its input
is open. What a platform lacks is left out, and the answer says what was set.
"""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path
from typing import Any, Final

from ser_core.audio.system_calls import forbid_system_calls

_MAX_OPEN_FILES: Final = 16
_SPARE_CPU_S: Final = 5
_PR_SET_NO_NEW_PRIVS: Final = 38


def confine(*, memory_bytes: int, cpu_s: float) -> tuple[str, ...]:
    """Limit this process for good.

    Parameters
    ----------
    memory_bytes : int
        Address space beyond what is in use now.
    cpu_s : float
        Computing time from now on, in seconds.

    Returns
    -------
    measures : tuple of str
        What was set: "memory", "computing time", "file size", "core file", "open
        files", "processes", "privileges", "system calls"; on Windows nothing.

    """
    measures = [*_limit_resources(memory_bytes, cpu_s)]
    if _refuse_privileges():
        measures.append("privileges")
        if forbid_system_calls():
            measures.append("system calls")
    return tuple(measures)


def _limit_resources(memory_bytes: int, cpu_s: float) -> list[str]:
    """Set what `setrlimit` can, and name it."""
    try:
        import resource
    except ImportError:
        return []
    used_s = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    wanted: list[tuple[str, str, int]] = [
        ("computing time", "RLIMIT_CPU", math.ceil(used_s + cpu_s) + _SPARE_CPU_S),
        ("file size", "RLIMIT_FSIZE", 0),
        ("core file", "RLIMIT_CORE", 0),
        ("open files", "RLIMIT_NOFILE", _MAX_OPEN_FILES),
        ("processes", "RLIMIT_NPROC", 0),
    ]
    used_bytes = _address_space_bytes()
    if used_bytes is not None:
        wanted.insert(0, ("memory", "RLIMIT_AS", used_bytes + memory_bytes))
    return [name for name, kind, most in wanted if _limited(resource, kind, most)]


def _limited(resource: Any, kind: str, most: int) -> bool:
    """Set one limit, softly and for good, unless it is lower already."""
    number = getattr(resource, kind, None)
    if number is None:
        return False
    try:
        hard = resource.getrlimit(number)[1]
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        resource.setrlimit(number, (most, most))
    except (OSError, ValueError):
        return False
    return True


def _address_space_bytes() -> int | None:
    """Return the size of this process's address space, where Linux tells it."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def _refuse_privileges() -> bool:
    """Make sure that no program started from here could gain rights (Linux)."""
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    prctl = ctypes.CDLL(None).prctl
    return bool(prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
