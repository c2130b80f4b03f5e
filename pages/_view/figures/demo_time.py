"""What figures over the time of a recording share: its axis and its outline."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from pages._view.theme import ACCENT

if TYPE_CHECKING:
    from ser_core.audio.envelope import Envelope

_CLOCK_FROM_S: Final = 120.0
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


class TimeAxis:
    """The axis of a recording's time: seconds, or a clock for long recordings.

    Parameters
    ----------
    duration_s : float
        Length of the recording in seconds, not negative.

    """

    def __init__(self, duration_s: float) -> None:
        self.duration_s = max(duration_s, 0.001)
        self._is_clock = duration_s >= _CLOCK_FROM_S

    def at(self, times_s: Iterable[float]) -> list[Any]:
        """Return places on the axis."""
        if not self._is_clock:
            return [round(float(time_s), 4) for time_s in times_s]
        return [
            (_BEGINNING + timedelta(seconds=float(time_s))).strftime(
                "%Y-%m-%d %H:%M:%S.%f"
            )[:-3]
            for time_s in times_s
        ]

    def lengths(self, lengths_s: Iterable[float]) -> list[float]:
        """Return distances on the axis; on a clock plotly counts milliseconds."""
        factor = 1000.0 if self._is_clock else 1.0
        return [round(float(length_s) * factor, 4) for length_s in lengths_s]

    def dress(self, figure: go.Figure, *, rows: int) -> None:
        """Give all panels this axis, one for all, named below the last one."""
        if self._is_clock:
            hours = self.duration_s >= 3600
            figure.update_xaxes(
                type="date", tickformat="%-H:%M:%S" if hours else "%-M:%S", nticks=10
            )
        for row in range(1, rows + 1):
            figure.update_xaxes(
                matches=None if row == rows else f"x{rows if rows > 1 else ''}",
                range=self.at([0.0, self.duration_s]),
                showticklabels=row == rows,
                showgrid=True,
                row=row,
                col=1,
            )
        figure.update_xaxes(title_text=self.title, row=rows, col=1)

    @property
    def title(self) -> str:
        """Name and unit of the axis."""
        if not self._is_clock:
            return "seconds"
        return "hours:minutes:seconds" if self.duration_s >= 3600 else "minutes:seconds"


def clock(time_s: float) -> str:
    """Write a place in a recording.

    Examples
    --------
    >>> clock(3.25), clock(75.0), clock(3_700.4)
    ('3.2 s', '1:15', '1:01:40')

    """
    if time_s < 60:
        return f"{time_s:.1f} s"
    minutes, seconds = divmod(int(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02d}:{seconds:02d}"
    return f"{minutes}:{seconds:02d}"


def outline_trace(
    outline: Envelope, axis: TimeAxis, *, colour: str = ACCENT
) -> go.Scatter:
    """Draw the outline of a waveform as a filled shape."""
    times_s = np.asarray(outline.times_s, dtype=np.float64)
    low = np.nan_to_num(np.asarray(outline.low, dtype=np.float64))
    high = np.nan_to_num(np.asarray(outline.high, dtype=np.float64))
    return go.Scatter(
        x=axis.at(np.concatenate([times_s, times_s[::-1]])),
        y=np.concatenate([high, low[::-1]]).round(4).tolist(),
        mode="lines",
        fill="toself",
        line={"color": colour, "width": 1},
        hoverinfo="skip",
        showlegend=False,
    )


def loudest(outline: Envelope) -> float:
    """Return the largest sample of an outline, at least 0.001, for its axis."""
    extremes = [
        np.abs(np.nan_to_num(np.asarray(part, dtype=np.float64))).max(initial=0.001)
        for part in (outline.low, outline.high)
    ]
    return float(max(extremes))
