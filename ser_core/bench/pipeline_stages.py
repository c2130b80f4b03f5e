"""What a pipeline does, stage by stage, in the process that is measured."""

from __future__ import annotations

import importlib
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.bench.pipeline import PipelinePlan
from ser_core.bench.pipeline_training import (
    Recognition,
    build_report_model,
    check_part,
    recognise,
)
from ser_core.bench.plan import CHUNK_SIZE
from ser_core.bench.record import new_record, validate
from ser_core.bench.unseen_speakers import UnseenSpeakers, try_unseen_speakers
from ser_core.corpora.durations import durations
from ser_core.corpora.listing import fingerprint, select_evenly
from ser_core.corpora.reader import read_corpus
from ser_core.corpora.registry import lookup
from ser_core.corpora.utterance import Corpus, Utterance
from ser_core.errors import CorpusError
from ser_core.evaluation.splits import random_split
from ser_core.execution import inner_thread_pools, open_backend
from ser_core.features import ExtractionTask, feature_set
from ser_core.features.progress import EXTRACTION, ExtractionProgress
from ser_core.measure import environment
from ser_core.measure.stages import StageRecorder
from ser_core.models.registry import REPORT_MODELS
from ser_core.models.svm_estimate import estimate_svm_seconds
from ser_core.store.data_folder import DataFolder
from ser_core.store.matrix_file import MatrixWriter, open_matrix_file

_WARM_UP_RATE: Final = 16_000
"""Sample rate in Hz of what libraries are used on first: one that is resampled."""

Emit = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, kw_only=True)
class Extracted:
    """The features of every file that could be read.

    Attributes
    ----------
    X : ndarray (memory map) of shape (n_samples, n_features), float32
        Read-only.
    checksum : str
        SHA-256 (hex) of all rows as little-endian float32, in corpus order.
    utterances : tuple of Utterance
        Those of the rows, in corpus order.
    failures : tuple of (str, str)
        Name below the corpus, and reason, of each file left out.
    startup_s : float
        What starting the pool took of the stage.

    """

    X: npt.NDArray[np.float32]
    checksum: str
    utterances: tuple[Utterance, ...]
    failures: tuple[tuple[str, str], ...]
    startup_s: float


