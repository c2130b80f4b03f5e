"""The seam: what every back end offers, and how one is opened."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from types import TracebackType
from typing import Protocol, Self, TypeVar

from ser_core.execution.parameters import (
    check_backend,
    check_chunk_size,
    check_inner_threads,
)
from ser_core.execution.processes import ProcessesBackend
from ser_core.execution.sequential import SequentialBackend
from ser_core.execution.threads import ThreadsBackend

Item = TypeVar("Item")
Result = TypeVar("Result")


class Backend(Protocol):
    """Run a function over many items; a context manager that closes at its end.

    Attributes
    ----------
    name : str
        One of `BACKENDS`.
    n_workers : int
        Number of workers.

    """

    name: str
    n_workers: int

    def start(self) -> None:
        """Start all workers, and return when each of them answers.

        Apart from `open_backend`, so that the caller can time it.

        Raises
        ------
        BackendError
            The workers cannot be started, or the back end is open already.

        """
        ...

    def warm_up(self, func: Callable[[Item], object], item: Item) -> list[str]:
        """Call ``func(item)`` once in every worker, at the same time.

        Parameters
        ----------
        func : callable
            As for `map`.
        item : object
            What each worker is given.

        Returns
        -------
        workers : list of str
            Ids of the workers (see `worker_id`), sorted, `n_workers` of them.

        Raises
        ------
        BackendError
            A worker was lost, or the back end is not started.
        Exception
            Whatever `func` raised, with ``item`` set.

        """
        ...

    def map(
        self,
        func: Callable[[Item], Result],
        items: Iterable[Item],
        *,
        chunk_size: int = 1,
    ) -> Generator[Result, None, None]:
        """Call a function on each item and yield the results in order.

        Parameters
        ----------
        func : callable
            Called as ``func(item)``. For worker processes it has to pickle, as
            module-level functions and frozen dataclasses do.
        items : iterable
            May be endless: only some items per worker are taken ahead of the
            results asked for.
        chunk_size : int, default 1
            Items that a worker is given at once.

        Yields
        ------
        result : object
            Of each item, in the order of the items.

        Raises
        ------
        ParameterError
            `chunk_size` is not at least 1.
        BackendError
            A worker was lost, or function, item or result cannot travel.
        Exception
            Whatever `func` raised, when its item's turn comes, with the item as
            attribute ``item``; nothing follows it.

        """
        ...

    def worker_pids(self) -> list[int]:
        """Return the ids of the worker processes, none where there are none."""
        ...

    def close(self) -> None:
        """End all workers; harmless when there are none."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def open_backend(
    name: str,
    *,
    n_workers: int = 1,
    inner_threads: str = "1",
    n_cores: int | None = None,
) -> Backend:
    """Make a back end; its workers start with `Backend.start`.

    Parameters
    ----------
    name : str
        One of `BACKENDS`.
    n_workers : int, default 1
        Number of workers, 1 to `max_workers`.
    inner_threads : str, default "1"
        One of `INNER_THREADS`. ``sequential`` and ``threads`` run in the caller's
        own process, whose libraries may be loaded already: they are limited where
        that is possible, and to be sure, give the process `thread_environment` when
        it starts. ``default`` leaves that process as it is.
    n_cores : int, optional
        Cores that may be used, for ``all`` and loky's ``default``; by default those
        that this process may run on.

    Returns
    -------
    backend : Backend
        Not started; ``with`` closes it.

    Raises
    ------
    ParameterError
        A parameter is outside what is allowed.

    Examples
    --------
    >>> with open_backend("threads", n_workers=2) as backend:
    ...     backend.start()
    ...     list(backend.map(abs, [-1, -2, -3]))
    [1, 2, 3]

    """
    check_backend(name)
    check_inner_threads(inner_threads)
    kind: Callable[..., Backend]
    if name == "sequential":
        kind = SequentialBackend
    elif name == "threads":
        kind = ThreadsBackend
    elif name == "processes":
        kind = ProcessesBackend
    else:
        # joblib takes a noticeable time to import, which no other has to pay for
        from ser_core.execution.loky import LokyBackend

        kind = LokyBackend
    return kind(n_workers=n_workers, inner_threads=inner_threads, n_cores=n_cores)


def map(
    func: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    backend: str = "sequential",
    n_workers: int = 1,
    chunk_size: int = 1,
) -> Generator[Result, None, None]:
    """Open a back end, call a function on each item, yield in order, close.

    Parameters
    ----------
    func, items, chunk_size
        As for `Backend.map`.
    backend, n_workers
        As for `open_backend`.

    Yields
    ------
    result : object
        Of each item, in the order of the items.

    Raises
    ------
    ParameterError
        A parameter is outside what is allowed; raised at once.
    BackendError, Exception
        As for `Backend.map`.

    Examples
    --------
    >>> list(map(str.upper, ["a", "b"], backend="threads", n_workers=2))
    ['A', 'B']

    """
    check_chunk_size(chunk_size)
    opened = open_backend(backend, n_workers=n_workers)
    return _map_and_close(opened, func, items, chunk_size)


def _map_and_close(
    backend: Backend,
    func: Callable[[Item], Result],
    items: Iterable[Item],
    chunk_size: int,
) -> Generator[Result, None, None]:
    """Start with the first result asked for, and close after the last."""
    with backend:
        backend.start()
        yield from backend.map(func, items, chunk_size=chunk_size)
