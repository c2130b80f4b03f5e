"""Colours, marks and letter sizes of every figure, in one place.

A back end has one colour, one pattern, one marker and one dash everywhere, so that
colour is never the only cue. The colours are Okabe and Ito's, with a dark grey for
the sequential baseline. Each keeps a contrast of at least 3 to 1 on the light and
on the dark page, and any two of them stay apart under simulated protanopia,
deuteranopia and tritanopia (Machado et al. 2009).

References
----------
Okabe, M. and Ito, K.: Color Universal Design. 2008.
Machado, G. M., Oliveira, M. M. and Fernandes, L. A. F.: A physiologically-based
model for simulation of color vision deficiency. IEEE TVCG 15(6), 2009.
doi:10.1109/TVCG.2009.113

"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import plotly.graph_objects as go

Size = Literal["normal", "big"]
"""``normal`` for a desk at 1280 pixels, ``big`` for a projector."""

Mode = Literal["light", "dark"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """How one back end is drawn.

    Attributes
    ----------
    colour : str
        Hexadecimal.
    pattern : str
        Fill pattern of bars, plotly's name; empty for solid.
    symbol, dash : str
        Marker and line, plotly's names.

    """

    colour: str
    pattern: str
    symbol: str
    dash: str


BACKEND_LOOKS: Final[dict[str, Look]] = {
    "sequential": Look(colour="#6A6A6A", pattern="", symbol="circle", dash="solid"),
    "threads": Look(colour="#D55E00", pattern="", symbol="diamond", dash="dash"),
    "processes": Look(colour="#CC79A7", pattern="", symbol="square", dash="dot"),
    "loky": Look(colour="#0072B2", pattern="", symbol="triangle-up", dash="solid"),
}
"""One look a back end; bars keep their pattern free for the inner threads."""

OTHER_LOOK: Final = Look(colour="#009E73", pattern="", symbol="star", dash="dashdot")
"""A back end that this version does not know, from an imported record."""

INNER_PATTERNS: Final[dict[str, str]] = {"1": "", "default": "/", "all": "x"}
"""Pattern of a bar by the setting of the libraries' inner threads."""

PUBLISHED_PATTERN: Final = "\\"
"""Pattern of what somebody else published; the fill beneath stays empty."""

NEUTRAL: Final = "#808080"
"""Reference lines and what belongs to no back end; visible on both pages."""

ACCENT: Final = "#009E73"
"""Single-series figures that have nothing to do with a back end."""

CATEGORIES: Final = (
    ("#0072B2", ""),
    ("#D55E00", "/"),
    ("#009E73", "x"),
    ("#CC79A7", "."),
)
"""Colour and pattern of nominal groups, such as gender, in order."""

FAILED: Final = "#B3003C"
"""Files that could not be read."""

SEQUENTIAL_SCALE: Final = "Cividis"
"""Colour scale of heat maps: even in lightness, the same to colour-blind eyes."""

FONT_PX: Final[dict[str, int]] = {"normal": 15, "big": 24}
"""Smallest letters of a figure."""

HEIGHT_PX: Final[dict[str, int]] = {"normal": 420, "big": 620}

FONT_FAMILY: Final = (
    '"Source Sans", "Source Sans 3", "Source Sans Pro", system-ui, -apple-system, '
    '"Segoe UI", "Liberation Sans", "DejaVu Sans", sans-serif'
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Colours that depend on the page being light or dark."""

    background: str
    surface: str
    text: str
    muted: str
    grid: str


PAGES: Final[dict[str, Page]] = {
    "light": Page(
        background="#FFFFFF",
        surface="#F2F4F7",
        text="#1B1F24",
        muted="#4A525C",
        grid="#DDE1E6",
    ),
    "dark": Page(
        background="#0F1318",
        surface="#1B2129",
        text="#E8EAED",
        muted="#B4BBC4",
        grid="#333C47",
    ),
}


def backend_look(backend: str) -> Look:
    """Return the look of a back end, `OTHER_LOOK` for an unknown one."""
    return BACKEND_LOOKS.get(backend, OTHER_LOOK)


def template(mode: Mode) -> go.layout.Template:
    """Build the plotly template of a page.

    Everything that differs between the light and the dark page is in here and
    nowhere in the figures, so that a report can change sides by changing it.

    Parameters
    ----------
    mode : {"light", "dark"}

    Returns
    -------
    template : plotly Template

    """
    page = PAGES[mode]
    axis = {
        "gridcolor": page.grid,
        "linecolor": page.muted,
        "tickcolor": page.muted,
        "zerolinecolor": page.muted,
        "automargin": True,
        "ticklabelstandoff": 5,
        "title": {"standoff": 10},
    }
    return go.layout.Template(
        layout={
            "paper_bgcolor": page.background,
            "plot_bgcolor": page.background,
            "font": {"color": page.text, "family": FONT_FAMILY},
            "title": {"subtitle": {"font": {"color": page.muted}}},
            "xaxis": axis,
            "yaxis": axis,
            "legend": {"bgcolor": "rgba(0,0,0,0)"},
            "hoverlabel": {
                "bgcolor": page.surface,
                "bordercolor": page.muted,
                "font": {"color": page.text, "family": FONT_FAMILY},
            },
            "annotationdefaults": {"font": {"color": page.text}, "showarrow": False},
            "shapedefaults": {"line": {"color": page.muted}},
        },
        data={
            "bar": [
                {
                    "marker": {"line": {"color": page.background}},
                    "error_x": {"color": page.text},
                    "error_y": {"color": page.text},
                }
            ],
            "scatter": [
                {"error_y": {"color": page.text}, "error_x": {"color": page.text}}
            ],
        },
    )
