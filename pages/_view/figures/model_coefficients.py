"""The report's question: what 20 coefficients cost and bring against 13."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pages._view import format as say
from pages._view.figures.chart import Chart, Style, canvas, nothing, stacked_panels
from pages._view.figures.model_record import (
    number,
    percent_interval,
    split_words,
    study_rows,
    training_context,
)
from pages._view.figures.model_rows import Row, draw_rows
from pages._view.figures.records import Record
from pages._view.theme import CATEGORIES, HEIGHT_PX, Mode, Size

_TITLE: Final = "13 against 20 coefficients"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Panel:
    """One thing that is compared.

    Attributes
    ----------
    heading, column, unit : str
    scale : float
        From the column's unit to the axis'.
    words : callable
        Writes a value of the column.

    """

    heading: str
    column: str
    unit: str
    scale: float
    words: Callable[[float], str]


_PANELS: Final = (
    _Panel(
        heading="values for each file",
        column="n_values",
        unit="values",
        scale=1,
        words=lambda value: f"{value:,.0f}",
    ),
    _Panel(
        heading="time to extract the features, one worker",
        column="seconds_features",
        unit="s",
        scale=1,
        words=say.duration,
    ),
    _Panel(
        heading="time to fit",
        column="seconds_fit",
        unit="s",
        scale=1,
        words=say.duration,
    ),
    _Panel(
        heading="memory at its peak (PSS of all processes)",
        column="peak_pss_bytes",
        unit="MiB",
        scale=1 / 1024**2,
        words=say.mebibytes,
    ),
    _Panel(
        heading="UAR",
        column="uar",
        unit="%",
        scale=100,
        words=lambda value: say.percent(value, digits=1),
    ),
)


def coefficients(
    record: Record, *, size: Size = "normal", mode: Mode = "light"
) -> Chart:
    """Draw size, time, memory and UAR of both feature sets, each with its ratio.

    Parameters
    ----------
    record : mapping
        Of kind ``study``, one of coefficients.
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    rows = sorted(
        study_rows(record, "coefficients", "n_values"), key=lambda r: r["n_values"]
    )
    if len(rows) < 2:
        return nothing(
            _TITLE, "Not compared yet: run the study of 13 and 20 coefficients."
        )
    panels = [
        panel
        for panel in _PANELS
        if all(number(row.get(panel.column)) is not None for row in rows)
    ]
    style = Style(size=size, mode=mode)
    font = style.font_px
    gap = font * 4.6
    plot_px = font * 2.4 * len(rows) * len(panels) + gap * (len(panels) - 1)
    figure = stacked_panels(
        [panel.heading for panel in panels],
        heights=[1.0] * len(panels),
        style=style,
        gap_px=gap,
        total_px=plot_px,
    )
    canvas(
        _TITLE,
        context=_context(record, rows),
        style=style,
        height=(plot_px + font * 10.4) / HEIGHT_PX[size],
        figure=figure,
    )
    figure.update_layout(margin={"t": round(font * 6.8)})
    for place, panel in enumerate(panels, start=1):
        shown = [_row(row, rows[0], panel) for row in rows]
        draw_rows(figure, shown, style=style, row=place)
        figure.update_xaxes(ticksuffix=f" {panel.unit}", nticks=6, row=place, col=1)
    figure.update_xaxes(title_text="each panel with its own scale", row=len(panels))
    return Chart(title=_TITLE, figure=figure, reading=_reading(rows))


def _context(record: Record, rows: Sequence[Record]) -> str:
    """Write the study's circumstances."""
    split = split_words(rows[0].get("split"), independent=True)
    model = say.plain(rows[0].get("model") or "")
    parts = [training_context({**record, "feature_set": None}), model, split]
    return " · ".join(part for part in parts if part)


def _row(row: Record, base: Record, panel: _Panel) -> Row:
    """Make one bar with its value and its ratio to the smaller set."""
    value = float(row[panel.column])
    words = panel.words(value)
    reference = float(base[panel.column])
    if row is not base and reference and panel.column != "uar":
        words += f" · {say.times(value / reference)}"
    index = 0 if row is base else 1
    colour, pattern = CATEGORIES[index]
    bounds = _bounds(row) if panel.column == "uar" else None
    return Row(
        tick=_tick(row),
        value=value * panel.scale,
        text=words,
        colour=colour,
        pattern=pattern,
        bounds=(bounds[0] * 100, bounds[1] * 100) if bounds else None,
        hover=percent_interval(bounds),
    )


def _tick(row: Record) -> str:
    """Name a feature set by its number of coefficients."""
    n = number(row.get("n_mfcc"))
    return say.plain(row.get("features")) if n is None else f"{n:.0f} coefficients"


def _bounds(row: Record) -> tuple[float, float] | None:
    """Return the interval of a row's UAR."""
    low, high = number(row.get("uar_low")), number(row.get("uar_high"))
    return None if low is None or high is None else (low, high)


def _reading(rows: Sequence[Record]) -> str:
    """Say what the larger set costs and whether it brings anything."""
    small, large = rows[0], rows[-1]
    costs = [
        f"{say.times(large[column] / small[column])} the {what}"
        for column, what in (
            ("seconds_features", "time to extract"),
            ("seconds_fit", "time to fit"),
            ("peak_pss_bytes", "memory"),
        )
        if number(large.get(column)) is not None and number(small.get(column))
    ]
    size = say.times(large["n_values"] / small["n_values"])
    sentence = f"{_tick(large)} make {size} the values"
    sentence += f" and take {say.listing(costs)}." if costs else "."
    before, after = number(small.get("uar")), number(large.get("uar"))
    if before is None or after is None:
        return sentence
    change = f"UAR changes by {(after - before) * 100:+.1f} points"
    bounds = _bounds(large)
    if bounds is None:
        return f"{sentence} {change}; without an interval that is no verdict."
    if bounds[0] <= before <= bounds[1]:
        return f"{sentence} {change}, less than its interval can tell from nothing."
    return f"{sentence} {change}, more than its interval."
