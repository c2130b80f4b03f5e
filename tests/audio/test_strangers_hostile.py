"""Every hostile upload gets a sound answer or a clear message, and leaves nothing."""

from __future__ import annotations

import io
import json
import struct
import sys
import tempfile
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile

from ser_core.audio import decode
from ser_core.audio.display_names import MAX_NAME
from ser_core.audio.limits import UPLOAD_LIMITS
from ser_core.audio.opening import Refusal
from ser_core.audio.strangers import Recording, read_stranger
from ser_core.audio.strangers_process import deliver
from ser_core.audio.strangers_protocol import BLOCK, DONE, HEADER, WORKING, Request
from ser_core.errors import AudioError
from tests.audio.hostile_files import (
    HostileFile,
    hostile_files,
    ogg_pages,
    sound_files,
    with_checksum,
)

WHOLE = Request(path=None, n_bytes=0, start_s=0.0, end_s=None, limits=UPLOAD_LIMITS)
N_SAMPLED = 40
"""How many go through a process of their own here; all do in the benchmark."""


def check_message(message: str, file: HostileFile) -> None:
    """Check that a message names what, says what to do, and tells nothing else."""
    name, _, rest = message.removeprefix("'").partition("' ")
    assert 0 < len(name) <= MAX_NAME
    assert "; " in rest
    assert len(message) < 500
    assert all(unicodedata.category(c)[0] != "C" for c in message)
    for place in (Path.cwd(), Path(sys.prefix), tempfile.gettempdir(), "/tmp", ".."):
        assert str(place) not in message, file.label


def delivered(file: HostileFile) -> tuple[str | None, list[bytes]]:
    """Read a file in this process: the reason of its refusal, and what was sent."""
    sent: list[bytes] = []
    try:
        deliver(io.BytesIO(file.content), WHOLE, lambda m: sent.append(bytes(m)))
    except Refusal as refusal:
        check_message(str(refusal.named("a.wav")), file)
        return str(refusal), sent
    return None, sent


def test_there_are_many_and_each_is_another() -> None:
    files = hostile_files()
    assert len(files) > 700
    assert len({file.label for file in files}) == len(files)
    assert sum(file.refused for file in files) > 180


def test_ogg_checksums_are_those_of_libsndfile() -> None:
    stream = io.BytesIO()
    soundfile.write(stream, np.zeros(4_000), 16_000, format="OGG", subtype="VORBIS")
    for page in ogg_pages(stream.getvalue()):
        assert with_checksum(page) == page


@pytest.mark.parametrize("suffix", sound_files())
def test_what_the_files_are_made_of_is_sound(suffix: str) -> None:
    samples, _ = decode(io.BytesIO(sound_files()[suffix]))
    assert len(samples) == pytest.approx(4_000, abs=1_200)
    assert 0.1 < samples.std() < 0.3


@pytest.mark.timeout(120)
def test_every_file_is_refused_in_words_or_read_completely() -> None:
    for file in hostile_files():
        reason, sent = delivered(file)
        if file.refused:
            assert reason is not None, file.label
        if reason is None:
            assert sent[0][:1] == HEADER, file.label
            assert sent[-1][:1] == DONE, file.label
            check_sent(sent, file)


def check_sent(sent: list[bytes], file: HostileFile) -> None:
    """Check that what was sent is as much as was announced, and finite."""
    announced = json.loads(sent[0][5:])
    payloads = [
        payload
        for front, payload in zip(sent[1:-1:2], sent[2:-1:2], strict=True)
        if front == struct.pack("<cI", BLOCK, len(payload))
    ]
    assert WORKING not in {message[:1] for message in sent[1:-1:2]}, file.label
    samples = np.frombuffer(b"".join(payloads), np.float32)
    assert samples.size == announced["n_frames"] * announced["n_channels"], file.label
    assert np.isfinite(samples).all(), file.label


@pytest.mark.timeout(120)
def test_a_sample_through_processes_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, temporary = tmp_path / "cwd", tmp_path / "tmp"
    folder.mkdir()
    temporary.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TMPDIR", str(temporary))
    files = hostile_files()
    names = [file for file in files if "name: " in file.label][::3]
    spread = files[:: len(files) // N_SAMPLED]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(check_in_process, [*spread, *names]))
    assert list(folder.iterdir()) == list(temporary.iterdir()) == []
    assert psutil.Process().children(recursive=True) == []


def check_in_process(file: HostileFile) -> None:
    """Read a file as a server does, and compare with reading it here."""
    reason, sent = delivered(file)
    recording, said = read_apart(file)
    if recording is None:
        check_message(said, file)
        assert reason is not None, file.label
        assert said.endswith(reason), file.label
        return
    assert reason is None, file.label
    assert recording.n_frames == json.loads(sent[0][5:])["n_frames"]
    assert b"".join(sent[2:-1:2]) == recording.samples.tobytes(), file.label


def read_apart(file: HostileFile) -> tuple[Recording | None, str]:
    """Read a file in a process of its own, or return why that is refused."""
    try:
        return read_stranger(file.content, name=file.name), ""
    except AudioError as error:
        return None, str(error)
