"""Feature sets against models: a cell for each pair, empty ones with their reason."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures.chart import Chart, Style, canvas, colour_bar, nothing
from pages._view.figures.model_marks import rows_height, slant_ticks
from pages._view.figures.model_record import (
    interval,
    number,
    percent_interval,
    random_result,
    training_context,
    unseen_result,
)
from pages._view.figures.records import Record
from pages._view.theme import SEQUENTIAL_SCALE, Mode, Size

_TITLE: Final = "Feature sets against models"
_WIDEST: Final = 12
"""Letters of a reason on one line of a cell."""

_MOST_LINES: Final = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One pair of a feature set and a model.

    Attributes
    ----------
    features, model : str
    unseen, random : float or None
        UAR on unseen speakers and on the random split.
    bounds : (low, high) or None
        Interval of `unseen`.
    note : str
        What must be said in the cell, such as "reduced by PCA", or why it is empty.

    """

    features: str
    model: str
    unseen: float | None = None
    random: float | None = None
    bounds: tuple[float, float] | None = None
    note: str = ""


def cells_of_runs(records: Sequence[Record]) -> list[Cell]:
    """Take one cell of each pair from training records.

    Parameters
    ----------
    records : sequence of mapping
        Of kind ``training``, all of one corpus and one split; where a pair was run
        more than once, the first one counts.

    Returns
    -------
    cells : list of Cell

    """
    cells: dict[tuple[str, str], Cell] = {}
    for record in records:
        pair = str(record.get("features")), str(record.get("model"))
        cells.setdefault(pair, _cell(record, *pair))
    return list(cells.values())


def _cell(record: Record, features: str, model: str) -> Cell:
    """Make the cell of one record."""
    unseen, random = unseen_result(record), random_result(record)
    return Cell(
        features=features,
        model=model,
        unseen=number((unseen or {}).get("uar")),
        random=number((random or {}).get("uar")),
        bounds=interval(unseen, "uar"),
        note="reduced by PCA" if record.get("pca") else "",
    )


