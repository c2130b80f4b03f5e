"""The work of the job that hears recordings of a corpus."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ser_core.corpora.registry import lookup
from ser_core.errors import ParameterError
from ser_core.jobs.corpus_work import ProgressReport
from ser_core.jobs.work_place import Emit, WorkPlace

MOST_FILES: Final = 20_000
"""Recordings of one job."""

_KEYS: Final = frozenset({"corpus", "files", "model", "timeline", "min_confidence"})


def predict_files(parameters: Mapping[str, Any], place: WorkPlace) -> dict[str, Any]:
    """Hear recordings of a registered corpus.

    Parameters
    ----------
    parameters : mapping
        ``corpus`` (name or folder); optionally ``files`` (paths below the corpus, all
        its recordings without), ``model`` (name of a saved one), ``timeline`` (true),
        ``min_confidence``.
    place : WorkPlace
        Of the job.

    Returns
    -------
    result : dict
        ``corpus``, ``model``, ``min_confidence``, ``n_failed``, and ``results``: a
        document of each file as `ser_core.inference.documents.to_document`.

    Raises
    ------
    ParameterError
        A parameter is missing, unknown or of the wrong kind, or a file does not lie
        below the corpus.
    CorpusError
        There is no such corpus.
    ModelError
        As `ser_core.inference.loading.load_model`.

    """
    from ser_core.inference.decision import check_confidence
    from ser_core.inference.documents import to_document
    from ser_core.inference.files import recognise_files
    from ser_core.inference.loading import load_model

    _check(parameters)
    check_confidence(parameters.get("min_confidence"))
    corpus = lookup(str(parameters["corpus"]), data=place.data)
    files = _files(corpus.root, parameters.get("files"))
    model = load_model(parameters.get("model"), data=place.data)
    report = _Report(place.emit, len(files))
    results = []
    for result in recognise_files(
        files,
        model=model,
        timeline=parameters.get("timeline", True),
        min_confidence=parameters.get("min_confidence"),
        name=lambda path: path.relative_to(corpus.root).as_posix(),
        progress=report,
    ):
        results.append(to_document(result))
        report.next_file()
    return {
        "kind": "predict",
        "corpus": corpus.name,
        "model": model.name,
        "min_confidence": parameters.get("min_confidence"),
        "n_failed": sum(result["error"] is not None for result in results),
        "results": results,
    }


class _Report:
    """Tell how many files were heard; of a single one, how many seconds."""

    def __init__(self, emit: Emit, n_files: int) -> None:
        alone = n_files == 1
        self._seconds = ProgressReport(emit, "seconds", unit="s") if alone else None
        self._files = None if alone else ProgressReport(emit, "recordings")
        self._n_files = n_files
        self._n_done = 0

    def __call__(self, path: Path, done_s: float, total_s: float) -> None:
        """Say how far a file is."""
        if self._seconds is not None:
            self._seconds(round(done_s), round(total_s))

    def next_file(self) -> None:
        """Say that one more file was heard."""
        self._n_done += 1
        if self._files is not None:
            self._files(self._n_done, self._n_files)


def _check(parameters: Mapping[str, Any]) -> None:
    """Refuse parameters that are unknown, missing or of the wrong kind."""
    kinds: dict[str, tuple[type, ...]] = {
        "corpus": (str,),
        "files": (list, type(None)),
        "model": (str, type(None)),
        "timeline": (bool,),
        "min_confidence": (int, float, type(None)),
    }
    for name in parameters.keys() - _KEYS:
        raise ParameterError(
            f"{name} is not known to this job; it takes: {', '.join(sorted(_KEYS))}"
        )
    if "corpus" not in parameters:
        raise ParameterError("corpus is missing; name a registered corpus")
    for name, value in parameters.items():
        if not isinstance(value, kinds[name]):
            raise ParameterError(
                f"{name} = {value!r} is not allowed; it must be "
                f"{' or '.join(kind.__name__ for kind in kinds[name])}"
            )


def _files(root: Path, names: list[Any] | None) -> list[Path]:
    """Return the recordings that are named, all of them below a folder."""
    from ser_core.inference.files import recordings_below

    if names is None:
        files = recordings_below([root])
    else:
        files = [_below(root, name) for name in names]
    if not 1 <= len(files) <= MOST_FILES:
        raise ParameterError(
            f"files names {len(files):,} recordings; 1 to {MOST_FILES:,} are allowed"
        )
    return files


def _below(root: Path, name: Any) -> Path:
    """Return a file by its path below a folder, and nowhere else."""
    try:
        path = (root / str(name)).resolve()
        inside = isinstance(name, str) and path.is_relative_to(root.resolve())
    except (OSError, RuntimeError, ValueError):
        inside = False
    if not inside:
        raise ParameterError(
            f"files names {str(name)[:200]!r}, which does not lie below the corpus; "
            "give paths below it"
        )
    return root / str(name)
