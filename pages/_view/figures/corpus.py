"""What is in a corpus: durations, labels, and one utterance as wave and mel bands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import log10
from typing import Final

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures.bars import bar_marker
from pages._view.figures.chart import (
    Chart,
    Style,
    canvas,
    colour_bar,
    nothing,
    row_height,
    settle_legend,
)
from pages._view.theme import (
    ACCENT,
    CATEGORIES,
    NEUTRAL,
    SEQUENTIAL_SCALE,
    Mode,
    Size,
)

_DURATIONS: Final = "How long the recordings are"
_LABELS: Final = "Recordings of each emotion"
_WAVE: Final = "The sound"
_MEL: Final = "Its energy over time and frequency"
_FULL_SCALE: Final = 0.999
_BINS: Final = 40
_WAVE_POINTS: Final = 1_000
_HERTZ: Final = (100, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000)


def durations(
    durations_s: Sequence[float] | npt.NDArray[np.floating],
    *,
    kept_s: float | None = None,
    synthetic: bool = False,
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw the distribution of durations.

    Parameters
    ----------
    durations_s : sequence of float
        Seconds, one a recording.
    kept_s : float, optional
        What the features keep of a recording, marked as a line.
    synthetic : bool, default False
    size, mode : str

    Returns
    -------
    chart : Chart
        The axis ends at the 99th percentile; what is longer is said.

    """
    values = np.asarray(durations_s, dtype=np.float64)
    values = values[np.isfinite(values)]
    if not values.size:
        return nothing(_DURATIONS, "No duration is known for this corpus yet.")
    style = Style(size=size, mode=mode)
    context = _context(say.count(values.size, "recording"), synthetic=synthetic)
    figure = canvas(_DURATIONS, context=context, style=style)
    end_s = float(max(np.percentile(values, 99), values.min() + 0.1))
    counts, edges = np.histogram(values[values <= end_s], bins=_BINS)
    figure.add_trace(
        go.Bar(
            x=((edges[:-1] + edges[1:]) / 2).tolist(),
            y=counts.tolist(),
            width=np.diff(edges).tolist(),
            customdata=np.stack([edges[:-1], edges[1:]], axis=1).tolist(),
            marker={"color": ACCENT, "line": {"width": 1}},
            hovertemplate=(
                "%{customdata[0]:.2f} to %{customdata[1]:.2f} s: %{y} recordings"
                "<extra></extra>"
            ),
            showlegend=False,
        )
    )
    if kept_s is not None and kept_s < end_s:
        figure.add_vline(
            x=kept_s,
            line={"color": NEUTRAL, "width": 2, "dash": "dash"},
            annotation={
                "text": f"features keep {kept_s:.1f} s",
                "font": {"size": style.font_px},
                "xanchor": "left",
                "yanchor": "top",
            },
        )
    figure.update_xaxes(title_text="seconds", rangemode="tozero")
    figure.update_yaxes(title_text="recordings")
    reading = _durations_reading(values, end_s, kept_s)
    return Chart(title=_DURATIONS, figure=figure, reading=reading)


