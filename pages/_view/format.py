"""Turn raw seconds, bytes and ratios into what people read."""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

NOT_KNOWN: Final = "–"
"""What stands where a figure is missing."""

_MIB: Final = 1024**2
# strftime's month follows the server's language; the pages are in English.
_MONTHS: Final = [
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
]


def duration(value: float | None) -> str:
    """Write a duration with three significant digits, minutes from 100 s on.

    Examples
    --------
    >>> duration(0.0412), duration(12.34), duration(147.65), duration(None)
    ('41.2 ms', '12.3 s', '2 min 28 s', '–')

    """
    if value is None:
        return NOT_KNOWN
    if value < 0.1:
        return f"{value * 1000:.3g} ms"
    if value < 99.95:
        return f"{value:.3g} s"
    if value < 3600:
        minutes, rest = divmod(round(value), 60)
        return f"{minutes} min {rest} s"
    hours, rest = divmod(round(value / 60), 60)
    return f"{hours} h {rest} min"


def mebibytes(value: float | None) -> str:
    """Write a memory size in MiB, the unit the source report calls MB.

    Examples
    --------
    >>> mebibytes(3632 * 1024**2), mebibytes(130_000), mebibytes(None)
    ('3,632 MiB', '0.12 MiB', '–')

    """
    if value is None:
        return NOT_KNOWN
    size = value / _MIB
    return f"{size:,.0f} MiB" if size >= 10 else f"{size:.2g} MiB"


def size(value: float | None) -> str:
    """Write the size of a folder, a disk or a memory in decimal units.

    Examples
    --------
    >>> size(999), size(41_600_000_000), size(None)
    ('999 B', '41.6 GB', '–')

    """
    if value is None:
        return NOT_KNOWN
    if value < 1000:
        return f"{value:.0f} B"
    scaled = value / 1000
    for unit in ("kB", "MB", "GB"):
        if scaled < 999.5:
            return f"{scaled:.3g} {unit}"
        scaled /= 1000
    return f"{scaled:.3g} TB"


def rate(value: float | None) -> str:
    """Write a number per second.

    Examples
    --------
    >>> rate(3.14159), rate(221.17), rate(None)
    ('3.1', '221', '–')

    """
    if value is None:
        return NOT_KNOWN
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def when(created_utc: str | None) -> str:
    """Write a record's time, as it stands where it is not an ISO 8601 time.

    Examples
    --------
    >>> when("2026-03-01T09:05:00+00:00"), when("soon"), when(None)
    ('1 Mar 2026, 09:05 UTC', 'soon', '–')

    """
    if not created_utc:
        return NOT_KNOWN
    try:
        moment = datetime.fromisoformat(created_utc)
    except ValueError:
        return created_utc
    moment = moment.astimezone(UTC) if moment.tzinfo else moment
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment:%Y, %H:%M} UTC"


def times(value: float | None) -> str:
    """Write a ratio, as ``1.86×``.

    Examples
    --------
    >>> times(0.7372), times(1.857), times(12.34), times(None)
    ('0.74×', '1.86×', '12.3×', '–')

    """
    return NOT_KNOWN if value is None else f"{_ratio(value)}×"


def interval(low: float | None, high: float | None) -> str:
    """Write an interval of ratios, empty where it is not known.

    Examples
    --------
    >>> interval(1.79, 1.91), interval(None, 1.0)
    ('1.79–1.91', '')

    """
    if low is None or high is None:
        return ""
    return f"{_ratio(low)}–{_ratio(high)}"


def _ratio(value: float) -> str:
    """Write a ratio with two decimals, above ten with one."""
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}"


def percent(share: float | None, *, digits: int = 0) -> str:
    """Write a share of 1 in percent.

    Examples
    --------
    >>> percent(0.4714, digits=1), percent(None)
    ('47.1 %', '–')

    """
    return NOT_KNOWN if share is None else f"{share * 100:.{digits}f} %"


def count(number: int, noun: str) -> str:
    """Write a number with its noun.

    Examples
    --------
    >>> count(1, "file"), count(25185, "file")
    ('1 file', '25,185 files')

    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listing(words: Sequence[str]) -> str:
    """Join words as a sentence does.

    Examples
    --------
    >>> listing(["a", "b", "c"])
    'a, b and c'

    """
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def plain(text: object) -> str:
    """Escape text that plotly would otherwise read as markup.

    Examples
    --------
    >>> plain("<b>a</b>")
    '&lt;b&gt;a&lt;/b&gt;'

    """
    return html.escape(str(text), quote=False)
