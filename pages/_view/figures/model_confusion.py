"""The confusion matrix, a cell of which can be chosen."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any, Final

import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures.chart import Chart, Style, canvas, colour_bar, nothing
from pages._view.figures.model_marks import rows_height, slant_ticks
from pages._view.figures.model_record import (
    Result,
    random_result,
    split_words,
    training_context,
    unseen_result,
    why_no_unseen,
)
from pages._view.figures.records import Record
from pages._view.theme import CATEGORIES, SEQUENTIAL_SCALE, Mode, Size

_TITLE: Final = "What is taken for what"
_CHOSEN: Final = "rgba(213,94,0,0.6)"
_Counts = list[list[int]]


def confusion(
    record: Record,
    *,
    unseen: bool = False,
    rates: bool = True,
    selected: tuple[str, str] | None = None,
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw a confusion matrix whose cells can be chosen.

    Parameters
    ----------
    record : mapping
        Of kind ``training``.
    unseen : bool, default False
        The result on unseen speakers instead of the random split's.
    rates : bool, default True
        Percent of each true class instead of counts.
    selected : (truth, predicted) or None
        The cell to frame. A figure that changes loses its selection in Streamlit:
        read a click in the callback of ``on_select``, and take an empty selection
        for no news.
    size, mode : str

    Returns
    -------
    chart : Chart
        The last trace is one square marker a cell, with ``customdata`` beginning
        with the true and the predicted class. Heat maps emit no selection in
        Streamlit, markers do; `cell_from_selection` reads it.

    """
    result = unseen_result(record) if unseen else random_result(record)
    labels, counts = _matrix(result)
    if result is None or not labels:
        return nothing(_TITLE, _missing(record, unseen=unseen))
    style = Style(size=size, mode=mode)
    names = [say.plain(label) for label in labels]
    split = split_words(result.get("split"), independent=unseen)
    figure = canvas(
        _TITLE,
        context=f"{split} · {training_context(record, short=True)}",
        style=style,
        height=rows_height(len(labels), style=style, around=10.5),
    )
    figure.add_trace(_cells(names, counts, rates=rates, style=style))
    figure.add_trace(_squares(names, counts, style=style))
    _write(figure, counts, rates=rates, style=style)
    if selected is not None and set(selected) <= set(labels):
        _frame(figure, labels.index(selected[0]), labels.index(selected[1]), style)
    edge = [-0.5, len(labels) - 0.5]
    figure.update_xaxes(
        title_text="taken for", range=edge, showgrid=False, zeroline=False
    )
    figure.update_yaxes(
        title_text="true class", range=edge[::-1], showgrid=False, zeroline=False
    )
    # the nearest marker answers wherever in a cell the pointer is
    figure.update_layout(hoverdistance=200, clickmode="event+select", dragmode=False)
    slant_ticks(figure, names, style=style)
    return Chart(title=_TITLE, figure=figure, reading=_reading(labels, counts, split))


def cell_from_selection(event: object) -> tuple[str, str] | None:
    """Read which cell a person chose from what ``st.plotly_chart`` returns.

    Parameters
    ----------
    event : object
        The return value of ``st.plotly_chart(on_select=…)``, or its ``selection``.

    Returns
    -------
    cell : (truth, predicted) or None
        None where nothing, or something that is no cell, is chosen.

    """
    selection = _member(event, "selection")
    points = _member(event if selection is None else selection, "points")
    if not isinstance(points, Sequence) or isinstance(points, str) or not points:
        return None
    data = _member(points[-1], "customdata")
    if isinstance(data, Mapping):  # some versions send an array as {"0": …, "1": …}
        data = [data.get("0"), data.get("1")]
    if not isinstance(data, Sequence) or isinstance(data, str) or len(data) < 2:
        return None
    truth, predicted = data[0], data[1]
    if not isinstance(truth, str) or not isinstance(predicted, str):
        return None
    return html.unescape(truth), html.unescape(predicted)


def _member(holder: object, name: str) -> Any:
    """Take a member of a mapping, or an attribute of anything else."""
    if isinstance(holder, Mapping):
        return holder.get(name)
    return getattr(holder, name, None)


