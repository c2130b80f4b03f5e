"""Write a results table as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ser_core.training.results_table import CellResult


def markdown(results: Sequence[CellResult]) -> str:
    """Return one section a corpus: an overview, then every cell with its intervals.

    Parameters
    ----------
    results : sequence of CellResult

    Returns
    -------
    text : str
        Markdown; UAR in percent, on unseen speakers first, random folds in brackets.

    """
    corpora = list(dict.fromkeys(result.corpus for result in results))
    sections = [
        _section(corpus, [r for r in results if r.corpus == corpus])
        for corpus in corpora
    ]
    return "\n".join(sections)


def _section(corpus: str, results: Sequence[CellResult]) -> str:
    """Write one corpus."""
    features = list(dict.fromkeys(result.features for result in results))
    models = list(dict.fromkeys(result.model for result in results))
    cell = {(r.features, r.model): r for r in results}
    first = next((r.record for r in results if r.record is not None), None)
    lines = [f"## {corpus}", ""]
    if first is not None:
        lines += [_protocol(first), ""]
    lines += [
        "| model | " + " | ".join(features) + " |",
        "|---|" + "---|" * len(features),
    ]
    best = _best(results)
    for model in models:
        shown = [_overview(cell.get((f, model)), best) for f in features]
        lines.append(f"| {model} | " + " | ".join(shown) + " |")
    lines += ["", *_reasons(results), "", _details(results)]
    return "\n".join(lines)


def _protocol(record: Mapping[str, Any]) -> str:
    """Say how the figures of a corpus came about."""
    unseen = record["unseen_speakers"]
    corpus = record["corpora"][0]
    classes = len(record["classes"])
    beside = f"none. {record['unseen_speakers_reason']} In brackets"
    if unseen is not None:
        beside = f"`{unseen['split']}`, {len(unseen['folds'])} folds; random"
    speakers = record["n_speakers"]
    return (
        f"{corpus['n_files']:,} utterances, {classes} classes (chance "
        f"{1 / classes:.1%}), {'unknown' if speakers is None else speakers} speakers. "
        f"Unseen speakers: {beside}: `{record['split']}`, {len(record['folds'])} "
        "folds. UAR of the pooled predictions in %."
    )


def _overview(result: CellResult | None, best: CellResult | None) -> str:
    """Write a cell of the overview: unseen speakers, random folds in brackets."""
    if result is None:
        return ""
    if result.record is None:
        return "–"
    mark = " ᵖ" if result.state == "reduced" else ""
    unseen = result.record["unseen_speakers"]
    random = f"{100 * result.record['uar']:.1f}"
    if unseen is None:
        return f"({random}){mark}"
    shown = f"{100 * unseen['uar']:.1f}"
    if result is best:
        shown = f"**{shown}**"
    return f"{shown} ({random}){mark}"


def _best(results: Sequence[CellResult]) -> CellResult | None:
    """Return the cell that does best on unseen speakers."""
    done = [r for r in results if r.record and r.record["unseen_speakers"]]
    return max(
        done,
        key=lambda r: float((r.record or {})["unseen_speakers"]["uar"]),
        default=None,
    )


def _reasons(results: Sequence[CellResult]) -> list[str]:
    """List why cells were reduced or left empty."""
    lines = []
    for result in results:
        if result.reason is not None:
            sign = "ᵖ" if result.state == "reduced" else "–"
            lines.append(
                f"- {sign} {result.features} x {result.model}: {result.reason}."
            )
    return lines


def _details(results: Sequence[CellResult]) -> str:
    """Write every cell with its intervals."""
    lines = [
        "<details><summary>Every cell, with 95 % intervals by speaker</summary>",
        "",
        "| features | model | UAR unseen | WAR unseen | UAR random | WAR random | "
        "fits (s) |",
        "|---|---|---|---|---|---|---|",
    ]
    for result in results:
        record = result.record
        if record is None:
            continue
        unseen = record["unseen_speakers"]
        shown = ["", ""] if unseen is None else _pair(unseen)
        fits_s = record["fit_s"] + (unseen["fit_s"] if unseen is not None else 0.0)
        columns = [result.features, result.model, *shown, *_pair(record)]
        lines.append("| " + " | ".join([*columns, f"{fits_s:.1f}"]) + " |")
    return "\n".join([*lines, "", "</details>", ""])


def _pair(result: Mapping[str, Any]) -> list[str]:
    """Write UAR and WAR with their intervals."""
    shown = []
    for key in ("uar", "war"):
        text = f"{100 * result[key]:.1f}"
        interval = result[f"{key}_interval"]
        if interval is not None:
            text += f" ({100 * interval[0]:.1f} to {100 * interval[1]:.1f})"
        shown.append(text)
    return shown
