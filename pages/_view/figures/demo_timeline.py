"""The emotion of a recording over its time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures.chart import Chart, Style, canvas, nothing, stacked_panels
from pages._view.figures.demo_looks import UNSURE, emotion_look
from pages._view.figures.demo_time import (
    TimeAxis,
    clock,
    loudest,
    outline_trace,
)
from pages._view.theme import HEIGHT_PX, NEUTRAL, Mode, Size

if TYPE_CHECKING:
    from ser_core.audio.envelope import Envelope
    from ser_core.inference.results import Segment

_TITLE: Final = "Emotion over time"
_MOST_ROWS: Final = 11
_MANY: Final = 40
"""From so many stretches on, their mean over equal spans is drawn as well."""

_SPANS_S: Final = (5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600)
_MOST_SPANS: Final = 80
_THINNEST: Final = 0.25


def timeline(
    segments: Sequence[Segment],
    envelope: Envelope | None = None,
    *,
    classes: Sequence[str],
    duration_s: float,
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw which emotion was heard when.

    Parameters
    ----------
    segments : sequence of Segment
        Rising in time.
    envelope : Envelope, optional
        Outline of the waveform.
    classes : sequence of str
        Of the model.
    duration_s : float
        Of the recording.
    size, mode : str

    Returns
    -------
    chart : Chart
        The waveform, below it one row an emotion, and where there are many stretches
        the mean probabilities over equal spans of time.

    """
    if not segments:
        return nothing(_TITLE, "No speech was found in this recording.")
    style = Style(size=size, mode=mode)
    axis = TimeAxis(max(duration_s, segments[-1].end_s))
    rows = _rows(segments, classes)
    heights = [*([6.0] if envelope is not None else []), 1.75 * len(rows)]
    titles = [*(["the sound"] if envelope is not None else []), "what is heard"]
    span_s = _span_s(axis.duration_s) if len(segments) >= _MANY else None
    if span_s is not None:
        heights.append(9.0)
        titles.append(f"mean probabilities of each {_span_words(span_s)} of speech")
    figure = _panels(titles, heights, len(segments), style=style)
    row = 1
    if envelope is not None:
        figure.add_trace(outline_trace(envelope, axis, colour=NEUTRAL), row=row, col=1)
        peak = loudest(envelope) * 1.05
        figure.update_yaxes(title_text="amplitude", range=[-peak, peak], row=row, col=1)
        row += 1
    _draw_rows(figure, segments, rows, classes, axis, row=row, style=style)
    if span_s is not None:
        _draw_means(figure, segments, classes, axis, span_s, row=row + 1, style=style)
    axis.dress(figure, rows=len(heights))
    return Chart(title=_TITLE, figure=figure, reading=_reading(segments))


def _rows(segments: Sequence[Segment], classes: Sequence[str]) -> list[str]:
    """Choose the rows: all classes, or of many those that occur; then unsure."""
    answers = {segment.decision.emotion for segment in segments}
    rows = [name for name in classes if name != UNSURE]
    rows += sorted(answers - {*rows, UNSURE})
    if len(rows) > _MOST_ROWS:
        rows = [name for name in rows if name in answers]
    return [*rows, UNSURE] if UNSURE in answers or not rows else rows


def _panels(
    titles: Sequence[str], heights: Sequence[float], n_segments: int, *, style: Style
) -> go.Figure:
    """Make the panels and dress them."""
    font = style.font_px
    gap_px = font * 2.4
    total_px = font * sum(heights) + gap_px * (len(heights) - 1)
    figure = stacked_panels(
        titles, heights=heights, style=style, gap_px=gap_px, total_px=total_px
    )
    stretches = "1 stretch" if n_segments == 1 else f"{n_segments:,} stretches"
    canvas(
        _TITLE,
        context=f"{stretches} of speech · the taller a block, the surer",
        style=style,
        height=(total_px + font * 10) / HEIGHT_PX[style.size],
        figure=figure,
    )
    figure.update_layout(margin={"t": round(font * 6.8)}, bargap=0, barmode="overlay")
    return figure


def _draw_rows(
    figure: go.Figure,
    segments: Sequence[Segment],
    rows: Sequence[str],
    classes: Sequence[str],
    axis: TimeAxis,
    *,
    row: int,
    style: Style,
) -> None:
    """Draw each stretch as a block in the row of its emotion."""
    for place, answer in enumerate(rows):
        mine = [s for s in segments if s.decision.emotion == answer]
        marker = emotion_look(answer, classes=classes).marker(style=style)
        # an outline would hide blocks that are a pixel wide
        marker["line"] = {"width": 1 if len(segments) < 2 * _MANY else 0}
        figure.add_trace(
            go.Bar(
                base=axis.at(s.start_s for s in mine),
                x=axis.lengths(s.end_s - s.start_s for s in mine),
                y=[place] * len(mine),
                width=[_thickness(s.decision.confidence) for s in mine],
                orientation="h",
                marker=marker,
                customdata=[_hover(s) for s in mine],
                hovertemplate="%{customdata}<extra></extra>",
                showlegend=False,
            ),
            row=row,
            col=1,
        )
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[say.plain(name) for name in rows],
        range=[len(rows) - 0.45, -0.55],
        showgrid=True,
        zeroline=False,
        row=row,
        col=1,
    )


