"""What is removed after its time, and everything that must stay."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ser_core.store.data_folder import DataFolder
from ser_core.store.owners import Owners
from ser_core.store.retention import Removed, sweep_if_due, sweep_old
from ser_core.store.runs import RunStore
from ser_core.store.settings import Settings

NOW = datetime(2030, 6, 1, 12, tzinfo=UTC)
RULES = Settings(keep_jobs_days=14, keep_records_days=30)

linking = pytest.mark.skipif(os.name == "nt", reason="links need a privilege")


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "lab").prepare()


def written(path: Path, *, days_ago: float, content: bytes = b"{}") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    seconds = (NOW - timedelta(days=days_ago)).timestamp()
    os.utime(path, (seconds, seconds))
    return path


def put_job(
    data: DataFolder, letter: str, *, ended: str | None, days_ago: float
) -> str:
    job_id = letter * 32
    folder = data.jobs / job_id
    written(folder / "ticket.json", days_ago=days_ago)
    if ended is not None:
        written(folder / ended, days_ago=days_ago, content=b"x" * 1_000)
    return job_id


def put_run(
    data: DataFolder, name: str, *, days_ago: float, source: str = "local"
) -> str:
    created = (NOW - timedelta(days=days_ago)).isoformat()
    RunStore(data.runs).add(
        {
            "schema_version": 1,
            "kind": "study",
            "id": name,
            "created_utc": created,
            "source": source,
        }
    )
    return name


def stored(data: DataFolder) -> set[str]:
    return {run.id for run in RunStore(data.runs).list()}


def test_old_ended_jobs_go_and_the_others_stay(data: DataFolder) -> None:
    old = put_job(data, "a", ended="result.json", days_ago=15)
    failed = put_job(data, "b", ended="outcome.json", days_ago=20)
    young = put_job(data, "c", ended="result.json", days_ago=13)
    running = put_job(data, "d", ended=None, days_ago=400)
    removed = sweep_old(data, RULES, NOW)
    assert set(removed.jobs) == {old, failed}
    assert removed.n_bytes == 2 * (1_000 + 2)
    assert {path.name for path in data.jobs.iterdir()} == {young, running}


def test_old_records_go_unless_they_are_kept(data: DataFolder) -> None:
    put_run(data, "old", days_ago=31)
    put_run(data, "young", days_ago=29)
    put_run(data, "kept", days_ago=900)
    Owners(data).claim("run", "old", "ann")
    Owners(data).keep("run", "kept", kept=True)
    assert sweep_old(data, RULES, NOW).runs == ("old",)
    assert stored(data) == {"young", "kept"}
    assert "old" not in Owners(data).marks("run")
    Owners(data).keep("run", "kept", kept=False)
    assert sweep_old(data, RULES, NOW).runs == ("kept",)


def test_an_imported_record_counts_from_its_import(data: DataFolder) -> None:
    put_run(data, "by the operator", days_ago=900, source="imported")
    put_run(data, "by a visitor", days_ago=900, source="imported")
    Owners(data).claim("run", "by a visitor", "ann")
    soon = datetime.now(UTC) + timedelta(days=29)
    assert sweep_old(data, RULES, soon).runs == ()
    late = datetime.now(UTC) + timedelta(days=31)
    assert sweep_old(data, RULES, late).runs == ("by a visitor",)


def test_old_searches_go(data: DataFolder) -> None:
    old = written(data.root / "searches" / "old.journal", days_ago=31)
    young = written(data.root / "searches" / "young.journal", days_ago=3)
    assert sweep_old(data, RULES, NOW).searches == ("old.journal",)
    assert (old.exists(), young.exists()) == (False, True)


def test_models_corpora_and_features_stay(data: DataFolder) -> None:
    places = [data.models / "m" / "card.json", data.corpora / "c" / "a.wav"]
    places.append(data.features / "k" / "X.npy")
    for place in places:
        written(place, days_ago=9_000)
    assert sweep_old(data, RULES, NOW) == Removed()
    assert all(place.exists() for place in places)


def test_without_a_limit_nothing_goes(data: DataFolder) -> None:
    put_job(data, "a", ended="result.json", days_ago=9_000)
    put_run(data, "r", days_ago=9_000)
    assert sweep_old(data, Settings(), NOW) == Removed()


def test_a_dry_run_says_the_same_and_removes_nothing(data: DataFolder) -> None:
    put_job(data, "a", ended="result.json", days_ago=15)
    put_run(data, "r", days_ago=31)
    written(data.root / "searches" / "s", days_ago=31)
    said = sweep_old(data, RULES, NOW, dry_run=True)
    assert (len(said.jobs), len(said.runs), len(said.searches)) == (1, 1, 1)
    assert sweep_old(data, RULES, NOW) == said


@linking
def test_nothing_outside_the_data_folder_goes(data: DataFolder, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    written(outside / "result.json", days_ago=100)
    written(outside / "precious", days_ago=100)
    (data.jobs / ("a" * 32)).symlink_to(outside)
    (data.root / "searches").symlink_to(outside)
    inner = put_job(data, "b", ended="result.json", days_ago=100)
    (data.jobs / inner / "link").symlink_to(outside)
    written(data.jobs / "notes" / "result.json", days_ago=100)
    assert sweep_old(data, RULES, NOW).jobs == (inner,)
    assert (outside / "precious").exists()
    assert (outside / "result.json").exists()
    assert (data.jobs / "notes" / "result.json").exists()


def test_two_at_once_remove_everything_once(data: DataFolder) -> None:
    for letter in "abcdef0123":
        put_job(data, letter, ended="result.json", days_ago=15)
        put_run(data, letter, days_ago=31)
    results: list[Removed] = []
    threads = [
        threading.Thread(target=lambda: results.append(sweep_old(data, RULES, NOW)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(results) == 3
    assert sorted(job for r in results for job in r.jobs) == sorted(
        letter * 32 for letter in "abcdef0123"
    )
    assert sorted(run for r in results for run in r.runs) == sorted("abcdef0123")


def test_it_is_done_once_an_hour_whoever_asks(data: DataFolder) -> None:
    put_job(data, "a", ended="result.json", days_ago=15)
    first = sweep_if_due(data, RULES, NOW)
    assert first is not None
    assert len(first.jobs) == 1
    put_job(data, "b", ended="result.json", days_ago=15)
    assert sweep_if_due(data, RULES, NOW + timedelta(minutes=59)) is None
    later = sweep_if_due(data, RULES, NOW + timedelta(minutes=61))
    assert later is not None
    assert len(later.jobs) == 1


def test_a_clock_that_was_set_back_does_not_stop_it(data: DataFolder) -> None:
    sweep_if_due(data, RULES, NOW)
    assert sweep_if_due(data, RULES, NOW - timedelta(days=400)) is not None


def test_nothing_is_written_where_nothing_expires(data: DataFolder) -> None:
    before = sorted(data.root.rglob("*"))
    assert sweep_if_due(data, Settings(), NOW) is None
    assert sorted(data.root.rglob("*")) == before
