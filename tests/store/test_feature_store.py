"""Entries of the feature store: whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ser_core.errors import ParameterError, SerError
from ser_core.store.entry_writer import EntryWriter
from ser_core.store.features import FeatureStore

KEY = "ab" * 32
OTHER = "cd" * 32
VALUES = np.random.default_rng(0).normal(size=(20, 6)).astype(np.float32)
DOCUMENT = {"rows": {"path": [f"é{i}.wav" for i in range(20)]}, "note": "größer"}

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def store(tmp_path: Path) -> FeatureStore:
    return FeatureStore(tmp_path / "features")


def put(store: FeatureStore, key: str = KEY) -> None:
    with store.locked(key), store.writing(key, n_columns=6) as writer:
        assert writer.done == []
        for row in VALUES:
            writer.append(row, {})
        writer.finish(DOCUMENT)


def fail_after(store: FeatureStore, n_files: int) -> None:
    """Do some files, every fourth without a row, and fail."""
    with store.locked(KEY), store.writing(KEY, n_columns=6) as writer:
        for number in range(n_files):
            row = None if number % 4 == 3 else VALUES[number]
            writer.append(row, {"number": number, "note": "größer"})
        raise ZeroDivisionError


def go_on(store: FeatureStore) -> tuple[list[int], np.ndarray]:
    """Do what is left of those files; return what was done, and all rows."""
    with store.locked(KEY), store.writing(KEY, n_columns=6) as writer:
        done = [about["number"] for about in writer.done]
        for number in range(len(done), 20):
            row = None if number % 4 == 3 else VALUES[number]
            writer.append(row, {"number": number})
        writer.finish({})
    stored = store.open(KEY)
    assert stored is not None
    assert stored.sha256 == hashlib.sha256(stored.X.tobytes()).hexdigest()
    return done, np.array(stored.X)


EXPECTED = VALUES[[number for number in range(20) if number % 4 != 3]]


def names(store: FeatureStore) -> set[str]:
    """List what lies in the store, its locks left out."""
    return {p.name for p in store.folder.iterdir() if p.suffix != ".lock"}


def test_entry_is_read_back_as_it_was_written(store: FeatureStore) -> None:
    assert store.open(KEY) is None
    put(store)
    stored = store.open(KEY)
    assert stored is not None
    assert np.array_equal(stored.X, VALUES)
    assert isinstance(stored.X, np.memmap)
    assert stored.document == DOCUMENT
    assert store.keys() == [KEY]
    assert names(store) == {KEY}


def test_interrupted_entry_is_not_there_and_is_continued(store: FeatureStore) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_after(store, 9)
    assert store.open(KEY) is None
    assert store.keys() == []
    done, rows = go_on(store)
    assert done == list(range(9))
    assert np.array_equal(rows, EXPECTED)
    assert names(store) == {KEY}
    assert {p.name for p in (store.folder / KEY).iterdir()} == {
        "values.npy",
        "index.json",
    }


def test_entry_is_continued_after_any_number_of_interruptions(
    store: FeatureStore,
) -> None:
    for n_files in (5, 2, 1):
        with (
            pytest.raises(ZeroDivisionError),
            store.writing(KEY, n_columns=6) as writer,
        ):
            _append_some(writer, n_files)
    done, rows = go_on(store)
    assert done == list(range(8))
    assert np.array_equal(rows, EXPECTED)


def _append_some(writer: EntryWriter, n_files: int) -> None:
    start = len(writer.done)
    for number in range(start, start + n_files):
        row = None if number % 4 == 3 else VALUES[number]
        writer.append(row, {"number": number})
    raise ZeroDivisionError


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    values_cut=st.integers(0, 330), journal_cut=st.integers(0, 420), flip=st.booleans()
)
def test_what_a_torn_part_lacks_is_done_again(
    tmp_path: Path, values_cut: int, journal_cut: int, flip: bool
) -> None:
    with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
        store = FeatureStore(Path(folder) / "features")
        with pytest.raises(ZeroDivisionError):
            fail_after(store, 10)
        part = store.folder / f"{KEY}.part"
        for name, cut in (("values.npy", values_cut), ("journal.jsonl", journal_cut)):
            content = bytearray((part / name).read_bytes())
            if flip and name == "values.npy" and cut < len(content):
                content[-1 - cut] ^= 1
            elif cut:
                del content[-cut:]
            (part / name).write_bytes(content)
        done, rows = go_on(store)
        assert done == list(range(len(done)))
        assert np.array_equal(rows, EXPECTED)


def test_parts_are_removed_after_a_week(store: FeatureStore) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_after(store, 9)
    put(store, OTHER)
    assert names(store) == {f"{KEY}.part", OTHER}
    long_ago_s = time.time() - 8 * 24 * 3600
    os.utime(store.folder / f"{KEY}.part", (long_ago_s, long_ago_s))
    put(store, OTHER)
    assert names(store) == {OTHER}


def test_full_disk_keeps_no_part(store: FeatureStore) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    row = np.ones(100_000, np.float32)

    def fill() -> None:
        with store.writing(KEY, n_columns=len(row)) as writer:
            for _ in range(20):
                writer.append(row, {})

    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, before[1]))
    try:
        with pytest.raises(SerError, match="make room"):
            fill()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert names(store) == set()


def test_entry_without_document_is_not_kept(store: FeatureStore) -> None:
    with (
        pytest.raises(SerError, match="no document"),
        store.writing(KEY, n_columns=6) as writer,
    ):
        writer.append(VALUES[0], {})
    assert store.keys() == []


def test_failed_second_writing_keeps_the_first(store: FeatureStore) -> None:
    put(store)
    with pytest.raises(ZeroDivisionError):
        fail_after(store, 3)
    stored = store.open(KEY)
    assert stored is not None
    assert np.array_equal(stored.X, VALUES)


@pytest.mark.parametrize(
    "damage",
    ["truncated", "longer", "one bit", "torn page", "no values", "no index", "index"],
)
def test_damaged_entry_counts_as_missing_and_can_be_made_again(
    store: FeatureStore, damage: str
) -> None:
    put(store)
    values, index = store.folder / KEY / "values.npy", store.folder / KEY / "index.json"
    content = bytearray(values.read_bytes())
    if damage == "truncated":
        values.write_bytes(content[:-1])
    elif damage == "longer":
        values.write_bytes(content + b"\0")
    elif damage == "one bit":
        content[-3] ^= 1
        values.write_bytes(content)
    elif damage == "torn page":
        content[200:400] = bytes(200)
        values.write_bytes(content)
    elif damage == "no values":
        values.unlink()
    elif damage == "no index":
        index.unlink()
    else:
        index.write_bytes(index.read_bytes().replace(b"wav", b"WAV"))
    assert store.open(KEY) is None
    put(store)
    assert store.open(KEY) is not None


def test_copied_entry_is_believed_after_its_checksum(store: FeatureStore) -> None:
    put(store)
    os.utime(store.folder / KEY / "values.npy", ns=(1, 1))
    stored = store.open(KEY)
    assert stored is not None
    assert np.array_equal(stored.X, VALUES)


def test_index_of_another_version_counts_as_missing(
    store: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ser_core.store.features.INDEX_VERSION", 99)
    put(store)
    monkeypatch.undo()
    assert store.open(KEY) is None


def test_killed_writer_leaves_no_entry_and_no_lock(store: FeatureStore) -> None:
    code = (
        "import os, signal, sys, numpy, pathlib\n"
        "from ser_core.store.features import FeatureStore\n"
        "store = FeatureStore(pathlib.Path(sys.argv[1]))\n"
        "with store.locked(sys.argv[2]), "
        "store.writing(sys.argv[2], n_columns=6) as writer:\n"
        "    writer.append(numpy.zeros(6, numpy.float32), {})\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(store.folder), KEY], timeout=50, check=False
    )
    assert done.returncode == -9
    assert store.open(KEY) is None
    put(store)
    assert store.open(KEY) is not None
    assert names(store) == {KEY}


def test_second_writer_waits_for_the_first_and_is_told(store: FeatureStore) -> None:
    order: list[str] = []

    def second() -> None:
        with FeatureStore(store.folder).locked(KEY, on_wait=lambda: order.append("w")):
            order.append("second")

    thread = threading.Thread(target=second)
    with store.locked(KEY):
        thread.start()
        while not order:
            time.sleep(0.01)
        order.append("first")
    thread.join(timeout=20)
    assert order == ["w", "first", "second"]


def test_other_entries_are_not_locked(store: FeatureStore) -> None:
    with store.locked(KEY):
        put(store, OTHER)
    assert store.keys() == [OTHER]


def test_entries_are_removed_one_by_one(store: FeatureStore) -> None:
    assert store.keys() == []
    put(store)
    put(store, OTHER)
    store.remove(KEY)
    store.remove(KEY)
    assert store.keys() == [OTHER]


@pytest.mark.parametrize("key", ["", "../../etc", KEY.upper(), KEY + "0", "x" * 64])
def test_malformed_keys_never_become_paths(store: FeatureStore, key: str) -> None:
    with pytest.raises(ParameterError, match="64 hexadecimal digits"):
        store.open(key)


def test_store_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "features").write_text("no folder")
    store = FeatureStore(tmp_path / "features")
    with pytest.raises(SerError, match="features cannot be written"), store.locked(KEY):
        pass


def test_index_names_no_place_on_this_machine(store: FeatureStore) -> None:
    put(store)
    text = (store.folder / KEY / "index.json").read_text(encoding="utf-8")
    assert str(store.folder) not in text
    assert json.loads(text.partition("\n")[2])["document"] == DOCUMENT


def test_opening_takes_no_longer_for_large_values(store: FeatureStore) -> None:
    put(store)
    reads: list[str] = []
    real = Path.open

    def counted(self: Path, *args: object, **kwargs: object) -> object:
        reads.append(self.name)
        return real(self, *args, **kwargs)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", counted)
        assert store.open(KEY) is not None
    assert "values.npy" not in reads  # its checksum would have read the whole file
