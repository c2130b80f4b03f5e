"""Calling a function on items, with every failure tied to its item."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from ser_core.errors import BackendError


@dataclass(frozen=True, slots=True)
class Failure:
    """What `func` raised, and where that happened.

    Attributes
    ----------
    error : Exception
        The exception itself, able to travel.
    trace : str or None
        The worker's traceback as text, where the exception comes from elsewhere.

    """

    error: Exception
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class ChunkOutcome:
    """Results of the first items of a chunk and, if one failed, why it did.

    Attributes
    ----------
    values : list
        Results in order (as pickle bytes when they come from a process).
    failure : Failure or None
        Of item ``len(values)``; the items after it were not tried.

    """

    values: list[Any]
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Unsendable:
    """Stand in for an item that cannot be pickled."""

    reason: str


def run_chunk(func: Callable[[Any], Any], items: Sequence[Any]) -> ChunkOutcome:
    """Call a function on each item in turn until one fails."""
    values: list[Any] = []
    for item in items:
        try:
            values.append(_call(func, item))
        except Exception as error:  # handed to the caller with its item
            return ChunkOutcome(values, Failure(error))
    return ChunkOutcome(values)


def run_pickled_chunk(func: bytes, items: Sequence[bytes]) -> ChunkOutcome:
    """Do the same in another process, where function, items and results travel.

    Each of them is pickled by ourselves, one by one: what cannot travel is then the
    failure of one item, where the executors would report a broken pool.
    """
    values: list[Any] = []
    for item in items:
        try:
            function, argument = pickle.loads(func), pickle.loads(item)
        except Exception as error:
            return ChunkOutcome(
                values,
                Failure(
                    BackendError(
                        "function or item cannot be rebuilt in a worker process "
                        f"({describe(error)}); define it in an importable module"
                    ),
                    traceback.format_exc(),
                ),
            )
        try:
            if isinstance(argument, Unsendable):
                raise BackendError(argument.reason)
            values.append(_pickle_result(_call(function, argument), function))
        except Exception as error:
            return ChunkOutcome(values, _pickle_failure(error, function))
    return ChunkOutcome(values)


def raise_failure(failure: Failure, item: Any) -> NoReturn:
    """Raise a failure with its item attached."""
    if failure.trace is not None:
        failure.error.add_note(f"In the worker:\n{failure.trace.rstrip()}")
    raise attach_item(failure.error, item)


def attach_item(error: Exception, item: Any) -> Exception:
    """Set ``error.item`` and return the error."""
    error.item = item  # type: ignore[attr-defined]  # our addition to any exception
    return error


def name_of(func: Callable[[Any], Any]) -> str:
    """Name a function or callable object in a message."""
    return getattr(func, "__qualname__", type(func).__qualname__)


def describe(error: BaseException) -> str:
    """Say type and message of an error."""
    return f"{type(error).__name__}: {error}"


def _call(func: Callable[[Any], Any], item: Any) -> Any:
    """Call a function; what would end the caller instead becomes an error."""
    try:
        return func(item)
    except (SystemExit, StopIteration) as error:
        raise BackendError(
            f"{name_of(func)} raised {describe(error)} on item {item!r}; a function "
            "given to a back end has to return, or to raise an error of its own"
        ) from error


def _pickle_result(value: Any, func: Callable[[Any], Any]) -> bytes:
    """Pickle what the function returned."""
    try:
        return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        raise BackendError(
            f"the result of {name_of(func)}, a {type(value).__name__}, cannot be "
            f"sent from a worker process ({describe(error)}); return plain data or "
            "use the threads back end"
        ) from error


def _pickle_failure(error: Exception, func: Callable[[Any], Any]) -> Failure:
    """Make a failure that survives the way, whatever the exception holds."""
    trace = traceback.format_exc()
    # What chained exceptions hold may not pickle; the trace keeps their text.
    error.__cause__ = error.__context__ = error.__traceback__ = None
    try:
        pickle.loads(pickle.dumps(error))
    except Exception as reason:
        error = BackendError(
            f"{name_of(func)} raised {describe(error)}, an exception that cannot be "
            f"sent from a worker process ({describe(reason)})"
        )
    return Failure(error, trace)
