"""What a control group (container, batch system) allows this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

_UNLIMITED_BYTES: Final = 1 << 60
"""Version 1 writes "no limit" as a number near 2**63."""


def cpu_quota(root: Path = Path("/")) -> float | None:
    """Return the cores that the process's control groups grant.

    Parameters
    ----------
    root : Path, default ``/``
        Where ``proc`` and ``sys`` lie; tests give a folder of their own.

    Returns
    -------
    quota : float or None
        Cores, as 1.5; the tightest of the group and its ancestors. None where no
        limit is set or the platform has no control groups.

    """
    quotas = []
    for folder in _group_folders(root, "cpu"):
        quota = _quota_v2(folder / "cpu.max") or _quota_v1(folder)
        if quota is not None:
            quotas.append(quota)
    return min(quotas, default=None)


def memory_limit_bytes(root: Path = Path("/")) -> int | None:
    """Return the memory in bytes that the control groups grant, None without limit.

    Parameters
    ----------
    root : Path, default ``/``
        Where ``proc`` and ``sys`` lie.

    """
    limits = []
    for folder in _group_folders(root, "memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            text = _read(folder / name)
            if text.isdigit() and int(text) < _UNLIMITED_BYTES:
                limits.append(int(text))
    return min(limits, default=None)


def _group_folders(root: Path, controller: str) -> Iterator[Path]:
    """Yield the folders of this process's group and of its ancestors."""
    mounts = root / "sys/fs/cgroup"
    for line in _read(root / "proc/self/cgroup").splitlines():
        fields = line.split(":", 2)
        if len(fields) != 3:
            continue
        controllers = fields[1].split(",")
        if fields[1] == "":
            mount = mounts
        elif controller in controllers:
            mount = mounts / controller
        else:
            continue
        group = PurePosixPath(fields[2].lstrip("/"))
        # Inside a container the path is often the host's while the mount shows
        # the container's own group at its top: the walk up ends there.
        for part in (group, *group.parents):
            yield mount / part


def _quota_v2(path: Path) -> float | None:
    """Read ``cpu.max``: quota and period in microseconds, or ``max``."""
    fields = _read(path).split()
    if len(fields) == 2 and fields[0].isdigit() and fields[1].isdigit():
        return int(fields[0]) / int(fields[1]) if int(fields[1]) else None
    return None


def _quota_v1(folder: Path) -> float | None:
    """Read version 1's quota and period; a quota of -1 means none."""
    quota = _read(folder / "cpu.cfs_quota_us")
    period = _read(folder / "cpu.cfs_period_us")
    if quota.isdigit() and period.isdigit() and int(quota) and int(period):
        return int(quota) / int(period)
    return None


def _read(path: Path) -> str:
    """Return a small file's text, empty where it is not there."""
    try:
        return path.read_text().strip()
    except OSError:
        return ""
