"""Tables of the HTML report."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import isfinite
from typing import Final, TypeGuard

import pandas as pd

from pages._view import format as say

_SHORT: Final = 28
"""Texts up to this length are not broken in a table."""


def table_html(table: pd.DataFrame) -> str:
    """Write a table; numbers to the right, what is missing as a dash.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    html : str
        Every word escaped; empty for an empty table.

    """
    if table.empty:
        return ""
    head = "".join(f"<th>{escape(str(name))}</th>" for name in table.columns)
    columns = [_cells(table[name].tolist()) for name in table.columns]
    rows = "".join(f"<tr>{''.join(row)}</tr>" for row in zip(*columns, strict=True))
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _cells(values: Sequence[object]) -> list[str]:
    """Write a column's cells, its numbers with equally many decimals."""
    numbers = [value for value in values if _is_number(value)]
    decimals = max((_decimals(number) for number in numbers), default=0)
    return [_cell(value, decimals) for value in values]


def _is_number(value: object) -> TypeGuard[int | float]:
    """Tell a number from text, truth values and what is missing."""
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and isfinite(value)
    )


def _decimals(number: int | float) -> int:
    """Count a number's decimals, at most 3."""
    return len(f"{number:.3f}".rstrip("0").partition(".")[2])


def _cell(value: object, decimals: int) -> str:
    """Write one cell."""
    if _is_number(value):
        return f'<td class="number">{value:,.{decimals}f}</td>'
    if value is None or value is pd.NA or isinstance(value, float):
        return f'<td class="number">{say.NOT_KNOWN}</td>'
    text = str(value)
    kind = ' class="short"' if len(text) <= _SHORT else ""
    return f"<td{kind}>{escape(text)}</td>"
