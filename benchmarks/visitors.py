"""Many visitors at once on the Demo page, each with a recording of their own.

    python -m benchmarks.visitors --visitors 20

starts the app on loopback with an empty data folder, opens one browser context a
visitor in headless Chromium, and lets all of them upload at the same moment, in waves.
What is checked and printed: every answer is the one that `recognise` gives for that
very file; no page shows another visitor's file; the server's memory before, at its peak
and after the sessions ended; processes, temporary files and data that were left behind.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

ROOT = Path(__file__).resolve().parents[1]
_PATIENCE_S: Final = 300.0
_CHROMIUM: Final = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS: Final = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
_SETTLED_BYTES: Final = 2_000_000


@dataclass(frozen=True)
class Clip:
    """A recording and what has to be answered to it."""

    name: str
    content: bytes
    emotion: str
    wanted: dict[str, Any]


@dataclass(frozen=True)
class Visit:
    """What one visitor was told."""

    clip: Clip
    answer_s: float
    refused: int
    told: list[dict[str, Any]]
    seen: str
    sound: str

    @property
    def right(self) -> bool:
        """Whether the answer is the one to this visitor's own file."""
        return self.told == [self.clip.wanted]


@dataclass(frozen=True)
class Level:
    """What the server holds at one moment."""

    rss_bytes: int
    children: int
    sessions: int
    temporary: tuple[str, ...]
    data: tuple[str, ...]


@dataclass(frozen=True)
class Wave:
    """One wave of visitors."""

    visits: tuple[Visit, ...]
    before: Level
    peak_server_bytes: int
    peak_tree_bytes: int
    peak_children: int
    after: Level

    def strangers_seen(self) -> list[tuple[str, str]]:
        """Pairs of a visitor's file and another's file that their page showed."""
        return [
            (visit.clip.name, other.clip.name)
            for visit in self.visits
            for other in self.visits
            if other is not visit and other.clip.name in visit.seen
        ]


@dataclass(frozen=True)
class Server:
    """The app in a process of its own, with folders that nobody else uses."""

    process: psutil.Process
    port: int
    lab: Path
    temporary: Path
    log: Path

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://localhost:{self.port}"

    def level(self) -> Level:
        """Look at what it holds now."""
        return Level(
            rss_bytes=self.process.memory_info().rss,
            children=len(self.process.children(recursive=True)),
            sessions=self.sessions(),
            temporary=_below(self.temporary),
            data=_below(self.lab, without="cache"),
        )

    def sessions(self) -> int:
        """Count the sessions that it remembers."""
        url = f"{self.address}/_stcore/metrics?families=active_sessions"
        with urllib.request.urlopen(url, timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        return sum(int(line.split()[-1]) for line in lines if line[:1] not in "#")

    def settle(self) -> Level:
        """Wait until all sessions are forgotten and memory moves no more."""
        deadline = time.monotonic() + _PATIENCE_S
        before = self.level()
        while time.monotonic() < deadline:
            time.sleep(1.0)
            now = self.level()
            still = abs(now.rss_bytes - before.rss_bytes) < _SETTLED_BYTES
            if still and not now.sessions and not now.children:
                return now
            before = now
        return before


@contextmanager
def serve(folder: Path, *, forget_after_s: int) -> Iterator[Server]:
    """Start the app below a folder; end it afterwards."""
    lab, temporary = folder / "lab", folder / "tmp"
    temporary.mkdir(parents=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    log = folder / "server.log"
    compiled = os.environ.get("NUMBA_CACHE_DIR", str(lab / "cache" / "numba"))
    with log.open("wb") as said:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "streamlit", "run", "streamlit_app.py"),
                *("--server.headless", "true", "--server.port", str(port)),
                *("--server.disconnectedSessionTTL", str(forget_after_s)),
            ],
            cwd=ROOT,
            env=os.environ
            | {
                "SER_LAB_HOME": str(lab),
                "TMPDIR": str(temporary),
                "NUMBA_CACHE_DIR": compiled,
            },
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    server = Server(psutil.Process(process.pid), port, lab, temporary, log)
    try:
        _wait(server, process)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _wait(server: Server, process: subprocess.Popen[bytes]) -> None:
    """Wait until it answers."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(server.log.read_text())
        try:
            with urllib.request.urlopen(f"{server.address}/_stcore/health"):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the app did not answer")


@asynccontextmanager
async def open_browser() -> AsyncIterator[Any]:
    """Open headless Chromium."""
    from playwright.async_api import async_playwright

    program = os.environ.get("SER_TEST_CHROMIUM") or next(
        path for name in _CHROMIUM if (path := shutil.which(name))
    )
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program, args=list(_ARGUMENTS)
        )
        yield browser
        await browser.close()


async def wave(server: Server, browser: Any, clips: Sequence[Clip]) -> Wave:
    """Let one visitor for each clip come, all at once, and look what is left."""
    before = server.level()
    watch = _Peak(server)
    watching = asyncio.create_task(watch.run())
    contexts = [await browser.new_context() for _ in clips]
    pages = [await context.new_page() for context in contexts]
    await asyncio.gather(*(_arrive(page, server.address) for page in pages))
    visits = await asyncio.gather(
        *(_upload(page, clip) for page, clip in zip(pages, clips, strict=True))
    )
    await asyncio.gather(*(context.close() for context in contexts))
    watch.ended = True
    await watching
    after = await asyncio.to_thread(server.settle)
    return Wave(tuple(visits), before, watch.server, watch.tree, watch.children, after)


async def _arrive(page: Any, address: str) -> None:
    """Open the Demo page."""
    page.set_default_timeout(_PATIENCE_S * 1000)
    await page.goto(f"{address}/demo")
    await page.locator("input[type=file]").wait_for(state="attached")


async def _upload(page: Any, clip: Clip) -> Visit:
    """Upload a recording, read the answer, and take the result away."""
    file = {"name": clip.name, "mimeType": "audio/wav", "buffer": clip.content}
    began = time.monotonic()
    await page.locator("input[type=file]").set_input_files(file)
    heading = page.get_by_role("heading", name=clip.emotion.capitalize(), exact=True)
    again = page.get_by_role("button", name="Try again")
    refused = 0
    await heading.or_(again).first.wait_for()
    while await again.is_visible():
        refused += 1
        await again.click()
        await again.wait_for(state="hidden")
        await heading.or_(again).first.wait_for()
    answer_s = time.monotonic() - began
    sound = await page.locator("audio[src]").first.get_attribute("src")
    await page.get_by_role("tab", name="Table and downloads").click()
    button = page.get_by_role("button", name="Results (JSON)")
    await button.wait_for()
    await page.get_by_test_id("stStatusWidget").wait_for(state="hidden")
    async with page.expect_download() as download:
        await button.click()
    path = await (await download.value).path()
    seen = await page.locator("body").inner_text()
    told = json.loads(Path(path).read_text())
    return Visit(clip, answer_s, refused, told, seen, str(sound))


class _Peak:
    """The largest memory of the server, and of it with its children, seen meanwhile."""

    def __init__(self, server: Server) -> None:
        self._process = server.process
        self.server = self.tree = self.children = 0
        self.ended = False

    async def run(self) -> None:
        """Look ten times a second."""
        while not self.ended:
            own = self._process.memory_info().rss
            below = [_rss(p) for p in self._process.children(recursive=True)]
            self.server = max(self.server, own)
            self.tree = max(self.tree, own + sum(below))
            self.children = max(self.children, len(below))
            await asyncio.sleep(0.1)


def _rss(process: psutil.Process) -> int:
    """Return a process's memory; 0 when it has ended meanwhile."""
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _below(folder: Path, *, without: str = "") -> tuple[str, ...]:
    """List the files below a folder."""
    if not folder.exists():
        return ()
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return tuple(sorted(str(p) for p in paths if p.parts[0] != without))


