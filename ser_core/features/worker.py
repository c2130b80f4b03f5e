"""What a worker does with one file. Everything imported here stays small."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ser_core.audio.decode import decode
from ser_core.errors import AudioError, ParameterError
from ser_core.execution.worker import worker_id
from ser_core.features.feature_set import FeatureSet
from ser_core.features.front_ends import check_front_end
from ser_core.features.front_ends import front_end as find_front_end


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Extraction:
    """The features of one file, or why there are none.

    Attributes
    ----------
    path : str
        The file, as it was given.
    values : ndarray of shape ``feature_set.shape``, float32, or None
        None where the file failed.
    error : str or None
        Why it failed; None where it did not.
    note : str or None
        What is odd about a file that did not fail.
    started_s, ended_s : float
        `time.monotonic` in seconds, one clock for all processes of a machine.
    worker : str
        ``"pid"`` or ``"pid/thread"``; see `ser_core.execution.worker_id`.

    """

    path: str
    values: npt.NDArray[np.float32] | None
    error: str | None
    note: str | None
    started_s: float
    ended_s: float
    worker: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtractionTask:
    """Compute the features of files, in any worker; small enough to be sent there.

    Attributes
    ----------
    feature_set : FeatureSet
        What to compute.
    front_end : str
        One of `ser_core.features.FRONT_ENDS`.

    Raises
    ------
    ParameterError
        The front end is not known, or the set needs a package that is not installed.

    """

    feature_set: FeatureSet
    front_end: str = "reference"

    def __post_init__(self) -> None:
        """Check what would fail for every file, before any worker is sent there."""
        check_front_end(self.front_end)
        missing = self.feature_set.missing()
        if missing is not None:
            raise ParameterError(f"features = {self.feature_set.label!r}: {missing}")

    def __call__(self, path: str) -> Extraction:
        """Compute one file's features; a file that fails is listed, not raised."""
        started_s = time.monotonic()
        values, error, note = None, None, None
        try:
            values, note = _extract(path, self.feature_set, self.front_end)
        except AudioError as failure:
            error = failure.message
        except MemoryError:
            error = (
                f"'{path}' needs more memory than is free; "
                "cut it into shorter recordings or use fewer workers"
            )
        return Extraction(
            path=path,
            values=values,
            error=error,
            note=note,
            started_s=started_s,
            ended_s=time.monotonic(),
            worker=worker_id(),
        )


def extract(
    path: str | Path, feature_set: FeatureSet, *, front_end: str = "reference"
) -> npt.NDArray[np.float32]:
    """Compute the features of one file.

    Parameters
    ----------
    path : str or Path
        Any file that `ser_core.audio.decode` reads.
    feature_set : FeatureSet
        What to compute.
    front_end : str, default "reference"
        One of `FRONT_ENDS`.

    Returns
    -------
    values : ndarray of shape ``feature_set.shape``, float32

    Raises
    ------
    AudioError
        The file cannot be decoded or analysed; `path` is set.
    ParameterError
        The front end is not known.

    """
    return _extract(path, feature_set, front_end)[0]


def _extract(
    path: str | Path, feature_set: FeatureSet, front_end: str
) -> tuple[npt.NDArray[np.float32], str | None]:
    """Return the features of a file and what is odd about it."""
    implementation = find_front_end(front_end)
    samples, sample_rate = decode(path)
    try:
        values = implementation.compute(
            samples, sample_rate=sample_rate, feature_set=feature_set
        )
    except AudioError as error:
        raise AudioError(f"'{path}': {error.message}", path=str(path)) from error
    if not np.isfinite(values).all():
        raise AudioError(
            f"'{path}' gives features that are not finite, with samples up to "
            f"{float(np.abs(samples).max()):.3g}; scale it to -1 to 1",
            path=str(path),
        )
    note = None if samples.any() else f"'{path}' is digital silence: every sample is 0"
    return values, note
