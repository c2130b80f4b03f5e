"""The fingerprint of machine and software that every run record carries."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import psutil

import ser_core
from ser_core.execution.inner_threads import THREAD_VARIABLES, inner_thread_pools
from ser_core.measure.cgroup import cpu_quota, memory_limit_bytes
from ser_core.measure.cores import affinity_cores, available_cores, logical_cores

PACKAGES: Final = (
    "joblib",
    "librosa",
    "llvmlite",
    "numba",
    "numpy",
    "psutil",
    "resampy",
    "scikit-learn",
    "scipy",
    "soundfile",
    "soxr",
    "threadpoolctl",
)
"""Packages whose versions can change a figure."""

_COMMAND_S: Final = 5.0
"""How long a small system command may take."""


def fingerprint() -> dict[str, Any]:
    """Describe the machine, the system and the software of this process.

    Returns
    -------
    environment : dict
        Plain JSON. Sizes in bytes, frequencies in MHz; None where the platform
        does not tell. No user, host or folder name is in it, because records are
        exported and shared.

    Notes
    -----
    ``threadpools`` are those of the calling process; a benchmark replaces them by
    what a worker saw.

    """
    return {
        "cpu": _cpu(),
        "memory": _memory(),
        "os": _system(),
        "python": {
            "version": platform.python_version(),
            "implementation": platform.python_implementation(),
            "compiler": platform.python_compiler(),
        },
        "packages": {name: _version(name) for name in PACKAGES},
        "thread_variables": {
            name: os.environ[name] for name in THREAD_VARIABLES if name in os.environ
        },
        "threadpools": [asdict(pool) for pool in inner_thread_pools()],
        "load_average": _load_average(),
        "version": ser_core.__version__,
        "commit": _commit(Path(ser_core.__file__).resolve().parents[1]),
    }


def _cpu() -> dict[str, Any]:
    """Describe the processor and how much of it is ours."""
    return {
        "model": _cpu_model(),
        "architecture": platform.machine(),
        "logical_cores": logical_cores(),
        "physical_cores": psutil.cpu_count(logical=False),
        "affinity_cores": affinity_cores(),
        "quota_cores": cpu_quota(),
        "available_cores": available_cores(),
        "frequency_mhz": _frequency_mhz(),
        "governor": _governor(),
    }


def _memory() -> dict[str, Any]:
    """Describe the memory, with the control group's limit."""
    memory = psutil.virtual_memory()
    return {
        "total_bytes": memory.total,
        "available_bytes": memory.available,
        "swap_bytes": psutil.swap_memory().total,
        "limit_bytes": memory_limit_bytes(),
    }


def _system() -> dict[str, Any]:
    """Name the operating system."""
    distribution = None
    if platform.system() == "Linux":
        try:
            distribution = platform.freedesktop_os_release().get("PRETTY_NAME")
        except OSError:
            distribution = None  # a container without /etc/os-release
    return {
        "system": platform.system(),
        "release": platform.release(),
        "distribution": distribution,
        "container": _in_container(),
    }


def _cpu_model(cpuinfo: Path = Path("/proc/cpuinfo")) -> str | None:
    """Return the processor's marketing name."""
    if platform.system() == "Darwin":
        return _output(["sysctl", "-n", "machdep.cpu.brand_string"])
    try:
        text = cpuinfo.read_text(errors="replace")
    except OSError:
        return platform.processor() or None
    # ARM kernels give no name, only the maker's numbers
    found = re.search(r"^(?:model name|Model)\s*:\s*(.+)$", text, re.MULTILINE)
    return found.group(1).strip() if found else platform.processor() or None


def _frequency_mhz() -> dict[str, float] | None:
    """Return the current, least and greatest clock rate; 0 means not told."""
    # psutil has no such function where the kernel offers no clock at all
    frequency = psutil.cpu_freq() if hasattr(psutil, "cpu_freq") else None
    if frequency is None:
        return None
    return {
        "current": float(frequency.current),
        "min": float(frequency.min),
        "max": float(frequency.max),
    }


def _governor() -> str | None:
    """Return what decides the clock rate on Linux, as ``performance``."""
    path = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    try:
        return path.read_text().strip()
    except OSError:
        return None


def _in_container() -> bool:
    """Tell whether the usual marks of a container are there."""
    return (
        any(Path(mark).exists() for mark in ("/.dockerenv", "/run/.containerenv"))
        or "container" in os.environ
    )


def _load_average() -> list[float] | None:
    """Return the load over 1, 5 and 15 minutes."""
    return [float(load) for load in psutil.getloadavg()]


def _version(package: str) -> str | None:
    """Return an installed package's version."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _commit(project: Path) -> dict[str, Any] | None:
    """Return the project's commit, None outside a clone or without git."""
    if not (project / ".git").exists():
        return None
    commit = _output(["git", "-C", str(project), "rev-parse", "HEAD"])
    if commit is None:
        return None
    changes = _output(["git", "-C", str(project), "status", "--porcelain", "-uno"])
    return {"hash": commit, "modified": None if changes is None else bool(changes)}


def _output(command: list[str]) -> str | None:
    """Return what a small command prints, None where it cannot be run."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=_COMMAND_S,
            check=True,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
