"""Put two runs side by side: what was measured, and what was different."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ser_core.errors import ParameterError
from ser_core.store.versions import Record

# What changes from minute to minute and explains nothing by itself.
_FLEETING: Final = (
    "environment.cpu.frequency_mhz",
    "environment.load_average",
    "environment.memory.available_bytes",
    "environment.threadpools",
)
_COMPARED: Final = {
    "bench": ("environment", "corpus", "feature_set", "plan"),
    "pipeline": (
        "environment",
        "corpus",
        "feature_set",
        "version",
        "model",
        "backend",
        "workers",
        "inner_threads",
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparedRow:
    """One arm of a benchmark, or one stage of a pipeline, in two runs.

    Attributes
    ----------
    name, label : str
        Key of the arm or name of the stage, and what people call it.
    a_wall_s, b_wall_s : float or None
        Median wall time of the arm, or wall time of the stage; None where a run
        lacks it.
    ratio : float or None
        a / b: how many times faster it is in the second run.
    a_speedup, b_speedup : float or None
        Within each run; None for a stage.
    a_peak_pss_bytes, b_peak_pss_bytes : float or None
    same_features : bool or None
        Checksums are equal. None where they cannot be compared: for a stage, where
        one is unknown, or where corpus, files or feature set differ.

    """

    name: str
    label: str
    a_wall_s: float | None
    b_wall_s: float | None
    ratio: float | None
    a_speedup: float | None = None
    b_speedup: float | None = None
    a_peak_pss_bytes: float | None = None
    b_peak_pss_bytes: float | None = None
    same_features: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One thing that was not the same; a or b is "" where a run lacks it."""

    name: str
    a: str
    b: str


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two runs side by side.

    Attributes
    ----------
    rows : tuple of ComparedRow
        In the order of the first run, then what only the second has.
    differences : tuple of Difference
        In machine, software, corpus, feature set and plan.
    same_work : bool
        Corpus, files and feature set are the same, so that times compare.
    notes : tuple of str
        What to keep in mind, in words.

    """

    rows: tuple[ComparedRow, ...]
    differences: tuple[Difference, ...]
    same_work: bool
    notes: tuple[str, ...]


def compare(a: Record, b: Record) -> Comparison:
    """Compare two records of one kind.

    Parameters
    ----------
    a, b : dict
        Records of the newest version.

    Returns
    -------
    comparison : Comparison

    Raises
    ------
    ParameterError
        One is a benchmark, the other a pipeline.

    """
    if a["kind"] != b["kind"]:
        raise ParameterError(
            f"a run of kind {a['kind']!r} cannot be compared with one of kind "
            f"{b['kind']!r}; choose two of one kind"
        )
    same_work = _same_work(a, b)
    differences = tuple(_differences(a, b))
    if a["kind"] == "pipeline":
        rows = _paired(a["stages"], b["stages"], key="name", same_work=same_work)
    else:
        rows = _paired(a["summary"], b["summary"], key="arm", same_work=same_work)
    return Comparison(
        rows=rows,
        differences=differences,
        same_work=same_work,
        notes=tuple(_notes(rows, differences, same_work=same_work)),
    )


def _same_work(a: Record, b: Record) -> bool:
    """Tell whether both runs did the same to the same files."""
    corpora = [record["corpus"] for record in (a, b)]
    known = [c["fingerprint"] for c in corpora]
    return (
        None not in known
        and known[0] == known[1]
        and corpora[0]["n_files"] == corpora[1]["n_files"]
        and a["feature_set"]["key"] == b["feature_set"]["key"]
    )


def _paired(
    a: list[dict[str, Any]], b: list[dict[str, Any]], *, key: str, same_work: bool
) -> tuple[ComparedRow, ...]:
    """Put entries of the same name into one row."""
    of_a = {entry[key]: entry for entry in a}
    of_b = {entry[key]: entry for entry in b}
    return tuple(
        _row(name, of_a.get(name, {}), of_b.get(name, {}), same_work=same_work)
        for name in dict.fromkeys([*of_a, *of_b])
    )


def _row(
    name: str, a: Mapping[str, Any], b: Mapping[str, Any], *, same_work: bool
) -> ComparedRow:
    """Compare two entries, of which one may be empty."""
    walls = [entry.get("median_wall_s", entry.get("wall_s")) for entry in (a, b)]
    peaks = [
        entry.get("median_peak_pss_bytes", entry.get("peak_pss_bytes"))
        for entry in (a, b)
    ]
    checksums = [entry.get("checksum") for entry in (a, b)]
    comparable = same_work and None not in checksums
    return ComparedRow(
        name=name,
        label=a.get("label") or b.get("label") or name,
        a_wall_s=walls[0],
        b_wall_s=walls[1],
        ratio=walls[0] / walls[1] if all(walls) else None,
        a_speedup=a.get("speedup"),
        b_speedup=b.get("speedup"),
        a_peak_pss_bytes=peaks[0],
        b_peak_pss_bytes=peaks[1],
        same_features=checksums[0] == checksums[1] if comparable else None,
    )


def _differences(a: Record, b: Record) -> Iterator[Difference]:
    """List what is not the same in both runs."""
    parts = _COMPARED[a["kind"]]
    of_a = dict(_leaves({part: a[part] for part in parts}, ""))
    of_b = dict(_leaves({part: b[part] for part in parts}, ""))
    for name in dict.fromkeys([*of_a, *of_b]):
        left, right = of_a.get(name, ""), of_b.get(name, "")
        if left != right and not name.startswith(_FLEETING):
            yield Difference(name=name, a=left, b=right)


def _leaves(value: Any, name: str) -> Iterator[tuple[str, str]]:
    """Name each value below a table: ``environment.cpu.model``."""
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from _leaves(entry, f"{name}.{key}".lstrip("."))
    elif isinstance(value, list):
        yield name, ", ".join(_shown(entry) for entry in value)
    elif value is not None:
        yield name, str(value)


def _shown(entry: Any) -> str:
    """Write an entry of a list; an arm of a plan by its key."""
    if isinstance(entry, dict):
        return str(entry.get("key", entry))
    return str(entry)


def _notes(
    rows: tuple[ComparedRow, ...],
    differences: tuple[Difference, ...],
    *,
    same_work: bool,
) -> Iterator[str]:
    """Say what limits the comparison."""
    names = {difference.name for difference in differences}
    if not same_work:
        yield (
            "The runs did not do the same work: corpus, number of files or feature set "
            "differ. Compare speed-ups and files per second, not times."
        )
    other_machine = "environment.cpu.model" in names
    if other_machine:
        yield "The runs were made on different processors."
    if any(name.startswith("environment.packages.") for name in names):
        yield "The runs were made with different versions of libraries."
    if any(row.same_features is False for row in rows):
        yield "Features differ between the runs, " + (
            "which may be their last bits: processors round differently."
            if other_machine
            else "so that not only the speed changed."
        )
