"""Is it the same result? Checksums of features, and the two versions' accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures.accuracy_words import accuracy_note
from pages._view.figures.bars import bar_marker
from pages._view.figures.chart import Chart, Style, canvas, nothing, row_height
from pages._view.figures.records import Arm, Record, arms, context
from pages._view.theme import (
    CATEGORIES,
    NEUTRAL,
    PUBLISHED_PATTERN,
    Mode,
    Size,
    backend_look,
)
from ser_core.bench.published import ENHANCED, FIRST

__all__ = ["accuracy", "accuracy_note", "feature_parity", "wilson"]

_PARITY: Final = "Same features?"
_ACCURACY: Final = "Accuracy of the two versions"
_Z: Final = 1.959963984540054
"""97.5 % point of the normal distribution."""


def feature_parity(
    record: Record, *, size: Size = "normal", mode: Mode = "light"
) -> Chart:
    """Draw which arms computed the same features, by checksum.

    Parameters
    ----------
    record : mapping
        A record of kind ``bench``.
    size, mode : str

    Returns
    -------
    chart : Chart
        One row an arm, one column a different checksum.

    """
    found = arms(record)
    sums = list(dict.fromkeys(arm.checksum for arm in found if arm.checksum))
    if not sums:
        return nothing(_PARITY, "This run carries no checksums of its features.")
    style = Style(size=size, mode=mode)
    figure = canvas(
        _PARITY,
        context=context(record),
        style=style,
        height=row_height(len(found), style=style) * 0.85,
    )
    for arm in found:
        figure.add_trace(_mark(arm, sums, style=style))
    figure.update_xaxes(
        title_text="SHA-256 of all features, first 12 digits",
        tickvals=list(range(len(sums))),
        ticktext=[say.plain(total[:12]) for total in sums],
        range=[-0.6, max(len(sums) - 0.2, 1.2)],
        zeroline=False,
    )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return Chart(title=_PARITY, figure=figure, reading=_parity_reading(found, sums))


def accuracy(
    *,
    first: Record | None = None,
    enhanced: Record | None = None,
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw accuracy on a random split and on unseen speakers, and the report's.

    Parameters
    ----------
    first, enhanced : mapping or None
        Records of kind ``pipeline``.
    size, mode : str

    Returns
    -------
    chart : Chart

    Notes
    -----
    Whiskers are 95 % Wilson intervals over test files. Files of one speaker are not
    independent, so they are too narrow rather than too wide.

    References
    ----------
    Wilson, E. B.: Probable inference, the law of succession, and statistical
    inference. JASA 22(158), 1927. doi:10.1080/01621459.1927.10502953

    """
    shown = [record for record in (first, enhanced) if record]
    measured = [row for record in shown for row in _measured(record)]
    if not measured:
        return nothing(
            _ACCURACY, "No accuracy yet: run the first and the enhanced version."
        )
    rows = [*_published(), *measured]
    style = Style(size=size, mode=mode)
    figure = canvas(
        _ACCURACY,
        context=context(*shown),
        style=style,
        height=row_height(len(rows), style=style),
    )
    for row in rows:
        figure.add_trace(_accuracy_bar(row, style=style))
        figure.add_trace(_accuracy_text(row, style=style))
    chance = _commonest_share(shown[0])
    if chance is not None:
        figure.add_vline(
            x=chance * 100,
            line={"color": NEUTRAL, "width": 2, "dash": "dot"},
            annotation={
                "text": f"always the commonest label: {say.percent(chance)}",
                "font": {"size": style.font_px},
                "yref": "paper",
                "y": 1.0,
                "yanchor": "bottom",
                "xanchor": "left",
                "xshift": -style.font_px,
            },
        )
        figure.update_layout(margin={"t": round(style.font_px * 6.2)})
    figure.update_xaxes(title_text="percent of test files recognised", range=[0, 118])
    figure.update_xaxes(tickvals=[0, 20, 40, 60, 80, 100])
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_layout(bargap=0.35, barmode="overlay")
    reading = accuracy_note(first=first, enhanced=enhanced)
    return Chart(title=_ACCURACY, figure=figure, reading=reading)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Accuracy:
    """One bar: a share of the test files, of whom, in which split."""

    tick: str
    share: float
    n_test: int | None
    colour: str
    pattern: str

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval, the share itself where the files are not counted."""
        if not self.n_test:
            return self.share, self.share
        return wilson(self.share, self.n_test)


def _published() -> list[_Accuracy]:
    """Return the report's two accuracies."""
    return [
        _Accuracy(
            tick=f"the report, {run.version} version<br>random split",
            share=run.accuracy,
            n_test=sum(score.support for score in run.per_class.values()),
            colour=backend_look(backend).colour,
            pattern=PUBLISHED_PATTERN,
        )
        for run, backend in ((FIRST, "sequential"), (ENHANCED, "loky"))
    ]


