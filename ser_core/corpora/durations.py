"""Read how long recordings are, without decoding them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ser_core.corpora.utterance import Problem
from ser_core.errors import AudioError


@dataclass(frozen=True, kw_only=True)
class Durations:
    """How long files are.

    Attributes
    ----------
    seconds : dict of Path to float
        Of the files that seem whole.
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
    """Read durations without decoding; failures are collected.

    Parameters
    ----------
    paths : iterable of Path
        Audio files.
    progress : callable, optional
        Called with the number of files done after each.

    Returns
    -------
    durations : Durations
        A file that is empty, no audio, truncated or holds no sample is a failure;
        what only decoding shows is not.

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
    """Read one file's duration in seconds, without decoding it.

    Raises
    ------
    AudioError
        The file cannot be read, or shows to be damaged without being decoded; the
        message does not name it.

    """
    from ser_core.audio.decode import claimed_length  # loads numpy; a listing does not

    try:
        n_samples, sample_rate = claimed_length(path)
    except AudioError as error:
        reason = error.message.removeprefix(f"'{path}' ")
        raise AudioError(reason, path=str(path)) from error
    return n_samples / sample_rate
