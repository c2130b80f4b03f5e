from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import cast

import pytest

from ser_core.bench.guard import WorkerGuard
from ser_core.execution import Backend

pytestmark = pytest.mark.timeout(60)

GRACE_S = 0.2


class PoolOf:
    """List the processes that it is told to."""

    def __init__(self, *pids: int) -> None:
        self.pids = list(pids)

    def worker_pids(self) -> list[int]:
        return self.pids


@pytest.fixture
def worker() -> Iterator[subprocess.Popen[bytes]]:
    code = "import sys; sys.stdin.read()"
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def guard(pool: PoolOf, lost: threading.Event) -> WorkerGuard:
    return WorkerGuard(cast(Backend, pool), on_lost=lost.set, grace_s=GRACE_S)


def test_worker_that_is_killed_and_still_listed_is_lost(
    worker: subprocess.Popen[bytes],
) -> None:
    lost = threading.Event()
    with guard(PoolOf(worker.pid), lost):
        assert not lost.wait(3 * GRACE_S)
        worker.kill()
        assert lost.wait(30)


def test_worker_that_the_pool_replaced_is_not_lost(
    worker: subprocess.Popen[bytes],
) -> None:
    lost = threading.Event()
    pool = PoolOf(worker.pid)
    with guard(pool, lost):
        pool.pids = [os.getpid()]
        worker.kill()
        assert not lost.wait(5 * GRACE_S)


def test_pool_without_processes_needs_no_guard() -> None:
    lost = threading.Event()
    with guard(PoolOf(), lost):
        assert not lost.wait(3 * GRACE_S)


def test_nobody_watches_after_the_work() -> None:
    lost = threading.Event()
    pool = PoolOf()
    with guard(pool, lost):
        pass
    pool.pids = [2**22 + 1]
    assert not lost.wait(3 * GRACE_S)
