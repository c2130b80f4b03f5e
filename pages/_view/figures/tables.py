"""Records as tables for people: named columns with units, raw values rounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from pages._view import format as say
from pages._view.figures.records import Arm, Record
from pages._view.figures.records import arms as record_arms

_MIB: Final = 1024**2


def arms(record: Record) -> pd.DataFrame:
    """Make the comparison table of a benchmark: one row an arm.

    Parameters
    ----------
    record : mapping
        A record of kind ``bench``.

    Returns
    -------
    table : DataFrame
        Missing values are None or NaN; the column names carry the units.

    """
    rows = [_arm_row(arm) for arm in record_arms(record)]
    return pd.DataFrame(rows, columns=list(_ARM_COLUMNS))


def runs(record: Record) -> pd.DataFrame:
    """Make a table of every repetition, with the record's own names and units.

    Parameters
    ----------
    record : mapping
        A record of kind ``bench``.

    Returns
    -------
    table : DataFrame
        Nested values, such as thread pools, are left out.

    """
    rows = [
        {
            name: value
            for name, value in run.items()
            if not isinstance(value, (list, dict))
        }
        for run in record.get("runs") or []
    ]
    return pd.DataFrame(rows)


def stages(record: Record) -> pd.DataFrame:
    """Make a table of a pipeline's stages, memory in MiB.

    Parameters
    ----------
    record : mapping
        A record of kind ``pipeline``.

    Returns
    -------
    table : DataFrame

    """
    rows = [
        {
            "stage": stage.get("name"),
            "wall (s)": _rounded(stage.get("wall_s"), 3),
            "CPU user (s)": _rounded(stage.get("cpu_user_s"), 2),
            "CPU system (s)": _rounded(stage.get("cpu_system_s"), 2),
            "parent's RSS at end (MiB)": _mib(stage.get("rss_end_bytes")),
            "peak RSS, tree (MiB)": _mib(stage.get("peak_rss_bytes")),
            "peak PSS, tree (MiB)": _mib(stage.get("peak_pss_bytes")),
            "private at end (MiB)": _mib(stage.get("private_end_bytes")),
        }
        for stage in record.get("stages") or []
    ]
    return pd.DataFrame(rows)


def classes(record: Record) -> pd.DataFrame:
    """Make the per-class report of a pipeline, with unseen speakers where known.

    Parameters
    ----------
    record : mapping
        A record of kind ``pipeline``.

    Returns
    -------
    table : DataFrame

    """
    unseen = record.get("report_unseen_speakers") or {}
    rows = []
    for label, scores in (record.get("report") or {}).items():
        if not isinstance(scores, Mapping):
            continue
        row = {
            "emotion": label,
            "precision": _rounded(scores.get("precision"), 3),
            "recall": _rounded(scores.get("recall"), 3),
            "F1": _rounded(scores.get("f1"), 3),
            "test files": scores.get("support"),
        }
        if unseen:
            row["F1, unseen speakers"] = _rounded(
                (unseen.get(label) or {}).get("f1"), 3
            )
        rows.append(row)
    return pd.DataFrame(rows)


def failures(record: Record) -> pd.DataFrame:
    """Make a table of the files that could not be used, with their reasons.

    Parameters
    ----------
    record : mapping

    Returns
    -------
    table : DataFrame
        Columns ``file`` and ``reason``.

    """
    rows = [
        {"file": failure.get("path"), "reason": failure.get("reason")}
        for failure in record.get("failures") or []
    ]
    return pd.DataFrame(rows, columns=["file", "reason"])


def environment(record: Record) -> pd.DataFrame:
    """Make a table of the machine, the system and the versions.

    Parameters
    ----------
    record : mapping

    Returns
    -------
    table : DataFrame
        Columns ``what`` and ``value``, nested names joined, all values text.

    """
    return named_values(record.get("environment") or {})


def named_values(values: Mapping[str, Any]) -> pd.DataFrame:
    """Make a table of nested named values.

    Parameters
    ----------
    values : mapping
        Plain JSON.

    Returns
    -------
    table : DataFrame
        Columns ``what`` and ``value``, nested names joined, all values text.

    """
    rows = [{"what": what, "value": value} for what, value in _flat(values)]
    return pd.DataFrame(rows, columns=["what", "value"])


_ARM_COLUMNS: Final = (
    "arm",
    "median (s)",
    "IQR (s)",
    "files/s",
    "speed-up",
    "95 % interval",
    "with start-up",
    "efficiency (%)",
    "start-up (s)",
    "CPU (s)",
    "cores busy",
    "peak PSS (MiB)",
    "peak RSS (MiB)",
    "same features",
)


def _arm_row(arm: Arm) -> dict[str, Any]:
    """Make one row of the comparison table."""
    words = {True: "yes", False: "no", None: say.NOT_KNOWN}
    efficiency = None if arm.efficiency is None else arm.efficiency * 100
    values = (
        arm.name,
        _rounded(arm.median_wall_s, 3),
        _rounded(arm.iqr_wall_s, 3),
        _rounded(arm.files_per_s, 1),
        _rounded(arm.speedup, 2),
        say.interval(arm.speedup_low, arm.speedup_high) or say.NOT_KNOWN,
        _rounded(arm.speedup_with_startup, 2),
        _rounded(efficiency, 0),
        _rounded(arm.startup_s, 2),
        _rounded(arm.cpu_s, 1),
        _rounded(arm.cores_busy, 2),
        _mib(arm.peak_pss_bytes),
        _mib(arm.peak_rss_bytes),
        words[arm.same_features],
    )
    return dict(zip(_ARM_COLUMNS, values, strict=True))


def _rounded(value: float | None, digits: int) -> float | None:
    """Round what is known."""
    return None if value is None else round(float(value), digits)


def _mib(value: float | None) -> float | None:
    """Turn bytes into MiB, rounded."""
    return None if value is None else round(value / _MIB, 1)


def _flat(values: Mapping[str, Any], above: str = "") -> list[tuple[str, str]]:
    """Walk nested names, joining them; lists of plain values become one text."""
    rows: list[tuple[str, str]] = []
    for key, value in values.items():
        name = f"{above} {key}".strip().replace("_", " ")
        if isinstance(value, Mapping):
            rows += _flat(value, name)
        elif isinstance(value, list) and any(isinstance(v, Mapping) for v in value):
            for number, entry in enumerate(value, start=1):
                rows += _flat(entry, f"{name} {number}")
        elif value is not None:
            rows.append((name, _text(key, value)))
    return rows


def _text(key: str, value: object) -> str:
    """Write one value; sizes in bytes become readable."""
    if key.endswith("_bytes") and isinstance(value, (int, float)):
        return say.size(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(str(entry) for entry in value)
    return str(value)
