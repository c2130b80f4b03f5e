"""The app in a process of its own, and a client that speaks its protocol by hand."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.error import HTTPError, URLError

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).parents[2]
START_S = 60.0


def free_port() -> int:
    """Ask the system for a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """One running server of the app."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    def wait(self) -> Self:
        """Wait until it answers."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                with urllib.request.urlopen(f"{self.address}/_stcore/health"):
                    return self
            except (URLError, ConnectionError):
                time.sleep(0.1)
        raise AssertionError(f"no answer within {START_S:.0f} s")

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End the server's own process alone, as KillMode=process does."""
        if self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(timeout=30)


@contextmanager
def serve(
    folder: Path,
    *,
    script: Path = ROOT / "streamlit_app.py",
    port: int | None = None,
    arguments: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Start the app with a data folder of its own; end it afterwards."""
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "server.log"
    compiled = os.environ.get("NUMBA_CACHE_DIR", str(ROOT / ".pytest_cache" / "numba"))
    variables = os.environ | {
        "SER_LAB_HOME": str(folder / "lab"),
        "NUMBA_CACHE_DIR": compiled,
        **(environment or {}),
    }
    with log.open("ab") as said:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "streamlit", "run", str(script)),
                *("--server.headless", "true", "--server.port", str(port)),
                *arguments,
            ],
            cwd=ROOT,
            env=variables,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    server = Server(port, process, log)
    try:
        yield server.wait()
    finally:
        server.stop()


@dataclass(frozen=True)
class Answer:
    """Status, headers and body of one answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: Sequence[str] = field(default_factory=tuple)


def ask(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Answer:
    """Send one request; a refusal is an answer too."""
    request = urllib.request.Request(
        url, data=body, method=method, headers=dict(headers or {})
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            told = answer.headers
            return Answer(
                answer.status, told, answer.read(), told.get_all("Set-Cookie") or ()
            )
    except HTTPError as refusal:
        with refusal:
            return Answer(refusal.code, refusal.headers, refusal.read())


def xsrf_token(address: str) -> str:
    """Fetch the token that the page's own scripts send back."""
    cookie = ask(f"{address}/_stcore/health").cookies[0]
    return cookie.split(";")[0].partition("=")[2]


def open_session(
    server: Server, *, origin: str | None = None, host: str | None = None
) -> ClientConnection:
    """Connect as a browser does, with an Origin and a Host of the test's choice."""
    token = xsrf_token(server.address)
    return connect(
        f"ws://{host or f'localhost:{server.port}'}/_stcore/stream",
        sock=socket.create_connection(("127.0.0.1", server.port), timeout=10),
        origin=origin or server.address,
        subprotocols=["streamlit", token],
        additional_headers={"Cookie": f"_streamlit_xsrf={token}"},
        max_size=None,
        open_timeout=15,
        proxy=None,
    )


def session_id(connection: ClientConnection) -> str:
    """Ask for the first run of the page, and read the session's id from it."""
    message = BackMsg()
    message.rerun_script.query_string = ""
    connection.send(message.SerializeToString())
    while True:
        told = ForwardMsg()
        told.ParseFromString(connection.recv(timeout=30))
        if told.WhichOneof("type") == "new_session":
            return told.new_session.initialize.session_id


def chromium() -> str:
    """Find Chromium, or skip and say what to install."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = os.environ.get("SER_TEST_CHROMIUM") or next(
        (path for name in names if (path := shutil.which(name))), None
    )
    if not found:
        pytest.skip("no Chromium: apt install chromium, or set SER_TEST_CHROMIUM")
    return found
