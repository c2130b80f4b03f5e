"""Compare 13 and 20 cepstral coefficients, as the report asks."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from typing import Any, Final

from ser_core.corpora.listing import select_evenly
from ser_core.features.registry import feature_set
from ser_core.features.worker import ExtractionTask
from ser_core.training.plan import TrainingPlan
from ser_core.training.runner import run_training
from ser_core.training.studies.place import Found, Place

FEATURES: Final[tuple[str, ...]] = ("mfcc13x500", "mfcc20x500")
_TIMED: Final = 100


def study_coefficients(plan: TrainingPlan, place: Place) -> Found:
    """Run the plan with 13 and with 20 coefficients.

    Parameters
    ----------
    plan : TrainingPlan
        Its feature set is replaced.
    place : Place

    Returns
    -------
    found : Found
        Rows: ``features``, ``n_mfcc``, ``n_values``, ``model``, ``split``,
        ``seconds_features`` (one worker, for all files), ``seconds_fit`` (all folds),
        ``matrix_bytes``, ``peak_pss_bytes`` (whole tree), ``war``, ``uar``,
        ``uar_low``, ``uar_high``; those of unseen speakers where they are known.

    Notes
    -----
    Extraction is timed apart, on up to 100 files evenly chosen, the two sets taking
    turns file by file in one process, and scaled to all files: what is stored already
    would take no time at all.

    """
    timed = _time_extraction(place)
    rows = []
    for name in FEATURES:
        record = run_training(
            replace(plan, features=name, save=None, tune=0),
            data=place.data,
            work_folder=place.work_folder,
            emit=place.emit,
        )
        rows.append(_row(record, name, seconds_a_file=timed[name]))
    return Found(
        rows=rows,
        notes=[
            f"Extraction was timed with one worker on up to {_TIMED} files, the sets "
            "taking turns, and scaled to all files by the median.",
            "seconds_fit is the sum over all folds of both splits; folds may run side "
            "by side.",
        ],
    )


def _time_extraction(place: Place) -> dict[str, float]:
    """Return the median seconds that a file takes, for each set."""
    everything = [u for corpus in place.chosen.corpora for u in corpus.utterances]
    chosen = select_evenly(everything, _TIMED)
    tasks = {n: ExtractionTask(feature_set=feature_set(n)) for n in FEATURES}
    spent: dict[str, list[float]] = {name: [] for name in FEATURES}
    for task in tasks.values():  # libraries are loaded before anything is timed
        task(str(chosen[0].path))
    for number, utterance in enumerate(chosen):
        order = FEATURES if number % 2 == 0 else tuple(reversed(FEATURES))
        for name in order:
            started_s = time.perf_counter()
            tasks[name](str(utterance.path))
            spent[name].append(time.perf_counter() - started_s)
        place.progress("timing the extraction", done=number + 1, total=len(chosen))
    return {name: statistics.median(seconds) for name, seconds in spent.items()}


def _row(record: dict[str, Any], name: str, *, seconds_a_file: float) -> dict[str, Any]:
    """Take what the study shows from a record."""
    result = record["unseen_speakers"] or record
    described = feature_set(name)
    low, high = result["uar_interval"] or (None, None)
    n_files = record["corpus"]["n_files"]
    return {
        "features": name,
        "n_mfcc": described.shape[1],
        "n_values": described.size,
        "model": record["model"],
        "split": result["split"],
        "seconds_features": seconds_a_file * n_files,
        "seconds_fit": record["seconds"]["fit"],
        "matrix_bytes": n_files * described.size * 4,
        "peak_pss_bytes": record["peak_pss_bytes"],
        "war": result["war"],
        "uar": result["uar"],
        "uar_low": low,
        "uar_high": high,
        "war_random": None if result is record else record["war"],
        "uar_random": None if result is record else record["uar"],
    }
