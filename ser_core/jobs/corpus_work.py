"""The work of the jobs that make a corpus."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from ser_core.corpora.download import download
from ser_core.corpora.synthetic import synthesize
from ser_core.errors import ParameterError
from ser_core.jobs.work_place import Emit, WorkPlace

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
        progress=ProgressReport(place.emit, "synthetic voices"),
    )
    return {"kind": "synthesize", **asdict(summary), "root": str(summary.root)}


def download_corpus(parameters: Mapping[str, Any], place: WorkPlace) -> dict[str, Any]:
    """Download a corpus, or what is missing of it.

    Parameters
    ----------
    parameters : mapping
        ``corpus`` (its name) and ``folder``; optionally ``parts`` (list of names) and
        ``base_url`` (a mirror).
    place : WorkPlace
        Of the job.

    Returns
    -------
    result : dict
        ``root`` and the other fields of `DownloadSummary`.

    Raises
    ------
    ParameterError
        A parameter is missing, unknown, of the wrong type or out of range.
    CorpusError
        As `ser_core.corpora.download.download`.

    """
    given = _checked(
        parameters,
        {
            "corpus": str,
            "folder": str,
            "parts": (list, type(None)),
            "base_url": (str, type(None)),
        },
    )
    reports: dict[str, ProgressReport] = {}

    def progress(what: str, done: int, total: int | None) -> None:
        if what not in reports:
            reports[what] = ProgressReport(place.emit, what, unit="bytes")
        reports[what](done, total)

    summary = download(
        given.get("corpus", ""),
        _folder(given),
        parts=given.get("parts"),
        base_url=given.get("base_url"),
        progress=progress,
    )
    return {"kind": "download", **asdict(summary), "root": str(summary.root)}


class ProgressReport:
    """Turn calls of ``progress(done, total)`` into events, four a second at most.

    Parameters
    ----------
    emit : callable
        Takes the events.
    what : str
        Names the work.
    unit : {"files", "bytes", "s"}
        What is counted.

    """

    def __init__(self, emit: Emit, what: str, *, unit: str = "files") -> None:
        self._emit = emit
        self._what = what
        self._unit = unit
        self._begun: tuple[float, int] | None = None
        self._last = 0.0

    def __call__(self, done: int, total: int | None) -> None:
        """Report that so many of so many (None where unknown) are done."""
        now = time.monotonic()
        if self._begun is None:
            # what an earlier run had done says nothing about the speed of this one
            self._begun = (now, done)
        elif now - self._last < _EVERY_S and done != total:
            return
        self._last = now
        elapsed, since = now - self._begun[0], done - self._begun[1]
        rate = since / elapsed if elapsed > 0 and since > 0 else None
        left = (total - done) / rate if rate and total is not None else None
        self._emit(
            {
                "type": "progress",
                "arm": None,
                "repeat": None,
                "what": self._what,
                "unit": self._unit,
                "done": done,
                "total": total or 0,
                "files_per_s": rate if self._unit == "files" else None,
                "remaining_s": left,
            }
        )


def _folder(parameters: Mapping[str, Any]) -> Path:
    """Take the corpus folder: absolute, because a job has a place of its own."""
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