def _measured(record: Record) -> list[_Accuracy]:
    """Return one version's accuracies, as far as they are known."""
    rows: list[_Accuracy] = []
    name = f"here, {say.plain(record.get('version'))} version"
    colour = backend_look(str(record.get("backend"))).colour
    if record.get("accuracy") is not None:
        rows.append(
            _Accuracy(
                tick=f"{name}<br>random split",
                share=float(record["accuracy"]),
                n_test=_support(record.get("report")) or record.get("n_test"),
                colour=colour,
                pattern="",
            )
        )
    if record.get("accuracy_unseen_speakers") is not None:
        rows.append(
            _Accuracy(
                tick=f"{name}<br>unseen speakers",
                share=float(record["accuracy_unseen_speakers"]),
                n_test=_support(record.get("report_unseen_speakers")),
                colour=CATEGORIES[2][0],
                pattern="x",
            )
        )
    return rows


def _accuracy_bar(row: _Accuracy, *, style: Style) -> go.Bar:
    """Draw one accuracy with its interval."""
    low, high = row.interval
    return go.Bar(
        x=[row.share * 100],
        y=[row.tick],
        orientation="h",
        marker=bar_marker(row.colour, row.pattern, style=style),
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [(high - row.share) * 100],
            "arrayminus": [(row.share - low) * 100],
            "thickness": 2,
            "width": style.font_px * 0.35,
        },
        showlegend=False,
        hovertemplate="%{y}<br>%{x:.2f} %<extra></extra>",
    )


def _accuracy_text(row: _Accuracy, *, style: Style) -> go.Scatter:
    """Write one accuracy to the right of its interval."""
    files = f" · {row.n_test:,} files" if row.n_test else ""
    return go.Scatter(
        x=[row.interval[1] * 100],
        y=[row.tick],
        mode="text",
        text=[f"  {say.percent(row.share, digits=1)}{files}"],
        textposition="middle right",
        textfont={"size": style.font_px},
        cliponaxis=False,
        showlegend=False,
        hoverinfo="skip",
    )


def wilson(share: float, n: int) -> tuple[float, float]:
    """Return the 95 % Wilson interval of a share of n trials.

    Parameters
    ----------
    share : float, 0 to 1
    n : int, at least 1

    Returns
    -------
    low, high : float, 0 to 1

    Examples
    --------
    >>> low, high = wilson(0.5, 100)
    >>> round(low, 3), round(high, 3)
    (0.404, 0.596)

    """
    spread = _Z * sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    centre = share + _Z**2 / (2 * n)
    scale = 1 + _Z**2 / n
    return max((centre - spread) / scale, 0.0), min((centre + spread) / scale, 1.0)


def _support(report: Record | None) -> int | None:
    """Sum the files that a per-class report counts, None without one."""
    counts = [
        int(row["support"])
        for row in (report or {}).values()
        if isinstance(row, dict) and row.get("support")
    ]
    return sum(counts) or None


def _commonest_share(record: Record) -> float | None:
    """Return the share of the commonest label in the test part."""
    counts = [
        int(row["support"])
        for row in (record.get("report") or {}).values()
        if isinstance(row, dict) and row.get("support")
    ]
    return max(counts) / sum(counts) if counts else None


def _mark(arm: Arm, sums: Sequence[str], *, style: Style) -> go.Scatter:
    """Put one arm's mark into the column of its checksum."""
    look = backend_look(arm.backend)
    known = arm.checksum in sums
    words = {True: "same", False: "different", None: "nothing to compare with"}
    return go.Scatter(
        x=[sums.index(arm.checksum) if arm.checksum and known else -0.4],
        y=[arm.tick],
        mode="markers+text",
        text=[f"  {words[arm.same_features]}" if known else "  repetitions differ"],
        textposition="middle right",
        textfont={"size": style.font_px},
        marker={
            "symbol": look.symbol if known else "x",
            "size": style.font_px * 1.1,
            "color": look.colour,
        },
        cliponaxis=False,
        showlegend=False,
        hovertemplate=f"%{{y}}<br>{say.plain(arm.checksum or 'none')}<extra></extra>",
    )


def _parity_reading(found: Sequence[Arm], sums: Sequence[str]) -> str:
    """Say whether all arms computed the same bits."""
    different = [arm.name for arm in found if arm.same_features is False]
    if different:
        return (
            f"Not the same bits: {say.listing(different)}. Last bits may move with the "
            "libraries' thread count or the front end; times then compare work that is "
            "nearly, not exactly, equal."
        )
    with_sum = [arm for arm in found if arm.checksum]
    if len(with_sum) < 2:
        return "One arm only, so there is nothing to compare its features with."
    if len(sums) == 1:
        return (
            f"All {len(with_sum)} arms computed the same features, bit for bit: what "
            "differs is the time alone."
        )
    return (
        "Arms of one front end agree bit for bit; between front ends the bits differ, "
        "as they may."
    )
