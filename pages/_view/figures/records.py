"""Read run records defensively: what a partial or foreign one lacks is None.

An imported record, one repetition, a platform without PSS: every figure has to
cope with them, so the coping is done once, here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from pages._view import format as say

Record = Mapping[str, Any]
"""A run record as docs/architecture.md describes it."""

_INNER_WORDS: Final = {"1": "", "default": "unpinned", "all": "all cores each"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Arm:
    """One arm of a benchmark: its summary and its repetitions.

    Attributes
    ----------
    key, front_end, backend, inner_threads : str
    workers : int
    several_front_ends : bool
        Whether the record has more than one, so that the label must tell.
    walls_s : tuple of float
        One wall time a repetition, in order.
    n_files : int or None
        Files a repetition read.
    startups_s : float or None
        Median of start-up and warm-up together.
    The rest is the record's ``summary``, None where unknown.

    """

    key: str
    front_end: str
    backend: str
    workers: int
    inner_threads: str
    several_front_ends: bool
    walls_s: tuple[float, ...]
    n_files: int | None
    median_wall_s: float | None
    iqr_wall_s: float | None
    speedup: float | None
    speedup_low: float | None
    speedup_high: float | None
    speedup_with_startup: float | None
    efficiency: float | None
    karp_flatt: float | None
    files_per_s: float | None
    peak_rss_bytes: float | None
    peak_pss_bytes: float | None
    parent_rss_end_bytes: float | None
    cpu_user_s: float | None
    cpu_system_s: float | None
    startup_s: float | None
    checksum: str | None
    same_features: bool | None

    @property
    def cpu_s(self) -> float | None:
        """CPU seconds of the whole tree, user and system."""
        if self.cpu_user_s is None:
            return None
        return self.cpu_user_s + (self.cpu_system_s or 0.0)

    @property
    def cores_busy(self) -> float | None:
        """CPU seconds for each second of wall time."""
        if self.cpu_s is None or not self.median_wall_s:
            return None
        return self.cpu_s / self.median_wall_s

    @property
    def pinned(self) -> bool:
        """Whether the libraries' inner threads are held to one."""
        return self.inner_threads == "1"

    @property
    def is_reference(self) -> bool:
        """Whether this is what speed-ups refer to."""
        return (
            self.front_end == "reference"
            and self.backend == "sequential"
            and self.pinned
        )

    @property
    def name(self) -> str:
        """Name on one line, as ``threads × 2 (unpinned)``; not escaped."""
        first, *rest = self._name_parts()
        return f"{first} ({', '.join(rest)})" if rest else first

    @property
    def tick(self) -> str:
        """Name on up to two lines, for an axis; escaped for plotly."""
        first, *rest = [say.plain(part) for part in self._name_parts()]
        return "<br>".join([first, ", ".join(rest)]) if rest else first

    def _name_parts(self) -> list[str]:
        """Back end and workers, then what sets the arm apart."""
        alone = self.backend == "sequential"
        first = self.backend if alone else f"{self.backend} × {self.workers}"
        inner = _INNER_WORDS.get(self.inner_threads, self.inner_threads)
        front_end = self.front_end if self.several_front_ends else ""
        return [first, *(part for part in (inner, front_end) if part)]


def arms(record: Record) -> list[Arm]:
    """List the arms of a bench record, in the plan's order.

    Parameters
    ----------
    record : mapping
        A record of kind ``bench``; one without a summary is summed up from its
        runs as far as that goes.

    Returns
    -------
    arms : list of Arm

    """
    runs = list(record.get("runs") or [])
    summaries = list(record.get("summary") or [])
    if not summaries:
        keys = dict.fromkeys(str(run.get("arm")) for run in runs)
        summaries = [_described(key, runs) for key in keys]
    several = len({row.get("front_end") for row in summaries}) > 1
    return [_arm(row, runs, several=several) for row in summaries]


def _described(key: str, runs: Sequence[Record]) -> dict[str, Any]:
    """Describe an arm that has runs and no summary."""
    own = [run for run in runs if str(run.get("arm")) == key]
    return {
        "arm": key,
        **{
            name: own[0].get(name)
            for name in ("front_end", "backend", "workers", "inner_threads")
        },
        "median_wall_s": _median(own, "wall_s"),
        "median_files_per_s": _median(own, "files_per_s"),
        "median_peak_rss_bytes": _median(own, "peak_rss_bytes"),
        "median_peak_pss_bytes": _median(own, "peak_pss_bytes"),
        "median_cpu_user_s": _median(own, "cpu_user_s"),
        "median_cpu_system_s": _median(own, "cpu_system_s"),
        "median_startup_s": _median(own, "startup_s"),
        "checksum": own[0].get("checksum"),
    }


