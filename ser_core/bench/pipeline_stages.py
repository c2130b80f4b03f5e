"""What a pipeline does, stage by stage, in the process that is measured."""

from __future__ import annotations

import hashlib
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
from ser_core.bench.plan import CHUNK_SIZE
from ser_core.bench.record import new_record, validate
from ser_core.bench.unseen_speakers import UnseenSpeakers, try_unseen_speakers
from ser_core.corpora.durations import durations
from ser_core.corpora.listing import fingerprint, select_evenly
from ser_core.corpora.reader import read_corpus
from ser_core.corpora.registry import lookup
from ser_core.corpora.utterance import Corpus, Utterance
from ser_core.errors import CorpusError
from ser_core.evaluation.metrics import Evaluation, evaluate
from ser_core.evaluation.splits import Split, random_split
from ser_core.execution import inner_thread_pools, open_backend
from ser_core.features import ExtractionTask, feature_set
from ser_core.measure import environment
from ser_core.measure.stages import StageRecorder
from ser_core.models.classical import (
    check_training_part,
    fit_scaler,
    scale_in_place,
)
from ser_core.models.registry import (
    REPORT_MODELS,
    REPORT_PARAMETERS,
    Classifier,
    build_model,
)
from ser_core.models.svm_estimate import estimate_svm_seconds
from ser_core.store.data_folder import DataFolder

PROGRESS_S: Final = 0.2
"""Least time between two reports of progress."""

_EXTRACTION: Final = "feature extraction"
_WARM_UP_RATE: Final = 16_000
"""Sample rate in Hz of what libraries are used on first: one that is resampled."""

