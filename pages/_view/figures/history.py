"""Two runs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures.bars import bar_marker
from pages._view.figures.chart import (
    Chart,
    Style,
    canvas,
    nothing,
    row_height,
    settle_legend,
)
from pages._view.figures.records import Record, arms, context, machine, n_files
from pages._view.figures.scaling import machine_label
from pages._view.figures.stages import STAGES
from pages._view.theme import CATEGORIES, Mode, Size

_TITLE: Final = "Two runs compared"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pair:
    """One thing both runs measured, in milliseconds for each file."""

    tick: str
    name: str
    a_ms: float
    b_ms: float


def compare(
    a: Record, b: Record, *, size: Size = "normal", mode: Mode = "light"
) -> Chart:
    """Draw what two runs have in common: arms, or stages of the pipeline.

    Parameters
    ----------
    a, b : mapping
        Two records of one kind.
    size, mode : str

    Returns
    -------
    chart : Chart
        Times are divided by the number of files, because runs differ in size.

    """
    if a.get("kind") != b.get("kind"):
        return nothing(
            _TITLE,
            "A benchmark and a pipeline measure different things: choose two alike.",
        )
    pairs = _stage_pairs(a, b) if a.get("kind") == "pipeline" else _arm_pairs(a, b)
    if not pairs:
        return nothing(_TITLE, "These two runs have no arm in common.")
    style = Style(size=size, mode=mode)
    figure = canvas(
        _TITLE,
        context=context(a, b),
        style=style,
        height=row_height(round(len(pairs) * 1.6), style=style),
        legend=True,
    )
    for record, word, index in ((a, "A", 0), (b, "B", 1)):
        figure.add_trace(_bars(record, word, pairs, index, style=style))
    values = [value for pair in pairs for value in (pair.a_ms, pair.b_ms)]
    figure.update_layout(barmode="group", bargap=0.3, bargroupgap=0.08)
    figure.update_xaxes(title_text="milliseconds a file", range=[0, max(values) * 1.35])
    figure.update_yaxes(autorange="reversed", showgrid=False)
    settle_legend(figure, style=style)
    return Chart(title=_TITLE, figure=figure, reading=_reading(a, b, pairs))


def _arm_pairs(a: Record, b: Record) -> list[_Pair]:
    """Pair the arms that both benchmarks have."""
    others = {arm.key: arm for arm in arms(b)}
    pairs: list[_Pair] = []
    for arm in arms(a):
        other = others.get(arm.key)
        if other and arm.median_wall_s and other.median_wall_s:
            pairs.append(
                _Pair(
                    tick=arm.tick,
                    name=arm.name,
                    a_ms=1000 * arm.median_wall_s / (arm.n_files or 1),
                    b_ms=1000 * other.median_wall_s / (other.n_files or 1),
                )
            )
    return pairs


def _stage_pairs(a: Record, b: Record) -> list[_Pair]:
    """Pair the stages that both pipelines have."""
    walls = [
        {row["name"]: row.get("wall_s") for row in record.get("stages") or []}
        for record in (a, b)
    ]
    files = [n_files(record) or 1 for record in (a, b)]
    return [
        _Pair(
            tick=name,
            name=name,
            a_ms=1000 * walls[0][name] / files[0],
            b_ms=1000 * walls[1][name] / files[1],
        )
        for name in STAGES
        if walls[0].get(name) is not None and walls[1].get(name) is not None
    ]


def _bars(
    record: Record, word: str, pairs: Sequence[_Pair], index: int, *, style: Style
) -> go.Bar:
    """Draw one run's bars."""
    values = [pair.b_ms if index else pair.a_ms for pair in pairs]
    colour, pattern = CATEGORIES[index]
    marker = bar_marker(colour, pattern, style=style)
    return go.Bar(
        x=values,
        y=[pair.tick for pair in pairs],
        orientation="h",
        name=f"{word}: {say.plain(machine_label(record))}",
        marker=marker,
        text=[_text(pair, index) for pair in pairs],
        textposition="outside",
        textfont={"size": style.font_px},
        cliponaxis=False,
        hovertemplate="%{y}<br>%{x:.4g} ms a file<extra>%{fullData.name}</extra>",
    )


def _text(pair: _Pair, index: int) -> str:
    """Write a bar's value, and for B its ratio to A."""
    value = pair.b_ms if index else pair.a_ms
    text = f"{value:.3g} ms"
    if index and pair.b_ms:
        text += f" · {say.times(pair.a_ms / pair.b_ms)}"
    return text


def _reading(a: Record, b: Record, pairs: Sequence[_Pair]) -> str:
    """Say where B gained or lost most, and what else differs between the runs."""
    ratios = {pair.name: pair.a_ms / pair.b_ms for pair in pairs if pair.b_ms}
    if not ratios:
        return "B carries no times."
    most = max(ratios, key=lambda name: abs(ratios[name] - 1))
    ratio = ratios[most]
    word = (
        f"{say.times(ratio)} as fast"
        if ratio >= 1
        else f"{say.times(1 / ratio)} slower"
    )
    sentence = f"The largest difference is {most}: B is {word}"
    if ratio < 1:
        sentence = (
            f"The largest difference is {most}: B takes {say.times(1 / ratio)} as long"
        )
    differences = [
        *(["the machine"] if machine(a) != machine(b) else []),
        *(["the number of files"] if n_files(a) != n_files(b) else []),
        *(["the corpus"] if _corpus(a) != _corpus(b) else []),
        *(["the features"] if _features(a) != _features(b) else []),
    ]
    if not differences:
        return f"{sentence}. Both ran the same files on the same kind of machine."
    return f"{sentence}. Not only the code differs: so do {say.listing(differences)}."


def _corpus(record: Record) -> object:
    """Return what identifies a record's corpus."""
    return (record.get("corpus") or {}).get("fingerprint")


def _features(record: Record) -> object:
    """Return what identifies a record's feature set."""
    return (record.get("feature_set") or {}).get("key")