def label_counts(
    labels: Sequence[str],
    genders: Sequence[str | None],
    *,
    synthetic: bool = False,
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw how many recordings each emotion has, split by gender where known.

    Parameters
    ----------
    labels : sequence of str
        Emotion of each recording.
    genders : sequence of str or None
        Gender of each recording's speaker, in the same order.
    synthetic : bool, default False
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    if not labels:
        return nothing(_LABELS, "This corpus has no labelled recording.")
    style = Style(size=size, mode=mode)
    totals = Counter(labels)
    order = [label for label, _ in sorted(totals.items(), key=lambda i: (-i[1], i[0]))]
    known = sorted({gender for gender in genders if gender})
    groups: list[str | None] = [
        *known,
        *([None] if None in genders or not known else []),
    ]
    context = _context(say.count(len(labels), "recording"), synthetic=synthetic)
    figure = canvas(
        _LABELS,
        context=context,
        style=style,
        height=row_height(len(order), style=style) * 0.9,
        legend=bool(known),
    )
    pairs = Counter(zip(labels, genders, strict=True))
    for index, gender in enumerate(groups):
        figure.add_trace(_label_bars(pairs, order, gender, index, bool(known), style))
    for label in order:
        figure.add_annotation(
            x=totals[label],
            y=say.plain(label),
            text=f"{totals[label]:,} · {say.percent(totals[label] / len(labels))}",
            xanchor="left",
            xshift=6,
            font={"size": style.font_px},
        )
    figure.update_layout(barmode="stack", bargap=0.3)
    figure.update_xaxes(title_text="recordings", range=[0, max(totals.values()) * 1.35])
    figure.update_yaxes(autorange="reversed", showgrid=False)
    settle_legend(figure, style=style)
    return Chart(title=_LABELS, figure=figure, reading=_labels_reading(totals, order))


def waveform(
    y: npt.NDArray[np.floating],
    *,
    sample_rate: int,
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw a recording's waveform as the envelope of its samples.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), in [-1, 1]
    sample_rate : int
        In Hz.
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    if not y.size:
        return nothing(_WAVE, "This recording has no samples.")
    times, low, high = _envelope(np.nan_to_num(y), sample_rate)
    length_s = y.size / sample_rate
    style = Style(size=size, mode=mode)
    context = f"{say.duration(length_s)} · {sample_rate:,} Hz"
    figure = canvas(_WAVE, context=context, style=style, height=0.75)
    figure.add_trace(
        go.Scatter(
            x=np.concatenate([times, times[::-1]]).tolist(),
            y=np.concatenate([high, low[::-1]]).tolist(),
            mode="lines",
            fill="toself",
            line={"color": ACCENT, "width": 1},
            hoverinfo="skip",
            showlegend=False,
        )
    )
    figure.update_xaxes(title_text="seconds", range=[0, length_s])
    figure.update_yaxes(title_text="amplitude", range=[-1.05, 1.05])
    peak = float(np.max(np.abs(np.nan_to_num(y))))
    words = _level_words(peak)
    return Chart(
        title=_WAVE,
        figure=figure,
        reading=f"{say.duration(length_s)} at {sample_rate:,} Hz; {words}.",
    )


def mel_spectrogram(
    power_db: npt.NDArray[np.floating],
    *,
    times_s: Sequence[float] | npt.NDArray[np.floating],
    frequencies_hz: Sequence[float] | npt.NDArray[np.floating],
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw a mel spectrogram.

    Parameters
    ----------
    power_db : ndarray of shape (n_mels, n_frames), in dB
    times_s : sequence of float, of length n_frames
        Centre of each frame.
    frequencies_hz : sequence of float, of length n_mels
        Centre of each band, rising.
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    if not power_db.size:
        return nothing(_MEL, "This recording has no frames.")
    style = Style(size=size, mode=mode)
    context = f"{power_db.shape[0]} mel bands · {power_db.shape[1]:,} frames"
    figure = canvas(_MEL, context=context, style=style, height=0.95)
    centres = np.asarray(frequencies_hz, dtype=np.float64)
    figure.add_trace(
        go.Heatmap(
            x=np.asarray(times_s, dtype=np.float64).round(4).tolist(),
            y=list(range(len(centres))),
            z=np.asarray(power_db, dtype=np.float64).round(1).tolist(),
            customdata=np.broadcast_to(
                centres.round()[:, None], power_db.shape
            ).tolist(),
            colorscale=SEQUENTIAL_SCALE,
            colorbar=colour_bar("dB", style=style),
            hovertemplate=(
                "%{x:.2f} s, %{customdata:.0f} Hz: %{z:.0f} dB<extra></extra>"
            ),
        )
    )
    marks = _frequency_marks(centres)
    figure.update_yaxes(
        title_text="Hz, spaced as heard",
        tickvals=[band for band, _ in marks],
        ticktext=[f"{hertz:,}" for _, hertz in marks],
        showgrid=False,
    )
    figure.update_xaxes(title_text="seconds", showgrid=False)
    loudest = centres[int(np.argmax(np.mean(power_db, axis=1)))]
    return Chart(
        title=_MEL,
        figure=figure,
        reading=f"Most energy lies around {loudest:,.0f} Hz. MFCC are computed from "
        "this picture, column by column.",
    )


def _frequency_marks(
    centres: npt.NDArray[np.float64],
) -> list[tuple[float, int]]:
    """Choose round frequencies whose labels have room between them."""
    marks: list[tuple[float, int]] = []
    for hertz in _HERTZ:
        if not centres[0] <= hertz <= centres[-1]:
            continue
        band = float(np.interp(hertz, centres, np.arange(len(centres))))
        if not marks or band - marks[-1][0] >= len(centres) / 12:
            marks.append((band, hertz))
    return marks


def _level_words(peak: float) -> str:
    """Say how loud a recording's loudest sample is."""
    if peak == 0:
        return "digital silence"
    if peak >= _FULL_SCALE:
        return "it reaches full scale and may be clipped"
    return f"its peak is {-20 * log10(peak):.1f} dB below full scale"


def _context(words: str, *, synthetic: bool) -> str:
    """Write the line below a title."""
    return f"{words} · <b>synthetic corpus</b>" if synthetic else words


def _label_bars(
    pairs: Counter[tuple[str, str | None]],
    order: Sequence[str],
    gender: str | None,
    index: int,
    named: bool,
    style: Style,
) -> go.Bar:
    """Draw one gender's bars over the emotions."""
    if gender is None:
        colour, pattern = (NEUTRAL, "-") if named else (ACCENT, "")
    else:
        colour, pattern = CATEGORIES[index % len(CATEGORIES)]
    marker = bar_marker(colour, pattern, style=style)
    name = say.plain(gender) if gender else "not known"
    return go.Bar(
        x=[pairs[(label, gender)] for label in order],
        y=[say.plain(label) for label in order],
        orientation="h",
        name=name,
        marker=marker,
        showlegend=named,
        hovertemplate=f"%{{y}}, {name}: %{{x:,}}<extra></extra>",
    )


def _envelope(
    y: npt.NDArray[np.floating], sample_rate: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Reduce a signal to the extremes of at most 1,000 stretches."""
    edges = np.linspace(0, y.size, min(y.size, _WAVE_POINTS) + 1).astype(np.int64)[:-1]
    low = np.minimum.reduceat(y, edges).astype(np.float64)
    high = np.maximum.reduceat(y, edges).astype(np.float64)
    return edges / sample_rate, low, high


def _durations_reading(
    values: npt.NDArray[np.float64], end_s: float, kept_s: float | None
) -> str:
    """Say the middle, the mean, the total and what is cut."""
    total_s = float(values.sum())
    middle = say.duration(float(np.median(values)))
    parts = [
        f"Half of the recordings are shorter than {middle}",
        f"{say.duration(total_s)} in all",
    ]
    longer = int((values > end_s).sum())
    if longer:
        parts.append(
            f"{longer:,} beyond the axis, up to {say.duration(float(values.max()))}"
        )
    if kept_s is not None:
        cut = float((values > kept_s).mean())
        parts.append(f"{say.percent(cut)} are longer than the {kept_s:.1f} s kept")
    return f"{'; '.join(parts)}."


def _labels_reading(totals: Counter[str], order: Sequence[str]) -> str:
    """Say how uneven the emotions are, and what that means for accuracy."""
    if len(order) == 1:
        return f"Every recording is {order[0]}."
    most, least = order[0], order[-1]
    share = totals[most] / sum(totals.values())
    return (
        f"{most.capitalize()} is the commonest ({say.percent(share)}, what always "
        f"guessing it would score), {least} the rarest."
    )
