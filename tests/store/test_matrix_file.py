"""The .npy file that is written row by row."""

from __future__ import annotations

import errno
import hashlib
import resource
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

from ser_core.errors import ParameterError, SerError
from ser_core.store.matrix_file import (
    MatrixWriter,
    check_space,
    file_sha256,
    file_size,
    gather_rows,
    open_matrix_file,
    release_pages,
    told_writing,
)


def write(path: Path, rows: Iterable[np.ndarray], *, n_columns: int = 11) -> str:
    with MatrixWriter(path, n_columns=n_columns) as writer:
        for row in rows:
            writer.append(row)
        return writer.sha256


@pytest.fixture
def values() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(37, 11)).astype(np.float32)


@pytest.fixture
def small_files() -> Iterator[None]:
    """Let no file grow beyond 1 MB, as a disk that runs full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_written_rows_are_read_back_to_the_bit(
    tmp_path: Path, values: np.ndarray
) -> None:
    digest = write(tmp_path / "x.npy", values)
    X = open_matrix_file(tmp_path / "x.npy")
    assert np.array_equal(X, values)
    assert X.dtype == np.float32
    assert digest == hashlib.sha256(values.tobytes()).hexdigest()
    assert digest == file_sha256(tmp_path / "x.npy")
    assert (tmp_path / "x.npy").stat().st_size == file_size(37, 11)


def test_numpy_itself_reads_the_file(tmp_path: Path, values: np.ndarray) -> None:
    write(tmp_path / "x.npy", values)
    assert np.array_equal(np.load(tmp_path / "x.npy"), values)


def test_matrix_cannot_be_written_through_its_map(
    tmp_path: Path, values: np.ndarray
) -> None:
    write(tmp_path / "x.npy", values)
    X = open_matrix_file(tmp_path / "x.npy")
    assert isinstance(X, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        X[0, 0] = 1


def test_array_of_frames_is_taken_row_major(tmp_path: Path) -> None:
    frames = np.arange(12, dtype=np.float32).reshape(4, 3)
    with MatrixWriter(tmp_path / "x.npy", n_columns=12) as writer:
        writer.append(np.asfortranarray(frames))
    assert open_matrix_file(tmp_path / "x.npy").tolist() == [list(range(12))]


@pytest.mark.parametrize(
    "row", [np.zeros(10, np.float32), np.zeros(11), np.zeros(11, np.float16)]
)
def test_row_of_another_size_or_type_is_refused(
    tmp_path: Path, row: np.ndarray
) -> None:
    with (
        pytest.raises(ParameterError, match=r"takes 11 of float32"),
        MatrixWriter(tmp_path / "x.npy", n_columns=11) as writer,
    ):
        writer.append(row)
    assert not (tmp_path / "x.npy").exists()


def test_interrupted_writing_leaves_no_file(tmp_path: Path) -> None:
    def interrupted() -> Iterator[np.ndarray]:
        yield np.zeros(1, np.float32)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "x.npy", interrupted(), n_columns=1)
    assert not (tmp_path / "x.npy").exists()


def test_full_disk_is_said_and_leaves_no_file(
    tmp_path: Path, small_files: None
) -> None:
    rows = np.ones((2000, 1000), np.float32)
    with pytest.raises(SerError, match=r"MB are free: make room.*half-written is kept"):
        write(tmp_path / "x.npy", rows, n_columns=1000)
    assert not (tmp_path / "x.npy").exists()


def test_disk_that_is_full_at_the_last_flush_leaves_no_file(
    tmp_path: Path, small_files: None
) -> None:
    with (
        pytest.raises(SerError, match="MB are free"),
        MatrixWriter(tmp_path / "x.npy", n_columns=251_000) as writer,
    ):
        writer.append(np.ones(251_000, np.float32))  # 1.004 MB, within the buffer
    assert not (tmp_path / "x.npy").exists()


def test_disk_without_room_is_refused_beforehand(tmp_path: Path) -> None:
    check_space(tmp_path / "not" / "yet", needed_bytes=1)
    with pytest.raises(SerError, match=r"features need 1,000,000,000,000 MB"):
        check_space(tmp_path, needed_bytes=10**18)


def test_other_refusals_of_the_system_are_put_in_words(tmp_path: Path) -> None:
    with (
        pytest.raises(SerError, match=r"Permission denied.*--data-dir") as caught,
        told_writing(tmp_path / "x.npy"),
    ):
        raise PermissionError(errno.EACCES, "Permission denied")
    assert caught.value.path == str(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no matrix", None])
def test_damaged_or_missing_file_is_said(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "x.npy").write_bytes(content)
    with pytest.raises(SerError, match="missing or damaged"):
        open_matrix_file(tmp_path / "x.npy")


def test_truncated_file_is_said(tmp_path: Path, values: np.ndarray) -> None:
    path = tmp_path / "x.npy"
    write(path, values)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(SerError, match="missing or damaged"):
        open_matrix_file(path)


def test_file_with_other_numbers_is_said(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros((2, 2)))
    with pytest.raises(SerError, match="holds float64"):
        open_matrix_file(tmp_path / "x.npy")


def test_pickled_objects_are_never_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(SerError, match="missing or damaged"):
        open_matrix_file(tmp_path / "x.npy")


def test_gathered_rows_equal_fancy_indexing(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(300, 70_000)).astype(np.float32)
    write(tmp_path / "x.npy", values, n_columns=70_000)
    X = open_matrix_file(tmp_path / "x.npy")
    rows = np.random.default_rng(1).permutation(300)[:250]
    part = gather_rows(X, rows)
    assert part.flags.writeable
    assert part.flags.c_contiguous
    assert not isinstance(part, np.memmap)
    assert np.array_equal(part, values[rows])


def test_released_pages_are_read_again(tmp_path: Path, values: np.ndarray) -> None:
    write(tmp_path / "x.npy", values)
    X = open_matrix_file(tmp_path / "x.npy")
    assert X.sum() == values.sum()
    release_pages(X[3:])
    assert np.array_equal(X, values)


def test_plain_arrays_have_no_pages_to_release(values: np.ndarray) -> None:
    before = values.copy()
    release_pages(values[2:])
    assert np.array_equal(values, before)
