"""What the pipeline's model recognises: F1 of each class, and what it confuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures.bars import bar_marker
from pages._view.figures.chart import (
    Chart,
    Style,
    canvas,
    colour_bar,
    nothing,
    settle_legend,
)
from pages._view.figures.records import Record, context
from pages._view.theme import (
    CATEGORIES,
    PUBLISHED_PATTERN,
    SEQUENTIAL_SCALE,
    Mode,
    Size,
    backend_look,
)
from ser_core.bench.published import ENHANCED, FIRST
from ser_core.labels import EMOTIONS

_F1: Final = "F1 of each emotion"
_CONFUSION: Final = "What is taken for what"


def per_class_f1(
    *,
    first: Record | None = None,
    enhanced: Record | None = None,
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw F1 of each class, random split and unseen speakers, and the report's.

    Parameters
    ----------
    first, enhanced : mapping or None
        Records of kind ``pipeline``.
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    shown = [record for record in (first, enhanced) if record]
    labels = _labels(shown)
    if not labels:
        return nothing(_F1, "No per-class figures yet: run a version of the pipeline.")
    style = Style(size=size, mode=mode)
    figure = canvas(_F1, context=context(*shown), style=style, height=1.2, legend=True)
    for name, values, colour, pattern in _series(shown, labels):
        figure.add_trace(
            _bars(
                values, labels, name=name, colour=colour, pattern=pattern, style=style
            )
        )
    figure.update_layout(barmode="group", bargap=0.22, bargroupgap=0.06)
    figure.update_yaxes(title_text="F1, 0 to 1", range=[0, 1])
    figure.update_xaxes(title_text="emotion")
    settle_legend(figure, style=style)
    reading = _f1_reading(shown[-1], labels)
    return Chart(title=_F1, figure=figure, reading=reading)


def confusion(record: Record, *, size: Size = "normal", mode: Mode = "light") -> Chart:
    """Draw the confusion matrix as percent of each true emotion.

    Parameters
    ----------
    record : mapping
        Of kind ``pipeline``; ``confusion`` has true emotions as rows, in the order
        of ``classes``, or of ``report`` where it has none.
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    matrix = record.get("confusion") or []
    names = record.get("classes") or list(record.get("report") or {})
    labels = [say.plain(name) for name in names]
    n = len(labels)
    if not n or len(matrix) != n or any(len(row) != n for row in matrix):
        return nothing(_CONFUSION, "This run carries no confusion matrix.")
    shares = [[value / max(sum(row), 1) for value in row] for row in matrix]
    style = Style(size=size, mode=mode)
    figure = canvas(
        _CONFUSION,
        context=f"{say.plain(record.get('version'))} version · {context(record)}",
        style=style,
        height=max(0.6 + 0.14 * n, 1.0),
    )
    figure.add_trace(
        go.Heatmap(
            x=labels,
            y=labels,
            z=[[share * 100 for share in row] for row in shares],
            customdata=matrix,
            zmin=0,
            zmax=100,
            colorscale=SEQUENTIAL_SCALE,
            colorbar=colour_bar("%", style=style),
            hovertemplate=(
                "true %{y}, taken for %{x}<br>%{customdata} files, %{z:.1f} %"
                "<extra></extra>"
            ),
        )
    )
    for row, true in enumerate(shares):
        for column, share in enumerate(true):
            figure.add_annotation(
                x=column,
                y=row,
                text=f"{share * 100:.0f}",
                # by the colour of the cell, which is the same on either page
                font={
                    "size": style.font_px,
                    "color": "#111" if share > 0.5 else "#FFF",
                },
            )
    figure.update_xaxes(title_text="taken for", showgrid=False)
    figure.update_yaxes(title_text="true emotion", autorange="reversed", showgrid=False)
    return Chart(
        title=_CONFUSION, figure=figure, reading=_confusion_reading(labels, shares)
    )


_Series = tuple[str, list[float | None], str, str]
"""Name, F1 of each emotion, colour and pattern."""


def _series(shown: Sequence[Record], labels: Sequence[str]) -> list[_Series]:
    """List what is drawn: the report's two versions, ours, and unseen speakers."""
    series: list[_Series] = []
    for run, backend in ((FIRST, "sequential"), (ENHANCED, "loky")):
        scores = [run.per_class.get(label) for label in labels]
        values = [score.f1 if score else None for score in scores]
        colour = backend_look(backend).colour
        series.append((f"report, {run.version}", values, colour, PUBLISHED_PATTERN))
    for record in shown:
        name = f"here, {say.plain(record.get('version'))}"
        colour = backend_look(str(record.get("backend"))).colour
        series.append((name, _f1(record.get("report"), labels), colour, ""))
    unseen = _f1(shown[-1].get("report_unseen_speakers"), labels)
    if any(value is not None for value in unseen):
        series.append(("here, unseen speakers", unseen, *CATEGORIES[2]))
    return series


def _labels(shown: Sequence[Record]) -> list[str]:
    """List the emotions of the records, sorted."""
    found = {name for record in shown for name in record.get("report") or {}}
    return [emotion for emotion in EMOTIONS if emotion in found]


def _f1(report: Mapping[str, Any] | None, labels: Sequence[str]) -> list[float | None]:
    """Take F1 out of a per-class report."""
    rows = report or {}
    return [(rows.get(label) or {}).get("f1") for label in labels]


def _bars(
    values: Sequence[float | None],
    labels: Sequence[str],
    *,
    name: str,
    colour: str,
    pattern: str,
    style: Style,
) -> go.Bar:
    """Draw one series over the emotions."""
    return go.Bar(
        x=list(labels),
        y=list(values),
        name=name,
        marker=bar_marker(colour, pattern, style=style),
        hovertemplate="%{x}: %{y:.2f}<extra>%{fullData.name}</extra>",
    )


def _f1_reading(record: Record, labels: Sequence[str]) -> str:
    """Name the best and the worst recognised emotion."""
    values = dict(zip(labels, _f1(record.get("report"), labels), strict=True))
    known = {label: value for label, value in values.items() if value is not None}
    if not known:
        return "No F1 is known for this run."
    best, worst = max(known, key=lambda k: known[k]), min(known, key=lambda k: known[k])
    return (
        f"Best recognised here is {best} ({known[best]:.2f}), worst {worst} "
        f"({known[worst]:.2f}); in the report neutral and sad."
    )


def _confusion_reading(labels: Sequence[str], shares: Sequence[Sequence[float]]) -> str:
    """Name the most frequent mistake."""
    mistakes = [
        (share, true, labels[column])
        for true, row in zip(labels, shares, strict=True)
        for column, share in enumerate(row)
        if labels[column] != true
    ]
    share, true, taken = max(mistakes, default=(0.0, "", ""))
    if share == 0.0:
        return "No test file was taken for another emotion."
    return (
        f"The commonest mistake: {say.percent(share)} of the {true} files are taken "
        f"for {taken}. Rows add up to 100 %."
    )
