"""Several runs against each other, with intervals, and their paired differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures.chart import Chart, Style, canvas, nothing, settle_legend
from pages._view.figures.model_marks import level, line_px, mark_px, rows_height
from pages._view.figures.model_record import (
    RANDOM_LOOK,
    UNSEEN_LOOK,
    chance,
    corpus_name,
    interval,
    number,
    percent_interval,
    random_result,
    run_name,
    training_context,
    unseen_result,
)
from pages._view.figures.model_rows import Row, draw_rows
from pages._view.figures.records import Record
from pages._view.theme import CATEGORIES, NEUTRAL, Mode, Size
from ser_core.evaluation.paired import PairedTest

_TICKS: Final = (0, 20, 40, 60, 80, 100)
_TITLE: Final = "Models compared on unseen speakers"
_DIFFERENCES: Final = "Differences between pairs of models"


def forest(
    records: Sequence[Record], *, size: Size = "normal", mode: Mode = "light"
) -> Chart:
    """Draw UAR of several runs with intervals, the best first.

    Parameters
    ----------
    records : sequence of mapping
        Of kind ``training``.
    size, mode : str

    Returns
    -------
    chart : Chart
        Full marks are unseen speakers, hollow ones the random split.

    """
    known = [record for record in records if _uar(unseen_result(record)) is not None]
    if not known:
        return nothing(_TITLE, "None of these runs knows its UAR on unseen speakers.")
    known.sort(key=lambda record: _uar(unseen_result(record)) or 0.0, reverse=True)
    style = Style(size=size, mode=mode)
    rows = _rows(known)
    figure = canvas(
        _TITLE,
        context=training_context(*known),
        style=style,
        height=rows_height(len(rows), style=style, each=2.6),
        legend=True,
    )
    randoms = [_uar(random_result(record)) for record in known]
    draw_rows(figure, rows, style=style, points=True)
    _add_marks(figure, rows, randoms, style)
    guesses = {chance(record) for record in known}
    guess = guesses.pop() if len(guesses) == 1 else None
    if guess is not None:
        name = f"chance, {say.percent(guess, digits=1)}"
        level(figure, guess * 100, name, style=style)
    # beyond 100 there is room for words alone
    figure.update_xaxes(title_text="UAR (%), 95 % interval", tickvals=list(_TICKS))
    settle_legend(figure, style=style)
    return Chart(
        title=_TITLE, figure=figure, reading=_reading(known, len(records) - len(known))
    )


def _uar(result: Record | None) -> float | None:
    """Return a result's UAR."""
    return number((result or {}).get("uar"))


def _rows(known: Sequence[Record]) -> list[Row]:
    """Make one row a run, with a name that no other has."""
    several = len({corpus_name(record) for record in known}) > 1
    rows: list[Row] = []
    used: dict[str, int] = {}
    for record in known:
        name = say.plain(run_name(record))
        if several:
            name += f"<br>{say.plain(corpus_name(record))}"
        used[name] = used.get(name, 0) + 1
        tick = name if used[name] == 1 else f"{name} #{used[name]}"
        rows.append(_row(record, tick))
    return rows


def _row(record: Record, tick: str) -> Row:
    """Make the row of one run."""
    result = unseen_result(record)
    uar, bounds = _uar(result) or 0.0, interval(result, "uar")
    random = _uar(random_result(record))
    words = "" if random is None else f" (random {random * 100:.1f})"
    return Row(
        tick=tick,
        value=uar * 100,
        bounds=(bounds[0] * 100, bounds[1] * 100) if bounds else None,
        mark=None if random is None else random * 100,
        text=f"<b>{uar * 100:.1f}</b>{words}",
        colour=UNSEEN_LOOK.colour,
        symbol=UNSEEN_LOOK.symbol,
        hover=f"95 % interval {percent_interval(bounds) or say.NOT_KNOWN}<br>"
        f"{say.plain(say.when(record.get('created_utc')))}",
    )


