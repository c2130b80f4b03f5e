"""Downloads, against a server on this machine that behaves in many ways."""

from __future__ import annotations

import hashlib
import http.server
import io
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from ser_core.corpora import download as download_module
from ser_core.corpora import download_sources, download_transfer
from ser_core.corpora.download import SOURCES, download, instructions
from ser_core.errors import CorpusError, ParameterError

AUDIO = np.random.default_rng(0).bytes(1_500_000)


def archive(*entries: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for name, content in entries:
            opened.writestr(name, content)
    return buffer.getvalue()


SPEECH = archive(("Actor_01/03-01-01-01-01-01-01.wav", AUDIO))


@dataclass
class Site:
    """What the server offers, how it misbehaves, and what it was asked."""

    files: dict[str, bytes] = field(default_factory=dict)
    url: str = ""
    ranges: bool = True
    etag: str = '"v1"'
    head: int = 200
    status: list[int] = field(default_factory=list)
    cut_at: list[int] = field(default_factory=list)
    slow_s: float = 0.0
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)

    def gets(self) -> list[int]:
        """From which byte on each GET asked."""
        ranges = [range_ for method, _, range_ in self.asked if method == "GET"]
        return [int(r.removeprefix("bytes=").rstrip("-")) if r else 0 for r in ranges]


class Handler(http.server.BaseHTTPRequestHandler):
    site: Site

    def log_message(self, *_: object) -> None:
        """Stay quiet."""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        site = self.site
        name = self.path.split("?")[0].lstrip("/")
        site.asked.append((self.command, name, self.headers.get("Range")))
        if not body and site.head != 200:
            return self._refuse(site.head)
        if body and site.status:
            return self._refuse(site.status.pop(0))
        if name not in site.files:
            return self._refuse(404)
        content, first = site.files[name], 0
        same = self.headers.get("If-Range") in (None, site.etag)
        if site.ranges and same and (range_ := self.headers.get("Range")):
            first = int(range_.removeprefix("bytes=").rstrip("-"))
            if first >= len(content):
                return self._refuse(416)
        self.send_response(206 if first else 200)
        if first:
            last = len(content) - 1
            self.send_header("Content-Range", f"bytes {first}-{last}/{last + 1}")
        self.send_header("Content-Length", str(len(content) - first))
        self.send_header("ETag", site.etag)
        self.end_headers()
        if body:
            end = first + site.cut_at.pop(0) if site.cut_at else len(content)
            self._send(content[first:end])
        return None

    def _send(self, content: bytes) -> None:
        try:
            for at in range(0, len(content), 65_536):
                self.wfile.write(content[at : at + 65_536])
                time.sleep(self.site.slow_s)
        except OSError:
            self.close_connection = True

    def _refuse(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(download_transfer, "_PAUSES_S", (0.0, 0.0))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    offered = Site()
    handler = type("SiteHandler", (Handler,), {"site": offered})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    offered.url = f"http://127.0.0.1:{server.server_port}"
    yield offered
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)


@pytest.fixture
def speech(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site whose RAVDESS speech archive is ours, with its true size and checksum."""
    site.files["Audio_Speech_Actors_01-24.zip"] = SPEECH
    publish(monkeypatch, SPEECH)
    return site


def publish(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Make `content` what RAVDESS publishes as its speech archive."""
    about = SOURCES["ravdess"]
    part = replace(
        about.parts[0],
        size_bytes=len(content),
        md5=hashlib.md5(content, usedforsecurity=False).hexdigest(),
    )
    monkeypatch.setattr(
        download_sources,
        "SOURCES",
        {**SOURCES, "ravdess": replace(about, parts=(part, about.parts[1]))},
    )


def fetch_speech(root: Path, site: Site, **more: object):
    return download("ravdess", root, parts=["speech"], base_url=site.url, **more)


def recording(root: Path) -> Path:
    return root / "Audio_Speech_Actors_01-24/Actor_01/03-01-01-01-01-01-01.wav"


def test_archive_is_fetched_checked_and_unpacked(speech: Site, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int | None]] = []
    summary = fetch_speech(tmp_path, speech, progress=lambda *step: seen.append(step))
    assert recording(tmp_path).read_bytes() == AUDIO
    assert [p.name for p in tmp_path.iterdir()] == ["Audio_Speech_Actors_01-24"]
    assert (summary.fetched, summary.kept, summary.unverified) == (("speech",), (), ())
    what = "downloading Audio_Speech_Actors_01-24.zip"
    assert (what, len(SPEECH), len(SPEECH)) in seen
    what = "unpacking Audio_Speech_Actors_01-24.zip"
    assert seen[-1] == (what, len(AUDIO), len(AUDIO))


