"""Commands that really work, in a process of their own."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest

from ser_core.jobs import list_jobs
from ser_core.store.data_folder import DataFolder

pytestmark = pytest.mark.timeout(170)

ROOT = Path(__file__).parents[2]


def command(data: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ser_core", *arguments, "--data-dir", str(data)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def done(data: Path, *arguments: str, status: int = 0) -> tuple[str, str]:
    with command(data, *arguments) as process:
        out, err = process.communicate(timeout=160)
    assert process.returncode == status, err
    return out, err


def synthesize(folder: Path, count: int) -> list[str]:
    return [
        *("corpora", "synthesize", str(folder), "--utterances", str(count)),
        *("--backend", "sequential", "--workers", "1"),
    ]


def test_from_voices_to_a_stored_benchmark(tmp_path: Path) -> None:
    data, voices, out = tmp_path / "data", tmp_path / "voices", tmp_path / "b.json"
    made, _ = done(data, *synthesize(voices, 6), "--json")
    assert json.loads(made)["root"] == str(voices)
    _, progress = done(
        data,
        *("bench", "--corpus", str(voices), "--limit", "2"),
        *("--backends", "sequential", "--repeats", "1", "--json", str(out)),
    )
    assert "1 arm x 1 repetition x 2 files" in progress
    record: dict[str, Any] = json.loads(out.read_text())
    assert [run["n_files"] for run in record["runs"]] == [2]
    assert record["summary"][0]["backend"] == "sequential"
    listed, _ = done(data, "runs", "list", "--json")
    assert [run["id"] for run in json.loads(listed)] == [record["id"]]
    exported, _ = done(data, "runs", "export", record["id"])
    assert json.loads(exported) == record
    table, _ = done(data, "runs", "export", record["id"], "--csv", "runs")
    assert table.startswith("run_id,")
    done(data, "runs", "import", str(out))
    listed, _ = done(data, "runs", "list", "--json")
    sources = [run["source"] for run in json.loads(listed)]
    assert sorted(sources) == ["imported", "local"]
    jobs = list_jobs(DataFolder(data))
    assert [(job.kind, job.state) for job in jobs] == [
        ("bench", "done"),
        ("synthesize", "done"),
    ]


def test_run_does_what_a_spec_says(tmp_path: Path) -> None:
    spec = tmp_path / "spec.json"
    folder = str(tmp_path / "voices")
    parameters = {"folder": folder, "utterances": 2, "backend": "sequential"}
    spec.write_text(json.dumps({"kind": "synthesize", "parameters": parameters}))
    out, _ = done(tmp_path / "data", "run", str(spec))
    assert json.loads(out)["utterances"] == 2


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[str]:
    """Address of a server on this machine with an archive of one recording."""
    served = tmp_path / "served"
    served.mkdir()
    with zipfile.ZipFile(served / "download.zip", "w") as archive:
        archive.writestr("wav/03a01Fa.wav", b"RIFF" * 5000)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    handler = functools.partial(Quiet, directory=str(served))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_download_fetches_once(tmp_path: Path, mirror: str) -> None:
    folder = tmp_path / "emo-db"
    download = ("corpora", "download", "emo-db", str(folder), "--mirror", mirror)
    out, _ = done(tmp_path / "data", *download, "--json")
    result = json.loads(out)
    assert (result["root"], result["fetched"]) == (str(folder), ["emo-db"])
    assert len(list(folder.rglob("03a01Fa.wav"))) == 1
    out, _ = done(tmp_path / "data", *download)
    assert "0 parts fetched, 1 kept" in out


def test_download_from_nowhere_fails_with_a_reason(tmp_path: Path, mirror: str) -> None:
    folder = tmp_path / "ravdess"
    download = ("corpora", "download", "ravdess", str(folder), "--mirror", mirror)
    _, err = done(tmp_path / "data", *download, status=1)
    assert mirror in err


def test_corpus_behind_registration_prints_what_to_do(tmp_path: Path) -> None:
    download = ("corpora", "download", "savee", str(tmp_path / "savee"))
    _, err = done(tmp_path / "data", *download, status=1)
    assert "register" in err


@pytest.mark.parametrize(
    ("parameters", "status", "said"),
    [
        ({"folder": "relative"}, 2, "not an absolute path"),
        ({"folder": "/x", "seed": "0"}, 2, "of the wrong type"),
        ({"folder": "/x", "seeds": 0}, 2, "'seeds' is unknown"),
        ({}, 2, "folder = '.'"),
    ],
)
def test_spec_with_wrong_parameters_is_refused(
    tmp_path: Path, parameters: dict[str, Any], status: int, said: str
) -> None:
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps({"kind": "synthesize", "parameters": parameters}))
    _, err = done(tmp_path / "data", "run", str(spec), status=status)
    assert said in err


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_interrupt_cancels_the_work_and_exits_with_130(tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "data")
    with command(data.root, *synthesize(tmp_path / "voices", 27_000)) as process:
        deadline = time.monotonic() + 60
        while not list((tmp_path / "voices").rglob("*.flac")):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        work = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err
    assert work
    assert not [p for p in work if p.is_running()]
    (job,) = list_jobs(data)
    assert job.state == "cancelled"
