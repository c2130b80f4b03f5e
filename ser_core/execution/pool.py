"""What the back ends with workers have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import BrokenExecutor, Executor, Future, wait
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from ser_core.errors import BackendError
from ser_core.execution.calls import (
    ChunkOutcome,
    attach_item,
    describe,
    raise_failure,
)
from ser_core.execution.parameters import (
    check_chunk_size,
    check_closed,
    check_open,
    check_workers,
)
from ser_core.execution.streaming import lost_worker, stream_in_order
from ser_core.execution.worker import Meeting, Rendezvous

_MOMENT_S: Final = 0.5
"""Time that work left behind gets to end by itself before its worker is killed.

A worker killed while it sends a result can leave the pipe to this process blocked, so
only those that stay busy with one item are killed.
"""

Item = TypeVar("Item")
Result = TypeVar("Result")


class PoolBackend(ABC):
    """A back end whose workers stand behind a `concurrent.futures.Executor`.

    Parameters
    ----------
    n_workers : int
        Number of workers, all of which start at once.

    """

    name: str

    def __init__(self, *, n_workers: int) -> None:
        check_workers(n_workers, backend=self.name)
        self.n_workers = n_workers
        self._pool: tuple[Executor, Rendezvous] | None = None
        self._unfinished: set[Future[Any]] = set()

    def start(self) -> None:
        """Start all workers, and return when each of them answers.

        Raises
        ------
        BackendError
            The workers cannot be started, or the back end is open already.

        """
        check_closed(self._pool is not None, backend=self.name)
        try:
            self._pool = self._open()
            self._meet(_do_nothing, None)
        except BaseException as error:
            self.close()
            if not isinstance(error, OSError | RuntimeError):
                raise
            raise BackendError(
                f"backend {self.name!r} cannot start {self.n_workers} workers "
                f"({describe(error)}); use fewer workers, and call from a script "
                "whose work is below `if __name__ == '__main__':`"
            ) from error

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
            Ids of the workers, sorted.

        Raises
        ------
        BackendError
            A worker was lost, or the back end is not started.
        Exception
            Whatever `func` raised, with `item` set.

        """
        try:
            return self._meet(func, item)
        except BrokenExecutor as error:
            raise attach_item(lost_worker(error, item), item) from error

    def map(
        self,
        func: Callable[[Item], Result],
        items: Iterable[Item],
        *,
        chunk_size: int = 1,
    ) -> Generator[Result, None, None]:
        """Call a function on each item and yield the results in order.

        See `ser_core.execution.Backend.map`.
        """
        check_chunk_size(chunk_size)
        check_open(self._pool is not None, backend=self.name)
        submit, load = self._bind(func)
        return stream_in_order(
            items,
            submit,
            load,
            chunk_size=chunk_size,
            n_workers=self.n_workers,
            look_after=self._look_after,
        )

    def close(self) -> None:
        """End the workers; harmless when there are none.

        Work that nobody takes the results of any more, because its generator was
        left early, gets a moment to end by itself.
        """
        pool, self._pool = self._pool, None
        if pool is not None:
            for future in list(self._unfinished):
                future.cancel()
            late = wait(list(self._unfinished), timeout=_MOMENT_S).not_done
            self._shut_down(pool[0], kill=bool(late))

    def __enter__(self) -> Self:
        """Return the back end as it is; `start` is the caller's to time."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    @abstractmethod
    def worker_pids(self) -> list[int]:
        """Return the ids of the worker processes."""

    @abstractmethod
    def _open(self) -> tuple[Executor, Rendezvous]:
        """Make the executor, whose workers start when they first meet."""

    @abstractmethod
    def _bind(
        self, func: Callable[[Any], Any]
    ) -> tuple[Callable[[list[Any]], Future[ChunkOutcome]], Callable[[Any], Any]]:
        """Return what submits a chunk to `func`, and what loads its results."""

    @abstractmethod
    def _invite(
        self, rendezvous: Rendezvous, func: Callable[[Any], Any], item: Any
    ) -> Future[Meeting]:
        """Send one worker to the meeting, with ``func(item)`` to do."""

    @abstractmethod
    def _shut_down(self, executor: Executor, *, kill: bool) -> None:
        """End the executor; with `kill`, without waiting for what it does."""

    def _look_after(self) -> None:  # noqa: B027 - threads have nothing to look after
        """Look whether the pool still works, while a result is waited for."""

    def _meet(self, func: Callable[[Any], Any], item: Any) -> list[str]:
        """Call ``func(item)`` once in every worker and return the workers' ids."""
        check_open(self._pool is not None, backend=self.name)
        assert self._pool is not None
        _, rendezvous = self._pool
        meetings = rendezvous.gather(
            lambda: self._invite(rendezvous, func, item), self.n_workers
        )
        for meeting in meetings:
            if meeting.failure is not None:
                raise_failure(meeting.failure, item)
        return sorted(meeting.worker for meeting in meetings)

    def _submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Submit a call; a pool that is gone shows when its result is asked for."""
        lost: Future[Any] = Future()
        if self._pool is None:
            lost.set_exception(BrokenExecutor("the back end was closed"))
            return lost
        try:
            future = self._pool[0].submit(function, *arguments)
        except BrokenExecutor as error:
            lost.set_exception(error)
            return lost
        self._unfinished.add(future)
        future.add_done_callback(self._unfinished.discard)
        return future


def _do_nothing(_item: object) -> None:
    """Let a worker show that it is there."""
