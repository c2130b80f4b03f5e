"""Show the name of a file that somebody else chose."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_NAME: Final = 80
"""Longest name that is shown, in characters."""

NO_NAME: Final = "recording"

_MAX_SUFFIX: Final = 10
_SEPARATORS: Final = re.compile(r"[/\\\u2044\u2215\u29f8\u2216\uff0f\uff3c]")
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANK: Final = frozenset(
    "\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe0f\ufe0e\u034f"
)
_MAX_MARKS: Final = 3
"""Thai writes up to two marks over a letter; piles of them cover other text."""


def display_name(name: str) -> str:
    r"""Make a name fit to be shown: one line, no path, nothing hidden.

    Parameters
    ----------
    name : str
        As a browser or a file system gave it; anything.

    Returns
    -------
    shown : str
        The part after the last separator, of either kind, in NFC, without control and
        invisible characters and marks of direction, at most `MAX_NAME` characters with
        the suffix kept; "recording" where nothing is left.

    Notes
    -----
    It is text, not markup, and never a path: letters such as ``<``, ``&``, ``*``, `````
    and ``[`` stay, because file names have them. Whoever writes it into HTML, Markdown
    or a spreadsheet escapes it there.

    Examples
    --------
    >>> display_name("../../etc/passwd")
    'passwd'
    >>> display_name("C:\\fakepath\\my voice.wav")
    'my voice.wav'
    >>> display_name("a\u202egpj.wav")
    'agpj.wav'

    """
    # a name of megabytes costs no more than one that is shown
    text = _SEPARATORS.split(name[-4_096:])[-1]
    shown = _visible(text)
    if not shown.strip(". "):
        return NO_NAME
    return _shortened(shown)


def visible_text(text: str, *, length: int = 300) -> str:
    """Make a line of somebody else's text fit to be shown.

    Parameters
    ----------
    text : str
    length : int, default 300
        Most characters that are kept.

    Returns
    -------
    shown : str
        One line without control and invisible characters.

    """
    return _visible(text[: 4 * length])[:length]


def _visible(text: str) -> str:
    """Drop what is not to be seen, make blanks one space each, and compose letters."""
    kept: list[str] = []
    n_marks = 0
    for letter in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(letter)
        n_marks = n_marks + 1 if kind in ("Mn", "Me") else 0
        if letter in "\t\n\r":
            kept.append(" ")
        elif kind not in _HIDDEN and letter not in _BLANK and n_marks <= _MAX_MARKS:
            kept.append(letter)
    # what was dropped may have stood between a letter and its mark
    return unicodedata.normalize("NFC", " ".join("".join(kept).split()))


def _shortened(name: str) -> str:
    """Cut the middle out of a name that is too long, so that its suffix stays."""
    if len(name) <= MAX_NAME:
        return name
    stem, dot, suffix = name.rpartition(".")
    end = dot + suffix if stem and len(suffix) <= _MAX_SUFFIX else ""
    return name[: MAX_NAME - len(end) - 1].rstrip() + "…" + end
