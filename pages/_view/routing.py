"""Make a link to a page work on a server that has just started.

Streamlit takes a folder named ``pages`` for its older kind of multi-page app until
the router has run once. Somebody who opens a run's link right after a restart would
get the bare page, without the router's page table and configuration.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

_ROUTER: Final = Path(__file__).parents[2] / "streamlit_app.py"


def through_router() -> None:
    """Run the router, which runs this page again, if Streamlit passed it by."""
    if PagesManager.uses_pages_directory:
        runpy.run_path(str(_ROUTER))
        st.stop()
