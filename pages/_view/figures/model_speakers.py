"""How evenly a model works: over the test's speakers, and over the folds."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any, Final, Literal

import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures.chart import Chart, Style, canvas, nothing, settle_legend
from pages._view.figures.model_marks import level, line_px, mark_px, ticks_fit
from pages._view.figures.model_record import (
    Shown,
    number,
    shown_results,
    training_context,
    why_no_unseen,
)
from pages._view.figures.records import Record
from pages._view.theme import Mode, Size

Measure = Literal["uar", "war"]

_SPEAKERS: Final = "Spread over speakers"
_FOLDS: Final = "Spread over folds"


def by_speaker(
    record: Record,
    *,
    measure: Measure = "uar",
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw one mark a speaker, in order of how well unseen speakers do.

    Parameters
    ----------
    record : mapping
        Of kind ``training``.
    measure : {"uar", "war"}
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    found = [s for s in shown_results(record) if _values(s, measure)]
    if not found:
        return nothing(
            _SPEAKERS,
            "No figures of single speakers: this run does not know who speaks.",
        )
    honest = _values(found[-1], measure)
    order = sorted(honest, key=honest.__getitem__)
    order += sorted({n for s in found for n in _values(s, measure)} - set(order))
    style = Style(size=size, mode=mode)
    figure = canvas(
        _SPEAKERS, context=training_context(record), style=style, legend=True
    )
    for shown in found:
        figure.add_trace(_dots(shown, order, measure, style=style))
    _pooled(figure, found[-1], measure, style)
    _name_speakers(figure, order, style)
    figure.update_yaxes(
        title_text=f"{measure.upper()} of a speaker (%)", range=[0, 104]
    )
    settle_legend(figure, style=style)
    reading = _speakers_reading(record, found[-1], honest, measure)
    return Chart(title=_SPEAKERS, figure=figure, reading=reading)


def folds(
    record: Record,
    *,
    measure: Measure = "uar",
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw one mark a fold, in the order they were run.

    Parameters
    ----------
    record : mapping
        Of kind ``training``.
    measure : {"uar", "war"}
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    found = [s for s in shown_results(record) if len(_folds(s, measure)) > 1]
    if not found:
        return nothing(_FOLDS, "One fold only: there is no spread to show.")
    style = Style(size=size, mode=mode)
    figure = canvas(_FOLDS, context=training_context(record), style=style, legend=True)
    for shown in found:
        rows = _folds(shown, measure)
        figure.add_trace(_fold_marks(shown, rows, measure, style=style))
    _pooled(figure, found[-1], measure, style)
    figure.update_xaxes(title_text="fold", dtick=1 if len(rows) < 20 else None)
    figure.update_yaxes(title_text=f"{measure.upper()} of a fold (%)", range=[0, 104])
    settle_legend(figure, style=style)
    return Chart(
        title=_FOLDS, figure=figure, reading=_folds_reading(found[-1], measure)
    )


def _values(shown: Shown, measure: str) -> dict[str, float]:
    """Return each speaker's figure."""
    return {
        str(row.get("speaker")): value
        for row in shown.result.get("by_speaker") or []
        if (value := number(row.get(measure))) is not None
    }


def _folds(shown: Shown, measure: str) -> list[dict[str, Any]]:
    """Return the folds that have the figure."""
    return [
        dict(row)
        for row in shown.result.get("folds") or []
        if number(row.get(measure)) is not None
    ]


def _mark(shown: Shown, style: Style) -> dict[str, Any]:
    """Describe a split's marker: hollow for random, full for unseen speakers."""
    symbol = shown.look.symbol if shown.independent else f"{shown.look.symbol}-open"
    return {
        "color": shown.look.colour,
        "symbol": symbol,
        "size": mark_px(style),
        "line": {"width": line_px(style) * 0.7, "color": shown.look.colour},
    }


def _dots(
    shown: Shown, order: Sequence[str], measure: str, *, style: Style
) -> go.Scatter:
    """Draw one split's speakers."""
    values = _values(shown, measure)
    rows = {str(r.get("speaker")): r for r in shown.result.get("by_speaker") or []}
    there = [(i, name) for i, name in enumerate(order, 1) if name in values]
    return go.Scatter(
        x=[i for i, _ in there],
        y=[values[name] * 100 for _, name in there],
        mode="markers",
        name=shown.name,
        marker=_mark(shown, style),
        customdata=[
            [say.plain(name), rows[name].get("n", say.NOT_KNOWN)] for _, name in there
        ],
        hovertemplate=(
            "%{customdata[0]}: %{y:.1f} %<br>%{customdata[1]} files"
            "<extra>%{fullData.name}</extra>"
        ),
    )


def _fold_marks(
    shown: Shown, rows: Sequence[dict[str, Any]], measure: str, *, style: Style
) -> go.Scatter:
    """Draw one split's folds."""
    return go.Scatter(
        x=list(range(1, len(rows) + 1)),
        y=[row[measure] * 100 for row in rows],
        mode="markers",
        name=shown.name,
        marker=_mark(shown, style),
        customdata=[
            [say.plain(row.get("name")), row.get("n_train"), row.get("n_test")]
            for row in rows
        ],
        hovertemplate=(
            "%{customdata[0]}: %{y:.1f} %<br>trained on %{customdata[1]}, tested on "
            "%{customdata[2]} files<extra>%{fullData.name}</extra>"
        ),
    )


def _pooled(figure: go.Figure, shown: Shown, measure: str, style: Style) -> None:
    """Draw the figure of all predictions together."""
    pooled = number(shown.result.get(measure))
    if pooled is not None:
        name = f"all of {shown.name}, {say.percent(pooled, digits=1)}"
        level(figure, pooled * 100, name, style=style, vertical=False)


def _name_speakers(figure: go.Figure, order: Sequence[str], style: Style) -> None:
    """Write the speakers below the axis where they have room, else their rank."""
    short = [say.plain(name.rsplit("/", 1)[-1]) for name in order]
    n = len(order)
    figure.update_xaxes(range=[0.3, n + 0.7], showgrid=False)
    if ticks_fit(short, style=style) and len(set(short)) == n:
        figure.update_xaxes(
            title_text="speaker", tickvals=list(range(1, n + 1)), ticktext=short
        )
    else:
        figure.update_xaxes(title_text=f"{n} speakers, the hardest first")


def _speakers_reading(
    record: Record, shown: Shown, values: dict[str, float], measure: str
) -> str:
    """Say how far speakers lie apart."""
    low, high = min(values, key=values.__getitem__), max(values, key=values.__getitem__)
    sentences = [
        f"With {shown.name}, {measure.upper()} goes from {values[low] * 100:.0f} % "
        f"(speaker {low}) to {values[high] * 100:.0f} % (speaker {high}); half of the "
        f"{len(values)} speakers lie above {median(values.values()) * 100:.0f} %.",
        _few_files(shown),
        why_no_unseen(record),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _few_files(shown: Shown) -> str:
    """Say how few files a mark stands on."""
    counts = [
        n
        for row in shown.result.get("by_speaker") or []
        if (n := number(row.get("n"))) is not None
    ]
    if not counts:
        return ""
    return f"A mark stands on {median(counts):.0f} files of {shown.name} (median)."


def _folds_reading(shown: Shown, measure: str) -> str:
    """Say how far folds lie apart."""
    values = [row[measure] * 100 for row in _folds(shown, measure)]
    return (
        f"With {shown.name}, {measure.upper()} of the {len(values)} folds goes from "
        f"{min(values):.1f} to {max(values):.1f} %. Folds share training data, so "
        "their spread is no interval."
    )
