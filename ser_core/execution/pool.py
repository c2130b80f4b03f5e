"""What the back ends with workers have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import BrokenExecutor, Executor, Future
from types import TracebackType
from typing import Any, Self, TypeVar

from ser_core.errors import BackendError
from ser_core.execution.calls import (
    ChunkOutcome,
    attach_item,
    describe,
)
from ser_core.execution.parameters import (
    check_chunk_size,
    check_closed,
    check_open,
    check_workers,
)
from ser_core.execution.streaming import lost_worker, stream_in_order

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
        self._executor: Executor | None = None
        self._workers: list[str] = []
        self._left_early = False

    def start(self) -> None:
        """Start all workers, and return when each of them answers.

        Raises
        ------
        BackendError
            The workers cannot be started, or the back end is open already.

        """
        check_closed(self._executor is not None, backend=self.name)
        try:
            self._executor = self._open()
            self._workers = self._meet(_do_nothing, None)
        except BaseException as error:
            self._left_early = True
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
            return sorted(self._meet(func, item))
        except BrokenExecutor as error:
            raise attach_item(lost_worker(error, item), item) from error
        except Exception as error:
            raise attach_item(error, item) from error.__cause__

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
        self._open_executor()
        submit, load = self._bind(func)
        return self._stream(submit, load, items, chunk_size)

    def close(self) -> None:
        """End the workers; harmless when there are none.

        Work that nobody waits for any more, because its generator was left early, is
        not waited for either.
        """
        executor, self._executor = self._executor, None
        if executor is not None:
            self._shut_down(executor, kill=self._left_early)
        self._workers = []
        self._left_early = False

    def __enter__(self) -> Self:
        """Return the back end as it is; `start` is the caller's to time."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close, without waiting for work after an error or Ctrl-C."""
        self._left_early = self._left_early or error is not None
        self.close()

    @abstractmethod
    def worker_pids(self) -> list[int]:
        """Return the ids of the worker processes."""

    @abstractmethod
    def _open(self) -> Executor:
        """Make the executor; its workers start with the first meeting."""

    @abstractmethod
    def _bind(
        self, func: Callable[[Any], Any]
    ) -> tuple[Callable[[list[Any]], Future[ChunkOutcome]], Callable[[Any], Any]]:
        """Return what submits a chunk to `func`, and what loads its results."""

    @abstractmethod
    def _meet(self, func: Callable[[Any], Any], item: Any) -> list[str]:
        """Call ``func(item)`` once in every worker and return the workers' ids."""

    @abstractmethod
    def _shut_down(self, executor: Executor, *, kill: bool) -> None:
        """End the executor; with `kill`, without waiting for what it does."""

    def _open_executor(self) -> Executor:
        """Return the executor of a started back end."""
        check_open(self._executor is not None, backend=self.name)
        assert self._executor is not None
        return self._executor

    def _submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Submit a call; a pool that is gone shows when its result is asked for."""
        try:
            return self._open_executor().submit(function, *arguments)
        except (BrokenExecutor, BackendError) as error:
            lost: Future[Any] = Future()
            lost.set_exception(
                error
                if isinstance(error, BrokenExecutor)
                else BrokenExecutor("the back end was closed")
            )
            return lost

    def _stream(
        self,
        submit: Callable[[list[Any]], Future[ChunkOutcome]],
        load: Callable[[Any], Any],
        items: Iterable[Any],
        chunk_size: int,
    ) -> Generator[Any, None, None]:
        """Stream, and remember when the stream ended before the work."""
        complete = False
        try:
            yield from stream_in_order(
                items, submit, load, chunk_size=chunk_size, n_workers=self.n_workers
            )
            complete = True
        finally:
            self._left_early = self._left_early or not complete


def _do_nothing(_item: object) -> None:
    """Let a worker show that it is there."""
