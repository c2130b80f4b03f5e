"""Say how long a training plan will take, before anybody waits for it.

``python -m ser_core.training.estimate`` reads a request from standard input and writes
the estimate to standard output, both as JSON, so that a web server need not do the
work that is timed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ser_core import errors
from ser_core.corpora.durations import durations
from ser_core.corpora.listing import select_evenly
from ser_core.corpora.utterance import Utterance
from ser_core.errors import CorpusError, JobError, SerError
from ser_core.features.matrix import matrix_key, open_matrix
from ser_core.features.registry import feature_set
from ser_core.features.worker import ExtractionTask
from ser_core.measure.cores import available_cores
from ser_core.measure.sampling import package_command, package_environment
from ser_core.models.fit_estimate import estimate_fit
from ser_core.store.data_folder import DataFolder
from ser_core.training.corpus_data import ChosenCorpora, choose_corpora
from ser_core.training.plan import TrainingPlan
from ser_core.training.runner import n_fold_workers, split_both
from ser_core.training.samples import Samples, planned_samples

_TIMED_FILES: Final = 4
_LENGTH_FILES: Final = 200
_SHARE_OF_IDEAL: Final = 0.85
"""Speed-up per core that workers are expected to reach."""

_FIXED_S: Final = 4.0
"""Seconds around the work: processes, metadata, figures, the record."""

_TRIAL_ROWS: Final = 600
_ESTIMATE_S: Final = 180.0


@dataclass(frozen=True, kw_only=True)
class TrainingEstimate:
    """How long a training plan will take.

    Attributes
    ----------
    total_s, low_s, high_s : float
        Everything, with the range in which it is expected.
    features_s : float
        Of which feature extraction; 0 where the features are stored already.
    fits_s : float
        Of which training, on this machine's cores.
    n_files, n_fits : int
        Files that are used, and models that are fitted.
    basis : str
        What the estimate rests on, in words.

    """

    total_s: float
    low_s: float
    high_s: float
    features_s: float
    fits_s: float
    n_files: int
    n_fits: int
    basis: str


def estimate_apart(plan: TrainingPlan, *, data: DataFolder) -> TrainingEstimate:
    """Estimate in a process of its own.

    Parameters
    ----------
    plan : TrainingPlan
    data : DataFolder

    Returns
    -------
    estimate : TrainingEstimate

    Raises
    ------
    CorpusError, ParameterError
        The plan cannot be run; the message says why.
    JobError
        The process died, or took longer than three minutes.

    """
    request = {"plan": plan.to_json(), "data": str(data.root)}
    environment = package_environment()
    environment.setdefault("NUMBA_CACHE_DIR", str(data.numba_cache))
    try:
        done = subprocess.run(
            package_command("ser_core.training.estimate"),
            input=json.dumps(request),
            capture_output=True,
            text=True,
            env=environment,
            timeout=_ESTIMATE_S,
            check=False,
        )
        answer = json.loads(done.stdout)
    except subprocess.TimeoutExpired as error:
        raise JobError(
            f"the estimate took more than {_ESTIMATE_S:.0f} s; choose fewer files, or "
            "train without it"
        ) from error
    except ValueError as error:
        raise JobError(
            f"the estimate ended without an answer (exit code {done.returncode}); "
            "train without it"
        ) from error
    if "error" in answer:
        kind = getattr(errors, answer["error"], SerError)
        raise kind(answer["message"])
    return TrainingEstimate(**answer)


def estimate(
    plan: TrainingPlan, *, data: DataFolder, n_workers: int | None = None
) -> TrainingEstimate:
    """Estimate from a few files and two small fits.

    Parameters
    ----------
    plan, data
        As for `estimate_apart`.
    n_workers : int, optional
        Folds that are fitted at once; by default what cores and memory allow.

    Raises
    ------
    CorpusError, ParameterError
        The plan cannot be run.

    Notes
    -----
    Fits are timed on stored features where there are some, else on random numbers of
    the same shape, whose classes differ a little: real data may need more or fewer
    iterations.

    """
    chosen = choose_corpora(plan, data=data)
    described = feature_set(plan.features)
    stored = _stored(chosen, plan, data)
    features_s = 0.0 if stored is not None else _features_s(chosen, plan)
    samples = planned_samples(plan, chosen)
    main, unseen, _ = split_both(plan, samples)
    folds = [*main.folds, *(unseen.folds if unseen is not None else ())]
    sizes = [len(fold.train) for fold in folds]
    X, y = _trial_rows(samples, stored, n_features=described.size, seed=plan.seed)
    fit = estimate_fit(
        plan.model,
        X,
        y,
        n_train=round(float(np.mean(sizes))),
        pca=plan.pca,
        parameters=plan.parameters,
    )
    # a search fits every candidate on each of its inner folds, of which some are pruned
    n_fits = len(folds) * (1 + 3 * plan.tune) + (plan.save is not None)
    workers = n_workers or n_fold_workers(
        len(folds), training_bytes=max(sizes) * described.size * 4
    )
    spread = n_fits / (1 if workers == 1 else _SHARE_OF_IDEAL * workers)
    fits_s = fit.seconds * spread
    where = "stored features" if stored is not None else "a few files"
    return TrainingEstimate(
        total_s=_FIXED_S + features_s + fits_s,
        low_s=_FIXED_S + 0.7 * features_s + fit.seconds_low * spread,
        high_s=2 * _FIXED_S + 1.5 * features_s + fit.seconds_high * spread,
        features_s=features_s,
        fits_s=fits_s,
        n_files=len(samples.rows),
        n_fits=n_fits,
        basis=f"{where} and two small fits, timed just now",
    )


def _stored(
    chosen: ChosenCorpora, plan: TrainingPlan, data: DataFolder
) -> npt.NDArray[np.float32] | None:
    """Return the stored features, None where there are none."""
    key = matrix_key(chosen.corpora, feature_set(plan.features))
    try:
        return open_matrix(data, key).X
    except SerError:
        return None


def _features_s(chosen: ChosenCorpora, plan: TrainingPlan) -> float:
    """Time a few files and scale to all, by their length."""
    everything: Sequence[Utterance] = [
        u for corpus in chosen.corpora for u in corpus.utterances
    ]
    task = ExtractionTask(feature_set=feature_set(plan.features))
    timed = [u.path for u in select_evenly(everything, _TIMED_FILES + 1)]
    first = task(str(timed[0]))  # libraries are loaded before anything is timed
    timed = timed[1:] or timed
    started_s = time.perf_counter()
    failed = [task(str(path)).error for path in timed]
    spent_s = time.perf_counter() - started_s
    audio_s = durations(timed).total_s
    if all(failed) or not audio_s:
        raise CorpusError(
            f"none of {len(timed)} files could be read, so nothing can be estimated; "
            f"the first one: {first.error or failed[0]}"
        )
    lengths = [u.path for u in select_evenly(everything, _LENGTH_FILES)]
    all_s = durations(lengths).total_s * len(everything) / len(lengths)
    cores = available_cores()
    gain = 1.0 if cores == 1 else _SHARE_OF_IDEAL * cores
    return _FIXED_S + spent_s / audio_s * all_s / gain


def _trial_rows(
    samples: Samples,
    stored: npt.NDArray[np.float32] | None,
    *,
    n_features: int,
    seed: int,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.str_]]:
    """Return features and classes for the small fits."""
    rng = np.random.default_rng(seed)
    n = min(_TRIAL_ROWS, len(samples.rows))
    rows = np.sort(rng.choice(len(samples.rows), n, replace=False))
    y = samples.y[rows]
    if stored is not None and len(stored) >= len(samples.rows):
        return np.asarray(stored[samples.rows[rows]]), y
    X = rng.normal(size=(n, n_features)).astype(np.float32)
    classes = {label: i for i, label in enumerate(np.unique(y).tolist())}
    centres = 0.3 * rng.normal(size=(len(classes), n_features)).astype(np.float32)
    X += centres[[classes[label] for label in y.tolist()]]
    return X, y


def main() -> int:
    """Answer one request."""
    request: dict[str, Any] = json.load(sys.stdin)
    try:
        answer = estimate(
            TrainingPlan.from_json(request["plan"]),
            data=DataFolder(Path(request["data"])),
        )
    except SerError as error:
        json.dump({"error": type(error).__name__, "message": error.message}, sys.stdout)
        return 1
    json.dump(asdict(answer), sys.stdout)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
