from __future__ import annotations

from pathlib import Path

import pytest

from ser_core.measure.cgroup import cpu_quota, memory_limit_bytes


def make_files(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_version_2_quota_is_quota_over_period(tmp_path: Path) -> None:
    root = make_files(
        tmp_path,
        {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n"},
    )
    assert cpu_quota(root) == 1.5


def test_tightest_group_on_the_way_up_counts(tmp_path: Path) -> None:
    root = make_files(
        tmp_path,
        {
            "proc/self/cgroup": "0::/batch/job\n",
            "sys/fs/cgroup/batch/job/cpu.max": "max 100000\n",
            "sys/fs/cgroup/batch/cpu.max": "200000 100000\n",
            "sys/fs/cgroup/cpu.max": "800000 100000\n",
        },
    )
    assert cpu_quota(root) == 2.0


def test_path_of_the_host_falls_back_to_the_mount(tmp_path: Path) -> None:
    root = make_files(
        tmp_path,
        {
            "proc/self/cgroup": "0::/docker/0123456789ab\n",
            "sys/fs/cgroup/cpu.max": "50000 100000\n",
        },
    )
    assert cpu_quota(root) == 0.5


def test_version_1_quota_is_read_from_its_controller(tmp_path: Path) -> None:
    root = make_files(
        tmp_path,
        {
            "proc/self/cgroup": "3:cpu,cpuacct:/\n2:memory:/x\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "300000\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/x/memory.limit_in_bytes": "1073741824\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        },
    )
    assert cpu_quota(root) == 3.0
    assert memory_limit_bytes(root) == 1 << 30


@pytest.mark.parametrize("text", ["max 100000\n", "", "x y\n", "100000 0\n", "1\n"])
def test_no_usable_limit_is_none(tmp_path: Path, text: str) -> None:
    root = make_files(
        tmp_path,
        {
            "proc/self/cgroup": "broken\n0::/\n",
            "sys/fs/cgroup/cpu.max": text,
            "sys/fs/cgroup/memory.max": "max\n",
        },
    )
    assert cpu_quota(root) is None
    assert memory_limit_bytes(root) is None


def test_version_1_quota_of_minus_one_is_none(tmp_path: Path) -> None:
    root = make_files(
        tmp_path,
        {
            "proc/self/cgroup": "3:cpu:/\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        },
    )
    assert cpu_quota(root) is None


def test_system_without_control_groups_has_no_limits(tmp_path: Path) -> None:
    assert cpu_quota(tmp_path) is None
    assert memory_limit_bytes(tmp_path) is None
