"""What the shipped configuration makes Streamlit refuse, and what it does not."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest
from served_app import Answer, Server, ask, open_session, serve, session_id, xsrf_token
from websockets.exceptions import InvalidStatus

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("guards")) as running:
        yield running


@pytest.fixture(scope="module")
def session(server: Server) -> Iterator[str]:
    with open_session(server) as connection:
        yield session_id(connection)


def put(server: Server, session: str, **headers: str) -> Answer:
    content = b'--X\r\nContent-Disposition: form-data; name="f"; filename="a.wav"'
    return ask(
        f"{server.address}/_stcore/upload_file/{session}/one",
        method="PUT",
        headers={"Content-Type": "multipart/form-data; boundary=X", **headers},
        body=content + b"\r\n\r\nabc\r\n--X--\r\n",
    )


def own_token(server: Server) -> dict[str, str]:
    token = xsrf_token(server.address)
    return {"X-Xsrftoken": token, "Cookie": f"_streamlit_xsrf={token}"}


def refusal(server: Server, **where: str) -> int:
    with pytest.raises(InvalidStatus) as caught, open_session(server, **where):
        pass
    return int(caught.value.response.status_code)


def test_only_this_machine_is_listened_to(server: Server) -> None:
    others = socket.getaddrinfo(socket.gethostname(), server.port, socket.AF_INET)
    addresses = {str(found[4][0]) for found in others} - {"127.0.0.1"}
    for address in addresses:
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((address, server.port), timeout=5)


def test_page_opened_under_a_foreign_name_cannot_connect(server: Server) -> None:
    assert refusal(server, host="evil.example") == 403


def test_foreign_page_cannot_connect(server: Server) -> None:
    assert refusal(server, origin="http://evil.example") == 403


def test_foreign_page_may_not_read_answers(server: Server) -> None:
    answer = ask(
        f"{server.address}/_stcore/health", headers={"Origin": "http://evil.example"}
    )
    assert answer.headers.get("Access-Control-Allow-Origin") is None


def test_no_other_site_may_steer_the_page_that_embeds_it(server: Server) -> None:
    answer = ask(f"{server.address}/_stcore/host-config")
    assert b'"allowedOrigins":[]' in answer.body


def test_upload_needs_the_token_of_the_page(server: Server, session: str) -> None:
    token = own_token(server)
    assert put(server, session).status == 403
    assert put(server, session, Cookie=token["Cookie"]).status == 403
    other = own_token(server)["X-Xsrftoken"]
    assert put(server, session, **(token | {"X-Xsrftoken": other})).status == 403
    assert put(server, session, **token).status == 204


def test_upload_needs_a_living_session(server: Server) -> None:
    assert put(server, "0" * 36, **own_token(server)).status == 400


def test_upload_cannot_be_read_back(server: Server, session: str) -> None:
    assert put(server, session, **own_token(server)).status == 204
    answer = ask(f"{server.address}/_stcore/upload_file/{session}/one")
    assert b"abc" not in answer.body[:200]
    assert "text/html" in answer.headers["content-type"]


def test_upload_over_the_limit_is_refused_before_it_is_sent(
    server: Server, session: str
) -> None:
    token = own_token(server)
    head = [
        f"PUT /_stcore/upload_file/{session}/big HTTP/1.1",
        f"Host: localhost:{server.port}",
        f"Cookie: {token['Cookie']}",
        f"X-Xsrftoken: {token['X-Xsrftoken']}",
        "Content-Type: multipart/form-data; boundary=X",
        f"Content-Length: {101 << 20}",
    ]
    with socket.create_connection(("127.0.0.1", server.port), timeout=15) as line:
        line.sendall("\r\n".join([*head, "", ""]).encode())
        assert line.recv(64).startswith(b"HTTP/1.1 413")


def test_upload_that_hides_its_size_is_cut_off(server: Server, session: str) -> None:
    token = own_token(server)
    head = [
        f"PUT /_stcore/upload_file/{session}/big HTTP/1.1",
        f"Host: localhost:{server.port}",
        f"Cookie: {token['Cookie']}",
        f"X-Xsrftoken: {token['X-Xsrftoken']}",
        "Content-Type: multipart/form-data; boundary=X",
        "Transfer-Encoding: chunked",
    ]
    part = b'--X\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n'
    block = bytes(1 << 20)
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as line:
        line.sendall("\r\n".join([*head, "", ""]).encode())
        line.sendall(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        sent = 0
        try:
            while sent < 110:
                line.sendall(f"{len(block):x}\r\n".encode() + block + b"\r\n")
                sent += 1
            told = line.recv(64)
        except OSError:
            told = b"closed"
    assert not told.startswith(b"HTTP/1.1 2")
    assert "exceeded the size limit" in server.log.read_text()


@pytest.mark.parametrize(
    "path",
    [
        "/media/0123456789abcdef0123456789abcdef.wav",
        "/media/../../etc/passwd",
        "/static/../../../../etc/passwd",
        "/static/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/component/..%2f..%2fetc/passwd",
        "/app/static/../.streamlit/config.toml",
    ],
)
def test_no_file_is_handed_out(server: Server, path: str) -> None:
    answer = ask(f"{server.address}{path}")
    assert answer.status in (400, 404)
    assert b"root:" not in answer.body


def test_programs_cannot_drive_the_page(server: Server) -> None:
    answer = ask(
        f"{server.address}/_stcore/agent/interact",
        method="POST",
        headers={"Content-Type": "application/json"},
        body=b"{}",
    )
    assert answer.status in (403, 404)


@pytest.mark.skipif(os.name == "nt", reason="the log is held open")
def test_no_trace_reaches_the_log(server: Server) -> None:
    assert "Traceback" not in server.log.read_text()
