"""Summarise the repetitions of a benchmark, and say in words what they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.bench.plan import Arm

Run = Mapping[str, Any]
"""One entry of a record's ``runs``."""

BUSY_SHARE: Final = 0.05
"""Share of the machine's CPU used by others above which a run is called disturbed."""

MIN_REPEATS: Final = 3
"""Fewer paired repetitions than this give no interval."""

_RESAMPLES: Final = 2_000
_LEVEL: Final = 0.95


def summarise(
    runs: Sequence[Run], *, reference_key: str | None, seed: int = 0
) -> list[dict[str, Any]]:
    """Summarise all repetitions of each arm.

    Parameters
    ----------
    runs : sequence of dict
        Entries of a record's ``runs``, in any order.
    reference_key : str or None
        The pinned sequential arm that speed-ups are relative to; None where the
        plan has none.
    seed : int, default=0
        Of the bootstrap.

    Returns
    -------
    summary : list of dict
        Entries of a record's ``summary``, in the order in which the arms occur.
        Times in seconds, memory in bytes. What cannot be said is None.

    Notes
    -----
    ``speedup`` is the median of the ratios reference / arm of ``wall_s``, each
    taken within one repetition, so that slow drift of the machine cancels.
    ``speedup_low`` and ``speedup_high`` are the percentile bootstrap interval (95 %,
    2,000 resamples of whole repetitions) of that median. Fewer than 3 paired
    repetitions give none. With up to 5 it is the range of the ratios, which holds
    the true median with probability 75 % (3), 88 % (4), 94 % (5). The reference
    against itself is 1 by definition.

    ``efficiency`` is speed-up over workers. ``karp_flatt`` is the experimentally
    determined serial fraction (1 / S - 1 / p) / (1 - 1 / p), None for one worker.
    ``iqr_wall_s`` is the distance of the quartiles (linear interpolation).

    ``same_features`` tells whether all repetitions have one checksum, and the same
    as those of the reference arm, or of the first arm of the front end where the
    reference has another: last bits may differ between front ends. It is None where
    nothing could be extracted.

    References
    ----------
    A. H. Karp and H. P. Flatt, "Measuring parallel processor performance",
    Communications of the ACM 33(5), 1990, doi:10.1145/78607.78614.

    B. Efron, "Bootstrap Methods: Another Look at the Jackknife", The Annals of
    Statistics 7(1), 1979, doi:10.1214/aos/1176344552.

    """
    by_arm: dict[str, list[Run]] = {}
    for run in runs:
        by_arm.setdefault(run["arm"], []).append(run)
    reference = by_arm.get(reference_key, []) if reference_key else []
    yardsticks = _yardsticks(by_arm, reference)
    rng = np.random.default_rng(seed)
    return [
        {
            **_identity(arm_runs[0]),
            **_medians(arm_runs),
            **_speedups(arm_runs, reference=reference, rng=rng),
            **_parity(arm_runs, yardsticks[arm_runs[0]["front_end"]]),
        }
        for arm_runs in by_arm.values()
    ]


def reading(
    summary: Sequence[Mapping[str, Any]],
    runs: Sequence[Run],
    *,
    reference_key: str | None,
) -> list[str]:
    """Say in plain words what stands between the figures and a conclusion.

    Parameters
    ----------
    summary : sequence of dict
        As `summarise` returns it.
    runs : sequence of dict
        What it was made from.
    reference_key : str or None
        As given to `summarise`.

    Returns
    -------
    notes : list of str
        One sentence or two each; empty where nothing needs to be said.

    """
    notes: list[str] = []
    if not any(run["arm"] == reference_key for run in runs):
        notes.append(
            "No speed-ups: the plan has no pinned sequential arm to compare with. "
            "Add back end sequential with one inner thread."
        )
    repeats = {run["repeat"] for run in runs}
    if runs and len(repeats) < MIN_REPEATS:
        notes.append(
            f"Measured {len(repeats)} time(s): no interval can be given. "
            f"{MIN_REPEATS} repetitions or more give one, 7 or more a good one."
        )
    notes += _disturbance(runs)
    for entry in summary:
        if entry["arm"] != reference_key:
            notes += _verdict(entry)
    failed = max((run["n_failed"] for run in runs), default=0)
    if failed:
        notes.append(
            f"{failed} file(s) could not be read and were left out of every arm; "
            "they are listed with their reasons."
        )
    return notes


def speedup_ratios(
    runs: Sequence[Run], reference: Sequence[Run]
) -> dict[int, tuple[float, float]]:
    """Pair an arm with the reference, repetition by repetition.

    Parameters
    ----------
    runs, reference : sequence of dict
        Repetitions of one arm each.

    Returns
    -------
    ratios : dict of int to (float, float)
        Repetition -> speed-up of the work alone, and with start-up and warm-up of
        both included. Only repetitions that both have.

    """
    of_reference = {run["repeat"]: run for run in reference}
    return {
        run["repeat"]: (
            of_reference[run["repeat"]]["wall_s"] / run["wall_s"],
            _whole_s(of_reference[run["repeat"]]) / _whole_s(run),
        )
        for run in sorted(runs, key=lambda run: int(run["repeat"]))
        if run["repeat"] in of_reference
    }


def _whole_s(run: Run) -> float:
    """Return the time from opening the pool to the last result."""
    total: float = run["wall_s"] + (run["startup_s"] or 0) + (run["warmup_s"] or 0)
    return total