def _missing(record: Record, *, unseen: bool) -> str:
    """Say why there is no matrix."""
    if unseen and unseen_result(record) is None:
        return why_no_unseen(record)
    split = "of unseen speakers" if unseen else "of a random split"
    return f"This run carries no confusion matrix {split}."


def _matrix(result: Result | None) -> tuple[list[str], _Counts]:
    """Take a result's matrix, empty where it is not square."""
    found = (result or {}).get("confusion") or {}
    labels = [str(label) for label in found.get("labels") or []]
    counts = [list(row) for row in found.get("counts") or []]
    n = len(labels)
    whole = len(counts) == n and all(
        len(row) == n and all(isinstance(value, int) for value in row) for row in counts
    )
    return (labels, counts) if n and whole else ([], [])


def _shares(counts: _Counts) -> list[list[float]]:
    """Return each row as percent of its sum."""
    return [[100 * value / max(sum(row), 1) for value in row] for row in counts]


def _cells(
    names: Sequence[str], counts: _Counts, *, rates: bool, style: Style
) -> go.Heatmap:
    """Draw the cells."""
    return go.Heatmap(
        x=list(names),
        y=list(names),
        z=_shares(counts) if rates else counts,
        zmin=0,
        zmax=_full(counts, rates=rates),
        xgap=1,
        ygap=1,
        colorscale=SEQUENTIAL_SCALE,
        colorbar=colour_bar("%" if rates else "files", style=style),
        hoverinfo="skip",
    )


def _full(counts: _Counts, *, rates: bool) -> float:
    """Return what the brightest colour stands for."""
    return 100 if rates else max(max(row) for row in counts) or 1


def _write(figure: go.Figure, counts: _Counts, *, rates: bool, style: Style) -> None:
    """Write the figures into the cells.

    As annotations, because plotly fades the letters of traces while a cell is chosen.
    """
    shown: Sequence[Sequence[float]] = _shares(counts) if rates else counts
    full = _full(counts, rates=rates)
    figure.update_layout(
        annotations=[
            {
                "x": column,
                "y": row,
                "text": f"{value:.0f}",
                # by the colour of the cell, which is the same on either page
                "font": {
                    "size": style.font_px,
                    "color": "#111" if value > full / 2 else "#FFF",
                },
                "showarrow": False,
            }
            for row, values in enumerate(shown)
            for column, value in enumerate(values)
        ]
    )


def _squares(names: Sequence[str], counts: _Counts, *, style: Style) -> go.Scatter:
    """Lay one marker over each cell, to be pointed at and chosen."""
    shares = _shares(counts)
    cells = [(row, column) for row in range(len(names)) for column in range(len(names))]
    return go.Scatter(
        x=[names[column] for _, column in cells],
        y=[names[row] for row, _ in cells],
        mode="markers",
        showlegend=False,
        marker={
            "symbol": "square",
            "size": style.font_px * 2,
            "color": "rgba(0,0,0,0)",
        },
        selected={"marker": {"color": _CHOSEN, "opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        customdata=[
            [names[row], names[column], counts[row][column], shares[row][column]]
            for row, column in cells
        ],
        hovertemplate=(
            "true %{customdata[0]}, taken for %{customdata[1]}<br>"
            "%{customdata[2]} files, %{customdata[3]:.1f} %<extra></extra>"
        ),
    )


def _frame(figure: go.Figure, row: int, column: int, style: Style) -> None:
    """Frame a cell."""
    figure.add_shape(
        type="rect",
        x0=column - 0.5,
        x1=column + 0.5,
        y0=row - 0.5,
        y1=row + 0.5,
        line={"color": CATEGORIES[1][0], "width": style.font_px / 4},
    )


def _reading(labels: Sequence[str], counts: _Counts, split: str) -> str:
    """Name the most frequent mistake."""
    mistakes = [
        (share, true, labels[column])
        for true, row in zip(labels, _shares(counts), strict=True)
        for column, share in enumerate(row)
        if labels[column] != true
    ]
    share, true, taken = max(mistakes, default=(0.0, "", ""))
    if share == 0.0:
        return f"With {split}, no test file was taken for another class."
    return (
        f"With {split}, the commonest mistake: {share:.0f} % of the {true} files are "
        f"taken for {taken}. In percent, rows add up to 100."
    )