def make_clips(folder: Path, n_clips: int) -> list[Clip]:
    """Speak recordings with different voices, and hear them without the page."""
    from ser_core.corpora.synthetic import synthesize
    from ser_core.inference.listening import recognise
    from ser_core.inference.loading import load_model
    from ser_core.store.data_folder import DataFolder

    synthesize(folder / "voices", utterances=n_clips, seed=0, n_workers=1)
    paths = sorted((folder / "voices").rglob("*.flac")) or sorted(
        (folder / "voices").rglob("*.wav")
    )
    model = load_model(None, data=DataFolder(folder / "none"))
    clips = []
    for place, path in enumerate(paths[:n_clips]):
        name, content = f"visitor-{place:02d}{path.suffix}", path.read_bytes()
        heard = recognise(content, name=name, model=model)
        if heard.decision is None:
            raise RuntimeError(f"'{path}' cannot be heard: {heard.error}")
        clips.append(Clip(name, content, heard.decision.emotion, heard.to_json()))
    return clips


async def measure(folder: Path, n_visitors: int, n_waves: int) -> list[Wave]:
    """Let waves of visitors come, after a first one who warms everything up."""
    clips = make_clips(folder, n_visitors)
    with serve(folder / "server", forget_after_s=5) as server:
        async with open_browser() as browser:
            waves = [await wave(server, browser, clips[:1])]
            for _ in range(n_waves):
                waves.append(await wave(server, browser, clips))
        if "Traceback" in server.log.read_text():
            raise RuntimeError(server.log.read_text())
    return waves


def report(waves: Sequence[Wave]) -> None:
    """Print what was seen, one line a wave."""
    print(
        "visitors  right  others seen  told to try again  "
        "first answer s (median, longest)  server MB before/peak/after  "
        "with decoders MB  processes  left behind"
    )
    for one in waves:
        times = [visit.answer_s for visit in one.visits]
        left = set(one.after.temporary) | (set(one.after.data) - set(one.before.data))
        print(
            f"{len(one.visits):8}  {sum(v.right for v in one.visits):5}  "
            f"{len(one.strangers_seen()):11}  {sum(v.refused for v in one.visits):17}  "
            f"{statistics.median(times):6.2f} {max(times):6.2f}  "
            f"{one.before.rss_bytes / 1e6:.0f} / {one.peak_server_bytes / 1e6:.0f} / "
            f"{one.after.rss_bytes / 1e6:.0f}  {one.peak_tree_bytes / 1e6:.0f}  "
            f"{one.peak_children}  {sorted(left) or 'nothing'}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--waves", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ser-lab-visitors-") as scratch:
        report(asyncio.run(measure(Path(scratch), given.visitors, given.waves)))


if __name__ == "__main__":
    main()
