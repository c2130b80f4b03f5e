"""Several visitors at once, each of whom gets the answer to their own recording."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from demo_models import small_model, wav_of

from benchmarks.visitors import Clip, Wave, open_browser, serve, wave
from ser_core.inference.listening import recognise
from ser_core.inference.loading import load_model, model_choices
from ser_core.store.data_folder import DataFolder
from tests.browser.conftest import chromium

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(170),
    pytest.mark.skipif(os.name == "nt", reason="the server is stopped by a signal"),
]

VISITORS = 4
FORGET_AFTER_S = 2


def clips(lab: DataFolder) -> list[Clip]:
    """Speak with several voices, and hear them without the page."""
    # the page begins with the first model that can be used
    usable = [c.name for c in model_choices(lab) if c.card is not None]
    model = load_model(usable[0], data=lab)
    made = []
    for place in range(VISITORS):
        name, content = f"visitor-{place:02d}.wav", wav_of(place)
        heard = recognise(content, name=name, model=model)
        assert heard.decision is not None
        made.append(Clip(name, content, heard.decision.emotion, heard.to_json()))
    return made


async def waves(folder: Path, lab: DataFolder) -> list[Wave]:
    spoken = clips(lab)
    with serve(folder / "server", forget_after_s=FORGET_AFTER_S) as server:
        async with open_browser() as browser:
            # everything is loaded by whoever comes first
            first = await wave(server, browser, spoken[:1])
            return [first, await wave(server, browser, spoken)]


def test_visitors_at_once_get_their_own_answers_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SER_TEST_CHROMIUM", chromium())
    lab = DataFolder(tmp_path / "server" / "lab")
    small_model(lab.models / "small")
    first, crowd = asyncio.run(waves(tmp_path, lab))
    assert [visit.told for visit in crowd.visits] == [
        [visit.clip.wanted] for visit in crowd.visits
    ]
    assert crowd.strangers_seen() == []
    assert len({visit.sound for visit in crowd.visits}) == VISITORS
    for after in (first.after, crowd.after):
        assert (after.sessions, after.children, after.temporary) == (0, 0, ())
        assert after.data == first.before.data
    grown = crowd.after.rss_bytes - first.after.rss_bytes
    assert grown < 100_000_000, f"{grown / 1e6:.0f} MB stayed with the server"
