"""The command line over damaged files, odd names and unusable data folders."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from ser_core.cli import pipeline as pipeline_command
from ser_core.cli.main import main
from ser_core.cli.output import problem_line

pytestmark = pytest.mark.timeout(90)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SER_LAB_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("NUMBA_CACHE_DIR", os.environ.get("NUMBA_CACHE_DIR", "numba"))
    return tmp_path / "data"


@pytest.fixture
def voices(tmp_path: Path) -> Path:
    root = tmp_path / "voices"
    for label in ("angry", "sad"):
        (root / label).mkdir(parents=True)
        noise = np.random.default_rng(0).uniform(-0.5, 0.5, 8_000)
        soundfile.write(root / label / "a.wav", noise, 44_100)
    return root


@pytest.mark.parametrize(
    ("path", "reason", "line"),
    [
        ("a.wav", "'a.wav' is empty; copy it", "'a.wav' is empty; copy it"),
        ("a.wav", "is empty; copy it", "'a.wav': is empty; copy it"),
        ("a\n\x1b[2J.wav", "'a\n\x1b[2J.wav' is empty", "'a ?[2J.wav' is empty"),
    ],
)
def test_a_problem_is_one_plain_line_that_names_the_file_once(
    path: str, reason: str, line: str
) -> None:
    assert problem_line({"path": path, "reason": reason}) == line


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such file names")
def test_file_names_cannot_steer_the_terminal(
    voices: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (voices / "sad" / "b\n\x1b[31m.wav").touch()
    assert main(["corpora", "inspect", str(voices), "--durations"]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "problem: 'sad/b ?[31m.wav': is empty" in shown
    assert main(["corpora", "inspect", str(voices / "\x1b[31m")]) == 1
    assert "\x1b" not in capsys.readouterr().err


@pytest.mark.parametrize("how", ["option", "environment"])
def test_a_data_folder_that_is_a_file_is_wrong(
    tmp_path: Path,
    voices: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    file = tmp_path / "file"
    file.touch()
    place = ["--data-dir", str(file)]
    if how == "environment":
        monkeypatch.setenv("SER_LAB_HOME", str(file))
        place = []
    assert main(["bench", "--corpus", str(voices), *place]) == 2
    assert f"data folder '{file.resolve()}' is a file" in capsys.readouterr().err


def test_a_damaged_run_store_stops_a_benchmark_before_it_starts(
    data: Path, voices: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data.mkdir()
    (data / "runs.sqlite").write_text("garbage" * 100)
    assert main(["bench", "--corpus", str(voices), "--repeats", "1"]) == 1
    said = capsys.readouterr().err
    assert "runs.sqlite' is damaged" in said
    assert "repetition" not in said
    assert (data / "runs.sqlite").read_text() == "garbage" * 100


def test_a_pipeline_lists_what_it_left_out_and_names_the_stored_run(
    voices: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record: dict[str, Any] = {
        "id": "run-7",
        "label": "folder",
        "stages": [],
        "total_wall_s": 1.0,
        "accuracy": 0.5,
        "accuracy_unseen_speakers": None,
        "unseen_speakers_reason": "speakers are unknown",
        "notes": [],
        "failures": [{"path": "sad/b.wav", "reason": "'sad/b.wav' is empty; copy it"}],
    }
    folder = tmp_path / "out"
    folder.mkdir()

    def work(*_args: Any, **_options: Any) -> dict[str, Any]:
        folder.rmdir()  # as a disk that fills up: the file cannot be written now
        return record

    monkeypatch.setattr(pipeline_command, "work_in_foreground", work)
    command = ["pipeline", "--corpus", str(voices), "--version", "first"]
    assert main([*command, "--json", str(folder / "run.json")]) == 1
    shown = capsys.readouterr()
    assert "left out (1):\n  'sad/b.wav' is empty; copy it\n" in shown.out
    assert "stored as run run-7" in shown.out
    assert "run.json' cannot be written" in shown.err


def test_a_run_without_its_bad_files_is_a_success(
    voices: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (voices / "sad" / "bad.wav").write_bytes(b"no audio")
    command = ["bench", "--corpus", str(voices), "--backends", "sequential"]
    assert main([*command, "--repeats", "1", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert [run["n_failed"] for run in record["runs"]] == [1]
    assert [failure["path"] for failure in record["failures"]] == ["sad/bad.wav"]


@pytest.mark.parametrize("where", ["ser_core.cli.bench", "argparse.ArgumentParser"])
def test_interrupt_before_any_work_is_no_traceback(tmp_path: Path, where: str) -> None:
    # a module that is loaded early raises what Ctrl-C would raise there
    module, _, name = where.rpartition(".")
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {where!r}:\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        if module == "ser_core.cli"
        else f"import {module}\n"
        "def stop(*args, **options):\n"
        "    raise KeyboardInterrupt\n"
        f"{module}.{name}.__init__ = stop\n"
    )
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-m", "ser_core", "runs", "list"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (130, "interrupted\n")


@pytest.mark.skipif(os.name == "nt", reason="uses a POSIX shell")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_loses_words_and_not_the_work(
    voices: Path, tmp_path: Path, closed: str
) -> None:
    out = tmp_path / "seen.json"
    command = [sys.executable, "-m", "ser_core", "corpora", "inspect", str(voices)]
    line = f"{shlex.join([*command, '--durations', '--json', str(out)])} {closed}"
    path = os.pathsep.join(filter(None, sys.path))
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(["sh", "-c", line], env=environment, timeout=60, check=False)
    assert done.returncode == 0
    assert json.loads(out.read_text())["n_utterances"] == 2
