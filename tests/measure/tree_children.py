"""Small processes with a known use of CPU and memory, for the tests to measure."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

WAIT_S = 30.0


@contextmanager
def child(code: str) -> Iterator[subprocess.Popen[str]]:
    """Run code in a process; yield once it has written a line, end it after."""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
        yield process
    finally:
        process.kill()
        process.communicate()


HOLD = "import sys; print('ready', flush=True); sys.stdin.read()"
"""Waits until its standard input ends."""


def holding(n_bytes: int) -> str:
    """Return code that fills memory and holds it."""
    return f"import sys; held = b'x' * {n_bytes}; {HOLD}"


def burning(cpu_s: float) -> str:
    """Return code that uses so much CPU time, then ends."""
    return f"import time\nwhile time.process_time() < {cpu_s}: pass"


def burn(cpu_s: float) -> None:
    """Use so much CPU time in this process."""
    begun_s = time.process_time()
    while time.process_time() - begun_s < cpu_s:
        pass


def wait_until(condition: Callable[[], bool]) -> bool:
    """Tell whether a condition comes true within a generous time."""
    deadline_s = time.monotonic() + WAIT_S
    while time.monotonic() < deadline_s:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def runs(pid: int) -> bool:
    """Tell whether a process is there and is more than a zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
