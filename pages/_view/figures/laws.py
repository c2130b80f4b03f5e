"""The fitted laws of scaling, as lines to draw and as words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pages._view import format as say
from pages._view.figures.records import Record
from pages._view.theme import backend_look
from ser_core.bench.law_models import AmdahlFit, Prediction, UslFit

_STEPS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class LawLine:
    """A law's curve, with its band where the repetitions allow one."""

    name: str
    colour: str
    workers: Sequence[float]
    speedups: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


def fits(record: Record, *, up_to: int) -> list[LawLine]:
    """Evaluate the laws of a record's pinned groups.

    Parameters
    ----------
    record : mapping
        A record of kind ``bench``; its ``laws`` may be missing.
    up_to : int
        Number of workers at which the curves end.

    Returns
    -------
    lines : list of LawLine
        The universal law where it could be fitted, Amdahl's otherwise.

    """
    lines: list[LawLine] = []
    workers = [1 + (up_to - 1) * step / _STEPS for step in range(_STEPS + 1)]
    for key, entry in (record.get("laws") or {}).items():
        backend = _backend(key)
        if not key.endswith("/1"):
            continue
        usl, amdahl = _usl(entry), _amdahl(entry)
        if usl is not None:
            name = f"USL fit, {say.plain(backend)}"
            lines.append(_line(name, backend, usl.predict(workers)))
        elif amdahl is not None:
            name = f"Amdahl fit, {say.plain(backend)}"
            lines.append(_line(name, backend, amdahl.predict(workers)))
    return lines


def law_words(record: Record) -> str:
    """Say what the laws found, or why there is no fit.

    Parameters
    ----------
    record : mapping

    Returns
    -------
    words : str
        Empty where the record has no laws at all.

    """
    entries: dict[str, Record] = dict(record.get("laws") or {})
    pinned = {key: entry for key, entry in entries.items() if key.endswith("/1")}
    sentences = [
        sentence
        for key, entry in pinned.items()
        if (sentence := _finding(_backend(key), entry))
    ]
    if sentences:
        return " ".join(sentences)
    reasons = dict.fromkeys(
        entry["reason"] for entry in (pinned or entries).values() if entry.get("reason")
    )
    return next(iter(reasons), "")


def _finding(backend: str, entry: Record) -> str:
    """Put one group's fits into a sentence."""
    parts: list[str] = []
    amdahl, usl = _amdahl(entry), _usl(entry)
    if amdahl is not None:
        share = say.percent(amdahl.serial_fraction, digits=1)
        low, high = amdahl.serial_fraction_low, amdahl.serial_fraction_high
        span = (
            f" ({say.percent(low, digits=1)} to {say.percent(high, digits=1)})"
            if low is not None and high is not None
            else ""
        )
        limit = (
            f", so at most {say.times(amdahl.max_speedup)} with any number of workers"
            if amdahl.max_speedup is not None
            else ""
        )
        parts.append(f"Amdahl's serial share is {share}{span}{limit}")
    if usl is not None and usl.peak_workers is not None:
        parts.append(f"the USL expects the peak near {usl.peak_workers:.0f} workers")
    return f"{backend}: {'; '.join(parts)}." if parts else ""


def _amdahl(entry: Record) -> AmdahlFit | None:
    """Read a fit; None where there is none, or one of another version's making."""
    try:
        return AmdahlFit.from_json(entry["amdahl"]) if entry.get("amdahl") else None
    except (KeyError, TypeError, ValueError):
        return None


def _usl(entry: Record) -> UslFit | None:
    """Read a fit; None where there is none, or one of another version's making."""
    try:
        return UslFit.from_json(entry["usl"]) if entry.get("usl") else None
    except (KeyError, TypeError, ValueError):
        return None


def _line(name: str, backend: str, points: Sequence[Prediction]) -> LawLine:
    """Gather predictions into a line."""
    lows = [point.low for point in points if point.low is not None]
    highs = [point.high for point in points if point.high is not None]
    whole = len(lows) == len(highs) == len(points)
    return LawLine(
        name=name,
        colour=backend_look(backend).colour,
        workers=[point.workers for point in points],
        speedups=[point.speedup for point in points],
        low=lows if whole else [],
        high=highs if whole else [],
    )


def _backend(key: str) -> str:
    """Take the back end out of ``<front_end>/<backend>/<inner_threads>``."""
    return key.split("/")[1] if key.count("/") == 2 else key
