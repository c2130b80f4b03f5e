"""Files and real recordings for the tests of feature sets."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile

SUFFIXES = {".wav", ".flac", ".opus", ".ogg"}


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write a signal to a float WAV file and return its path."""

    def write(y: Any, sample_rate: int) -> Path:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.wav"
        soundfile.write(path, y, sample_rate, subtype="FLOAT")
        return path

    return write


@pytest.fixture(scope="session")
def real_recordings() -> Callable[..., list[Path]]:
    """Choose recordings of a real corpus, evenly over its sorted files."""
    root = os.environ.get("SER_TEST_CORPORA")
    if not root:
        pytest.skip("SER_TEST_CORPORA does not name the folder of real corpora")

    def choose(corpus: str, number: int) -> list[Path]:
        files = sorted(p for p in Path(root, corpus).rglob("*") if p.suffix in SUFFIXES)
        assert files
        return files[:: max(len(files) // number, 1)][:number]

    return choose