class Pipeline:
    """Run a plan's stages in this process and make the record.

    The features of all files are one float32 matrix in a temporary file, which is
    mapped into memory; training has one scaled copy of its rows. What a stage does not
    need any more is let go before its end, because memory is read there.

    Parameters
    ----------
    plan : PipelinePlan
        What to run.
    data_folder : DataFolder
        Where corpora are registered.
    emit : callable
        Called with each event, from more than one thread.

    """

    def __init__(
        self, plan: PipelinePlan, *, data_folder: DataFolder, emit: Emit
    ) -> None:
        self._plan = plan
        self._data = data_folder
        self._emit = emit
        self._task = ExtractionTask(
            feature_set=feature_set(plan.features), front_end=plan.front_end
        )

    def run(self) -> dict[str, Any]:
        """Run all stages, then what is outside of them.

        Returns
        -------
        record : dict
            The run record, plain JSON, validated.

        Raises
        ------
        CorpusError
            The corpus is not known, has no utterances, or none can be read.
        ParameterError
            The utterances do not allow a split or training.
        BackendError
            A worker was lost.

        """
        load_libraries(self._task)
        # its folder is cleared by the supervisor where a map keeps it busy (Windows)
        with tempfile.TemporaryDirectory(
            prefix="features-", ignore_cleanup_errors=True
        ) as folder:
            return self._run(Path(folder) / "values.npy")

    def _run(self, matrix: Path) -> dict[str, Any]:
        """Run everything, with the features in a file of this name."""
        with StageRecorder(emit=self._emit) as recorder:
            initial = recorder.snapshot()
            with recorder.stage("metadata"):
                corpus, utterances = self._read_metadata()
            # what would stop the training is better known before the long stage
            _check_trainable(self._plan.model, utterances)
            with recorder.stage(EXTRACTION):
                extracted = self._extract(corpus, utterances, matrix)
            y = np.array([u.emotion for u in extracted.utterances])
            found = recognise(
                extracted.X,
                y,
                model_name=self._plan.model,
                recorder=recorder,
                forecast=self._forecast,
            )
            final = recorder.snapshot()
        unseen = self._try_unseen(extracted, y)
        record = {
            **self._head(corpus, extracted, n_chosen=len(utterances)),
            "initial": initial,
            "final": final,
            "stages": recorder.stages,
            "total_wall_s": sum(stage["wall_s"] for stage in recorder.stages),
            **_result(found),
            **unseen.to_json(),
            "checksum": extracted.checksum,
            "failures": [{"path": p, "reason": r} for p, r in extracted.failures],
            "notes": self._notes(extracted, unseen),
        }
        validate(record)
        return record

    def _read_metadata(self) -> tuple[Corpus, tuple[Utterance, ...]]:
        """List the utterances."""
        entry = lookup(self._plan.corpus, data=self._data)
        corpus = read_corpus(entry.root, reader=entry.reader)
        if not corpus.utterances:
            raise CorpusError(
                f"corpus '{entry.root}' has no utterances to work on; look at its "
                "problems on the Corpora page, or choose another one",
                path=str(entry.root),
            )
        return corpus, select_evenly(corpus.utterances, self._plan.limit)

    def _extract(
        self, corpus: Corpus, utterances: Sequence[Utterance], matrix: Path
    ) -> Extracted:
        """Compute the features of every file, straight into a file of their own."""
        kept: list[Utterance] = []
        failures: list[tuple[str, str]] = []
        above = f"{corpus.root}{os.sep}"
        progress = ExtractionProgress(self._emit, total=len(utterances))
        n_columns = self._task.feature_set.size
        with (
            MatrixWriter(matrix, n_columns=n_columns) as writer,
            open_backend(
                self._plan.backend,
                n_workers=self._plan.n_workers(),
                inner_threads=self._plan.inner_threads,
            ) as backend,
        ):
            start_s = time.perf_counter()
            backend.start()
            startup_s = time.perf_counter() - start_s
            results = backend.map(
                self._task, [str(u.path) for u in utterances], chunk_size=CHUNK_SIZE
            )
            for utterance, extraction in zip(utterances, results, strict=True):
                if extraction.values is None:
                    name = utterance.path.relative_to(corpus.root).as_posix()
                    reason = extraction.error or "no features, and no reason given"
                    failures.append((name, reason.replace(above, "")))
                else:
                    writer.append(extraction.values)
                    kept.append(utterance)
                progress.step()
        if not kept:
            raise CorpusError(
                f"none of the {len(utterances)} files of '{corpus.root}' could be "
                f"read; the first one: {failures[0][1]}",
                path=str(corpus.root),
            )
        return Extracted(
            X=open_matrix_file(matrix),
            checksum=writer.sha256,
            utterances=tuple(kept),
            failures=tuple(failures),
            startup_s=startup_s,
        )

    def _forecast(
        self, X_train: npt.NDArray[np.float32], y_train: npt.NDArray[np.str_]
    ) -> None:
        """Say how long an SVM will take, from two small ones."""
        if self._plan.model != "svm":
            return
        estimate = estimate_svm_seconds(X_train, y_train)
        self._log(
            f"The SVM will take about {estimate.seconds:.1f} s "
            f"({estimate.seconds_low:.1f} to {estimate.seconds_high:.1f} s) for "
            f"{estimate.n_train} utterances, by a trial with {estimate.n_timed}."
        )

    def _try_unseen(
        self, extracted: Extracted, y: npt.NDArray[np.str_]
    ) -> UnseenSpeakers:
        """Fit the same model once more, with speakers kept apart."""
        self._log("Fitting once more on unseen speakers, outside the measured stages.")
        return try_unseen_speakers(
            extracted.X, y, extracted.utterances, model_name=self._plan.model
        )

    def _head(
        self, corpus: Corpus, extracted: Extracted, *, n_chosen: int
    ) -> dict[str, Any]:
        """Begin the record."""
        plan = self._plan
        machine = environment.fingerprint()
        machine["threadpools"] = [asdict(pool) for pool in inner_thread_pools()]
        chosen = self._task.feature_set
        return {
            **new_record(
                "pipeline",
                label=f"{corpus.name}, {n_chosen} files, {plan.version} version, "
                f"{plan.model}",
                environment=machine,
                corpus={
                    "name": corpus.name,
                    "synthetic": corpus.synthetic,
                    # records are shared, and the folders above hold people's names
                    "root": corpus.root.name,
                    "fingerprint": fingerprint(corpus),
                    "n_utterances": len(corpus.utterances),
                    "n_files": n_chosen,
                    "duration_s": _duration_s(extracted.utterances),
                },
                feature_set={**chosen.to_json(), "key": chosen.key},
            ),
            "version": plan.version,
            "model": plan.model,
            "backend": plan.backend,
            "workers": plan.n_workers(),
            "inner_threads": plan.inner_threads,
        }

    def _notes(self, extracted: Extracted, unseen: UnseenSpeakers) -> list[str]:
        """Say in plain words what the figures must not be read without."""
        notes = [
            "Libraries were loaded and used once before the first stage, in both "
            "versions; the initial figures include them.",
            "Features go into a temporary file that is mapped into memory, as float32. "
            "The test part is scaled in the evaluation, when it is predicted; the "
            "validation part, which nothing uses, is not copied.",
        ]
        if self._plan.backend != "sequential":
            notes.append(
                f"Feature extraction includes {extracted.startup_s:.1f} s for starting "
                f"{self._plan.n_workers()} workers, as it did in the report."
            )
        if self._plan.inner_threads != "1":
            notes.append(
                "Inner threads were not pinned, so that features and accuracy of two "
                "runs may differ in their last digits."
            )
        if extracted.failures:
            notes.append(
                f"{len(extracted.failures)} file(s) could not be read and were left "
                "out; they are listed with their reasons."
            )
        return notes + ([] if unseen.note is None else [unseen.note])

    def _log(self, message: str) -> None:
        """Emit a line for people."""
        self._emit({"type": "log", "level": "info", "message": message})


