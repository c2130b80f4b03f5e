"""No workers: the caller's own thread."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from types import TracebackType
from typing import Self, TypeVar

from ser_core.execution.calls import raise_failure, run_chunk
from ser_core.execution.inner_threads import InnerThreadLimit
from ser_core.execution.parameters import (
    check_chunk_size,
    check_closed,
    check_open,
    check_workers,
)
from ser_core.execution.worker import worker_id

Item = TypeVar("Item")
Result = TypeVar("Result")


class SequentialBackend:
    """Run one item after the other in the caller's own thread.

    Parameters
    ----------
    n_workers : int
        1.
    inner_threads : str
        Threads inside the libraries of this process, one of `INNER_THREADS`.
    n_cores : int or None
        Cores that may be used; None asks the operating system.

    """

    name = "sequential"

    def __init__(
        self,
        *,
        n_workers: int = 1,
        inner_threads: str = "1",
        n_cores: int | None = None,
    ) -> None:
        check_workers(n_workers, backend=self.name)
        self.n_workers = n_workers
        self._limit = InnerThreadLimit(inner_threads, n_cores)
        self._open = False

    def start(self) -> None:
        """Set the inner threads; there are no workers to start."""
        check_closed(self._open, backend=self.name)
        self._limit.apply()
        self._open = True

    def warm_up(self, func: Callable[[Item], object], item: Item) -> list[str]:
        """Call ``func(item)`` once."""
        check_open(self._open, backend=self.name)
        failure = run_chunk(func, [item]).failure
        if failure is not None:
            raise_failure(failure, item)
        return [worker_id()]

    def map(
        self,
        func: Callable[[Item], Result],
        items: Iterable[Item],
        *,
        chunk_size: int = 1,
    ) -> Generator[Result, None, None]:
        """Call a function on each item when its result is asked for.

        See `ser_core.execution.Backend.map`; `chunk_size` is checked only.
        """
        check_chunk_size(chunk_size)
        check_open(self._open, backend=self.name)
        return _run(func, items)

    def worker_pids(self) -> list[int]:
        """Return no process."""
        return []

    def close(self) -> None:
        """Put the inner threads back."""
        self._limit.lift()
        self._open = False

    def __enter__(self) -> Self:
        """Return the back end as it is."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()


def _run(
    func: Callable[[Item], Result], items: Iterable[Item]
) -> Generator[Result, None, None]:
    """Yield results until one fails."""
    for item in items:
        outcome = run_chunk(func, [item])
        if outcome.failure is not None:
            raise_failure(outcome.failure, item)
        yield outcome.values[0]
