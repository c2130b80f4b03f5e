from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest
from tree_children import HOLD, burn, burning, child, holding, runs, wait_until

from ser_core.measure.tree import CpuTimes, ProcessTree, end_tree

pytestmark = pytest.mark.timeout(150)

LINUX_ONLY = pytest.mark.skipif(not psutil.LINUX, reason="only Linux tells this")


def test_times_subtract_and_add_up() -> None:
    used = CpuTimes(3.0, 1.0) - CpuTimes(1.0, 0.5)
    assert used == CpuTimes(2.0, 0.5)
    assert used.total_s == 2.5


def test_busy_loop_in_this_process_is_counted() -> None:
    tree = ProcessTree(os.getpid())
    before = tree.cpu_times()
    burn(0.3)
    # the kernel counts in steps of a hundredth of a second
    assert (tree.cpu_times() - before).total_s >= 0.27


@LINUX_ONLY
def test_cpu_of_a_child_that_has_ended_is_counted() -> None:
    tree = ProcessTree(os.getpid())
    before = tree.cpu_times()
    subprocess.run([sys.executable, "-c", burning(0.4)], check=True)
    assert (tree.cpu_times() - before).total_s >= 0.37


def test_memory_of_a_child_is_added() -> None:
    n_bytes = 60_000_000
    tree = ProcessTree(os.getpid())
    before = tree.rss_bytes()
    with child(holding(n_bytes)):
        assert tree.rss_bytes() - before >= n_bytes
        private = tree.private_bytes()
        assert private is None or private >= n_bytes


@LINUX_ONLY
def test_pss_counts_shared_pages_once_and_is_below_rss() -> None:
    with child(HOLD), child(HOLD):
        tree = ProcessTree(os.getpid())
        pss = tree.pss_bytes()
        assert pss is not None
        assert 0 < pss < tree.rss_bytes()


@LINUX_ONLY
def test_high_water_mark_remembers_memory_that_was_given_back() -> None:
    n_bytes = 80_000_000
    code = f"held = b'x' * {n_bytes}; del held; {HOLD}"
    with child(code) as process:
        tree = ProcessTree(process.pid)
        mark = tree.high_water_bytes()
        assert mark is not None
        assert mark >= n_bytes
        assert tree.rss_bytes() < n_bytes
        assert tree.largest_high_water_bytes() == mark


def test_excluded_child_is_left_out() -> None:
    with child(HOLD) as process:
        assert process.pid in pids(ProcessTree(os.getpid()))
        assert process.pid not in pids(ProcessTree(os.getpid(), exclude=[process.pid]))


def test_kept_listing_is_renewed_on_demand() -> None:
    tree = ProcessTree(os.getpid(), max_age_s=1e6)
    assert tree.processes()
    with child(HOLD) as process:
        assert process.pid not in pids(tree)
        tree.refresh()
        assert process.pid in pids(tree)


def test_process_that_waits_to_be_reaped_is_not_alive() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.PIPE)
    tree = ProcessTree(process.pid)
    assert wait_until(lambda: not tree.alive())
    assert tree.rss_bytes() == 0
    process.communicate()
    assert not tree.alive()


def test_unknown_process_is_refused() -> None:
    with pytest.raises(psutil.NoSuchProcess):
        ProcessTree(2**22 + 1)


def test_ending_a_tree_ends_grandchildren_and_spares_the_excluded() -> None:
    code = (
        "import subprocess, sys\n"
        "hold = 'import time; time.sleep(600)'\n"
        "made = [subprocess.Popen([sys.executable, '-c', hold]) for _ in 'ab']\n"
        "print('ready', flush=True)\n"
        "print(*[process.pid for process in made], flush=True)\n"
        "sys.stdin.read()"
    )
    with child(code) as process:
        assert process.stdout is not None
        doomed, spared = map(int, process.stdout.readline().split())
        try:
            end_tree(process.pid, exclude=[spared])
            assert not runs(process.pid)
            assert not runs(doomed)
            assert runs(spared)
        finally:
            psutil.Process(spared).kill()


def test_ending_a_tree_that_is_gone_does_nothing() -> None:
    process = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        capture_output=True,
        text=True,
        check=True,
    )
    end_tree(int(process.stdout))


def pids(tree: ProcessTree) -> list[int]:
    return [process.pid for process in tree.processes()]
