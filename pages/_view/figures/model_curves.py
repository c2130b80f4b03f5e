"""ROC and precision-recall of each class against all others, one panel a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from pages._view import format as say
from pages._view.figures.chart import Chart, Style, canvas, nothing, settle_legend
from pages._view.figures.model_marks import line_px
from pages._view.figures.model_record import (
    RANDOM_LOOK,
    UNSEEN_LOOK,
    classes,
    random_result,
    split_words,
    training_context,
    unseen_result,
    why_no_unseen,
)
from pages._view.figures.records import Record
from pages._view.theme import HEIGHT_PX, NEUTRAL, Look, Mode, Size
from ser_core.evaluation.curves import ClassCurves, Curves

_ROC: Final = "ROC of each class against all others"
_PRECISION_RECALL: Final = "Precision and recall of each class"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Series:
    """One split's curves, with how they are drawn."""

    name: str
    curves: Mapping[str, ClassCurves]
    look: Look


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sort:
    """What sets ROC and precision-recall apart."""

    title: str
    x: str
    y: str
    area: str
    area_name: str
    x_title: str
    y_title: str


_ROC_SORT: Final = _Sort(
    title=_ROC,
    x="false_positive_rate",
    y="true_positive_rate",
    area="auc",
    area_name="AUC",
    x_title="share of other classes taken for it",
    y_title="share found",
)
_PRECISION_RECALL_SORT: Final = _Sort(
    title=_PRECISION_RECALL,
    x="recall",
    y="precision",
    area="average_precision",
    area_name="AP",
    x_title="recall: share of the class found",
    y_title="precision",
)


