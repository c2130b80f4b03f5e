"""``predict``, as people and programs call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile

from ser_core.cli.main import main
from tests.inference.inference_voices import RATE, voice

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def voices(tmp_path: Path) -> Path:
    folder = tmp_path / "voices"
    folder.mkdir()
    soundfile.write(folder / "a.wav", voice(0), RATE)
    soundfile.write(folder / "b.flac", voice(1), RATE)
    return folder


def told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, *arguments: str
) -> tuple[int, list[str], str]:
    status = main(["predict", *arguments, "--data-dir", str(tmp_path / "data")])
    captured = capsys.readouterr()
    return status, captured.out.splitlines(), captured.err


def test_one_json_object_a_file_on_a_line_of_its_own(
    voices: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, lines, _ = told(capsys, tmp_path, str(voices), "--json", "--timeline")
    assert status == 0
    documents = [json.loads(line) for line in lines]
    assert [Path(d["file"]).name for d in documents] == ["a.wav", "b.flac"]
    for document in documents:
        assert set(document) == {
            "file",
            "emotion",
            "confidence",
            "probabilities",
            "warnings",
            "error",
            "segments",
        }
        assert sum(document["probabilities"].values()) == pytest.approx(1, abs=1e-3)
        assert document["error"] is None
        best = max(document["probabilities"], key=document["probabilities"].get)
        assert document["emotion"] in (best, "unsure")
        for segment in document["segments"]:
            assert set(segment) == {"start_s", "end_s", "emotion", "confidence"}


def test_a_file_that_cannot_be_heard_fails_the_command_and_no_other_file(
    voices: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (voices / "c.wav").write_bytes(b"<html>")
    status, lines, errors = told(capsys, tmp_path, str(voices), "--json")
    documents = [json.loads(line) for line in lines]
    assert status == 1
    assert [d["error"] is None for d in documents] == [True, True, False]
    assert documents[2]["emotion"] is None
    assert "1 of 3 files" in errors


def test_what_a_folder_holds_and_cannot_be_opened_fails_the_command(
    voices: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (voices / "film.m4a").write_bytes(b"x")
    (voices / "gone.wav").symlink_to("nowhere.wav")
    (voices / "notes.txt").write_text("no recording")
    status, lines, errors = told(capsys, tmp_path, str(voices), "--json")
    documents = {Path(d["file"]).name: d for d in map(json.loads, lines)}
    assert status == 1
    assert documents.keys() == {"a.wav", "b.flac", "film.m4a", "gone.wav"}
    assert "does not read" in documents["film.m4a"]["error"]
    assert "leads to no file" in documents["gone.wav"]["error"]
    assert documents["a.wav"]["error"] is None
    assert "2 of 4 files" in errors


def test_people_get_words(
    voices: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, lines, _ = told(capsys, tmp_path, str(voices / "a.wav"))
    assert status == 0
    assert lines[0].startswith(str(voices / "a.wav"))
    assert "%" in lines[0]


def test_asking_for_certainty_gives_unsure(
    voices: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, lines, _ = told(
        capsys, tmp_path, str(voices / "a.wav"), "--json", "--min-confidence", "1"
    )
    assert json.loads(lines[0])["emotion"] == "unsure"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.wav"], "does not exist"),
        (["{voices}", "--min-confidence", "2"], "min_confidence"),
        (["{voices}", "--model", "nobody"], "nobody"),
    ],
)
def test_wrong_arguments_are_told_before_anything_is_heard(
    voices: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    given = [a.replace("{voices}", str(voices)) for a in arguments]
    status, lines, errors = told(capsys, tmp_path, *given)
    assert status in (1, 2)
    assert lines == []
    assert message in errors
