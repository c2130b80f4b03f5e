"""Threads inside the libraries: how they are set, and what they really are."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from ser_core.errors import ParameterError
from ser_core.execution.parameters import (
    check_backend,
    check_inner_threads,
    check_workers,
    is_whole,
)

THREAD_VARIABLES: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
"""Variables that the numerical libraries read once, when they are loaded."""

_READ_AGAIN_LATER: Final = "NUMBA_NUM_THREADS"
"""numba compares it whenever it compiles, and fails when it has changed."""


def thread_environment(
    inner_threads: str, *, n_cores: int, backend: str, n_workers: int
) -> dict[str, str | None]:
    """Say which variables the processes that do the work need.

    Parameters
    ----------
    inner_threads : str
        ``1``: one thread everywhere. ``all``: every core in every worker.
        ``default``: what each library does by itself, which is every core, except
        under loky, which gives each worker its share of the cores.
    n_cores : int
        Cores that may be used, at least 1.
    backend : str
        One of `ser_core.execution.BACKENDS`.
    n_workers : int
        Number of workers.

    Returns
    -------
    variables : dict of str to (str or None)
        To set, or to unset where None, before numpy is imported: in the process
        itself for ``sequential`` and ``threads``, in the workers for ``processes``
        and ``loky`` (whose back ends see to it).

    Raises
    ------
    ParameterError
        A parameter is outside what is allowed.

    Notes
    -----
    loky's share is ``max(n_cores // n_workers, 1)``, the rule of
    ``joblib.Parallel``. There a variable set by the user wins over the rule; here
    ``default`` means the same on every machine, so the user's settings are left out.

    """
    check_inner_threads(inner_threads)
    check_backend(backend)
    check_workers(n_workers, backend=backend)
    if not is_whole(n_cores) or n_cores < 1:
        raise ParameterError(
            f"n_cores = {n_cores!r} is not possible; give a whole number of at least 1"
        )
    value: str | None = None
    if inner_threads == "1":
        value = "1"
    elif inner_threads == "all":
        value = str(n_cores)
    elif backend == "loky":
        value = str(max(n_cores // n_workers, 1))
    return dict.fromkeys(THREAD_VARIABLES, value)


class InnerThreadLimit:
    """Set the inner threads of this very process, for a while.

    The environment it was started with is the sure way, see `thread_environment`.
    This one serves callers in a process that loaded numpy long ago: without it the
    same features would differ in their last bits from those of pinned workers.

    Parameters
    ----------
    inner_threads : str
        One of `INNER_THREADS`; ``default`` leaves everything as it is.
    n_cores : int or None
        Cores that may be used; None asks the operating system.

    """

    def __init__(self, inner_threads: str, n_cores: int | None) -> None:
        check_inner_threads(inner_threads)
        self._inner_threads = inner_threads
        self._n_cores = n_cores
        self._restore = ExitStack()

    def apply(self) -> None:
        """Limit the libraries that are loaded, and those that will be."""
        if self._inner_threads == "default":
            return
        # Slower to import than a plan that only names a back end should pay for.
        from threadpoolctl import threadpool_limits

        n_threads = 1 if self._inner_threads == "1" else count_cores(self._n_cores)
        variables = dict.fromkeys(THREAD_VARIABLES, str(n_threads))
        del variables[_READ_AGAIN_LATER]
        self._restore.enter_context(changed_environment(variables))
        self._restore.enter_context(threadpool_limits(n_threads))

    def lift(self) -> None:
        """Put everything back; harmless when nothing was changed."""
        self._restore.close()


def count_cores(n_cores: int | None) -> int:
    """Return the cores that were given, else those this process may run on."""
    if n_cores is not None:
        return n_cores
    # Respects affinity and cgroup quota. joblib takes a noticeable time to import.
    from joblib import cpu_count

    return int(cpu_count())


@contextmanager
def changed_environment(variables: Mapping[str, str | None]) -> Iterator[None]:
    """Set, or unset where None, environment variables for a while."""
    before = {name: os.environ.get(name) for name in variables}
    _set_environment(variables)
    try:
        yield
    finally:
        _set_environment(before)


def _set_environment(variables: Mapping[str, str | None]) -> None:
    """Set variables, and unset those that are None."""
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@dataclass(frozen=True, kw_only=True, slots=True)
class ThreadPoolInfo:
    """Describe one pool of threads inside a library.

    Attributes
    ----------
    library : str
        ``openblas``, ``mkl``, ``libgomp``, ``numba`` and so on.
    interface : str
        ``blas``, ``openmp`` or ``numba``.
    version : str or None
        Version, where the library tells it.
    n_threads : int
        Threads that it would use.

    """

    library: str
    interface: str
    version: str | None
    n_threads: int


def inner_thread_pools(_item: object = None) -> list[ThreadPoolInfo]:
    """List the thread pools of the libraries loaded in this process.

    A worker can run it, ``backend.map(inner_thread_pools, [None])``, after the
    warm-up has loaded the libraries that the work needs.

    Parameters
    ----------
    _item : object
        Not used; `map` hands every function an item.

    Returns
    -------
    pools : list of ThreadPoolInfo
        Empty as long as no numerical library is loaded.

    """
    # Asked for at the end of a run only, so that workers do not pay for it before.
    from threadpoolctl import threadpool_info

    pools = [
        ThreadPoolInfo(
            library=str(pool["internal_api"]),
            interface=str(pool["user_api"]),
            version=pool["version"],
            n_threads=int(pool["num_threads"]),
        )
        for pool in threadpool_info()
    ]
    numba = sys.modules.get("numba")
    if numba is not None:
        pools.append(
            ThreadPoolInfo(
                library="numba",
                interface="numba",
                version=str(numba.__version__),
                # asking numba itself would start its threads
                n_threads=int(numba.config.NUMBA_NUM_THREADS),
            )
        )
    return pools
