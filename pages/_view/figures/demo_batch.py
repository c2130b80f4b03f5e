"""How many recordings got which answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures.chart import Chart, Style, canvas, nothing
from pages._view.figures.demo_looks import COULD_NOT_READ, UNSURE, emotion_look
from pages._view.figures.model_marks import rows_height
from pages._view.theme import Mode, Size

if TYPE_CHECKING:
    from ser_core.inference.results import FileResult

_TITLE: Final = "How many recordings got which answer"


def counts(
    results: Sequence[FileResult], *, size: Size = "normal", mode: Mode = "light"
) -> Chart:
    """Draw how many recordings got which answer.

    Parameters
    ----------
    results : sequence of FileResult
    size, mode : str

    Returns
    -------
    chart : Chart
        The commonest emotion first, then what got none.

    """
    if not results:
        return nothing(_TITLE, "No recording was heard yet.")
    found = Counter(
        COULD_NOT_READ if result.decision is None else result.decision.emotion
        for result in results
    )
    emotions = [name for name in found if name not in (UNSURE, COULD_NOT_READ)]
    order = sorted(emotions, key=lambda name: (-found[name], name))
    order += [name for name in (UNSURE, COULD_NOT_READ) if name in found]
    style = Style(size=size, mode=mode)
    figure = canvas(
        _TITLE,
        context=say.count(len(results), "recording"),
        style=style,
        height=rows_height(len(order), style=style, each=1.9, around=9.0),
    )
    for place, name in enumerate(order):
        figure.add_trace(
            go.Bar(
                x=[found[name]],
                y=[place],
                orientation="h",
                marker=emotion_look(name, classes=sorted(emotions)).marker(style=style),
                hovertemplate=f"{say.plain(name)}: %{{x:,}}<extra></extra>",
                showlegend=False,
            )
        )
        figure.add_annotation(
            x=found[name],
            y=place,
            text=f"{found[name]:,} · {say.percent(found[name] / len(results))}",
            xanchor="left",
            xshift=6,
            font={"size": style.font_px},
        )
    figure.update_layout(bargap=0.3, barmode="overlay")
    figure.update_xaxes(
        title_text="recordings",
        range=[0, max(found.values()) * 1.3],
        tickformat=",d",
        nticks=min(max(found.values()), 8) + 1,
    )
    figure.update_yaxes(
        tickvals=list(range(len(order))),
        ticktext=[say.plain(name) for name in order],
        range=[len(order) - 0.4, -0.6],
        showgrid=False,
        zeroline=False,
    )
    unheard = sum(
        bool(result.unheard)
        for result in results
        if result.decision is not None and result.decision.emotion == UNSURE
    )
    return Chart(title=_TITLE, figure=figure, reading=_reading(found, order, unheard))


def _reading(found: Counter[str], order: Sequence[str], unheard: int) -> str:
    """Name the commonest answer, and how many got none for which reason."""
    sentences = []
    if order[0] not in (UNSURE, COULD_NOT_READ):
        sentences.append(_commonest(found, order))
    doubtful = found[UNSURE] - unheard
    if doubtful:
        sentences.append(
            f"{say.count(doubtful, 'recording')} got none, because the model is not "
            "sure enough or the sound is unlike what it learned from."
        )
    if unheard:
        sentences.append(
            f"{say.count(unheard, 'recording')} got none, because there is nothing to "
            "judge."
        )
    if found[COULD_NOT_READ]:
        sentences.append(
            f"{say.count(found[COULD_NOT_READ], 'file')} could not be read."
        )
    return " ".join(sentences)


def _commonest(found: Counter[str], order: Sequence[str]) -> str:
    """Name the commonest answer, or those that share the first place."""
    most = found[order[0]]
    share = say.percent(most / found.total())
    first = [
        name
        for name in order
        if name not in (UNSURE, COULD_NOT_READ) and found[name] == most
    ]
    if len(first) == 1:
        return f"{order[0].capitalize()} is the commonest answer ({share})."
    named = say.listing(first)
    return f"{named[:1].upper()}{named[1:]} are equally common ({share} each)."
