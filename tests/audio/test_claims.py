from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from ser_core.audio.decode import claimed_length
from ser_core.errors import AudioError

Signal = npt.NDArray[np.float32]
Write = Callable[..., Path]


@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.flac", "a.ogg", "a.mp3"])
def test_the_length_is_known_without_decoding(
    write: Write, tone: Signal, name: str
) -> None:
    assert claimed_length(write(name, tone)) == (len(tone), 44_100)


@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.flac", "a.ogg"])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.95])
def test_a_file_that_ends_early_is_found_without_decoding(
    write: Write, tone: Signal, name: str, share: float
) -> None:
    path = write(name, tone)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(AudioError, match=r"is truncated: .*; copy or download") as e:
        claimed_length(path)
    assert e.value.path == str(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", r"is empty \(0 bytes\)"), (b"text" * 99, "is not readable as audio")],
)
def test_the_reasons_are_those_of_decoding(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "bad.wav"
    path.write_bytes(content)
    with pytest.raises(AudioError, match=reason):
        claimed_length(path)


def test_a_single_sample_is_refused_without_decoding(
    write: Write, tone: Signal
) -> None:
    with pytest.raises(AudioError, match="holds a single sample"):
        claimed_length(write("click.wav", tone[:1]))
