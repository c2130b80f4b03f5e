"""The nginx example, run as it is but for ports, certificate and upstream."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from served_app import ROOT, free_port

NAME = "lab.example.org"
"""The host of the example: browsers of the test are told where it is."""

_MAIN = """\
pid {folder}/nginx.pid;
error_log {folder}/error.log notice;
daemon off;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


@dataclass(frozen=True)
class Proxy:
    """One running nginx."""

    https: int
    http: int
    folder: Path

    @property
    def resolver_rules(self) -> str:
        """What tells Chromium where the host of the example is."""
        return (
            f"MAP {NAME}:443 127.0.0.1:{self.https}, "
            f"MAP {NAME}:80 127.0.0.1:{self.http}"
        )

    def tls(self, name: str = NAME) -> ssl.SSLSocket:
        """Open a connection that asks for a name; the certificate is not checked."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        line = socket.create_connection(("127.0.0.1", self.https), timeout=15)
        return context.wrap_socket(line, server_hostname=name)

    def ask(self, head: str) -> str:
        """Send a request's head over TLS; return the head of the answer."""
        with self.tls() as line:
            line.sendall(f"{head}\r\nHost: {NAME}\r\n\r\n".encode())
            told = b""
            while b"\r\n\r\n" not in told and (part := line.recv(4096)):
                told += part
        return told.partition(b"\r\n\r\n")[0].decode("latin-1")


def nginx() -> str:
    """Find nginx, or skip and say what to install."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if not found or not shutil.which("openssl"):
        pytest.skip("no nginx or no openssl: apt install nginx-light openssl")
    return found


def site(folder: Path, *, https: int, http: int, upstream: int) -> str:
    """Return the example with its ports and files replaced, and nothing else."""
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    for old, new in {
        "listen 80;": f"listen 127.0.0.1:{http};",
        "listen 443 ": f"listen 127.0.0.1:{https} ",
        "server 127.0.0.1:8501;": f"server 127.0.0.1:{upstream};",
        "/etc/ssl/certs/lab.example.org.pem": f"{folder}/lab.pem",
        "/etc/ssl/private/lab.example.org.key": f"{folder}/lab.key",
    }.items():
        assert old in text
        text = text.replace(old, new)
    return text


def certificate(folder: Path) -> None:
    """Sign a certificate by itself."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec"),
            *("-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"),
            *("-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"),
            *("-keyout", f"{folder}/lab.key", "-out", f"{folder}/lab.pem"),
        ],
        check=True,
        capture_output=True,
        timeout=30,
    )


@contextmanager
def proxy_before(upstream: int, folder: Path) -> Iterator[Proxy]:
    """Start nginx before a server of the app; end it afterwards."""
    program = nginx()
    folder.mkdir(parents=True, exist_ok=True)
    proxy = Proxy(free_port(), free_port(), folder)
    certificate(folder)
    text = site(folder, https=proxy.https, http=proxy.http, upstream=upstream)
    (folder / "site.conf").write_text(text)
    (folder / "main.conf").write_text(_MAIN.format(folder=folder))
    command = [program, "-p", str(folder), "-c", str(folder / "main.conf")]
    checked = subprocess.run([*command, "-t"], capture_output=True, timeout=30)
    assert checked.returncode == 0, checked.stderr.decode()
    with (folder / "said.log").open("wb") as said:
        process = subprocess.Popen(
            command, stdout=said, stderr=said, env=dict(os.environ)
        )
    try:
        _wait(proxy.https, process)
        yield proxy
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until it listens."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.poll() is None, "nginx ended before it listened"
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("nginx did not listen within 20 s")
