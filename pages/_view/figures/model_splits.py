"""A random split against unseen speakers: the gap that a random split hides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pages._view import format as say
from pages._view.figures.chart import Chart, Style, canvas, nothing, settle_legend
from pages._view.figures.model_marks import level, rows_height
from pages._view.figures.model_record import (
    Shown,
    chance,
    human_accuracy,
    human_source,
    interval,
    number,
    percent_interval,
    shown_results,
    training_context,
    why_no_interval,
    why_no_unseen,
)
from pages._view.figures.model_rows import Row, draw_rows
from pages._view.figures.records import Record
from pages._view.theme import Mode, Size

_TITLE: Final = "A random split against unseen speakers"
_MEASURES: Final = {
    "uar": "mean recall of the classes",
    "war": "share of files that are right",
}


def random_against_unseen(
    record: Record, *, size: Size = "normal", mode: Mode = "light"
) -> Chart:
    """Draw UAR and WAR of both splits, with chance and people beside them.

    Parameters
    ----------
    record : mapping
        Of kind ``training``.
    size, mode : str

    Returns
    -------
    chart : Chart
        `reading` begins with the sentence about the gap.

    """
    found = [
        s for s in shown_results(record) if number(s.result.get("uar")) is not None
    ]
    if not found:
        return nothing(_TITLE, "This run carries neither UAR nor WAR.")
    style = Style(size=size, mode=mode)
    rows = [
        row for measure in _MEASURES for row in _rows(found, measure) if row is not None
    ]
    figure = canvas(
        _TITLE,
        context=training_context(record),
        style=style,
        height=rows_height(len(rows), style=style, each=3.2),
        legend=True,
    )
    draw_rows(figure, rows, style=style)
    guess, people = chance(record), human_accuracy(record)
    if guess is not None:
        name = f"chance for UAR, {say.percent(guess, digits=1)}"
        level(figure, guess * 100, name, style=style)
    if people is not None:
        name = f"people's accuracy, {say.percent(people, digits=1)}"
        level(figure, people * 100, name, style=style, dash="dash")
    figure.update_xaxes(
        title_text="percent of the test", tickvals=list(range(0, 101, 20))
    )
    settle_legend(figure, style=style)
    return Chart(title=_TITLE, figure=figure, reading=gap_reading(record))


def gap_reading(record: Record) -> str:
    """Say what lies between the splits, and what is missing.

    Parameters
    ----------
    record : mapping
        Of kind ``training``.

    Returns
    -------
    reading : str
        Plain text.

    """
    sentences = [str(record.get("gap") or ""), why_no_unseen(record)]
    found = shown_results(record)
    if not sentences[0] and len(found) == 2:
        sentences[0] = _gap(found)
    if len(found) == 1 and found[0].independent:
        uar = say.percent(number(found[0].result.get("uar")), digits=1)
        bounds = percent_interval(interval(found[0].result, "uar"))
        sentences[0] = (
            f"UAR with {found[0].name} is {uar}"
            f"{f' (95 % interval {bounds})' if bounds else ''}; no random split was "
            "run beside it, and none is needed."
        )
    sentences.append(why_no_interval(record))
    source = human_source(record)
    if human_accuracy(record) is not None and source:
        sentences.append(f"People's accuracy: {source.rstrip('.')}.")
    return " ".join(sentence for sentence in sentences if sentence)


def _gap(found: Sequence[Shown]) -> str:
    """Put the two UAR into a sentence, for a record without one."""
    random, unseen = (number(shown.result.get("uar")) for shown in found)
    if random is None or unseen is None:
        return ""
    return (
        f"UAR is {say.percent(random, digits=1)} with the {found[0].name} and "
        f"{say.percent(unseen, digits=1)} with {found[1].name}: the second is what a "
        "new voice can expect."
    )


def _rows(found: Sequence[Shown], measure: str) -> list[Row | None]:
    """Make one measure's rows, one a split."""
    return [_row(shown, measure) for shown in found]


def _row(shown: Shown, measure: str) -> Row | None:
    """Make the row of one split and measure."""
    share, bounds = number(shown.result.get(measure)), interval(shown.result, measure)
    if share is None:
        return None
    words = percent_interval(bounds)
    return Row(
        tick=f"<b>{measure.upper()}</b><br>{shown.name}",
        value=share * 100,
        bounds=(bounds[0] * 100, bounds[1] * 100) if bounds else None,
        text=say.percent(share, digits=1),
        colour=shown.look.colour,
        pattern=shown.look.pattern,
        hover=f"{_MEASURES[measure]}<br>95 % interval {words or say.NOT_KNOWN}",
    )