def _arm(row: Record, runs: Sequence[Record], *, several: bool) -> Arm:
    """Join an arm's summary with its runs."""
    key = str(row.get("arm"))
    own = [run for run in runs if str(run.get("arm")) == key]
    n_files = next((run["n_files"] for run in own if run.get("n_files")), None)
    return Arm(
        key=key,
        front_end=str(row.get("front_end")),
        backend=str(row.get("backend")),
        workers=int(row.get("workers") or 1),
        inner_threads=str(row.get("inner_threads")),
        several_front_ends=several,
        walls_s=tuple(run["wall_s"] for run in own if run.get("wall_s") is not None),
        n_files=n_files,
        median_wall_s=row.get("median_wall_s"),
        iqr_wall_s=row.get("iqr_wall_s"),
        speedup=row.get("speedup"),
        speedup_low=row.get("speedup_low"),
        speedup_high=row.get("speedup_high"),
        speedup_with_startup=row.get("speedup_with_startup"),
        efficiency=row.get("efficiency"),
        karp_flatt=row.get("karp_flatt"),
        files_per_s=row.get("median_files_per_s"),
        peak_rss_bytes=row.get("median_peak_rss_bytes"),
        peak_pss_bytes=row.get("median_peak_pss_bytes"),
        parent_rss_end_bytes=_median(own, "parent_rss_end_bytes"),
        cpu_user_s=row.get("median_cpu_user_s"),
        cpu_system_s=row.get("median_cpu_system_s"),
        startup_s=row.get("median_startup_s"),
        checksum=row.get("checksum"),
        same_features=row.get("same_features"),
    )


def _median(rows: Sequence[Record], field: str) -> float | None:
    """Median of a field over the rows that have it."""
    values = [row[field] for row in rows if row.get(field) is not None]
    return float(median(values)) if values else None


def reference(found: Sequence[Arm]) -> Arm | None:
    """Return the pinned sequential arm, None where the plan has none."""
    return next((arm for arm in found if arm.is_reference), None)


def fastest(found: Sequence[Arm]) -> Arm | None:
    """Return the arm with the shortest median wall time."""
    timed = [arm for arm in found if arm.median_wall_s is not None]
    return min(timed, key=lambda arm: arm.median_wall_s or 0.0, default=None)


def n_repeats(record: Record) -> int:
    """Count the repetitions of the arm that has most."""
    counted: dict[str, int] = {}
    for run in record.get("runs") or []:
        key = str(run.get("arm"))
        counted[key] = counted.get(key, 0) + 1
    return max(counted.values(), default=0)


def n_files(record: Record) -> int | None:
    """Return how many files a run read, None where the record does not say."""
    for run in record.get("runs") or []:
        if run.get("n_files"):
            return int(run["n_files"])
    corpus = record.get("corpus") or {}
    number = corpus.get("n_files") or corpus.get("n_utterances")
    return int(number) if number else None


def available_cores(record: Record) -> int | None:
    """Return how many cores the run could use."""
    cpu = (record.get("environment") or {}).get("cpu") or {}
    cores = cpu.get("available_cores") if isinstance(cpu, Mapping) else None
    return int(cores) if cores else None


def machine(record: Record) -> str:
    """Name the machine by its processor; not escaped."""
    cpu = (record.get("environment") or {}).get("cpu") or {}
    model = cpu.get("model") if isinstance(cpu, Mapping) else None
    return str(model) if model else "unknown processor"


def is_synthetic(*records: Record | None) -> bool:
    """Tell whether any of the records comes from the synthetic corpus."""
    return any(
        (record.get("corpus") or {}).get("synthetic") for record in records if record
    )


def context(*records: Record | None) -> str:
    """Write the line below a figure's title: size of the run and its marks.

    Parameters
    ----------
    *records : mapping or None
        The records the figure is drawn from.

    Returns
    -------
    context : str
        Plotly markup, every word from a record escaped.

    """
    there = [record for record in records if record]
    parts: list[str] = []
    for number in dict.fromkeys(n_files(record) for record in there):
        parts.append(say.count(number, "file") if number else "number of files unknown")
    repeats = max((n_repeats(record) for record in there), default=0)
    if repeats:
        parts.append(say.count(repeats, "repetition"))
    for cores in dict.fromkeys(available_cores(record) for record in there):
        if cores:
            parts.append(say.count(cores, "core"))
    if is_synthetic(*there):
        parts.append("<b>synthetic corpus</b>")
    if any(record.get("source") == "imported" for record in there):
        parts.append("<b>imported from another machine</b>")
    return " · ".join(parts)


def stage(record: Record | None, name: str) -> Record | None:
    """Return one stage of a pipeline record, None where it lacks it."""
    rows: list[Record] = list((record or {}).get("stages") or [])
    return next((row for row in rows if row.get("name") == name), None)
