"""Waveform, mel bands, cepstra and pitch of one recording on one axis of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures import corpus
from pages._view.figures.chart import (
    Chart,
    Style,
    canvas,
    colour_bar,
    nothing,
    stacked_panels,
)
from pages._view.figures.demo_looks import emotion_look
from pages._view.figures.demo_time import TimeAxis, clock
from pages._view.figures.model_marks import letters_px
from pages._view.theme import HEIGHT_PX, SEQUENTIAL_SCALE, Mode, Size

if TYPE_CHECKING:
    from ser_core.features.clip_pictures import ClipPictures
    from ser_core.inference.results import Segment

_TITLE: Final = "Sound, energy, cepstra and pitch"
_PANELS: Final = (
    "waveform",
    "mel spectrogram: energy over frequency",
    "MFCC: each coefficient around its own mean",
    "pitch of the voice",
)
_HEIGHTS: Final = (7.0, 12.0, 9.5, 9.0)
_PITCH: Final = "#D55E00"
_RANGE_SD: Final = 2.5
_PLOT_PX: Final = 800


def aligned(
    y: npt.NDArray[np.floating],
    pictures: ClipPictures,
    *,
    sample_rate: int,
    segments: Sequence[Segment] = (),
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw the pictures of one recording below each other; zooming one zooms all.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), in [-1, 1]
    pictures : ClipPictures
        Of `y`.
    sample_rate : int
        In Hz.
    segments : sequence of Segment
        Stretches to shade in the waveform, each in the colour of its emotion.
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    if not y.size:
        return nothing(_TITLE, "This recording has no samples.")
    style = Style(size=size, mode=mode)
    axis = TimeAxis(y.size / sample_rate)
    figure = _panels(y.size / sample_rate, sample_rate, style=style)
    _draw_waveform(figure, y, sample_rate, has_names=bool(segments), style=style)
    _shade(figure, segments, axis, style=style)
    _draw_mel(figure, pictures, style=style)
    _draw_mfcc(figure, pictures, style=style)
    _draw_pitch(figure, pictures)
    axis.dress(figure, rows=len(_PANELS))
    return Chart(title=_TITLE, figure=figure, reading=_reading(y, pictures))


def _panels(duration_s: float, sample_rate: int, *, style: Style) -> go.Figure:
    """Make the four panels and dress them."""
    font = style.font_px
    gap_px = font * 2.4
    total_px = font * sum(_HEIGHTS) + gap_px * (len(_HEIGHTS) - 1)
    figure = stacked_panels(
        _PANELS, heights=_HEIGHTS, style=style, gap_px=gap_px, total_px=total_px
    )
    canvas(
        _TITLE,
        context=f"{say.duration(duration_s)} · {sample_rate:,} Hz",
        style=style,
        height=(total_px + font * 10) / HEIGHT_PX[style.size],
        figure=figure,
    )
    figure.update_layout(margin={"t": round(font * 6.8)})
    return figure


def _draw_waveform(
    figure: go.Figure,
    y: npt.NDArray[np.floating],
    sample_rate: int,
    *,
    has_names: bool,
    style: Style,
) -> None:
    """Draw the first panel, with room above for the names of stretches."""
    drawn = corpus.waveform(y, sample_rate=sample_rate, size=style.size).figure
    assert drawn is not None
    figure.add_trace(drawn.data[0], row=1, col=1)
    peak = max(float(np.abs(np.nan_to_num(y)).max()), 0.001) * 1.05
    top = peak * (1.5 if has_names else 1.0)
    figure.update_yaxes(title_text="amplitude", range=[-peak, top], row=1, col=1)


def _shade(
    figure: go.Figure, segments: Sequence[Segment], axis: TimeAxis, *, style: Style
) -> None:
    """Shade stretches in the waveform and name those that have room for it."""
    classes = sorted({segment.decision.emotion for segment in segments})
    for segment in segments:
        answer = say.plain(segment.decision.emotion)
        begin, end = axis.at([segment.start_s, segment.end_s])
        length_s = segment.end_s - segment.start_s
        has_room = (
            length_s / axis.duration_s * _PLOT_PX > letters_px(answer, style=style) + 4
        )
        figure.add_shape(
            type="rect",
            x0=begin,
            x1=end,
            y0=0,
            y1=1,
            xref="x",
            yref="y domain",
            layer="below",
            line={"width": 0},
            fillcolor=emotion_look(segment.decision.emotion, classes=classes).colour,
            opacity=0.3,
        )
        if has_room:
            figure.add_annotation(
                x=begin,
                y=1,
                xref="x",
                yref="y domain",
                text=f"<b>{answer}</b>",
                xanchor="left",
                yanchor="top",
                font={"size": style.font_px},
            )


def _draw_mel(figure: go.Figure, pictures: ClipPictures, *, style: Style) -> None:
    """Draw the second panel."""
    mel = pictures.mel
    drawn = corpus.mel_spectrogram(
        mel.power_db,
        times_s=mel.times_s,
        frequencies_hz=mel.frequencies_hz,
        size=style.size,
    ).figure
    assert drawn is not None
    heat = drawn.data[0]
    heat.colorbar = _key(figure, 2, "dB", style=style)
    figure.add_trace(heat, row=2, col=1)
    marks = drawn.layout.yaxis
    figure.update_yaxes(
        title_text="Hz",
        tickvals=marks.tickvals,
        ticktext=marks.ticktext,
        showgrid=False,
        row=2,
        col=1,
    )


def _draw_mfcc(figure: go.Figure, pictures: ClipPictures, *, style: Style) -> None:
    """Draw the third panel, each coefficient in its own standard deviations."""
    mfcc = np.asarray(pictures.mfcc, dtype=np.float64)
    spread = mfcc.std(axis=1, keepdims=True)
    scaled = (mfcc - mfcc.mean(axis=1, keepdims=True)) / np.where(spread, spread, 1.0)
    figure.add_trace(
        go.Heatmap(
            x=np.asarray(pictures.mfcc_times_s).round(4).tolist(),
            y=list(range(len(mfcc))),
            z=scaled.round(2).tolist(),
            customdata=mfcc.round(1).tolist(),
            zmin=-_RANGE_SD,
            zmax=_RANGE_SD,
            colorscale=SEQUENTIAL_SCALE,
            colorbar=_key(figure, 3, "SD", style=style),
            hovertemplate=(
                "%{x:.2f} s, coefficient %{y}: %{customdata}<extra></extra>"
            ),
        ),
        row=3,
        col=1,
    )
    figure.update_yaxes(
        title_text="coefficient", tickvals=[0, 4, 8, 12], showgrid=False, row=3, col=1
    )


def _draw_pitch(figure: go.Figure, pictures: ClipPictures) -> None:
    """Draw the fourth panel."""
    f0_hz = np.asarray(pictures.f0_hz, dtype=np.float64)
    heard = np.isfinite(f0_hz)
    figure.add_trace(
        go.Scatter(
            x=np.asarray(pictures.f0_times_s).round(4).tolist(),
            y=[round(hz, 1) if np.isfinite(hz) else None for hz in f0_hz.tolist()],
            mode="lines+markers",
            line={"color": _PITCH, "width": 2},
            # a voiced frame between unvoiced ones has no line
            marker={"color": _PITCH, "size": 3},
            hovertemplate="%{x:.2f} s: %{y:.0f} Hz<extra></extra>",
            showlegend=False,
        ),
        row=4,
        col=1,
    )
    low, high = (f0_hz[heard].min(), f0_hz[heard].max()) if heard.any() else (75, 400)
    room = max(0.1 * (high - low), 10.0)
    figure.update_yaxes(title_text="Hz", range=[low - room, high + room], row=4, col=1)


def _key(figure: go.Figure, row: int, unit: str, *, style: Style) -> dict[str, object]:
    """Describe the colour key of a panel, as tall as the panel."""
    low, high = figure.layout[f"yaxis{row}"].domain
    bar = colour_bar(unit, style=style)
    bar |= {
        "y": (low + high) / 2,
        "yanchor": "middle",
        "len": high - low,
        "thickness": style.font_px,
        "outlinewidth": 0,
        "nticks": 4,
    }
    return bar


def _reading(y: npt.NDArray[np.floating], pictures: ClipPictures) -> str:
    """Say how much is voiced, how high the voice is and how far it moves."""
    f0_hz = pictures.f0_hz[np.isfinite(pictures.f0_hz)]
    if not f0_hz.size:
        return "No voice with a pitch is heard in it."
    voiced = say.percent(f0_hz.size / len(pictures.f0_hz))
    low, middle, high = np.percentile(f0_hz, (5, 50, 95))
    peak_s = float(pictures.f0_times_s[np.nanargmax(pictures.f0_hz)])
    return (
        f"A pitch is heard in {voiced} of the time, mostly between {low:.0f} and "
        f"{high:.0f} Hz around {middle:.0f} Hz; it is highest at {clock(peak_s)}."
    )
