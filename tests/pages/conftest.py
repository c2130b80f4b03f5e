"""The app on an empty data folder, without a browser."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def lab_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    home = tmp_path / "lab"
    monkeypatch.setenv("SER_LAB_HOME", str(home))
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.setattr("sys.argv", ["streamlit"])
    # compiled once for all runs of the suite, not once for each data folder
    compiled = os.environ.get("NUMBA_CACHE_DIR", str(ROOT / ".pytest_cache" / "numba"))
    monkeypatch.setenv("NUMBA_CACHE_DIR", compiled)
    # the test client answers every cookie with a mock; a browser starts without any
    monkeypatch.setattr(ContextProxy, "cookies", property(lambda self: {}))
    yield home
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def open_page(lab_home: Path) -> Callable[..., AppTest]:
    def open_it(name: str, **address: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
        app.run()
        app.switch_page(f"pages/{name}.py")
        for key, value in address.items():
            app.query_params[key] = value
        return app.run()

    return open_it
