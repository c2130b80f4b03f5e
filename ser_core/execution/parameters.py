"""What a back end may be asked for, and the checks of it."""

from __future__ import annotations

import os
import sys
from typing import Final

from ser_core.errors import BackendError, ParameterError

BACKENDS: Final = ("sequential", "threads", "processes", "loky")
"""The back ends known by name."""

INNER_THREADS: Final = ("1", "default", "all")
"""The settings of the threads inside BLAS, OpenMP and numba."""

_WORKERS_ALWAYS_ALLOWED: Final = 64
_WORKERS_PER_CORE_ALLOWED: Final = 4
# Windows waits on at most 63 handles at once; the executors keep three of them.
_MAX_WORKERS_ON_WINDOWS: Final = 60


def max_workers(backend: str) -> int:
    """Return the largest worker count that a back end accepts on this machine.

    Parameters
    ----------
    backend : str
        One of `BACKENDS`.

    Returns
    -------
    n_workers : int
        1 for ``sequential``; else four times the machine's cores, at least 64 (at
        most 60 processes on Windows). More would measure the scheduler alone.

    """
    if backend == "sequential":
        return 1
    allowed = max(
        _WORKERS_ALWAYS_ALLOWED, _WORKERS_PER_CORE_ALLOWED * (os.cpu_count() or 1)
    )
    if sys.platform == "win32" and backend != "threads":
        return min(allowed, _MAX_WORKERS_ON_WINDOWS)
    return allowed


def check_backend(name: str) -> None:
    """Check the name of a back end.

    Raises
    ------
    ParameterError
        The name is not in `BACKENDS`.

    """
    if name not in BACKENDS:
        raise ParameterError(
            f"backend = {name!r} is not known; choose one of: {', '.join(BACKENDS)}"
        )


def check_inner_threads(inner_threads: str) -> None:
    """Check the setting of inner threads.

    Raises
    ------
    ParameterError
        The setting is not in `INNER_THREADS`.

    """
    if inner_threads not in INNER_THREADS:
        raise ParameterError(
            f"inner_threads = {inner_threads!r} is not known; "
            f"choose one of: {', '.join(INNER_THREADS)}"
        )


def check_workers(n_workers: int, *, backend: str) -> None:
    """Check a worker count.

    Raises
    ------
    ParameterError
        The count is no whole number from 1 to `max_workers`.

    """
    largest = max_workers(backend)
    if is_whole(n_workers) and 1 <= n_workers <= largest:
        return
    allowed = "1 (it has no workers)" if largest == 1 else f"1 to {largest}"
    raise ParameterError(
        f"n_workers = {n_workers!r} is not possible with backend {backend!r}; "
        f"allowed is {allowed}, and the number of cores is a good choice"
    )


def check_chunk_size(chunk_size: int) -> None:
    """Check the number of items that a worker is given at once.

    Raises
    ------
    ParameterError
        The size is no whole number of at least 1.

    """
    if not is_whole(chunk_size) or chunk_size < 1:
        raise ParameterError(
            f"chunk_size = {chunk_size!r} is not possible; "
            "give a whole number of at least 1"
        )


def check_open(is_open: bool, *, backend: str) -> None:
    """Check that a back end was started.

    Raises
    ------
    BackendError
        It is not open.

    """
    if not is_open:
        raise BackendError(
            f"backend {backend!r} is not started; call start() before using it"
        )


def check_closed(is_open: bool, *, backend: str) -> None:
    """Check that a back end can be started.

    Raises
    ------
    BackendError
        It is open already.

    """
    if is_open:
        raise BackendError(
            f"backend {backend!r} is open already; start it once, and close it before "
            "starting it again"
        )


def is_whole(value: object) -> bool:
    """Tell whether a value is an int and not a bool."""
    return isinstance(value, int) and not isinstance(value, bool)
