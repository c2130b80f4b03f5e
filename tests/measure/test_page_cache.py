from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from ser_core.measure import page_cache
from ser_core.measure.page_cache import (
    cold_unavailable_reason,
    drop_page_cache,
    resident_bytes,
    warm_page_cache,
)

SIZE = 3_000_000

needs_fadvise = pytest.mark.skipif(
    cold_unavailable_reason() is not None, reason="this system has no posix_fadvise"
)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    made = [tmp_path / name for name in ("a.bin", "b.bin")]
    for path in made:
        path.write_bytes(os.urandom(SIZE))
    (tmp_path / "empty.bin").touch()
    return [*made, tmp_path / "empty.bin"]


@needs_fadvise
def test_files_that_were_just_written_leave_memory_and_come_back(
    files: list[Path],
) -> None:
    if not resident_bytes(files):
        pytest.skip("this file system does not use the page cache")
    report = drop_page_cache(files)
    assert report.n_files == 3
    assert report.reason is None
    assert report.dropped_bytes is not None
    assert report.dropped_bytes >= 2 * SIZE
    assert report.left_bytes == 0
    assert resident_bytes(files) == 0
    assert warm_page_cache(files) is None
    held = resident_bytes(files)
    assert held is not None
    assert held >= 2 * SIZE


@needs_fadvise
def test_missing_file_is_passed_over(files: list[Path], tmp_path: Path) -> None:
    report = drop_page_cache([tmp_path / "missing.bin", files[0]])
    assert report.n_files == 1
    assert warm_page_cache([tmp_path / "missing.bin", files[0]]) is None


@needs_fadvise
def test_contents_survive(files: list[Path]) -> None:
    before = files[0].read_bytes()
    drop_page_cache(files)
    assert files[0].read_bytes() == before


def test_system_without_fadvise_says_so(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "posix_fadvise", raising=False)
    report = drop_page_cache(files)
    assert (report.n_files, report.dropped_bytes) == (0, None)
    assert report.reason is not None
    assert "warm" in report.reason
    assert cold_unavailable_reason() == report.reason


@needs_fadvise
def test_unknown_residency_is_said(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "LINUX", False)
    report = drop_page_cache(files)
    assert report.n_files == 3
    assert report.dropped_bytes is None
    assert report.reason is not None
    assert resident_bytes(files) is None


def test_files_larger_than_the_memory_are_not_read(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        page_cache.psutil, "virtual_memory", lambda: SimpleNamespace(available=SIZE)
    )
    reason = warm_page_cache(files)
    assert reason is not None
    assert "from the disk" in reason
