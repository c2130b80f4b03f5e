"""Read how long recordings are from their headers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ser_core.corpora.utterance import Problem
from ser_core.errors import AudioError

_UNKNOWN_LENGTH: Final[int] = 1 << 62
"""libsndfile reports such a number of frames where the header names none."""


@dataclass(frozen=True, kw_only=True)
class Durations:
    """How long files are.

    Attributes
    ----------
    seconds : dict of Path to float
        Of the files whose header could be read.
    failures : tuple of Problem
        The others; each path as it was given.

    """

    seconds: dict[Path, float]
    failures: tuple[Problem, ...]

    @property
    def total_s(self) -> float:
        """Sum in seconds over the files that could be read."""
        return math.fsum(self.seconds.values())


def durations(
    paths: Iterable[Path],
    *,
    progress: Callable[[int], None] | None = None,
) -> Durations:
    """Read durations from headers; failures are collected.

    Parameters
    ----------
    paths : iterable of Path
        Audio files.
    progress : callable, optional
        Called with the number of files done after each.

    Returns
    -------
    durations : Durations
        A file that holds no sample is a failure.

    """
    seconds: dict[Path, float] = {}
    failures: list[Problem] = []
    for done, path in enumerate(paths, start=1):
        try:
            seconds[path] = duration_s(path)
        except AudioError as error:
            failures.append(Problem(path=str(path), reason=error.message))
        if progress is not None:
            progress(done)
    return Durations(seconds=seconds, failures=tuple(failures))


def duration_s(path: Path) -> float:
    """Read one file's duration in seconds from its header.

    Raises
    ------
    AudioError
        The header cannot be read or names no samples.

    """
    import soundfile  # loads numpy, which a listing does not need

    try:
        header = soundfile.info(str(path))
    except (OSError, RuntimeError, ValueError) as error:
        raise AudioError(
            f"its header cannot be read ({_reason(error, path)}); "
            "replace the file or remove it",
            path=str(path),
        ) from error
    if header.frames <= 0:
        raise AudioError("it holds no samples; remove it", path=str(path))
    if header.frames >= _UNKNOWN_LENGTH or header.samplerate <= 0:
        raise AudioError(
            "its header does not say how long it is; write it anew", path=str(path)
        )
    return float(header.frames / header.samplerate)


def _reason(error: Exception, path: Path) -> str:
    """Return libsndfile's own words without the path that it repeats."""
    return str(error).removeprefix(f"Error opening {str(path)!r}: ").strip(". ")
