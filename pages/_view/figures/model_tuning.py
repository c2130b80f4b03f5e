"""The history of a search for parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures.chart import Chart, Style, canvas, nothing, settle_legend
from pages._view.figures.model_marks import line_px, mark_px
from pages._view.figures.model_record import (
    number,
    training_context,
)
from pages._view.figures.records import Record
from pages._view.theme import ACCENT, CATEGORIES, FAILED, Mode, Size

_TITLE: Final = "Search for parameters"
_Trial = Mapping[str, Any]
_MARKS: Final = {
    "complete": (CATEGORIES[0][0], "circle", "complete"),
    "pruned": (CATEGORIES[1][0], "diamond-open", "pruned: stopped early"),
    "failed": (FAILED, "x", "failed"),
}


def history(record: Record, *, size: Size = "normal", mode: Mode = "light") -> Chart:
    """Draw each trial's value and the best so far.

    Parameters
    ----------
    record : mapping
        Of kind ``training`` with ``tuning``.
    size, mode : str

    Returns
    -------
    chart : Chart
        Values are of the training part's own folds: the test took no part.

    """
    trials = _trials(record)
    done = [trial for trial in trials if _is_done(trial)]
    if not done:
        words = "None of its trials was completed." if trials else ""
        return nothing(_TITLE, words or "This run did not search for parameters.")
    n_trials = say.count(len(trials), "trial")
    style = Style(size=size, mode=mode)
    figure = canvas(
        _TITLE,
        context=f"{training_context(record, short=True)} · {n_trials}",
        style=style,
        legend=True,
    )
    values = [v for trial in trials if (v := number(trial.get("value"))) is not None]
    floor = min(values) * 100
    for state in _MARKS:
        own = [trial for trial in trials if _state(trial) == state]
        if own:
            figure.add_trace(_marks(own, state, floor=floor, style=style))
    figure.add_trace(_best(done, len(trials), style))
    figure.update_xaxes(title_text="trial", range=[-0.5, len(trials) - 0.5])
    figure.update_yaxes(title_text="UAR inside the training part (%)")
    settle_legend(figure, style=style)
    return Chart(title=_TITLE, figure=figure, reading=_reading(record, trials, done))


def _trials(record: Record) -> list[_Trial]:
    """Return the trials of a record, in order."""
    found = (record.get("tuning") or {}).get("trials") or []
    trials = [trial for trial in found if number(trial.get("number")) is not None]
    return sorted(trials, key=lambda trial: trial["number"])


def _state(trial: _Trial) -> str:
    """Name how a trial ended; what is not known counts as failed."""
    state = str(trial.get("state")).lower()
    if number(trial.get("value")) is None:
        return "pruned" if state == "pruned" else "failed"
    return state if state in _MARKS else "failed"


def _is_done(trial: _Trial) -> bool:
    """Tell whether a trial ran to its end."""
    return _state(trial) == "complete"


def _marks(
    trials: Sequence[_Trial], state: str, *, floor: float, style: Style
) -> go.Scatter:
    """Draw the trials that ended one way; those without a value at the bottom."""
    colour, symbol, name = _MARKS[state]
    values = [number(trial.get("value")) for trial in trials]
    return go.Scatter(
        x=[trial["number"] for trial in trials],
        y=[floor if value is None else value * 100 for value in values],
        mode="markers",
        name=name,
        marker={
            "color": colour,
            "symbol": symbol,
            "size": mark_px(style),
            "line": {"width": line_px(style) * 0.6, "color": colour},
        },
        customdata=[
            [_parameters(trial), say.duration(number(trial.get("seconds"))), worth]
            for trial, value in zip(trials, values, strict=True)
            for worth in [say.percent(value, digits=1)]
        ],
        hovertemplate=(
            "trial %{x}: %{customdata[2]}, %{customdata[1]}<br>%{customdata[0]}"
            "<extra>%{fullData.name}</extra>"
        ),
    )


def _parameters(trial: _Trial) -> str:
    """Write a trial's parameters, a line each; escaped for plotly."""
    found = trial.get("parameters") or {}
    return "<br>".join(
        f"{say.plain(name)} = {say.plain(_short(value))}"
        for name, value in found.items()
    )


def _short(value: object) -> object:
    """Round a number to four significant digits."""
    return f"{value:.4g}" if isinstance(value, float) else value


def _best(done: Sequence[_Trial], n_trials: int, style: Style) -> go.Scatter:
    """Draw the best value so far as steps."""
    best = list(accumulate((trial["value"] * 100 for trial in done), max))
    return go.Scatter(
        x=[*(trial["number"] for trial in done), max(n_trials - 1, 0)],
        y=[*best, best[-1]],
        mode="lines",
        name="best so far",
        line={"color": ACCENT, "width": line_px(style), "shape": "hv"},
        hoverinfo="skip",
    )


def _reading(record: Record, trials: Sequence[_Trial], done: Sequence[_Trial]) -> str:
    """Name the best trial and how the others ended."""
    best = max(done, key=lambda trial: float(trial["value"]))
    found = best.get("parameters") or {}
    parameters = say.listing([f"{name} = {_short(v)}" for name, v in found.items()])
    sentences = [
        f"The best of {say.count(len(trials), 'trial')} is number {best['number']} "
        f"with {say.percent(best['value'], digits=1)}"
        + (f" ({parameters})." if parameters else ".")
    ]
    counts = [
        f"{n} {state}"
        for state in ("pruned", "failed")
        if (n := sum(1 for trial in trials if _state(trial) == state))
    ]
    if counts:
        sentences.append(f"{say.listing(counts).capitalize()}.")
    sentences.append(
        "These values are of folds inside the training part and always a little too "
        "good; the test took no part in the search."
    )
    return " ".join(sentences)