def _thickness(confidence: float) -> float:
    """Return the height of a block, in rows."""
    return round(_THINNEST + (0.9 - _THINNEST) * min(max(confidence, 0.0), 1.0), 3)


def _hover(segment: Segment) -> str:
    """Write what a block says when it is pointed at."""
    decision = segment.decision
    words = [
        f"{clock(segment.start_s)} to {clock(segment.end_s)}: "
        f"<b>{say.plain(decision.emotion)}</b>"
    ]
    ranked = sorted(segment.probabilities.items(), key=lambda item: -item[1])[:3]
    words += [f"{say.plain(name)} {say.percent(p)}" for name, p in ranked]
    return "<br>".join(words)


def _draw_means(
    figure: go.Figure,
    segments: Sequence[Segment],
    classes: Sequence[str],
    axis: TimeAxis,
    span_s: float,
    *,
    row: int,
    style: Style,
) -> None:
    """Draw the mean probabilities over equal spans, one on top of the other."""
    means = _means(segments, classes, axis.duration_s, span_s)
    begins_s = np.arange(len(means)) * span_s
    below = np.zeros(len(means))
    for place, name in enumerate(classes):
        marker = emotion_look(name, classes=classes).marker(style=style)
        marker["line"] = {"width": 0}
        figure.add_trace(
            go.Bar(
                x=axis.at(begins_s + span_s / 2),
                width=axis.lengths([span_s] * len(means)),
                y=(100 * means[:, place]).round(2).tolist(),
                base=(100 * below).round(2).tolist(),
                marker=marker,
                customdata=[
                    f"from {clock(begin_s)}: {say.plain(name)} {say.percent(share)}"
                    for begin_s, share in zip(begins_s, means[:, place], strict=True)
                ],
                hovertemplate="%{customdata}<extra></extra>",
                showlegend=False,
            ),
            row=row,
            col=1,
        )
        below = below + means[:, place]
    figure.update_yaxes(title_text="percent", range=[0, 100], row=row, col=1)


def _means(
    segments: Sequence[Segment],
    classes: Sequence[str],
    duration_s: float,
    span_s: float,
) -> npt.NDArray[np.float64]:
    """Average probabilities over spans, weighted by the seconds within each."""
    n_spans = int(np.ceil(duration_s / span_s))
    sums = np.zeros((n_spans, len(classes)))
    seconds = np.zeros(n_spans)
    for segment in segments:
        values = np.array([segment.probabilities.get(name, 0.0) for name in classes])
        first, last = int(segment.start_s // span_s), int(segment.end_s // span_s)
        for span in range(first, min(last, n_spans - 1) + 1):
            begin_s = max(segment.start_s, span * span_s)
            within_s = min(segment.end_s, (span + 1) * span_s) - begin_s
            sums[span] += values * max(within_s, 0.0)
            seconds[span] += max(within_s, 0.0)
    means: npt.NDArray[np.float64] = sums / np.maximum(seconds, 1e-9)[:, None]
    return means


def _span_s(duration_s: float) -> float:
    """Choose a round span of which not too many make up the recording."""
    for span_s in _SPANS_S:
        if duration_s / span_s <= _MOST_SPANS:
            return float(span_s)
    return float(_SPANS_S[-1])


def _span_words(span_s: float) -> str:
    """Write the length of a span."""
    if span_s < 60:
        return f"{span_s:.0f} s"
    return "minute" if span_s == 60 else f"{span_s / 60:.0f} min"


def _reading(segments: Sequence[Segment]) -> str:
    """Say what is heard longest, and for how long there is no answer."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for segment in segments:
        seconds[segment.decision.emotion] += segment.end_s - segment.start_s
    total_s = sum(seconds.values())
    ranked = sorted(seconds.items(), key=lambda item: -item[1])
    sure = [(name, s) for name, s in ranked if name != UNSURE]
    parts = [
        f"{name} {say.duration(s)} ({say.percent(s / total_s)})" for name, s in sure[:3]
    ]
    words = f"Of {say.duration(total_s)} of speech: {say.listing(parts)}"
    if not sure:
        return f"No stretch of {say.duration(total_s)} of speech gets an answer."
    if UNSURE in seconds:
        words += f"; no answer for {say.percent(seconds[UNSURE] / total_s)}"
    return f"{words}."