def _identity(run: Run) -> dict[str, Any]:
    """Name the arm."""
    arm = Arm(
        front_end=run["front_end"],
        backend=run["backend"],
        workers=run["workers"],
        inner_threads=run["inner_threads"],
    )
    return {
        "arm": arm.key,
        "label": arm.label,
        "front_end": arm.front_end,
        "backend": arm.backend,
        "workers": arm.workers,
        "inner_threads": arm.inner_threads,
    }


def _medians(runs: Sequence[Run]) -> dict[str, float | None]:
    """Take the medians over repetitions of what was measured."""
    low, high = np.percentile([run["wall_s"] for run in runs], [25, 75])
    return {
        "median_wall_s": _median(runs, "wall_s"),
        "iqr_wall_s": float(high - low),
        "median_files_per_s": _median(runs, "files_per_s"),
        "median_peak_rss_bytes": _median(runs, "peak_rss_bytes"),
        "median_peak_pss_bytes": _median(runs, "peak_pss_bytes"),
        "median_cpu_user_s": _median(runs, "cpu_user_s"),
        "median_cpu_system_s": _median(runs, "cpu_system_s"),
        "median_startup_s": _median(runs, "startup_s"),
    }


def _median(runs: Sequence[Run], key: str) -> float | None:
    """Return the median of the repetitions that have the figure, None without any."""
    values = [run[key] for run in runs if run[key] is not None]
    return float(np.median(values)) if values else None


def _speedups(
    runs: Sequence[Run], *, reference: Sequence[Run], rng: np.random.Generator
) -> dict[str, float | None]:
    """Compare one arm with the reference."""
    ratios = np.array(list(speedup_ratios(runs, reference).values()))
    if not len(ratios):
        keys = ("speedup", "speedup_low", "speedup_high", "speedup_with_startup")
        return dict.fromkeys((*keys, "efficiency", "karp_flatt"))
    speedup = float(np.median(ratios[:, 0]))
    low, high = _interval(ratios[:, 0], rng)
    if runs[0]["arm"] == reference[0]["arm"]:
        low = high = 1.0
    workers = int(runs[0]["workers"])
    return {
        "speedup": speedup,
        "speedup_low": low,
        "speedup_high": high,
        "speedup_with_startup": float(np.median(ratios[:, 1])),
        "efficiency": speedup / workers,
        "karp_flatt": (
            (1 / speedup - 1 / workers) / (1 - 1 / workers) if workers > 1 else None
        ),
    }


def _interval(
    ratios: npt.NDArray[np.float64], rng: np.random.Generator
) -> tuple[float | None, float | None]:
    """Return the bootstrap interval of the median, None for too few ratios."""
    if len(ratios) < MIN_REPEATS:
        return None, None
    drawn = rng.integers(0, len(ratios), size=(_RESAMPLES, len(ratios)))
    medians = np.median(ratios[drawn], axis=1)
    tail = 100 * (1 - _LEVEL) / 2
    low, high = np.percentile(medians, [tail, 100 - tail])
    return float(low), float(high)


def _yardsticks(
    by_arm: Mapping[str, Sequence[Run]], reference: Sequence[Run]
) -> dict[str, Sequence[Run]]:
    """Choose the arm whose features the others of its front end must equal."""
    chosen = {run["front_end"]: reference for run in reference[:1]}
    for runs in by_arm.values():
        chosen.setdefault(runs[0]["front_end"], runs)
    return chosen


def _parity(runs: Sequence[Run], yardstick: Sequence[Run]) -> dict[str, Any]:
    """Compare the checksums of one arm with each other and with the yardstick's."""
    own = {run["checksum"] for run in runs}
    others = {run["checksum"] for run in yardstick}
    checksum = next(iter(own)) if len(own) == 1 else None
    if len(own) > 1:
        same: bool | None = False
    elif None in own | others:
        same = None
    else:
        same = own == others
    return {"checksum": checksum, "same_features": same}


def _disturbance(runs: Sequence[Run]) -> list[str]:
    """Say when other programs used the machine."""
    shares = [run["other_cpu_share"] for run in runs]
    known = [share for share in shares if share is not None]
    busy = [share for share in known if share > BUSY_SHARE]
    if not busy:
        return []
    return [
        f"The machine was busy: in {len(busy)} of {len(runs)} repetitions other "
        f"programs used more than {BUSY_SHARE:.0%} of the CPU (up to {max(busy):.0%}). "
        "Close them and measure again before quoting a figure; a browser that watches "
        "live on this machine is one of them."
    ]


def _verdict(entry: Mapping[str, Any]) -> list[str]:
    """Say what an arm's interval does and does not allow to conclude."""
    notes = []
    low, high = entry["speedup_low"], entry["speedup_high"]
    if low is not None and high is not None:
        if low <= 1.0 <= high:
            notes.append(
                f"{entry['label']}: too noisy to tell whether it is faster or slower "
                f"than pinned sequential ({low:.2f} to {high:.2f} times)."
            )
        elif high < 1.0:
            notes.append(
                f"{entry['label']}: slower than pinned sequential "
                f"({low:.2f} to {high:.2f} times its speed)."
            )
    if entry["same_features"] is False:
        notes.append(f"{entry['label']}: {_different_features(entry)}")
    return notes


def _different_features(entry: Mapping[str, Any]) -> str:
    """Say what a checksum unlike the reference's means."""
    if entry["inner_threads"] == "1":
        return (
            "its features differ from the reference's although both have one inner "
            "thread. That must not happen: do not use this run, and report it."
        )
    return (
        "its features are not the pinned reference's to the bit. Several inner threads "
        "add up in another order and round the last bits differently; the work is the "
        "same, but a model trained on them can come out slightly different."
    )
