"""Train, judge and write the model that comes with SER Lab, by one fixed recipe."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.corpora.registry import lookup
from ser_core.errors import CorpusError, ParameterError
from ser_core.evaluation.metrics import evaluate
from ser_core.evaluation.splits import Splitting
from ser_core.execution import open_backend
from ser_core.features.matrix import FeatureMatrix, feature_matrix
from ser_core.features.progress import Emit
from ser_core.features.registry import feature_set
from ser_core.measure import environment
from ser_core.measure.cores import available_cores
from ser_core.models.bundle import save_bundle
from ser_core.models.bundle_folders import check_free
from ser_core.models.card import ModelCard
from ser_core.models.card_record import card_from_record
from ser_core.models.registry import build_recogniser
from ser_core.models.shipped import SHIPPED
from ser_core.models.training_distance import distances, training_distances
from ser_core.store.data_folder import DataFolder
from ser_core.training.corpus_data import ChosenCorpora, choose_corpora
from ser_core.training.folds import FoldResult
from ser_core.training.other_corpora import judge_on, lossy_note
from ser_core.training.plan import TrainingPlan
from ser_core.training.record import training_record
from ser_core.training.results import collect
from ser_core.training.runner import fold_works, split_both
from ser_core.training.samples import Samples, select_samples
from ser_core.training.saving import with_confidence
from ser_core.training.worsening import Worsening

EMOTIONS: Final = ("angry", "disgust", "fearful", "happy", "neutral", "sad")
"""What both training corpora have."""

FEATURES: Final = "functionals+loudness"
"""Brought to one loudness first: how far a mouth is from a microphone is no emotion."""

MODEL: Final = "lr"
PARAMETERS: Final[Mapping[str, Any]] = {"C": 0.001, "class_weight": "balanced"}
SEED: Final = 0

N_COPIES: Final = 2
"""Worse copies of each recording that are trained on beside it."""

REPEATS: Final[Mapping[str, int]] = {"emo-db": 5}
"""How often a corpus counts: EMO-DB has a sixteenth of CREMA-D's recordings, and
German voices should be heard, too."""

_FILES_PER_WORKER: Final = 64
_TIMES: Final = ("fit_s", "predict_s")

Rows = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Recordings:
    """The training recordings, as they are and as worse copies.

    Attributes
    ----------
    chosen : ChosenCorpora
    matrix : FeatureMatrix
    samples : Samples
    X : ndarray of shape (n_samples, n_features), float32
    copies : ndarray of shape (n_samples, n_copies, n_features), float32

    """

    chosen: ChosenCorpora
    matrix: FeatureMatrix
    samples: Samples
    X: Rows
    copies: Rows

    def training_part(self, part: npt.NDArray[np.intp]) -> tuple[Rows, Any]:
        """Return rows and labels to fit to: recordings and copies, as they count.

        Parameters
        ----------
        part : ndarray of shape (n_part,), intp
            Sample numbers.

        """
        names = [corpus.name for corpus in self.chosen.corpora]
        counts = np.array([REPEATS.get(name, 1) for name in names])
        part = np.repeat(part, counts[self.samples.corpus[part]])
        copies = [self.copies[part, i] for i in range(self.copies.shape[1])]
        y = np.tile(self.samples.y[part], 1 + len(copies))
        return np.concatenate([self.X[part], *copies]), y


def make_default(
    corpora: Sequence[str],
    *,
    unseen: Sequence[str],
    out: Path,
    data: DataFolder,
    emit: Emit,
) -> ModelCard:
    """Train, judge and write the model that comes with SER Lab.

    Parameters
    ----------
    corpora : sequence of str
        Names or folders of what it is trained on.
    unseen : sequence of str
        Names or folders of what it is judged on beside that.
    out : Path
        Folder of the bundle; its last part is ``default``, and it does not exist yet.
    data : DataFolder
        Where corpora are registered and features are stored.
    emit : callable
        Called with events; may be called from more than one thread.

    Returns
    -------
    card : ModelCard
        As it was written.

    Raises
    ------
    CorpusError
        A corpus is not known, or a file of it cannot be read.
    ParameterError
        The folder has another name.
    ModelError
        The folder is taken, or an unseen corpus was trained on.
    BackendError
        A worker was lost.

    Notes
    -----
    The recipe is the constants of this module; docs/results-log.md says how they were
    chosen, without a look at the unseen corpora. The same recordings give the same
    model file on the same machine. Copies are made for training alone: what is tested
    and told on the card are the recordings as they are.

    """
    if out.name != SHIPPED:
        raise ParameterError(
            f"out = '{out}' must end in {SHIPPED!r}, which is the model's name; add it"
        )
    check_free(out)
    for name in unseen:  # told before minutes of work
        lookup(name, data=data)
    plan = TrainingPlan(
        corpora=tuple(corpora),
        features=FEATURES,
        model=MODEL,
        parameters=PARAMETERS,
        split="speaker",
        seed=SEED,
        emotions=EMOTIONS,
    )
    recordings = _recordings(plan, data=data, emit=emit)
    main, _, _ = split_both(plan, recordings.samples)
    _tell(emit, "Judging on speakers that are left out.")
    folds, away = _judge(plan, main, recordings)
    record = _record(plan, main, recordings, folds)
    _tell(emit, "Fitting to all recordings.")
    recogniser, card = _fit(plan, recordings, record, away)
    others = []
    for name in unseen:
        _tell(emit, f"Judging on {name}.")
        others.append(judge_on(recogniser, card, name, data=data, emit=emit))
    results = replace(card.results, other_corpora=tuple(others))
    return save_bundle(out, recogniser, replace(card, results=results))


def _recordings(plan: TrainingPlan, *, data: DataFolder, emit: Emit) -> Recordings:
    """Read the corpora and compute the features of recordings and copies."""
    chosen = choose_corpora(plan, data=data)
    matrix = feature_matrix(
        chosen.corpora, feature_set(plan.features), data=data, emit=emit
    )
    samples = select_samples(plan, chosen, matrix)
    return Recordings(
        chosen=chosen,
        matrix=matrix,
        samples=samples,
        X=np.asarray(matrix.X[samples.rows]),
        copies=_copies(plan, samples, emit),
    )


def _copies(plan: TrainingPlan, samples: Samples, emit: Emit) -> Rows:
    """Compute the features of the worse copies; shape (n_samples, n_copies, -1)."""
    task = Worsening(feature_set=feature_set(plan.features), n_copies=N_COPIES)
    paths = [str(utterance.path) for utterance in samples.utterances]
    found: list[Rows] = []
    # with few files, starting workers takes longer than it saves
    n_workers = min(available_cores(), len(paths) // _FILES_PER_WORKER)
    name = "loky" if n_workers > 1 else "sequential"
    with open_backend(name, n_workers=max(1, n_workers)) as backend:
        backend.start()
        for path, rows in zip(
            paths, backend.map(task, paths, chunk_size=8), strict=True
        ):
            if rows is None:
                raise CorpusError(
                    f"'{path}' cannot be read any more; get the corpus again",
                    path=path,
                )
            found.append(rows)
            if len(found) % 100 == 0 or len(found) == len(paths):
                _tell_progress(emit, len(found), len(paths))
    return np.stack(found)


def _judge(
    plan: TrainingPlan, main: Splitting, recordings: Recordings
) -> tuple[list[FoldResult], npt.NDArray[np.float64]]:
    """Fit and test each fold; return results and distances of what was held out.

    The distances are of held-out recordings and their copies: a microphone of another
    kind must not be taken for no voice at all.
    """
    results, away = [], []
    works = fold_works("main", main, recordings.samples)
    for fold, work in zip(main.folds, works, strict=True):
        started_s = time.perf_counter()
        recogniser = _recogniser(plan).fit(*recordings.training_part(fold.train))
        fit_s = time.perf_counter() - started_s
        started_s = time.perf_counter()
        X = recordings.X[fold.test]
        probabilities = np.asarray(recogniser.predict_proba(X), dtype=np.float64)
        results.append(
            FoldResult(
                work=work,
                predicted=np.asarray(recogniser.predict(X), dtype=np.str_),
                probabilities=probabilities,
                known=np.asarray(recogniser.classes_, dtype=np.str_),
                fit_s=fit_s,
                predict_s=time.perf_counter() - started_s,
            )
        )
        copies = recordings.copies[fold.test]
        heard = [X, *(copies[:, i] for i in range(copies.shape[1]))]
        away += [distances(recogniser, rows) for rows in heard]
    return results, np.concatenate(away)


def _record(
    plan: TrainingPlan,
    main: Splitting,
    recordings: Recordings,
    folds: Sequence[FoldResult],
) -> dict[str, Any]:
    """Put the figures together as for any training."""
    chosen, samples = recordings.chosen, recordings.samples
    return training_record(
        plan,
        chosen=chosen,
        matrix=recordings.matrix,
        samples=samples,
        result=collect(samples, main, folds, chosen=chosen),
        unseen=None,
        unseen_reason=None,
        folds=folds,
        stages=(),
        machine=environment.fingerprint(),
        total_s=0.0,
    )


def _fit(
    plan: TrainingPlan,
    recordings: Recordings,
    record: Mapping[str, Any],
    away: npt.NDArray[np.float64],
) -> tuple[Any, ModelCard]:
    """Fit to everything, and make the card without other corpora."""
    everything = np.arange(len(recordings.X))
    recogniser = _recogniser(plan).fit(*recordings.training_part(everything))
    card = card_from_record(
        record,
        name=SHIPPED,
        n_fitted=len(everything),
        distances=training_distances(recogniser, recordings.X),
    )
    protocol = " ".join(
        part
        for part in (card.protocol, _recipe(), lossy_note(recordings.chosen.corpora))
        if part
    )
    results = replace(
        card.results,
        plan={
            **{k: v for k, v in card.results.plan.items() if k not in _TIMES},
            "folds": [
                {k: v for k, v in fold.items() if k not in _TIMES}
                for fold in card.results.plan["folds"]
            ],
            "by_corpus": _by_corpus(record, recordings),
        },
    )
    card = replace(card, protocol=protocol, results=results, record_id=None)
    return recogniser, with_confidence(card, record, away)


def _by_corpus(
    record: Mapping[str, Any], recordings: Recordings
) -> list[dict[str, Any]]:
    """Judge the pooled predictions of each corpus apart."""
    predictions, classes = record["predictions"], record["classes"]
    of_row = np.asarray(predictions["corpus"])
    truth, predicted = (
        np.asarray(classes)[np.asarray(predictions[key])]
        for key in ("truth", "predicted")
    )
    rows = []
    for number, name in enumerate(recordings.chosen.names()):
        here = of_row == number
        scored = evaluate(
            truth[here].tolist(), predicted[here].tolist(), classes=classes
        )
        rows.append(
            {
                "corpus": name,
                "n": int(here.sum()),
                "war": scored.accuracy,
                "uar": scored.uar,
            }
        )
    return rows


def _recogniser(plan: TrainingPlan) -> Any:
    """Build what is fitted."""
    return build_recogniser(plan.model, seed=plan.seed, parameters=plan.parameters)


def _recipe() -> str:
    """Say what is done beside what every training does."""
    repeats = ", ".join(f"{name} {n} times" for name, n in sorted(REPEATS.items()))
    return (
        f"Each recording was trained on with {N_COPIES} copies of it in other rooms, "
        "before other microphones and with noise, made from it; tests are of the "
        f"recordings as they are. Counted more than once: {repeats}."
    )


def _tell(emit: Emit, message: str) -> None:
    """Emit a line for people."""
    emit({"t": time.time(), "type": "log", "level": "info", "message": message})


def _tell_progress(emit: Emit, done: int, total: int) -> None:
    """Tell how many recordings have their copies."""
    emit(
        {
            "t": time.time(),
            "type": "progress",
            "arm": None,
            "repeat": None,
            "what": "copies",
            "done": done,
            "total": total,
            "files_per_s": None,
            "remaining_s": None,
        }
    )