def features_by_models(
    records: Sequence[Record],
    *,
    empty: Sequence[Cell] = (),
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw UAR on unseen speakers of each feature set with each model.

    Parameters
    ----------
    records : sequence of mapping
        Of kind ``training``.
    empty : sequence of Cell
        Pairs that were not run, each with its reason in `note`.
    size, mode : str

    Returns
    -------
    chart : Chart
        A cell says unseen speakers, the random split in brackets, and its note.

    """
    cells = {(cell.features, cell.model): cell for cell in cells_of_runs(records)}
    for cell in empty:
        cells.setdefault((cell.features, cell.model), cell)
    known = [cell for cell in cells.values() if cell.unseen is not None]
    if not known:
        return nothing(
            _TITLE,
            "Nothing to compare yet: run a comparison of feature sets and models.",
        )
    rows = list(dict.fromkeys(cell.features for cell in cells.values()))
    columns = list(dict.fromkeys(cell.model for cell in cells.values()))
    scale = _scale(known)
    style = Style(size=size, mode=mode)
    figure = canvas(
        _TITLE,
        context=f"{training_context(*records)} · UAR %, unseen speakers (random split)",
        style=style,
        height=rows_height(len(rows), style=style, each=4.6, around=10),
    )
    figure.add_trace(_map(rows, columns, cells, scale, style=style))
    _write(figure, rows, columns, cells, scale, style=style)
    figure.update_xaxes(title_text="model", showgrid=False)
    figure.update_yaxes(title_text="feature set", autorange="reversed", showgrid=False)
    slant_ticks(figure, columns, style=style)
    return Chart(title=_TITLE, figure=figure, reading=_reading(known))


_Cells = Mapping[tuple[str, str], Cell]


def _map(
    rows: Sequence[str],
    columns: Sequence[str],
    cells: _Cells,
    scale: tuple[float, float],
    *,
    style: Style,
) -> go.Heatmap:
    """Draw the colours."""
    values = [
        [_percent(cells.get((features, model))) for model in columns]
        for features in rows
    ]
    return go.Heatmap(
        x=[say.plain(model) for model in columns],
        y=[say.plain(features) for features in rows],
        z=values,
        customdata=[
            [_hover(cells.get((features, model))) for model in columns]
            for features in rows
        ],
        zmin=scale[0],
        zmax=scale[1],
        xgap=2,
        ygap=2,
        colorscale=SEQUENTIAL_SCALE,
        colorbar=colour_bar("UAR %", style=style),
        hoverongaps=True,
        hovertemplate="%{y}, %{x}<br>%{customdata}<extra></extra>",
    )


def _scale(known: Sequence[Cell]) -> tuple[float, float]:
    """Choose what the darkest and the brightest colour stand for, in whole tens."""
    values = [(cell.unseen or 0.0) * 100 for cell in known]
    low, high = 10 * math.floor(min(values) / 10), 10 * math.ceil(max(values) / 10)
    return low, max(high, low + 10)


def _percent(cell: Cell | None) -> float | None:
    """Return what a cell's colour stands for."""
    return None if cell is None or cell.unseen is None else cell.unseen * 100


def _hover(cell: Cell | None) -> str:
    """Write what a cell says when it is pointed at."""
    if cell is None:
        return "not run"
    if cell.unseen is None:
        return say.plain(cell.note or "not run")
    bounds = percent_interval(cell.bounds)
    parts = [
        f"unseen speakers {say.percent(cell.unseen, digits=1)}"
        + (f" (95 % interval {bounds})" if bounds else ""),
        f"random split {say.percent(cell.random, digits=1)}",
        say.plain(cell.note),
    ]
    return "<br>".join(part for part in parts if part)


def _write(
    figure: go.Figure,
    rows: Sequence[str],
    columns: Sequence[str],
    cells: _Cells,
    scale: tuple[float, float],
    *,
    style: Style,
) -> None:
    """Write the figures, or the reason, into the cells."""
    for row, features in enumerate(rows):
        for column, model in enumerate(columns):
            cell = cells.get((features, model))
            value = _percent(cell)
            letters: dict[str, object] = {"size": style.font_px}
            if value is not None:
                letters["color"] = "#111" if value > sum(scale) / 2 else "#FFF"
            figure.add_annotation(
                x=column, y=row, text=_text(cell), font=letters, showarrow=False
            )


def _text(cell: Cell | None) -> str:
    """Write a cell on up to three short lines."""
    if cell is None:
        return "not run"
    if cell.unseen is None:
        return "<br>".join(_lines(cell.note or "not run"))
    random = "" if cell.random is None else f" ({cell.random * 100:.0f})"
    return "<br>".join([f"<b>{cell.unseen * 100:.0f}</b>{random}", *_lines(cell.note)])


def _lines(note: str) -> list[str]:
    """Break a note into a few lines of a cell's width."""
    lines: list[str] = []
    for word in note.split():
        if lines and len(f"{lines[-1]} {word}") <= _WIDEST:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    shown = lines[:_MOST_LINES]
    if len(lines) > _MOST_LINES:
        shown[-1] += " …"
    return [say.plain(line) for line in shown]


def _reading(known: Sequence[Cell]) -> str:
    """Name the best pair and the widest gap."""
    best = max(known, key=lambda cell: cell.unseen or 0.0)
    sentences = [
        f"Best on unseen speakers: {best.features} with {best.model}, UAR "
        f"{say.percent(best.unseen, digits=1)}."
    ]
    bounds = percent_interval(best.bounds)
    if bounds:
        within = sum(
            1 for cell in known if (cell.unseen or 0.0) >= (best.bounds or (1, 1))[0]
        )
        sentences.append(
            f"Its interval ({bounds}) holds {say.count(within - 1, 'other cell')}: "
            "the order among them is not certain."
            if within > 1
            else f"No other cell lies within its interval ({bounds})."
        )
    both = [cell for cell in known if cell.random is not None]
    if both:
        gap = max(both, key=lambda cell: (cell.random or 0.0) - (cell.unseen or 0.0))
        points = ((gap.random or 0.0) - (gap.unseen or 0.0)) * 100
        sentences.append(
            f"The random split promises most too much for {gap.features} with "
            f"{gap.model}: {points:.0f} points."
        )
    return " ".join(sentences)
