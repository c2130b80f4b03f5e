"""F1 of each class: a random split beside unseen speakers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures.bars import bar_marker
from pages._view.figures.chart import Chart, Style, canvas, nothing, settle_legend
from pages._view.figures.model_marks import error_bars, level, rows_height
from pages._view.figures.model_record import (
    Shown,
    classes,
    human_accuracy,
    interval,
    number,
    shown_results,
    training_context,
    why_no_interval,
    why_no_unseen,
)
from pages._view.figures.records import Record
from pages._view.theme import Mode, Size

_TITLE: Final = "F1 of each class"


def per_class_f1(
    record: Record, *, size: Size = "normal", mode: Mode = "light"
) -> Chart:
    """Draw F1 of each class, on the random split and on unseen speakers.

    Parameters
    ----------
    record : mapping
        Of kind ``training``.
    size, mode : str

    Returns
    -------
    chart : Chart
        Intervals are drawn where the record has them; people's accuracy is a line.

    """
    labels = classes(record)
    found = [shown for shown in shown_results(record) if shown.result.get("per_class")]
    if not labels or not found:
        return nothing(_TITLE, "This run carries no figures of single classes.")
    style = Style(size=size, mode=mode)
    figure = canvas(
        _TITLE,
        context=training_context(record),
        style=style,
        height=rows_height(len(labels), style=style, each=1.0 + 1.0 * len(found)),
        legend=True,
    )
    for shown in found:
        figure.add_trace(_bars(shown, labels, style=style))
    people = human_accuracy(record)
    if people is not None:
        level(
            figure,
            people,
            f"people's accuracy, {people:.2f}",
            style=style,
            dash="dash",
        )
    figure.update_layout(barmode="group", bargap=0.22, bargroupgap=0.05)
    figure.update_xaxes(title_text="F1, 0 to 1", range=[0, 1])
    figure.update_yaxes(autorange="reversed", showgrid=False, title_text="class")
    settle_legend(figure, style=style)
    return Chart(title=_TITLE, figure=figure, reading=_reading(record, found, labels))


def _bars(shown: Shown, labels: Sequence[str], *, style: Style) -> go.Bar:
    """Draw one split's bars."""
    rows = [_row(shown, label) for label in labels]
    values = [number(row.get("f1")) for row in rows]
    bounds = [interval(row, "f1") for row in rows]
    return go.Bar(
        x=values,
        y=[say.plain(label) for label in labels],
        orientation="h",
        name=shown.name,
        marker=bar_marker(shown.look.colour, shown.look.pattern, style=style),
        error_x=error_bars(values, bounds, style=style),
        customdata=[
            [
                _score(row.get("precision")),
                _score(row.get("recall")),
                row.get("support", say.NOT_KNOWN),
                say.interval(*bound) if bound else say.NOT_KNOWN,
            ]
            for row, bound in zip(rows, bounds, strict=True)
        ],
        hovertemplate=(
            "%{y}: F1 %{x:.2f} (95 % interval %{customdata[3]})<br>"
            "precision %{customdata[0]}, recall %{customdata[1]}<br>"
            "%{customdata[2]} test files<extra>%{fullData.name}</extra>"
        ),
    )


def _row(shown: Shown, label: str) -> Mapping[str, Any]:
    """Return the figures of one class, empty where there are none."""
    row = (shown.result.get("per_class") or {}).get(label)
    return row if isinstance(row, Mapping) else {}


def _score(value: object) -> str:
    """Write a figure between 0 and 1."""
    known = number(value)
    return say.NOT_KNOWN if known is None else f"{known:.2f}"


def _reading(record: Record, found: Sequence[Shown], labels: Sequence[str]) -> str:
    """Name the best and the worst class, and where the splits differ most."""
    honest = found[-1]
    values = {label: number(_row(honest, label).get("f1")) for label in labels}
    known = {label: value for label, value in values.items() if value is not None}
    sentences: list[str] = []
    if known:
        best = max(known, key=known.__getitem__)
        worst = min(known, key=known.__getitem__)
        sentences.append(
            f"With {honest.name}, {best} is found best (F1 {known[best]:.2f}) and "
            f"{worst} worst ({known[worst]:.2f})."
        )
    if len(found) == 2:
        sentences += _loss(found[0], known)
    sentences += [why_no_unseen(record), why_no_interval(record)]
    if human_accuracy(record) is not None:
        sentences.append("People's accuracy is over all classes, not an F1.")
    return " ".join(sentence for sentence in sentences if sentence)


def _loss(random: Shown, unseen: Mapping[str, float]) -> list[str]:
    """Name the class that loses most when speakers are unseen."""
    losses = {
        label: value - unseen[label]
        for label in unseen
        if (value := number(_row(random, label).get("f1"))) is not None
    }
    if not losses or max(losses.values()) <= 0:
        return []
    most = max(losses, key=losses.__getitem__)
    return [
        f"New speakers cost {most} most: {losses[most]:.2f} below the random split."
    ]
