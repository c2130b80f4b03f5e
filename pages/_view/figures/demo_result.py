"""How probable each emotion is for one recording."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures.chart import Chart, Style, canvas, nothing
from pages._view.figures.demo_looks import UNSURE, emotion_look
from pages._view.figures.model_marks import rows_height
from pages._view.theme import Mode, Size

_TITLE: Final = "How probable each emotion is"
_LABELS_AT: Final = 118.0
"""Where the labels end, in percent: right of the longest bar."""
_SAME: Final = 1e-6
"""Probabilities that lie closer together are the same."""


def probabilities(
    probabilities: Mapping[str, float],
    *,
    decided: str | None = None,
    min_confidence: float | None = None,
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw the probability of each class, the highest first.

    Parameters
    ----------
    probabilities : mapping of str to float
        Of every class, 0 to 1.
    decided : str, optional
        The answer, a class or ``unsure``; its bar is named in bold.
    min_confidence : float, optional
        Probability from which an answer is given, drawn as a line.
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    if not probabilities:
        return nothing(_TITLE, "Nothing was heard, so nothing is probable.")
    classes = list(probabilities)
    ranked = sorted(classes, key=lambda name: (-probabilities[name], name))
    style = Style(size=size, mode=mode)
    figure = canvas(
        _TITLE,
        context=_context(decided, min_confidence),
        style=style,
        height=rows_height(len(ranked), style=style, each=1.9, around=9.0),
    )
    for place, name in enumerate(ranked):
        figure.add_trace(
            go.Bar(
                x=[100 * probabilities[name]],
                y=[place],
                orientation="h",
                marker=emotion_look(name, classes=classes).marker(style=style),
                hovertemplate=f"{say.plain(name)}: %{{x:.1f}} %<extra></extra>",
                showlegend=False,
            )
        )
        figure.add_annotation(
            x=_LABELS_AT,
            y=place,
            text=say.percent(probabilities[name], digits=1),
            xanchor="right",
            font={"size": style.font_px},
        )
    if min_confidence is not None:
        figure.add_vline(
            x=100 * min_confidence,
            line={"width": 2, "dash": "dash"},
        )
    figure.update_layout(bargap=0.3, barmode="overlay")
    figure.update_xaxes(
        title_text="probability in percent",
        range=[0, _LABELS_AT + 0.5],
        tickvals=[0, 20, 40, 60, 80, 100],
    )
    figure.update_yaxes(
        tickvals=list(range(len(ranked))),
        ticktext=[_tick(name, decided) for name in ranked],
        range=[len(ranked) - 0.4, -0.6],
        showgrid=False,
        zeroline=False,
    )
    return Chart(
        title=_TITLE,
        figure=figure,
        reading=_reading(probabilities, ranked, decided, min_confidence),
    )


def _tick(name: str, decided: str | None) -> str:
    """Write a class, the answer in bold."""
    return f"<b>{say.plain(name)}</b>" if name == decided else say.plain(name)


def _context(decided: str | None, min_confidence: float | None) -> str:
    """Write the line below the title."""
    parts = []
    if decided is not None:
        parts.append(f"answer: <b>{say.plain(decided)}</b>")
    if min_confidence is not None:
        parts.append(f"dashed: an answer is given from {say.percent(min_confidence)}")
    return " · ".join(parts)


def _reading(
    probabilities: Mapping[str, float],
    ranked: list[str],
    decided: str | None,
    min_confidence: float | None,
) -> str:
    """Say what comes first, how far the next is, and why there is no answer."""
    best = ranked[0]
    share = probabilities[best]
    if len(ranked) > 1 and share - probabilities[ranked[-1]] < _SAME:
        return "All are equally probable: this says nothing."
    words = f"{best.capitalize()} is most probable with {say.percent(share)}"
    if len(ranked) > 1:
        behind = 100 * (share - probabilities[ranked[1]])
        words += f", {behind:.0f} points ahead of {ranked[1]}"
    if decided != UNSURE:
        return f"{words}."
    if min_confidence is not None and share < min_confidence:
        return f"{words}: too little for an answer."
    return f"{words}, and yet no answer is given."
