"""The work of the jobs that make a corpus."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from ser_core.corpora.synthetic import synthesize
from ser_core.errors import ParameterError
from ser_core.jobs.kinds import Emit, WorkPlace

_EVERY_S: Final = 0.25


def synthesize_corpus(
    parameters: Mapping[str, Any], place: WorkPlace
) -> dict[str, Any]:
    """Generate, finish or extend a synthetic corpus.

    Parameters
    ----------
    parameters : mapping
        ``folder``; optionally ``utterances`` (400), ``seed`` (0), ``workers`` (null:
        the available cores) and ``backend`` ("loky").
    place : WorkPlace
        Of the job.

    Returns
    -------
    result : dict
        ``root`` and the other fields of `SynthesisSummary`.

    Raises
    ------
    ParameterError
        A parameter is missing, unknown, of the wrong type or out of range.
    CorpusError
        As `ser_core.corpora.synthetic.synthesize`.

    """
    given = _checked(
        parameters,
        {
            "folder": str,
            "utterances": int,
            "seed": int,
            "workers": (int, type(None)),
            "backend": str,
        },
    )
    summary = synthesize(
        _folder(given),
        utterances=given.get("utterances", 400),
        seed=given.get("seed", 0),
        n_workers=given.get("workers"),
        backend=given.get("backend", "loky"),
        progress=ProgressReport(place.emit, "utterances"),
    )
    return {"kind": "synthesize", **asdict(summary), "root": str(summary.root)}


class ProgressReport:
    """Turn calls of ``progress(done, total)`` into events, four a second at most.

    Parameters
    ----------
    emit : callable
        Takes the events.
    what : str
        Names what is counted.

    """

    def __init__(self, emit: Emit, what: str) -> None:
        self._emit = emit
        self._what = what
        self._begun = time.monotonic()
        self._last = -_EVERY_S

    def __call__(self, done: int, total: int) -> None:
        """Report that so many of so many are done."""
        elapsed = time.monotonic() - self._begun
        if elapsed - self._last < _EVERY_S and done != total:
            return
        self._last = elapsed
        rate = done / elapsed if elapsed > 0 and done else None
        self._emit(
            {
                "type": "progress",
                "arm": None,
                "repeat": None,
                "what": self._what,
                "done": done,
                "total": total,
                "files_per_s": rate,
                "remaining_s": (total - done) / rate if rate else None,
            }
        )


def _folder(parameters: Mapping[str, Any]) -> Path:
    """Take the corpus folder, which must be absolute: a job has a place of its own."""
    folder = Path(parameters.get("folder", ""))
    if not folder.is_absolute():
        raise ParameterError(
            f"folder = '{folder}' is not an absolute path; give the whole path of the "
            "corpus folder"
        )
    return folder


def _checked(
    parameters: Mapping[str, Any], types: Mapping[str, type | tuple[type, ...]]
) -> dict[str, Any]:
    """Check names and types of a job's parameters."""
    for name, value in parameters.items():
        if name not in types:
            raise ParameterError(
                f"parameter {name!r} is unknown; allowed are: {', '.join(types)}"
            )
        if not isinstance(value, types[name]) or isinstance(value, bool):
            raise ParameterError(f"{name} = {value!r} is of the wrong type")
    return dict(parameters)
