"""Results that a visitor takes away stay theirs until they are fetched."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def page() -> None:
    from pages._view.demo_downloads import buttons
    from ser_core.inference.results import FileResult

    buttons([FileResult(file="a.wav", error="is empty")], name="results")


def test_files_are_made_beforehand() -> None:
    app = AppTest.from_function(page).run(timeout=30)
    assert not app.exception
    offered = [button.proto for button in app.get("download_button")]
    assert [button.label for button in offered] == [
        "Results (CSV)",
        "Segments (CSV)",
        "Results (JSON)",
    ]
    # one that is made when asked for is removed when any visitor's run ends
    assert [button.deferred_file_id for button in offered] == ["", "", ""]
