from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from yard import small_corpus

Open = Callable[..., AppTest]


def texts(app: AppTest) -> str:
    return "\n".join(str(element.value) for element in [*app.markdown, *app.info])


def test_an_empty_installation_says_what_to_do_first(open_page: Open) -> None:
    app = open_page("home")
    assert not app.exception
    assert app.title[0].value == "SER Lab"
    assert "Get recordings" in texts(app)
    assert "Nothing runs" in app.caption[0].value


def test_the_first_run_is_announced_until_code_is_compiled(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "numba"
    cache.mkdir()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(cache))
    assert "first run takes longer" in texts(open_page("home"))
    (cache / "loops.nbi").touch()
    assert "first run takes longer" not in texts(open_page("home"))


def test_known_corpora_are_counted(open_page: Open, lab_home: Path) -> None:
    small_corpus(lab_home)
    places = open_page("home").dataframe[0].value
    assert dict(zip(places["what"], places["value"], strict=True))["corpora"] == (
        "1 known"
    )


def test_a_data_folder_that_cannot_be_written_is_named_with_a_remedy(
    lab_home: Path, open_page: Open
) -> None:
    lab_home.write_text("a file where the folder should be")
    app = open_page("home")
    assert not app.exception
    assert str(lab_home) in app.error[0].value
    assert "SER_LAB_HOME" in app.error[0].value
