"""The errors that SER Lab raises on purpose.

Every message says what was wrong with which value, what is allowed and what to
do about it. All of them survive pickling, because workers raise them.
"""

from __future__ import annotations

from typing import Any


class SerError(Exception):
    """Report a problem that SER Lab understands.

    Parameters
    ----------
    message : str
        What is wrong, what is allowed, what to do.
    path : str, optional
        The file or folder concerned; kept apart from the text so that a list of
        failures can be built from it.

    """

    def __init__(self, message: str, *, path: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle with the path, which `Exception` alone would drop."""
        return (_rebuild, (type(self), self.message, self.path))


def _rebuild(kind: type[SerError], message: str, path: str | None) -> SerError:
    """Make an error again after pickling."""
    return kind(message, path=path)


class ParameterError(SerError, ValueError):
    """A parameter is outside what is allowed."""


class CorpusError(SerError):
    """A corpus folder or its metadata cannot be used."""


class AudioError(SerError):
    """A recording cannot be decoded or holds no usable signal."""


class BusyError(AudioError):
    """A recording was not read because others are; it may be fine a moment later."""


class BackendError(SerError):
    """A back end cannot start, or lost a worker."""


class JobError(SerError):
    """A job cannot be submitted, found, cancelled or finished."""


class RecordError(SerError):
    """A run record is malformed or of an unknown version."""


class ModelError(SerError):
    """A model cannot be built, fitted or used."""
