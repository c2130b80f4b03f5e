"""One recording before and after pre-processing, on one axis of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures import corpus
from pages._view.figures.chart import Chart, Style, canvas, nothing, stacked_panels
from pages._view.theme import HEIGHT_PX, Mode, Size
from ser_core.features.picture import MelPicture

_WAVES: Final = "The sound before and after"
_MELS: Final = "Its energy before and after"
_PANELS: Final = ("before", "after")
_RANGE_DB: Final = 80.0


def waveforms(
    before: npt.NDArray[np.floating],
    after: npt.NDArray[np.floating],
    *,
    sample_rate: int,
    steps: Sequence[str] = (),
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw the waveform before and after pre-processing.

    Parameters
    ----------
    before, after : ndarray of shape (n_samples,), in [-1, 1]
        Of any two lengths.
    sample_rate : int
        In Hz, of both.
    steps : sequence of str
        What was done, for the line below the title.
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    if not before.size or not after.size:
        return nothing(_WAVES, "One of the two signals has no samples.")
    style = Style(size=size, mode=mode)
    charts = [
        corpus.waveform(y, sample_rate=sample_rate, size=size, mode=mode)
        for y in (before, after)
    ]
    figure = _panels(_WAVES, charts, steps, style)
    lengths_s = [y.size / sample_rate for y in (before, after)]
    figure.update_xaxes(range=[0, max(lengths_s)])
    figure.update_yaxes(title_text="amplitude", range=[-1.05, 1.05])
    return Chart(
        title=_WAVES, figure=figure, reading=_waves_reading(before, after, lengths_s)
    )


def mel_spectrograms(
    before: MelPicture,
    after: MelPicture,
    *,
    steps: Sequence[str] = (),
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw the mel spectrogram before and after pre-processing.

    Parameters
    ----------
    before, after : MelPicture
        Relative to the same power; 0 dB becomes the loudest point of both.
    steps : sequence of str
        What was done, for the line below the title.
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    pictures = (before, after)
    if not before.power_db.size or not after.power_db.size:
        return nothing(_MELS, "One of the two signals has no frames.")
    style = Style(size=size, mode=mode)
    loudest = max(float(picture.power_db.max()) for picture in pictures)
    charts = [
        corpus.mel_spectrogram(
            picture.power_db - loudest,
            times_s=picture.times_s,
            frequencies_hz=picture.frequencies_hz,
            size=size,
            mode=mode,
        )
        for picture in pictures
    ]
    figure = _panels(_MELS, charts, steps, style)
    figure.update_traces(zmin=-_RANGE_DB, zmax=0)
    figure.update_traces(selector=1, showscale=False)
    figure.update_xaxes(
        range=[0, max(float(picture.times_s[-1]) for picture in pictures)],
        showgrid=False,
    )
    return Chart(title=_MELS, figure=figure, reading=_mels_reading(before, after))


def _panels(
    title: str, charts: Sequence[Chart], steps: Sequence[str], style: Style
) -> go.Figure:
    """Put the traces of two charts below each other, with one axis of time."""
    panel_px = style.font_px * 13
    gap_px = style.font_px * 3
    total_px = 2 * panel_px + gap_px
    figure = stacked_panels(
        _PANELS, heights=[1.0, 1.0], style=style, gap_px=gap_px, total_px=total_px
    )
    canvas(
        title,
        context=say.plain(" → ".join(steps)) if steps else "no step",
        style=style,
        height=(total_px + style.font_px * 10) / HEIGHT_PX[style.size],
        figure=figure,
    )
    figure.update_layout(margin={"t": round(style.font_px * 6.8)})
    for row, chart in enumerate(charts, start=1):
        assert chart.figure is not None
        for trace in chart.figure.data:
            figure.add_trace(trace, row=row, col=1)
        axis = chart.figure.layout.yaxis
        figure.update_yaxes(
            title_text=axis.title.text,
            tickvals=axis.tickvals,
            ticktext=axis.ticktext,
            showgrid=axis.showgrid,
            row=row,
            col=1,
        )
    figure.update_xaxes(matches="x")
    figure.update_xaxes(showticklabels=False, row=1, col=1)
    figure.update_xaxes(title_text="seconds", row=2, col=1)
    return figure


def _waves_reading(
    before: npt.NDArray[np.floating],
    after: npt.NDArray[np.floating],
    lengths_s: Sequence[float],
) -> str:
    """Say what changed in length and level."""
    parts = []
    if before.size == after.size:
        parts.append(f"The length stays {say.duration(lengths_s[0])}")
    else:
        parts.append(
            f"{say.duration(lengths_s[0])} become {say.duration(lengths_s[1])}"
        )
    levels = [_peak_db(y) for y in (before, after)]
    if None not in levels:
        parts.append(f"the peak goes from {levels[0]:.1f} to {levels[1]:.1f} dBFS")
    return f"{'; '.join(parts)}."


def _peak_db(y: npt.NDArray[np.floating]) -> float | None:
    """Return the level of the largest sample, None in silence."""
    peak = float(np.abs(y).max())
    return 20 * float(np.log10(peak)) if peak > 0 else None


def _mels_reading(before: MelPicture, after: MelPicture) -> str:
    """Say how far the quiet frames lie below the loud ones."""
    spreads = [_spread_db(picture) for picture in (before, after)]
    return (
        "The quietest tenth of the frames lies "
        f"{spreads[0]:.0f} dB below the loudest tenth before, and "
        f"{spreads[1]:.0f} dB after."
    )


def _spread_db(picture: MelPicture) -> float:
    """Return how far the levels of a picture's frames are apart."""
    levels = 10 * np.log10(np.mean(10 ** (picture.power_db / 10), axis=0))
    quiet, loud = np.percentile(levels, (10, 90))
    return float(loud - quiet)