def test_second_run_keeps_what_is_there(speech: Site, tmp_path: Path) -> None:
    fetch_speech(tmp_path, speech)
    speech.asked.clear()
    assert fetch_speech(tmp_path, speech).kept == ("speech",)
    assert speech.asked == []


def test_thai_ser_parts_come_with_the_labels(site: Site, tmp_path: Path) -> None:
    flac = "studio1-10/studio001/con/s001_con_actor001_impro1_1.flac"
    site.files = {
        "emotion_label.json": b"{}",
        "actor_demography.json": b"{}",
        "studio1-10.zip": archive((flac, b"fLaC")),
        "zoom1-10.zip": archive(("zoom001/mic/z001_mic_actor037_impro1_1.flac", b"f")),
    }
    summary = download("thai-ser", tmp_path, parts=["studio1-10"], base_url=site.url)
    assert (tmp_path / flac).read_bytes() == b"fLaC"
    assert (tmp_path / "emotion_label.json").exists()
    assert "studio1-10" in summary.unverified
    again = download(
        "thai-ser", tmp_path, parts=["zoom1-10", "studio1-10"], base_url=site.url
    )
    assert again.fetched == ("zoom1-10",)
    assert (tmp_path / "zoom1-10/zoom001/mic").is_dir()


def test_wrong_checksum_is_refused_and_leaves_nothing(
    speech: Site, tmp_path: Path
) -> None:
    changed = bytearray(SPEECH)
    changed[-100_000] ^= 1
    speech.files["Audio_Speech_Actors_01-24.zip"] = bytes(changed)
    with pytest.raises(CorpusError, match="checksum is another"):
        fetch_speech(tmp_path, speech)
    assert not list(tmp_path.rglob("*.zip"))
    assert not recording(tmp_path).exists()
    speech.files["Audio_Speech_Actors_01-24.zip"] = SPEECH
    fetch_speech(tmp_path, speech)
    assert recording(tmp_path).read_bytes() == AUDIO


def test_wrong_size_is_refused_before_the_download(
    speech: Site, tmp_path: Path
) -> None:
    speech.files["Audio_Speech_Actors_01-24.zip"] = SPEECH + b"more"
    with pytest.raises(CorpusError, match="are expected: it is not the published"):
        fetch_speech(tmp_path, speech)
    assert speech.gets() == []


def test_connection_that_breaks_is_taken_up_by_itself(
    speech: Site, tmp_path: Path
) -> None:
    speech.cut_at = [500_000]
    fetch_speech(tmp_path, speech)
    assert recording(tmp_path).read_bytes() == AUDIO
    first, second = speech.gets()
    assert first == 0
    assert 450_000 < second <= 500_000


def test_truncated_file_is_never_taken_for_whole(speech: Site, tmp_path: Path) -> None:
    speech.cut_at = [300_000, 200_000, 100_000]
    with pytest.raises(CorpusError, match=r"cannot be reached .* is kept"):
        fetch_speech(tmp_path, speech)
    assert not recording(tmp_path).exists()
    speech.asked.clear()
    fetch_speech(tmp_path, speech)
    (first,) = speech.gets()
    assert 500_000 < first <= 600_000
    assert recording(tmp_path).read_bytes() == AUDIO


def test_cancelled_download_goes_on_in_the_middle(speech: Site, tmp_path: Path) -> None:
    def stop(what: str, done: int, total: int | None) -> None:
        if done > 700_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_speech(tmp_path, speech, progress=stop)
    assert [p.name for p in tmp_path.iterdir()] == [".download"]
    speech.asked.clear()
    fetch_speech(tmp_path, speech)
    (first,) = speech.gets()
    assert first > 700_000
    assert recording(tmp_path).read_bytes() == AUDIO
    assert not (tmp_path / ".download").exists()


def test_cancelled_unpacking_needs_no_second_download(
    speech: Site, tmp_path: Path
) -> None:
    def stop(what: str, done: int, total: int | None) -> None:
        if what.startswith("unpacking"):
            raise RuntimeError("cancelled")

    with pytest.raises(RuntimeError, match="cancelled"):
        fetch_speech(tmp_path, speech, progress=stop)
    assert not recording(tmp_path).exists()
    speech.asked.clear()
    fetch_speech(tmp_path, speech)
    assert speech.gets() == []
    assert recording(tmp_path).read_bytes() == AUDIO


