"""Results in order, as they come, with a bounded look-ahead."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Future
from typing import Any, Final

from ser_core.errors import BackendError
from ser_core.execution.calls import (
    ChunkOutcome,
    attach_item,
    describe,
    raise_failure,
)

LOOK_AHEAD_PER_WORKER: Final = 32
"""Items per worker that may be ahead of the results taken.

Results come in order, so a long recording holds back those after it. Recordings of
20 times the mean length exist (THAI-SER: 108.8 s against 5.4 s), and the other
workers should not stand still meanwhile; yet memory must not grow with the corpus.
"""

_LOOK_EVERY_S: Final = 1.0

_CHUNKS_PER_WORKER: Final = 2  # at least: one at work and one at hand


class ChunkSource:
    """Cut an iterable into chunks, and keep what it raises for its place in order.

    Parameters
    ----------
    items : iterable
        Taken only as far as asked for, so it may be endless.
    chunk_size : int
        Items a chunk, at least 1; the last one may be shorter.

    """

    def __init__(self, items: Iterable[Any], chunk_size: int) -> None:
        self._items: Iterator[Any] | None = iter(items)
        self._chunk_size = chunk_size
        self._error: Exception | None = None

    def take(self) -> list[Any]:
        """Return the next chunk, empty at the end."""
        chunk: list[Any] = []
        while self._items is not None and len(chunk) < self._chunk_size:
            try:
                chunk.append(next(self._items))
            except StopIteration:
                self._items = None
            except (
                Exception
            ) as error:  # raised by `finish`, after the results before it
                self._items = None
                self._error = error
        return chunk

    def finish(self) -> None:
        """Raise what the iterable itself raised, if it did."""
        if self._error is not None:
            raise self._error


def stream_in_order(
    items: Iterable[Any],
    submit: Callable[[list[Any]], Future[ChunkOutcome]],
    load: Callable[[Any], Any],
    *,
    chunk_size: int,
    n_workers: int,
    look_after: Callable[[], None],
) -> Generator[Any, None, None]:
    """Yield the result of each item, in the order of the items.

    Parameters
    ----------
    items : iterable
        What to work on.
    submit : callable
        Hands one chunk to the workers.
    load : callable
        Makes a result of what a worker sent.
    chunk_size : int
        Items a worker is given at once.
    n_workers : int
        Number of workers, from which the look-ahead follows.
    look_after : callable
        Called now and then while a result is waited for.

    Raises
    ------
    BackendError
        A worker was lost, or a result could not be rebuilt; `item` is set.
    Exception
        Whatever the function raised, with `item` set.

    """
    source = ChunkSource(items, chunk_size)
    window = n_workers * max(
        _CHUNKS_PER_WORKER, -(-LOOK_AHEAD_PER_WORKER // chunk_size)
    )
    pending: deque[tuple[list[Any], Future[ChunkOutcome]]] = deque()
    try:
        while True:
            while len(pending) < window and (chunk := source.take()):
                pending.append((chunk, submit(chunk)))
            if not pending:
                break
            chunk, future = pending[0]
            outcome = _await(future, chunk, look_after)
            pending.popleft()
            yield from _load_each(outcome, chunk, load)
        source.finish()
    finally:
        for _, future in pending:
            future.cancel()


def _await(
    future: Future[ChunkOutcome], chunk: list[Any], look_after: Callable[[], None]
) -> ChunkOutcome:
    """Wait for a chunk, and say so when its worker is gone."""
    while True:
        try:
            return future.result(timeout=_LOOK_EVERY_S)
        except TimeoutError:
            # what the function raised travels in the outcome: this is the wait's own
            look_after()
        except (BrokenExecutor, CancelledError) as error:
            raise attach_item(lost_worker(error, chunk[0]), chunk[0]) from error


def lost_worker(error: BaseException, item: Any) -> BackendError:
    """Describe the end of a pool before its work was done."""
    return BackendError(
        "the pool of workers ended before its work was done: a worker was killed from "
        "outside, ran out of memory or crashed, or the back end was closed "
        f"({describe(error)}); the first item without a result is {item!r}, which need "
        "not be the cause. Use fewer workers if memory was short, and start again"
    )


def _load_each(
    outcome: ChunkOutcome, chunk: list[Any], load: Callable[[Any], Any]
) -> Generator[Any, None, None]:
    """Yield the results of a chunk, then raise its failure if it has one."""
    for value, item in zip(outcome.values, chunk, strict=False):
        try:
            result = load(value)
        except Exception as error:
            raise attach_item(
                BackendError(
                    "a worker's result cannot be rebuilt in this process "
                    f"({describe(error)}); return plain data"
                ),
                item,
            ) from error
        yield result
    if outcome.failure is not None:
        raise_failure(outcome.failure, chunk[len(outcome.values)])
