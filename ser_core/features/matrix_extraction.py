"""Extract the features of whole corpora into an entry of the feature store."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from ser_core.corpora.utterance import Corpus, Utterance
from ser_core.execution import open_backend
from ser_core.execution.inner_threads import count_cores
from ser_core.features.content import HashedExtraction, HashingTask
from ser_core.features.progress import Emit, ExtractionProgress
from ser_core.features.worker import ExtractionTask
from ser_core.store.entry_writer import EntryWriter

_CHUNK_SIZE: Final = 4  # as for measured extractions: no gaps, and no long last chunk
_FILES_PER_WORKER: Final = 8  # with fewer, starting a worker takes longer than it saves


@dataclass(frozen=True, kw_only=True)
class ExtractionJob:
    """What to compute for a matrix, and how.

    Attributes
    ----------
    corpora : tuple of Corpus
        In the order of the rows.
    task : ExtractionTask
        Computes the features of a file.
    backend : str
        One of `ser_core.execution.BACKENDS`.
    n_workers : int or None
        None for the cores that there are, and fewer for few files.
    emit : callable or None
        Called with ``progress`` and ``log`` events.

    """

    corpora: tuple[Corpus, ...]
    task: ExtractionTask
    backend: str
    n_workers: int | None
    emit: Emit | None

    @property
    def n_files(self) -> int:
        """Files of all corpora."""
        return sum(len(corpus.utterances) for corpus in self.corpora)

    def files(self) -> Iterator[tuple[int, Utterance]]:
        """Go through all utterances, with the number of their corpus."""
        for number, corpus in enumerate(self.corpora):
            for utterance in corpus.utterances:
                yield number, utterance

    def tell(self, message: str) -> None:
        """Emit a line for people."""
        if self.emit is not None:
            self.emit({"type": "log", "level": "info", "message": message})

    def tell_waiting(self) -> None:
        """Say that another process computes the same."""
        self.tell("Another job computes the same features; waiting for it.")

    def extract(self, paths: list[str]) -> Generator[HashedExtraction, None, None]:
        """Compute the features of files, in order."""
        if not paths:
            return
        name, n_workers = self.backend, self.n_workers
        if name == "sequential":
            n_workers = 1
        elif n_workers is None:
            n_workers = min(count_cores(None), -(-len(paths) // _FILES_PER_WORKER))
            name = "sequential" if n_workers == 1 else name
        with open_backend(name, n_workers=n_workers) as backend:
            backend.start()
            task = HashingTask(task=self.task)
            with closing(backend.map(task, paths, chunk_size=_CHUNK_SIZE)) as results:
                yield from results


class MatrixRows:
    """Collect what is known about the rows while they are computed.

    Parameters
    ----------
    job : ExtractionJob
        What is computed.

    """

    def __init__(self, job: ExtractionJob) -> None:
        self._job = job
        self._rows: dict[str, list[Any]] = {"corpus": [], "path": [], "content": []}
        self._failures: list[dict[str, str]] = []
        self._notes: list[str] = []

    def add(self, number: int, utterance: Utterance, about: Mapping[str, Any]) -> None:
        """Take in what is known about one file; see `_about`."""
        corpus = self._job.corpora[number]
        path = utterance.path.relative_to(corpus.root).as_posix()
        if about["error"] is not None:
            shown = path if len(self._job.corpora) == 1 else f"{corpus.name}: {path}"
            self._failures.append({"path": shown, "reason": about["error"]})
            return
        self._rows["corpus"].append(number)
        self._rows["path"].append(path)
        self._rows["content"].append(about["content"])
        if about["note"] is not None:
            self._notes.append(about["note"])

    def document(self) -> dict[str, Any]:
        """Return the document of the entry."""
        feature_set = self._job.task.feature_set
        return {
            "corpora": [corpus.name for corpus in self._job.corpora],
            "feature_set": {
                **feature_set.to_json(),
                "key": feature_set.key,
                "label": feature_set.label,
            },
            "column_names": feature_set.column_names(),
            "rows": self._rows,
            "failures": self._failures,
            "notes": self._notes,
        }

    def first_reason(self) -> str:
        """Return why the first file failed."""
        return self._failures[0]["reason"]


def fill(writer: EntryWriter, rows: MatrixRows, job: ExtractionJob) -> None:
    """Write the row of every file as its features come.

    Parameters
    ----------
    writer : EntryWriter
        Knows which files are done already.
    rows : MatrixRows
        Is told about every file.
    job : ExtractionJob

    """
    files = list(job.files())
    n_done = len(writer.done)
    for (number, utterance), known in zip(files, writer.done, strict=False):
        rows.add(number, utterance, known)
    if n_done:
        job.tell(
            f"{n_done} of {len(files)} files were done before an interruption; "
            "continuing after them."
        )
    progress = ExtractionProgress(job.emit, total=len(files), done=n_done)
    remaining = files[n_done:]
    paths = [str(utterance.path) for _, utterance in remaining]
    with closing(job.extract(paths)) as results:
        for (number, utterance), result in zip(remaining, results, strict=True):
            about = _about(result, job.corpora[number])
            writer.append(result.extraction.values, about)
            rows.add(number, utterance, about)
            progress.step()


def _about(result: HashedExtraction, corpus: Corpus) -> dict[str, Any]:
    """Return what is known about a file, as plain JSON without folders."""
    extraction = result.extraction
    error, note = extraction.error, extraction.note
    if extraction.values is None and error is None:
        error = "no features, and no reason given"
    return {
        "content": result.content,
        "error": None if error is None else _below(error, corpus),
        "note": None if note is None else _below(note, corpus),
    }


def _below(text: str, corpus: Corpus) -> str:
    """Take the folder above the corpus out of a text; people's names stand there."""
    return text.replace(f"{corpus.root}{os.sep}", "")