def _add_marks(
    figure: go.Figure,
    rows: Sequence[Row],
    randoms: Sequence[float | None],
    style: Style,
) -> None:
    """Mark the random split in the same rows, and name both sorts of marks."""
    figure.add_trace(
        go.Scatter(
            x=[None],
            y=[None],
            mode="markers",
            name="unseen speakers",
            marker={
                "color": UNSEEN_LOOK.colour,
                "symbol": UNSEEN_LOOK.symbol,
                "size": mark_px(style) * 1.2,
            },
        )
    )
    if all(value is None for value in randoms):
        return
    figure.add_trace(
        go.Scatter(
            x=[None if value is None else value * 100 for value in randoms],
            y=[row.tick for row in rows],
            mode="markers",
            name="random split of the same run",
            marker={
                "color": RANDOM_LOOK.colour,
                "symbol": f"{RANDOM_LOOK.symbol}-open",
                "size": mark_px(style),
                "line": {"width": line_px(style) * 0.7, "color": RANDOM_LOOK.colour},
            },
            hovertemplate="%{y}: random split %{x:.1f} %<extra></extra>",
        )
    )


def _reading(known: Sequence[Record], n_without: int) -> str:
    """Say which run leads and how sure that is."""
    best, result = known[0], unseen_result(known[0])
    uar, bounds = _uar(result) or 0.0, interval(result, "uar")
    sentences = [f"{run_name(best)} leads with UAR {say.percent(uar, digits=1)}."]
    if bounds is None:
        sentences.append("Without an interval its lead is no verdict.")
    elif len(known) > 1:
        within = sum((_uar(unseen_result(r)) or 0.0) >= bounds[0] for r in known[1:])
        sentences.append(
            f"{say.count(within, 'other run')} within its interval "
            f"({percent_interval(bounds)}): compare pairs before choosing."
            if within
            else f"No other run lies within its interval ({percent_interval(bounds)})."
        )
    if len({corpus_name(record) for record in known}) > 1:
        sentences.append("Figures of different corpora are no ranking of models.")
    if n_without:
        sentences.append(
            f"{say.count(n_without, 'run')} without unseen speakers left out."
        )
    return " ".join(sentences)


def differences(
    tests: Sequence[PairedTest], *, size: Size = "normal", mode: Mode = "light"
) -> Chart:
    """Draw differences of UAR between pairs of models on the same utterances.

    Parameters
    ----------
    tests : sequence of PairedTest
        By `ser_core.evaluation.paired.paired_test`.
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    if not tests:
        return nothing(
            _DIFFERENCES,
            "No pair to compare: choose two runs that tested the same utterances.",
        )
    style = Style(size=size, mode=mode)
    rows = [_difference_row(test, number) for number, test in enumerate(tests, 1)]
    figure = canvas(
        _DIFFERENCES,
        context=say.count(max(test.n for test in tests), "utterance"),
        style=style,
        height=rows_height(len(rows), style=style, each=3.2),
        legend=True,
    )
    draw_rows(figure, rows, style=style, points=True, start=None, most=0.0)
    least = min(0.0, *(r.bounds[0] if r.bounds else r.value for r in rows))
    figure.update_xaxes(
        range=[least * 1.1 - 0.5, figure.layout.xaxis.range[1]],
        title_text="points of UAR, 95 % interval",
    )
    level(figure, 0.0, "no difference", style=style, dash="solid")
    settle_legend(figure, style=style)
    return Chart(
        title=_DIFFERENCES,
        figure=figure,
        reading=" ".join(test.words for test in tests),
    )


def _difference_row(test: PairedTest, index: int) -> Row:
    """Make the row of one pair."""
    first, second = (say.plain(name) for name in test.names)
    bounds = test.bootstrap.interval if test.bootstrap else None
    clear = bounds is not None and (bounds[0] > 0 or bounds[1] < 0)
    return Row(
        tick=f"{index}. {first}<br>minus {second}",
        value=test.uar_difference * 100,
        bounds=(bounds[0] * 100, bounds[1] * 100) if bounds else None,
        text=f"{test.uar_difference * 100:+.1f}",
        colour=CATEGORIES[0][0] if clear else NEUTRAL,
        symbol="diamond" if clear else "circle-open",
        hover=f"McNemar p = {test.mcnemar.p_value:.3g}",
    )