def roc(
    record: Record,
    *,
    random: Curves | None = None,
    unseen: Curves | None = None,
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw the ROC curve of each class, both splits in one panel.

    Parameters
    ----------
    record : mapping
        Of kind ``training``.
    random, unseen : Curves or None
        Of each result's predictions, by `ser_core.evaluation.curves.curves`.
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    return _panels(record, random, unseen, _ROC_SORT, Style(size=size, mode=mode))


def precision_recall(
    record: Record,
    *,
    random: Curves | None = None,
    unseen: Curves | None = None,
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw precision against recall of each class, both splits in one panel.

    Parameters
    ----------
    record : mapping
        Of kind ``training``.
    random, unseen : Curves or None
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    style = Style(size=size, mode=mode)
    return _panels(record, random, unseen, _PRECISION_RECALL_SORT, style)


def _panels(
    record: Record,
    random: Curves | None,
    unseen: Curves | None,
    sort: _Sort,
    style: Style,
) -> Chart:
    """Draw one panel a class."""
    found = _series(record, random, unseen)
    labels = [
        label for label in classes(record) if any(label in one.curves for one in found)
    ]
    if not labels:
        return nothing(
            sort.title,
            "No curves: this model gives no probabilities, or none were kept.",
        )
    columns = 4 if style.size == "normal" else 3
    rows = -(-len(labels) // columns)
    figure = _grid([_heading(label, found, sort) for label in labels], columns, style)
    canvas(
        sort.title,
        context=training_context(record),
        style=style,
        height=(rows * _panel_px(style) + style.font_px * 10) / HEIGHT_PX[style.size],
        legend=True,
        figure=figure,
    )
    figure.update_layout(margin={"t": round(style.font_px * 8.4)})
    for index, label in enumerate(labels):
        place = {"row": index // columns + 1, "col": index % columns + 1}
        if sort is _ROC_SORT:
            figure.add_trace(_guessing(index, style), **place)
        for one in found:
            if label in one.curves:
                trace = _curve(one, label, sort, style, first=index == 0)
                figure.add_trace(trace, **place)
    _axes(figure, len(labels), columns, sort)
    settle_legend(figure, style=style)
    reading = _reading(record, found, labels, sort)
    return Chart(title=sort.title, figure=figure, reading=reading)


def _series(
    record: Record, random: Curves | None, unseen: Curves | None
) -> list[_Series]:
    """Name the curves that are there."""
    given = (
        (random, random_result(record), RANDOM_LOOK, False),
        (unseen, unseen_result(record), UNSEEN_LOOK, True),
    )
    return [
        _Series(
            name=split_words((result or {}).get("split"), independent=independent),
            curves=curves.per_class,
            look=look,
        )
        for curves, result, look, independent in given
        if curves is not None and curves.per_class
    ]


def _panel_px(style: Style) -> float:
    """Height of a panel with its heading and the gap below it."""
    return (200 if style.size == "normal" else 300) + style.font_px * 4


def _grid(headings: Sequence[str], columns: int, style: Style) -> go.Figure:
    """Make the panels, as square as a page of 900 to 1920 pixels allows."""
    rows = -(-len(headings) // columns)
    total = rows * _panel_px(style)
    figure = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=list(headings),
        horizontal_spacing=0.035,
        vertical_spacing=min(style.font_px * 4.2 / total, 0.9 / max(rows - 1, 1)),
    )
    figure.update_annotations(font={"size": style.font_px}, yshift=2)
    return figure


def _heading(label: str, found: Sequence[_Series], sort: _Sort) -> str:
    """Name a class with the areas of its curves, in the order of the legend."""
    areas = [
        "–" if area is None else f"{area:.2f}"
        for one in found
        if label in one.curves
        for area in [getattr(one.curves[label], sort.area)]
    ]
    return f"<b>{say.plain(label)}</b><br>{sort.area_name} {' | '.join(areas)}"


def _curve(
    one: _Series, label: str, sort: _Sort, style: Style, *, first: bool
) -> go.Scatter:
    """Draw one curve."""
    curve = one.curves[label]
    return go.Scatter(
        x=list(getattr(curve, sort.x)),
        y=list(getattr(curve, sort.y)),
        mode="lines",
        name=one.name,
        legendgroup=one.name,
        showlegend=first,
        line={
            "color": one.look.colour,
            "dash": one.look.dash,
            "width": line_px(style),
            "shape": "linear",
        },
        hovertemplate=f"{say.plain(label)}: %{{x:.2f}}, %{{y:.2f}}"
        "<extra>%{fullData.name}</extra>",
    )


def _guessing(index: int, style: Style) -> go.Scatter:
    """Draw the diagonal that guessing gives."""
    return go.Scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        name="guessing",
        legendgroup="guessing",
        showlegend=index == 0,
        line={"color": NEUTRAL, "dash": "dot", "width": line_px(style) * 0.7},
        hoverinfo="skip",
    )


def _axes(figure: go.Figure, n_panels: int, columns: int, sort: _Sort) -> None:
    """Scale all panels alike; only the outer ones carry letters."""
    ticks = {"range": [-0.02, 1.02], "tickvals": [0, 0.5, 1]}
    figure.update_xaxes(**ticks, showticklabels=False)
    figure.update_yaxes(**ticks, showticklabels=False)
    for index in range(n_panels):
        place = {"row": index // columns + 1, "col": index % columns + 1}
        if index % columns == 0:
            figure.update_yaxes(showticklabels=True, title_text=sort.y_title, **place)
        if index + columns >= n_panels:
            figure.update_xaxes(showticklabels=True, **place)
    middle = {"row": -(-n_panels // columns), "col": 1}
    figure.update_xaxes(title_text=sort.x_title, **middle)


def _reading(
    record: Record, found: Sequence[_Series], labels: Sequence[str], sort: _Sort
) -> str:
    """Name the classes told apart best and worst."""
    honest = found[-1]
    areas = {
        label: float(area)
        for label in labels
        if label in honest.curves
        and (area := getattr(honest.curves[label], sort.area)) is not None
    }
    order = (
        f" Above each panel: {sort.area_name} of {say.listing([s.name for s in found])}"
        ", in this order."
        if len(found) > 1
        else ""
    )
    missing = why_no_unseen(record)
    tail = f"{order} {missing}".rstrip()
    if not areas:
        return f"No area is known for these curves.{tail}"
    best, worst = max(areas, key=areas.__getitem__), min(areas, key=areas.__getitem__)
    return (
        f"With {honest.name}, {best} is told apart best ({sort.area_name} "
        f"{areas[best]:.2f}) and {worst} worst ({areas[worst]:.2f}).{tail}"
    )
