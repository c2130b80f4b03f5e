"""Small things that several pages show the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import streamlit as st

from pages._view.figures import Chart
from pages._view.theme import Mode, Size
from ser_core.errors import SerError

_PLOT_CONFIG: Final[dict[str, Any]] = {"displaylogo": False, "responsive": True}


@contextmanager
def said_plainly() -> Iterator[None]:
    """Turn an error of SER Lab into a message on the page.

    Everything else goes to the server's log and a generic message, because that
    is a defect and not something a visitor can remedy.
    """
    try:
        yield
    except SerError as error:
        st.error(error.message, icon=":material/error:")


def mode() -> Mode:
    """Return the side of the theme that the visitor's browser shows."""
    return "dark" if st.context.theme.type == "dark" else "light"


def chart(
    drawn: Chart,
    *,
    key: str,
    live: bool = False,
    size: Size = "normal",
    on_select: Callable[[], None] | None = None,
) -> None:
    """Draw a chart over the full width, with its one-sentence reading below.

    Parameters
    ----------
    drawn : Chart
        Without a figure, its reading says what is missing.
    key : str
        Stable over reruns, so that the browser updates the chart in place.
    live : bool, default=False
        It changes each second: no toolbar.
    size : {"normal", "big"}
        Of the letters of the reading; ``big`` for a projector.
    on_select : callable, optional
        Called when a point is chosen; what was chosen is in the session, at `key`.

    """
    if drawn.figure is None:
        st.markdown(f"**{drawn.title}**")
        st.caption(drawn.reading)
        return
    st.plotly_chart(
        drawn.figure,
        key=key,
        width="stretch",
        theme=None,
        config=_PLOT_CONFIG | {"displayModeBar": False if live else "hover"},
        alt=f"{drawn.title}. {drawn.reading}",
        on_select="ignore" if on_select is None else on_select,
        selection_mode="points",
    )
    if size == "big":
        st.markdown(f"#### {drawn.reading}")
    else:
        st.caption(drawn.reading)


def empty(message: str, *, page: str | None = None, label: str = "") -> None:
    """Say that there is nothing to show yet, and where to begin."""
    st.info(message, icon=":material/info:")
    if page is not None:
        st.page_link(page, label=label, icon=":material/arrow_forward:")


def synthetic_badge(*, synthetic: bool) -> None:
    """Mark figures that come from voices made by SER Lab itself."""
    if synthetic:
        st.badge(
            "synthetic",
            icon=":material/robot_2:",
            color="violet",
            help="These voices are made by SER Lab. Timings are real; accuracy says "
            "nothing about people.",
        )


def source_badge(record: Mapping[str, Any]) -> None:
    """Mark a record that was measured on another machine."""
    if record.get("source") == "imported":
        st.badge("imported", icon=":material/upload:", color="orange")


def notes(lines: Sequence[str]) -> None:
    """Show a record's notes, each on its own line."""
    if lines:
        st.markdown("\n".join(f"- {line}" for line in lines))


def one_of(
    label: str,
    options: Sequence[str],
    *,
    key: str,
    names: Mapping[str, str] | None = None,
    help_text: str | None = None,
) -> str:
    """Choose exactly one of a few options; the choice outlives a change of page."""
    chosen = st.segmented_control(
        label,
        options,
        # Streamlit warns of a default beside a value that the session holds already
        default=None if key in st.session_state else options[0],
        required=True,
        format_func=lambda option: (names or {}).get(option, option),
        key=key,
        help=help_text,
        persist_state="session",
    )
    return str(chosen or options[0])


def some_of(
    label: str,
    options: Sequence[str],
    *,
    key: str,
    default: Sequence[str],
    names: Mapping[str, str] | None = None,
    help_text: str | None = None,
) -> list[str]:
    """Choose any of a few options; the choice outlives a change of page."""
    return list(
        st.pills(
            label,
            options,
            selection_mode="multi",
            default=list(default),
            format_func=lambda option: (names or {}).get(option, option),
            key=key,
            help=help_text,
            persist_state="session",
        )
        or []
    )