@pytest.mark.timeout(60)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
def test_terminated_process_leaves_nothing_broken(site: Site, tmp_path: Path) -> None:
    site.files["download.zip"] = archive(("wav/03a01Fa.wav", AUDIO))
    site.slow_s = 0.02
    code = (
        "import sys; from ser_core.corpora.download import download\n"
        "report = lambda *step: print(*step, flush=True)\n"
        "download('emo-db', sys.argv[1], base_url=sys.argv[2], progress=report)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path), site.url],
        stdout=subprocess.PIPE,
        cwd=Path(download_module.__file__).parents[2],
        env={**os.environ, "NO_PROXY": "127.0.0.1"},
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) != 0
    process.stdout.close()
    assert [p.name for p in tmp_path.iterdir()] == [".download"]
    site.slow_s = 0.0
    site.asked.clear()
    download("emo-db", tmp_path, base_url=site.url)
    assert site.gets()[0] > 0
    assert (tmp_path / "emo-db/wav/03a01Fa.wav").read_bytes() == AUDIO
    assert [p.name for p in tmp_path.iterdir()] == ["emo-db"]


def test_many_breaks_do_not_end_a_download_that_moves_on(
    site: Site, tmp_path: Path
) -> None:
    long = archive(("wav/03a01Fa.wav", AUDIO * 6))
    site.files["download.zip"] = long
    site.cut_at = [1_300_000] * 6
    download("emo-db", tmp_path, base_url=site.url)
    assert len(site.gets()) == 7
    assert (tmp_path / "emo-db/wav/03a01Fa.wav").read_bytes() == AUDIO * 6


def test_server_that_ignores_ranges_is_asked_for_all_of_it(
    speech: Site, tmp_path: Path
) -> None:
    speech.ranges = False
    speech.cut_at = [500_000]
    fetch_speech(tmp_path, speech)
    first, second = speech.gets()
    assert first == 0
    assert 450_000 < second <= 500_000
    assert recording(tmp_path).read_bytes() == AUDIO


def test_two_versions_of_a_file_are_never_mixed(site: Site, tmp_path: Path) -> None:
    def stop(what: str, done: int, total: int | None) -> None:
        if done > 700_000:
            raise KeyboardInterrupt

    site.files["download.zip"] = archive(("wav/03a01Fa.wav", AUDIO))
    with pytest.raises(KeyboardInterrupt):
        download("emo-db", tmp_path, base_url=site.url, progress=stop)
    site.files["download.zip"] = archive(("wav/03a01Fa.wav", AUDIO[::-1]))
    site.etag = '"v2"'
    download("emo-db", tmp_path, base_url=site.url)
    assert (tmp_path / "emo-db/wav/03a01Fa.wav").read_bytes() == AUDIO[::-1]


def test_kept_part_longer_than_the_file_is_dropped(
    speech: Site, tmp_path: Path
) -> None:
    speech.cut_at = [500_000, 0, 0]
    with pytest.raises(CorpusError):
        fetch_speech(tmp_path, speech)
    (partial,) = (tmp_path / ".download").glob("*.part")
    partial.write_bytes(SPEECH + b"too much")
    fetch_speech(tmp_path, speech)
    assert recording(tmp_path).read_bytes() == AUDIO


def test_busy_server_is_asked_again(speech: Site, tmp_path: Path) -> None:
    speech.status = [503, 429]
    fetch_speech(tmp_path, speech)
    assert recording(tmp_path).read_bytes() == AUDIO


def test_server_without_head_still_serves(speech: Site, tmp_path: Path) -> None:
    speech.head = 405
    fetch_speech(tmp_path, speech)
    assert recording(tmp_path).read_bytes() == AUDIO


def test_missing_file_is_named_with_a_remedy(site: Site, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"download\.zip' is not there \(HTTP 404\)"):
        download("emo-db", tmp_path, base_url=site.url)


def test_refused_file_is_not_asked_for_again(speech: Site, tmp_path: Path) -> None:
    speech.status = [403, 200]
    with pytest.raises(CorpusError, match=r"is refused \(HTTP 403\)"):
        fetch_speech(tmp_path, speech)
    assert len(speech.gets()) == 1


def test_unreachable_server_is_reported(tmp_path: Path, site: Site) -> None:
    with pytest.raises(CorpusError, match="check the network or the proxy"):
        download("emo-db", tmp_path, base_url="http://127.0.0.1:9")