Features = npt.NDArray[np.float32]
Emit = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, kw_only=True)
class Extracted:
    """The features of every file that could be read.

    Attributes
    ----------
    X : ndarray of shape (n_samples, n_features), float32
    utterances : tuple of Utterance
        Those of the rows, in corpus order.
    failures : tuple of (str, str)
        Name below the corpus, and reason, of each file left out.
    startup_s : float
        What starting the pool took of the stage.

    """

    X: Features
    utterances: tuple[Utterance, ...]
    failures: tuple[tuple[str, str], ...]
    startup_s: float


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Scaled features of each part; the labels of the two that are used."""

    X_train: Features
    y_train: npt.NDArray[np.str_]
    X_validation: Features
    X_test: Features
    y_test: npt.NDArray[np.str_]


class Pipeline:
    """Run a plan's stages in this process and make the record.

    The features of all files are one float32 matrix, allocated once; training has one
    scaled copy of its rows. What a stage does not need any more is let go before its
    end, because memory is read there.

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
        _load_libraries(self._task)
        with StageRecorder(emit=self._emit) as recorder:
            initial = recorder.snapshot()
            with recorder.stage("metadata"):
                corpus, utterances = self._read_metadata()
            # what would stop the training is better known before the long stage
            _check_trainable(self._plan.model, utterances)
            with recorder.stage(_EXTRACTION):
                extracted = self._extract(corpus, utterances)
            y = np.array([u.emotion for u in extracted.utterances])
            with recorder.stage("preprocessing"):
                split, parts = _preprocess(extracted.X, y)
            _check_part(self._plan.model, parts.y_train)
            self._forecast(parts)
            with recorder.stage("training"):
                model = _build(self._plan.model)
                model.fit(parts.X_train, parts.y_train)
            with recorder.stage("evaluation"):
                result = _judge(model, parts, classes=y)
            final = recorder.snapshot()
        del parts, model
        unseen = self._try_unseen(extracted, y)
        record = {
            **self._head(corpus, extracted, n_chosen=len(utterances)),
            "initial": initial,
            "final": final,
            "stages": recorder.stages,
            "total_wall_s": sum(stage["wall_s"] for stage in recorder.stages),
            "accuracy": result.accuracy,
            "uar": result.uar,
            "report": result.report(),
            "confusion": [list(row) for row in result.confusion],
            "n_train": len(split.train),
            "n_validation": len(split.validation),
            "n_test": len(split.test),
            **unseen.to_json(),
            "checksum": _checksum(extracted.X),
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

    def _extract(self, corpus: Corpus, utterances: Sequence[Utterance]) -> Extracted:
        """Compute the features of every file, straight into their place."""
        X = np.empty((len(utterances), self._task.feature_set.size), np.float32)
        kept: list[Utterance] = []
        failures: list[tuple[str, str]] = []
        above = f"{corpus.root}{os.sep}"
        progress = _Progress(self._emit, total=len(utterances))
        with open_backend(
            self._plan.backend,
            n_workers=self._plan.n_workers(),
            inner_threads=self._plan.inner_threads,
        ) as backend:
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
                    X[len(kept)] = extraction.values.reshape(-1)
                    kept.append(utterance)
                progress.step()
        if not kept:
            raise CorpusError(
                f"none of the {len(utterances)} files of '{corpus.root}' could be "
                f"read; the first one: {failures[0][1]}",
                path=str(corpus.root),
            )
        return Extracted(
            X=X[: len(kept)],
            utterances=tuple(kept),
            failures=tuple(failures),
            startup_s=startup_s,
        )

    def _forecast(self, parts: Parts) -> None:
        """Say how long an SVM will take, from two small ones."""
        if self._plan.model != "svm":
            return
        estimate = estimate_svm_seconds(parts.X_train, parts.y_train)
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
            "versions; the initial figures include them."
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


class _Progress:
    """Report how many files are done, not too often.

    Parameters
    ----------
    emit : callable
    total : int
        Files in all.

    """

    def __init__(self, emit: Emit, *, total: int) -> None:
        self._emit = emit
        self._total = total
        self._done = 0
        self._started_s = self._told_s = time.monotonic()

    def step(self) -> None:
        """Count one file."""
        self._done += 1
        now_s = time.monotonic()
        if now_s - self._told_s < PROGRESS_S and self._done < self._total:
            return
        self._told_s = now_s
        rate = self._done / max(now_s - self._started_s, 1e-9)
        self._emit(
            {
                "type": "progress",
                "arm": None,
                "repeat": None,
                "what": _EXTRACTION,
                "done": self._done,
                "total": self._total,
                "files_per_s": rate,
                "remaining_s": (self._total - self._done) / rate,
            }
        )


def _load_libraries(task: ExtractionTask) -> None:
    """Load what the stages need, as the report's imports did before its clock."""
    import soundfile

    for name in ("metrics", "model_selection", "preprocessing"):
        importlib.import_module(f"sklearn.{name}")
    for name in REPORT_MODELS:
        _build(name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "noise.wav"
        noise = np.random.default_rng(0).normal(0, 0.1, _WARM_UP_RATE)
        soundfile.write(path, noise.astype(np.float32), _WARM_UP_RATE)
        task(str(path))


def _check_trainable(model: str, utterances: Sequence[Utterance]) -> None:
    """Refuse what could not be split or trained, were every file readable."""
    labels = [utterance.emotion for utterance in utterances]
    split = random_split(labels)
    _check_part(model, np.array(labels)[split.train])


def _check_part(model: str, y: npt.NDArray[np.str_]) -> None:
    """Refuse a training part that the report's model cannot be fitted to."""
    check_training_part(model, y, parameters=REPORT_PARAMETERS[model])


def _build(model: str) -> Classifier:
    """Build the report's model."""
    return build_model(model, parameters=REPORT_PARAMETERS[model])


def _preprocess(X: Features, y: npt.NDArray[np.str_]) -> tuple[Split, Parts]:
    """Split at random and scale, as the report does."""
    split = random_split(y.tolist())
    parts = Parts(
        X_train=X[split.train],
        y_train=y[split.train],
        X_validation=X[split.validation],
        X_test=X[split.test],
        y_test=y[split.test],
    )
    scaler = fit_scaler(parts.X_train)
    for part in (parts.X_train, parts.X_validation, parts.X_test):
        scale_in_place(part, scaler=scaler)
    return split, parts


def _judge(
    model: Classifier, parts: Parts, *, classes: npt.NDArray[np.str_]
) -> Evaluation:
    """Predict the test part and compare."""
    found = model.predict(parts.X_test)
    return evaluate(parts.y_test, found, classes=np.unique(classes).tolist())


def _checksum(X: Features) -> str:
    """SHA-256 (hex) of all rows as little-endian float32, in corpus order."""
    little_endian = np.ascontiguousarray(X, dtype="<f4")
    return hashlib.sha256(little_endian.data).hexdigest()


def _duration_s(utterances: Sequence[Utterance]) -> float:
    """Return the length of all recordings, from their headers."""
    return durations([utterance.path for utterance in utterances]).total_s