def load_libraries(task: ExtractionTask) -> None:
    """Load what the stages need, as the report's imports did before its clock.

    Parameters
    ----------
    task : ExtractionTask
        Is used once, on a second of noise.

    """
    import soundfile

    for name in ("metrics", "model_selection", "preprocessing"):
        importlib.import_module(f"sklearn.{name}")
    for name in REPORT_MODELS:
        build_report_model(name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "noise.wav"
        noise = np.random.default_rng(0).normal(0, 0.1, _WARM_UP_RATE)
        soundfile.write(path, noise.astype(np.float32), _WARM_UP_RATE)
        task(str(path))


def _check_trainable(model: str, utterances: Sequence[Utterance]) -> None:
    """Refuse what could not be split or trained, were every file readable."""
    labels = [utterance.emotion for utterance in utterances]
    split = random_split(labels)
    check_part(model, np.array(labels)[split.train])


def _result(found: Recognition) -> dict[str, Any]:
    """Return the record's keys about the random split."""
    split, evaluation = found.split, found.evaluation
    return {
        "accuracy": evaluation.accuracy,
        "uar": evaluation.uar,
        "report": evaluation.report(),
        "confusion": [list(row) for row in evaluation.confusion],
        "n_train": len(split.train),
        "n_validation": len(split.validation),
        "n_test": len(split.test),
    }


def _duration_s(utterances: Sequence[Utterance]) -> float:
    """Return the length of all recordings, from their headers."""
    return durations([utterance.path for utterance in utterances]).total_s
