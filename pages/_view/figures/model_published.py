"""What others published beside our own runs, sorted by what the test knew."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures.chart import Chart, Style, canvas, nothing, stacked_panels
from pages._view.figures.model_record import (
    RANDOM_LOOK,
    UNSEEN_LOOK,
    Shown,
    interval,
    number,
    percent_interval,
    run_name,
    shown_results,
    training_context,
)
from pages._view.figures.model_rows import Row, draw_rows
from pages._view.figures.records import Record
from pages._view.theme import HEIGHT_PX, NEUTRAL, PUBLISHED_PATTERN, Mode, Size
from ser_core.evaluation.published import MARK, PublishedFigure

_TITLE: Final = "Published figures beside ours"
_HEADINGS: Final[dict[bool | None, str]] = {
    True: "speakers of the test unheard in training",
    False: "speakers of the test also in training",
    None: "not stated whether speakers were shared",
}
_COLOURS: Final[dict[bool | None, str]] = {
    True: UNSEEN_LOOK.colour,
    False: RANDOM_LOOK.colour,
    None: NEUTRAL,
}
_TICK_LETTERS: Final = 26
_MOST_TICK_LINES: Final = 2


def beside_published(
    records: Sequence[Record],
    published: Sequence[PublishedFigure],
    *,
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw published figures, hollow and hatched, beside those of our runs.

    Parameters
    ----------
    records : sequence of mapping
        Of kind ``training``; of the corpora that the figures are about.
    published : sequence of PublishedFigure
    size, mode : str

    Returns
    -------
    chart : Chart
        One panel for tests on unheard speakers, one for shared ones, and one where
        the source does not say.

    """
    panels = {
        sort: _sorted([*_ours(records, sort), *_theirs(published, sort)])
        for sort in (True, False, None)
    }
    panels = {sort: rows for sort, rows in panels.items() if rows}
    if not panels:
        return nothing(_TITLE, "Nothing published is known here for these corpora.")
    style = Style(size=size, mode=mode)
    font = style.font_px
    gap = font * 5
    n_rows = sum(len(rows) for rows in panels.values())
    plot_px = font * 3.1 * n_rows + gap * (len(panels) - 1)
    figure = stacked_panels(
        [_HEADINGS[sort] for sort in panels],
        heights=[len(rows) for rows in panels.values()],
        style=style,
        gap_px=gap,
        total_px=plot_px,
    )
    context = training_context(*records, short=True)
    canvas(
        _TITLE,
        context=" · ".join(part for part in (context, f"hatched: {MARK}") if part),
        style=style,
        height=(plot_px + font * 10.4) / HEIGHT_PX[size],
        figure=figure,
    )
    figure.update_layout(margin={"t": round(font * 6.8)})
    for place, rows in enumerate(panels.values(), start=1):
        draw_rows(figure, rows, style=style, row=place)
    _same_scale(figure, len(panels))
    return Chart(title=_TITLE, figure=figure, reading=_reading(records, published))


def _same_scale(figure: go.Figure, n_panels: int) -> None:
    """Give every panel the widest scale: all are percent."""
    reach = max(axis.range[1] for axis in figure.select_xaxes())
    figure.update_xaxes(range=[0, reach], tickvals=list(range(0, 101, 20)))
    figure.update_xaxes(title_text="percent, as each source measures", row=n_panels)


def _sorted(rows: Sequence[Row]) -> list[Row]:
    """Order rows by value and give each a name that no other has."""
    ordered = sorted(rows, key=lambda row: row.value, reverse=True)
    used: dict[str, int] = {}
    named: list[Row] = []
    for row in ordered:
        used[row.tick] = used.get(row.tick, 0) + 1
        again = used[row.tick]
        tick = row.tick if again == 1 else f"{row.tick} #{again}"
        named.append(replace(row, tick=tick))
    return named


def _ours(records: Sequence[Record], sort: bool | None) -> list[Row]:
    """Make the rows of our own results of one sort."""
    return [
        _our_row(record, shown)
        for record in records
        for shown in shown_results(record)
        if shown.independent is sort and number(shown.result.get("uar")) is not None
    ]


def _our_row(record: Record, shown: Shown) -> Row:
    """Make the row of one result of ours."""
    uar, bounds = float(shown.result["uar"]), interval(shown.result, "uar")
    war = number(shown.result.get("war"))
    return Row(
        tick=_tick(f"here: {run_name(record)}", bold=True),
        value=uar * 100,
        bounds=(bounds[0] * 100, bounds[1] * 100) if bounds else None,
        text=f"UAR {say.percent(uar, digits=1)}",
        colour=shown.look.colour,
        pattern=shown.look.pattern,
        hover=(
            f"{shown.name}, WAR {say.percent(war, digits=1)}"
            f"<br>95 % interval {percent_interval(bounds) or say.NOT_KNOWN}"
        ),
    )


def _theirs(published: Sequence[PublishedFigure], sort: bool | None) -> list[Row]:
    """Make the rows of published figures of one sort."""
    return [
        Row(
            tick=_tick(
                f"{figure.method}, pre-trained" if figure.pretrained else figure.method
            ),
            value=figure.value * 100,
            text=_words(figure),
            colour=_COLOURS[sort],
            pattern=PUBLISHED_PATTERN,
            hover="<br>".join(
                say.plain(line)
                for line in (
                    f"{MARK}: {figure.source}",
                    f"{' + '.join(figure.corpora)}, {figure.n_classes} classes",
                    f"split: {figure.split}",
                )
            ),
        )
        for figure in published
        if figure.speaker_independent is sort
    ]


def _words(figure: PublishedFigure) -> str:
    """Write a published figure with its metric."""
    metric = "" if figure.metric == "not stated" else f"{say.plain(figure.metric)} "
    return f"{metric}{say.percent(figure.value, digits=1)}"


def _tick(name: str, *, bold: bool = False) -> str:
    """Break a name into two short lines at most."""
    lines = textwrap.wrap(name, _TICK_LETTERS, break_on_hyphens=False) or [name]
    shown = lines[:_MOST_TICK_LINES]
    if len(lines) > _MOST_TICK_LINES:
        shown[-1] = f"{shown[-1][: _TICK_LETTERS - 2]} …"
    plain = "<br>".join(say.plain(line) for line in shown)
    return f"<b>{plain}</b>" if bold else plain


def _reading(records: Sequence[Record], published: Sequence[PublishedFigure]) -> str:
    """Put our best result beside the best published one of the same sort."""
    sentences: list[str] = []
    ours = [
        (float(shown.result["uar"]), run_name(record))
        for record in records
        for shown in shown_results(record)
        if shown.independent and number(shown.result.get("uar")) is not None
    ]
    theirs = [
        figure
        for figure in published
        if figure.speaker_independent and not figure.pretrained
    ]
    if ours:
        uar, name = max(ours)
        sentences.append(
            f"Our best on unseen speakers: {name}, UAR {say.percent(uar, digits=1)}."
        )
    if theirs:
        best = max(theirs, key=lambda figure: figure.value)
        sentences.append(
            f"The best published one without pre-trained weights: {best.method}, "
            f"{say.percent(best.value, digits=1)} ({best.source})."
        )
    sentences.append(
        "Published figures stand on other copies of the corpora, other folds and "
        "often other classes: they say where ours belong and are no contest."
    )
    return " ".join(sentences)
