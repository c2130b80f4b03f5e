"""Make and check the record of a training run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ser_core.corpora.download_sources import SOURCES
from ser_core.corpora.utterance import Corpus
from ser_core.evaluation.gap import gap_sentence
from ser_core.evaluation.human import human_accuracy
from ser_core.features.matrix import FeatureMatrix
from ser_core.features.registry import feature_set
from ser_core.store.record_head import begin_record
from ser_core.store.versions import Record
from ser_core.training.corpus_data import ChosenCorpora, label_of
from ser_core.training.folds import FoldResult
from ser_core.training.plan import TrainingPlan, describe
from ser_core.training.samples import Samples
from ser_core.training.schema import check_shape

_SYNTHETIC_LICENCE = "MIT, made by SER Lab itself"


def training_record(
    plan: TrainingPlan,
    *,
    chosen: ChosenCorpora,
    matrix: FeatureMatrix,
    samples: Samples,
    result: Mapping[str, Any],
    unseen: Mapping[str, Any] | None,
    unseen_reason: str | None,
    folds: Sequence[FoldResult],
    stages: Sequence[Mapping[str, Any]],
    machine: dict[str, Any],
    total_s: float,
) -> Record:
    """Put together what a run gave, and check it.

    Parameters
    ----------
    plan : TrainingPlan
    chosen, matrix, samples
        What it ran on.
    result : mapping
        RESULT of the plan's split.
    unseen : mapping or None
        RESULT with speakers apart; None where `result` has them apart.
    unseen_reason : str or None
        Why speakers could not be kept apart.
    folds : sequence of FoldResult
        Of both.
    stages : sequence of mapping
        As `ser_core.measure.stages` records them.
    machine : dict
        Fingerprint of the machine.
    total_s : float
        Wall time of the whole run.

    Returns
    -------
    record : dict

    Raises
    ------
    RecordError
        It does not have the shape of a record.

    """
    described = feature_set(plan.features)
    record = {
        **begin_record(
            "training",
            label=describe(plan),
            environment=machine,
            corpus=_corpus_sum(chosen, samples),
            feature_set={**described.to_json(), "key": described.key},
        ),
        "corpora": _corpora(chosen, samples),
        "plan": shareable(plan).to_json(),
        "model": plan.model,
        "features": described.label,
        "preset": plan.preset,
        "matrix_key": matrix.key,
        "classes": samples.classes,
        "emotions_common": list(chosen.labels.common),
        "emotions_dropped": dict(chosen.labels.dropped),
        **result,
        "unseen_speakers": unseen,
        "unseen_speakers_reason": unseen_reason,
        "gap": gap_sentence(result, unseen),
        "human": _human(chosen, samples, result),
        "tuning": _tuning(folds),
        "pca": _pca(plan, folds),
        "seconds": _seconds(stages, folds, total_s),
        "peak_rss_bytes": _peak(stages, "peak_rss_bytes"),
        "peak_pss_bytes": _peak(stages, "peak_pss_bytes"),
        "bundle": None,
        "failures": [
            {"path": failure.path, "reason": failure.reason}
            for failure in matrix.failures
        ],
        "notes": _notes(plan, chosen, matrix, result),
    }
    validate(record)
    return record


def validate(record: Record) -> None:
    """Check that a record of a training run or study is whole and plain JSON.

    Raises
    ------
    RecordError
        A field is missing, unknown, of the wrong type, not finite or too large; the
        message names it.

    """
    check_shape(record)


def shareable(plan: TrainingPlan) -> TrainingPlan:
    """Return a plan whose corpora tell no folder of this machine."""
    names = [name.rstrip("/").rpartition("/")[2] or name for name in plan.corpora]
    if len(set(names)) != len(names):
        names = [f"{name} {i}" for i, name in enumerate(names, 1)]
    return replace(plan, corpora=tuple(names))


def _corpora(chosen: ChosenCorpora, samples: Samples) -> list[dict[str, Any]]:
    """Describe each corpus and how much of it is used."""
    used = np.bincount(samples.corpus, minlength=len(chosen.corpora))
    return [
        {
            "name": corpus.name,
            "synthetic": corpus.synthetic,
            # records are shared, and the folders above hold people's names
            "root": corpus.root.name,
            "fingerprint": chosen.fingerprints[i],
            "n_utterances": chosen.n_listed[i],
            "n_files": int(used[i]),
            "n_speakers": _n_speakers(samples, i),
            "licence": _licence(corpus),
            "language": _language(corpus),
        }
        for i, corpus in enumerate(chosen.corpora)
    ]


def _n_speakers(samples: Samples, corpus: int) -> int | None:
    """Count the speakers of one corpus, None where one is unknown."""
    speakers = {
        utterance.speaker
        for number, utterance in zip(
            samples.corpus.tolist(), samples.utterances, strict=True
        )
        if number == corpus
    }
    return None if None in speakers else len(speakers)


def _corpus_sum(chosen: ChosenCorpora, samples: Samples) -> dict[str, Any]:
    """Describe all corpora as one, for lists of runs."""
    return {
        "name": " + ".join(chosen.names())[:100],
        "synthetic": chosen.synthetic,
        "root": None,
        "fingerprint": None,
        "n_utterances": sum(chosen.n_listed),
        "n_files": len(samples.rows),
        "duration_s": None,
    }


def _licence(corpus: Corpus) -> str | None:
    """Name the licence of a corpus where it is known."""
    if corpus.synthetic:
        return _SYNTHETIC_LICENCE
    source = SOURCES.get(corpus.name)
    return None if source is None else source.licence


def _language(corpus: Corpus) -> str | None:
    """Name the language of a corpus where it is known."""
    languages = {
        "thai-ser": "Thai",
        "ravdess": "English (North America)",
        "tess": "English (Canada)",
        "savee": "English (Britain)",
        "crema-d": "English (United States)",
        "emo-db": "German",
        "synthetic": "none (synthetic voices)",
    }
    return languages.get(corpus.name)


def _human(
    chosen: ChosenCorpora, samples: Samples, result: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Say how well people do on the tested clips, where one corpus knows it."""
    if len(chosen.corpora) != 1:
        return None
    corpus = chosen.corpora[0]
    tested = set(result["predictions"]["path"])
    utterances = [
        utterance
        for utterance in samples.utterances
        if utterance.path.relative_to(corpus.root).as_posix() in tested
    ]
    found = human_accuracy(corpus.name, utterances, root=corpus.root)
    return None if found is None else found.to_json()


