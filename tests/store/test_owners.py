"""Whose a stored thing is: remembered in one file, by many processes."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ser_core.errors import ParameterError, RecordError
from ser_core.store.data_folder import DataFolder
from ser_core.store.owners import Owners


@pytest.fixture
def owners(tmp_path: Path) -> Owners:
    return Owners(DataFolder(tmp_path))


def test_what_is_not_remembered_belongs_to_the_operator(owners: Owners) -> None:
    assert owners.owner("run", "r") is None
    assert not owners.path.exists()


def test_a_claim_is_found_again_and_forgotten(owners: Owners) -> None:
    owners.claim("model", "m", "ann")
    owners.claim("run", "m", "ben")
    assert owners.owner("model", "m") == "ann"
    assert owners.names("run", "ben") == ["m"]
    owners.forget("model", "m", "never there")
    assert owners.owner("model", "m") is None
    assert owners.owner("run", "m") == "ben"


def test_a_new_thing_of_an_old_name_has_a_new_owner(owners: Owners) -> None:
    owners.claim("model", "m", "ann")
    owners.keep("model", "m", kept=True)
    owners.claim("model", "m", None)
    assert owners.owner("model", "m") is None
    assert not owners.marks("model")["m"].kept


def test_keeping_does_not_change_the_owner(owners: Owners) -> None:
    owners.claim("run", "r", "ann")
    owners.keep("run", "r", kept=True)
    owners.keep("run", "other", kept=True)
    assert (owners.marks("run")["r"].owner, owners.marks("run")["r"].kept) == (
        "ann",
        True,
    )
    assert owners.owner("run", "other") is None


def test_no_claim_is_lost_when_many_write_at_once(owners: Owners) -> None:
    def claim(number: int) -> None:
        owners.claim("run", f"r{number}", "ann")

    threads = [threading.Thread(target=claim, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(owners.names("run", "ann")) == 12


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"schema_version": 2}',
        b'{"schema_version": 1}',
        b'{"schema_version": 1, "run": {"r": {}}, "model": {}, "corpus": {}, '
        b'"folder": {}}',
        b'{"schema_version": 1, "run": {"r": {"owner": 3, "since_utc": "2025-01-01", '
        b'"kept": false}}, "model": {}, "corpus": {}, "folder": {}}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_said_and_left_alone(owners: Owners, content: bytes) -> None:
    owners.path.write_bytes(content)
    with pytest.raises(RecordError, match="move that file away"):
        owners.owner("run", "r")
    with pytest.raises(RecordError):
        owners.claim("run", "r", "ann")
    assert owners.path.read_bytes() == content


def test_an_unknown_kind_is_refused(owners: Owners) -> None:
    with pytest.raises(ParameterError):
        owners.claim("job", "x", None)
