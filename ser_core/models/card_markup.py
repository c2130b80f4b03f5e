"""Pieces of Markdown: text that stays text, tables, shares and counts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

_LONGEST: Final = 300


def inert(text: object, *, longest: int = _LONGEST) -> str:
    r"""Escape text so that Markdown shows it and does nothing with it.

    Parameters
    ----------
    text : object
        Anything; line breaks and invisible characters become blanks.
    longest : int, default 300
        Characters that are kept.

    Examples
    --------
    >>> print(inert("<b>x</b> [y](z) | *w*"))
    &lt;b&gt;x&lt;/b&gt; \[y\](z) \| \*w\*

    """
    visible = "".join(
        " " if unicodedata.category(c)[0] in "CZ" else c for c in str(text)
    )
    words = " ".join(visible.split())
    if len(words) > longest:
        words = words[: longest - 1] + "…"
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        words = words.replace(char, entity)
    escaped = "".join(f"\\{c}" if c in "\\`*_{}[]#|~$@!" else c for c in words)
    # addresses become links by themselves, and Streamlit reads ":red[…]"
    return re.sub(r":(?=[^\s\d])", r"\:", escaped).replace("www.", "www\\.")


def with_interval(figures: Mapping[str, Any], name: str) -> str:
    """Write a share in per cent, with its interval where there is one."""
    value, interval = figures.get(name), figures.get(f"{name}_interval")
    if value is None:
        return "–"
    text = f"{100 * value:.1f} %"
    if interval is not None:
        text += f" ({100 * interval[0]:.1f} to {100 * interval[1]:.1f})"
    return text


def count(value: object) -> str:
    """Write a count."""
    return f"{value:,.0f}" if isinstance(value, int | float) else "–"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Write a table."""
    return [
        f"| {' | '.join(head)} |",
        f"|{' --- |' * len(head)}",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
