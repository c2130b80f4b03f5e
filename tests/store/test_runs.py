"""The run store: many processes, damaged files, full and read-only disks."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ser_core.errors import ParameterError, RecordError
from ser_core.store.runs import RunStore
from ser_core.store.versions import upgrade


def bench_record(run_id: str = "a", **changes: Any) -> dict[str, Any]:
    record = {
        "schema_version": 1,
        "kind": "bench",
        "id": run_id,
        "created_utc": "2026-01-02T03:04:05Z",
        "label": "งานแรก",
        "source": "local",
        "corpus": {"name": "synthetic", "synthetic": True, "n_files": 8},
        "summary": [
            {"arm": "reference/sequential/1/1", "speedup": 1.0},
            {"arm": "reference/loky/2/1", "speedup": 1.9},
            {"arm": "reference/loky/4/1", "speedup": None},
        ],
        "samples": {"reference/loky/2/1": [{"t_s": 0.1}] * 50},
    }
    return {**record, **changes}


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "data" / "runs.sqlite")


def test_record_comes_back_as_it_was(store: RunStore) -> None:
    assert store.add(bench_record()) == "a"
    assert store.get("a") == bench_record()


def test_listing_shows_newest_first_with_headline(store: RunStore) -> None:
    store.add(bench_record("old"))
    store.add(
        bench_record(
            "new",
            created_utc="2026-02-01T00:00:00Z",
            kind="pipeline",
            version="enhanced",
            total_wall_s=12.5,
            accuracy=0.4,
            accuracy_unseen_speakers=None,
        )
    )
    new, old = store.list()
    assert (new.id, new.version, new.total_wall_s, new.accuracy) == (
        "new",
        "enhanced",
        12.5,
        0.4,
    )
    assert new.accuracy_unseen_speakers is None
    assert (old.id, old.label, old.synthetic, old.n_files) == ("old", "งานแรก", True, 8)
    assert (old.speedup, old.speedup_arm) == (1.9, "reference/loky/2/1")


def test_nothing_is_created_by_reading(store: RunStore) -> None:
    assert store.list() == []
    with pytest.raises(RecordError, match="'a' is not in") as caught:
        store.get("a")
    assert str(store.path.parent) not in caught.value.message
    with pytest.raises(RecordError) as caught:
        store.get("a" * 100_000)
    assert len(caught.value.message) < 300
    with pytest.raises(RecordError, match="'a' is not in"):
        store.delete("a")
    assert not store.path.parent.exists()


def test_deleted_record_is_gone_and_others_stay(store: RunStore) -> None:
    store.add(bench_record("a"))
    store.add(bench_record("b"))
    store.delete("a")
    assert [run.id for run in store.list()] == ["b"]
    with pytest.raises(RecordError, match="'a' is not in"):
        store.delete("a")


def test_same_id_twice_is_refused_and_keeps_the_first(store: RunStore) -> None:
    store.add(bench_record(label="first"))
    with pytest.raises(RecordError, match="stored already"):
        store.add(bench_record(label="second"))
    assert store.get("a")["label"] == "first"


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, Path("x")])
def test_only_plain_json_is_stored(store: RunStore, value: object) -> None:
    with pytest.raises(RecordError, match="no plain JSON"):
        store.add(bench_record(notes=[value]))
    assert store.list() == []


@pytest.mark.parametrize("key", ["id", "created_utc", "kind"])
def test_missing_key_is_named(store: RunStore, key: str) -> None:
    record = bench_record()
    del record[key]
    with pytest.raises(RecordError, match=key):
        store.add(record)


def test_unknown_kind_is_refused(store: RunStore) -> None:
    with pytest.raises(ParameterError, match="kind = 'other'"):
        store.add(bench_record(kind="other"))


def test_connections_use_the_rollback_journal(store: RunStore) -> None:
    store.add(bench_record())
    with sqlite3.connect(store.path) as connection:
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    connection.close()
    assert mode == "delete"
    assert [p.name for p in store.path.parent.iterdir()] == ["runs.sqlite"]


def test_threads_that_start_at_once_lose_nothing(store: RunStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: store.add(bench_record(f"{i:02d}")), range(40)))
    assert sorted(run.id for run in store.list()) == [f"{i:02d}" for i in range(40)]


@pytest.mark.timeout(60)
def test_processes_that_start_at_once_lose_nothing(store: RunStore) -> None:
    code = (
        "import json, sys; from pathlib import Path;"
        "from ser_core.store.runs import RunStore;"
        "record = json.loads(sys.argv[2]); store = RunStore(Path(sys.argv[1]));"
        "[store.add({**record, 'id': f'{sys.argv[3]}-{i}'}) for i in range(10)]"
    )
    writers = [
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                code,
                str(store.path),
                json.dumps(bench_record()),
                str(n),
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in range(4)
    ]
    for writer in writers:
        _, errors = writer.communicate(timeout=50)
        assert writer.returncode == 0, errors
    assert len(store.list()) == 40


@pytest.mark.parametrize("damage", ["garbage", "torn"])
def test_damaged_file_is_named_with_a_remedy_and_left_alone(
    store: RunStore, damage: str
) -> None:
    for i in range(40):
        store.add(bench_record(str(i)))
    whole = store.path.read_bytes()
    broken = b"no database at all " * 300 if damage == "garbage" else whole[:5000]
    store.path.write_bytes(broken)
    for operation in (
        store.list,
        lambda: store.get("1"),
        lambda: store.delete("1"),
        lambda: store.add(bench_record("new")),
    ):
        with pytest.raises(RecordError, match=r"is damaged.*recover") as caught:
            operation()
        assert caught.value.path == str(store.path)
        assert str(store.path) in str(caught.value)
    assert store.path.read_bytes() == broken


def test_somebody_elses_database_is_not_touched(store: RunStore) -> None:
    store.path.parent.mkdir()
    with sqlite3.connect(store.path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = store.path.read_bytes()
    with pytest.raises(RecordError, match="no run store of SER Lab"):
        store.add(bench_record())
    assert store.path.read_bytes() == before


def test_store_of_a_newer_version_is_refused(store: RunStore) -> None:
    store.add(bench_record())
    with sqlite3.connect(store.path) as connection:
        connection.execute("PRAGMA user_version = 9")
    connection.close()
    with pytest.raises(RecordError, match="newer SER Lab"):
        store.list()


def test_folder_in_the_files_place_is_explained(tmp_path: Path) -> None:
    folder = tmp_path / "runs.sqlite"
    folder.mkdir()
    with pytest.raises(RecordError, match=r"runs\.sqlite' cannot be opened"):
        RunStore(folder).list()


def test_data_folder_that_is_a_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(RecordError, match="cannot be opened"):
        RunStore(tmp_path / "data" / "runs.sqlite").add(bench_record())


def test_full_disk_loses_nothing_that_was_stored(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add(bench_record("a"))
    connect = sqlite3.connect

    def connect_to_small_disk(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection = connect(*args, **kwargs)
        connection.execute("PRAGMA max_page_count = 4")
        return connection

    with monkeypatch.context() as small:
        small.setattr(sqlite3, "connect", connect_to_small_disk)
        with pytest.raises(RecordError, match="the disk is full"):
            store.add(bench_record("b", notes=["x" * 100_000]))
    assert [run.id for run in store.list()] == ["a"]


def test_locked_file_is_explained(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add(bench_record())
    monkeypatch.setattr("ser_core.store.runs._BUSY_TIMEOUT_S", 0.05)
    holder = sqlite3.connect(store.path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(RecordError, match="in use by another process"):
            store.add(bench_record("b"))
    finally:
        holder.close()


def test_read_only_file_can_be_listed_and_says_why_it_cannot_grow(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add(bench_record())
    connect = sqlite3.connect

    def connect_read_only(address: str, **kwargs: Any) -> sqlite3.Connection:
        return connect(address.replace("mode=rwc", "mode=ro"), **kwargs)

    monkeypatch.setattr(sqlite3, "connect", connect_read_only)
    assert len(store.list()) == 1
    with pytest.raises(RecordError, match="may not be written"):
        store.add(bench_record("b"))


def test_old_record_is_upgraded_step_by_step() -> None:
    steps = {
        1: lambda r: {**r, "b": r["a"] + 1},
        2: lambda r: {**r, "c": r["b"] + 1},
    }
    old = {"schema_version": 1, "a": 1}
    assert upgrade(old, steps=steps, newest=3) == {
        "schema_version": 3,
        "a": 1,
        "b": 2,
        "c": 3,
    }
    assert old == {"schema_version": 1, "a": 1}


@pytest.mark.parametrize("version", [None, "1", True, 0, -3, 2, 1.0])
def test_unknown_version_is_refused(store: RunStore, version: object) -> None:
    with pytest.raises(RecordError, match="schema_version"):
        store.add(bench_record(schema_version=version))