def _tuning(folds: Sequence[FoldResult]) -> dict[str, Any] | None:
    """Gather the searches of all folds."""
    searches = [
        {"part": fold.work.part, "fold": fold.work.name, **fold.search}
        for fold in folds
        if fold.search is not None
    ]
    if not searches:
        return None
    # no trial of a search may have come to an end
    best = max(searches, key=lambda search: float(search["best_value"] or 0.0))
    return {
        "n_trials": len(best["trials"]),
        "best_parameters": best["best_parameters"],
        "best_value": best["best_value"],
        "trials": best["trials"],
        "searches": searches,
    }


def _pca(plan: TrainingPlan, folds: Sequence[FoldResult]) -> dict[str, Any] | None:
    """Say how many components the PCA kept."""
    components = [fold.components for fold in folds if fold.components is not None]
    if plan.pca is None or not components:
        return None
    return {"components": components, "share": plan.pca}


def _seconds(
    stages: Sequence[Mapping[str, Any]], folds: Sequence[FoldResult], total_s: float
) -> dict[str, float]:
    """Say where the time went."""
    wall = {str(stage["name"]): float(stage["wall_s"]) for stage in stages}
    return {
        **wall,
        "fit": sum(fold.fit_s for fold in folds),
        "predict": sum(fold.predict_s for fold in folds),
        "total": total_s,
    }


def _peak(stages: Sequence[Mapping[str, Any]], key: str) -> int | None:
    """Return the largest of the stages' peaks."""
    peaks = [int(stage[key]) for stage in stages if stage[key] is not None]
    return max(peaks, default=None)


def _notes(
    plan: TrainingPlan,
    chosen: ChosenCorpora,
    matrix: FeatureMatrix,
    result: Mapping[str, Any],
) -> list[str]:
    """Say in plain words what the figures must not be read without."""
    notes = [*_left_out(plan, chosen, matrix), *result.get("notes", ()), *matrix.notes]
    if matrix.failures:
        notes.append(
            f"{len(matrix.failures)} file(s) could not be read and were left out; "
            "they are listed with their reasons."
        )
    if len(result["folds"]) > 1:
        notes.append(
            f"Figures are of the pooled predictions of {len(result['folds'])} folds; "
            "each clip is tested once."
        )
    if plan.tune:
        notes.append(
            "Parameters were searched inside the training part of each fold; the "
            "history shown is that of the fold with the best value."
        )
    return [note[:2_000] for note in dict.fromkeys(notes)][:200]


def _left_out(
    plan: TrainingPlan, chosen: ChosenCorpora, matrix: FeatureMatrix
) -> list[str]:
    """Say which utterances have no class, and which classes tell a corpus."""
    notes = []
    kept = [u for u in matrix.utterances if chosen.keeps(u)]
    n_unknown = sum(label_of(u, plan.labels) is None for u in kept)
    if n_unknown:
        notes.append(
            f"{n_unknown} of {len(kept)} utterances were left out: their speaker's "
            "gender is unknown."
        )
    alone = [label for label in chosen.labels.kept if label not in chosen.labels.common]
    if alone and len(chosen.corpora) > 1:
        notes.append(
            f"Not every corpus has {', '.join(alone)}: a model may tell these by how "
            "a corpus was recorded."
        )
    absent = [e for e in plan.emotions or () if e not in chosen.labels.kept]
    if absent:
        notes.append(f"No chosen corpus has {', '.join(absent)}.")
    return notes
