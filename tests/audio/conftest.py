from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

Signal = npt.NDArray[np.float32]
Write = Callable[..., Path]


@pytest.fixture(scope="session")
def tone() -> Signal:
    """Return half a second of a 220 Hz tone at 44.1 kHz."""
    t = np.arange(22_050) / 44_100
    return (0.3 * np.sin(2 * np.pi * 220 * t)).astype(np.float32)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return what writes a signal to a file and names it."""

    def write_file(
        name: str,
        y: Signal,
        *,
        sample_rate: int = 44_100,
        container: str | None = None,
        subtype: str | None = None,
    ) -> Path:
        path = tmp_path / name
        soundfile.write(path, y, sample_rate, format=container, subtype=subtype)
        return path

    return write_file