@pytest.mark.parametrize("file", ["emotion_label.json", "studio1-10.zip"])
def test_error_page_in_place_of_a_file_is_refused_and_fetched_again(
    site: Site, tmp_path: Path, file: str
) -> None:
    good = {
        "emotion_label.json": b"{}",
        "actor_demography.json": b"{}",
        "studio1-10.zip": archive(("studio001/con/a.flac", b"x")),
    }
    site.files = {**good, file: b"<html>Please log in</html>"}
    with pytest.raises(CorpusError, match="that is not"):
        download("thai-ser", tmp_path, parts=["studio1-10"], base_url=site.url)
    assert not (tmp_path / file).exists()
    site.files = good
    download("thai-ser", tmp_path, parts=["studio1-10"], base_url=site.url)
    assert (tmp_path / "studio1-10/studio001/con/a.flac").exists()


def test_hostile_archive_is_refused_and_removed(site: Site, tmp_path: Path) -> None:
    site.files["download.zip"] = archive(("wav/a.wav", b"x"), ("../../evil", b"evil"))
    root = tmp_path / "deep" / "corpus"
    with pytest.raises(CorpusError, match="leads out of the folder"):
        download("emo-db", root, base_url=site.url)
    assert not [p for p in tmp_path.rglob("*") if p.name in ("evil", "download.zip")]
    site.files["download.zip"] = archive(("wav/a.wav", b"x"))
    download("emo-db", root, base_url=site.url)
    assert (root / "emo-db/wav/a.wav").exists()


def test_too_small_a_disk_is_refused_before_the_download(
    speech: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(
        download_module.shutil, "disk_usage", lambda _: usage(1, 1, 3_000_000)
    )
    with pytest.raises(CorpusError, match="3 MB are free"):
        fetch_speech(tmp_path, speech)
    assert speech.gets() == []


def test_disk_that_fills_up_keeps_what_came(
    speech: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(what: str, done: int, total: int | None) -> None:
        if done > 300_000:
            raise OSError(28, "No space left on device")

    with pytest.raises(CorpusError, match="the disk is full"):
        fetch_speech(tmp_path, speech, progress=full)
    fetch_speech(tmp_path, speech)
    assert recording(tmp_path).read_bytes() == AUDIO


def test_second_run_in_the_same_folder_is_refused(speech: Site, tmp_path: Path) -> None:
    def meanwhile(what: str, done: int, total: int | None) -> None:
        with pytest.raises(CorpusError, match="another run is downloading"):
            fetch_speech(tmp_path, speech)

    fetch_speech(tmp_path, speech, progress=meanwhile)


def test_file_in_place_of_the_folder_is_reported(site: Site, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CorpusError, match=r"file' cannot be written"):
        download("emo-db", tmp_path / "file", base_url=site.url)


@pytest.mark.parametrize(
    ("name", "more", "message"),
    [
        ("emovo", {}, "corpus = 'emovo' is not known"),
        ("ravdess", {"parts": ["video"]}, "choose one or more of: speech, song"),
        ("ravdess", {"parts": []}, "choose one or more of"),
        ("ravdess", {"parts": "speech"}, "choose one or more of"),
        ("emo-db", {"base_url": "file:///etc"}, "begins with http"),
    ],
)
def test_parameters_out_of_range_are_refused(
    tmp_path: Path, name: str, more: dict[str, object], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        download(name, tmp_path / "x", **more)


@pytest.mark.parametrize("name", ["savee", "tess", "crema-d"])
def test_corpora_without_download_come_with_instructions(
    name: str, tmp_path: Path
) -> None:
    assert not SOURCES[name].downloadable
    text = instructions(name)
    assert SOURCES[name].home in text
    assert "Licence: " in text
    assert "Cite: " in text
    with pytest.raises(CorpusError, match="cannot be downloaded by a program") as info:
        download(name, tmp_path / "x")
    assert text in str(info.value)
    assert not (tmp_path / "x").exists()


def test_every_source_names_licence_citation_and_unique_parts() -> None:
    for name, about in SOURCES.items():
        assert about.name == name
        assert about.title
        assert about.licence
        assert about.citation
        assert about.home.startswith("http")
        files = [part.file for part in about.parts]
        assert len(set(files)) == len(files)
        assert all(part.url.split("?")[0].endswith(part.file) for part in about.parts)
    assert SOURCES["ravdess"].size_bytes == 208_468_073 + 225_505_317
    assert SOURCES["emo-db"].size_bytes is None
    assert len(SOURCES["thai-ser"].parts) == 12
