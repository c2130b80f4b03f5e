from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ser_core.measure import cores


@pytest.mark.parametrize(
    ("logical", "affinity", "quota", "expected"),
    [
        (8, 8, None, 8),
        (8, 2, None, 2),
        (8, None, None, 8),
        (8, 8, 3.0, 3),
        (8, 8, 1.5, 2),
        (8, 1, 4.0, 1),
        (2, 2, 16.0, 2),
        (8, 8, 0.2, 1),
    ],
)
def test_tightest_limit_counts_and_one_core_is_always_left(
    monkeypatch: pytest.MonkeyPatch,
    logical: int,
    affinity: int | None,
    quota: float | None,
    expected: int,
) -> None:
    monkeypatch.setattr(cores, "logical_cores", lambda: logical)
    monkeypatch.setattr(cores, "affinity_cores", lambda: affinity)
    monkeypatch.setattr(cores, "cpu_quota", lambda: quota)
    assert cores.available_cores() == expected


@pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="this system has no affinity"
)
@pytest.mark.timeout(60)
def test_process_bound_to_one_core_has_one() -> None:
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from ser_core.measure.cores import available_cores\n"
        "print(available_cores())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "1"
