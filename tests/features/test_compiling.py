"""Compiled code in a folder that several processes share."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(170)

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from ser_core.features.front_ends import front_end
assert "librosa" not in sys.modules
front_end("reference")
"""


def begun(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=os.environ | {"NUMBA_CACHE_DIR": str(folder)},
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> None:
    _, errors = process.communicate(timeout=150)
    assert process.returncode == 0, errors


def test_two_at_once_compile_one_after_the_other(tmp_path: Path) -> None:
    for process in [begun(tmp_path), begun(tmp_path)]:
        ended(process)
    assert len(list(tmp_path.glob("compiled-*"))) == 1
    made = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.nb[ci]")}
    assert made
    ended(begun(tmp_path))
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.nb[ci]")} == made


def test_a_folder_that_cannot_be_written_keeps_nobody_from_working(
    tmp_path: Path,
) -> None:
    place = tmp_path / "file"
    place.write_text("no folder")
    ended(begun(place / "below"))
