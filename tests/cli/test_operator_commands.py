"""What the operator sees and does in a shell: ``settings`` and ``clean``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ser_core.cli.main import main
from ser_core.store.data_folder import DataFolder
from ser_core.store.runs import RunStore
from ser_core.store.settings import variable
from ser_core.store.settings_values import KINDS


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataFolder:
    monkeypatch.setenv("SER_LAB_HOME", str(tmp_path))
    for name in KINDS:
        monkeypatch.delenv(variable(name), raising=False)
    return DataFolder(tmp_path).prepare()


def configure(data: DataFolder, text: str) -> None:
    (data.root / "config.toml").write_text(text, encoding="utf-8")


def put_old_run(data: DataFolder) -> None:
    RunStore(data.runs).add(
        {
            "schema_version": 1,
            "kind": "study",
            "id": "old",
            "created_utc": "2001-01-01T00:00:00+00:00",
        }
    )


def test_every_setting_is_shown_with_where_it_comes_from(
    data: DataFolder,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure(data, "shared = true\n")
    monkeypatch.setenv("SER_LAB_MAX_JOB_S", "90")
    assert main(["settings", "show", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert set(shown) == set(KINDS)
    assert shown["shared"] == {"value": True, "from": "config.toml"}
    assert shown["max_job_s"] == {"value": 90, "from": "SER_LAB_MAX_JOB_S"}
    assert shown["corpus_folders"] == {"value": [], "from": "shared"}
    assert main(["settings", "show"]) == 0
    assert "visitor_bytes" in capsys.readouterr().out


def test_check_names_what_is_wrong(
    data: DataFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(data, "shared = maybe\n")
    assert main(["settings", "check"]) == 2
    assert "config.toml" in capsys.readouterr().err
    configure(data, 'shared = true\nmax_job_s = "long"\n')
    assert main(["settings", "check"]) == 2
    assert "max_job_s = 'long'" in capsys.readouterr().err


def test_check_hints_at_what_may_be_a_mistake(
    data: DataFolder,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    missing = json.dumps(str(data.root / "nowhere"))
    configure(data, f'corpus_folders = [{missing}]\nstart_jobs = "operator"\n')
    monkeypatch.setenv("SER_LAB_MAX_JOBS", "3")
    assert main(["settings", "check"]) == 0
    said = capsys.readouterr().err
    for word in ("SER_LAB_MAX_JOBS", "nowhere", "without operators"):
        assert word in said


def test_clean_says_what_it_removes(
    data: DataFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    put_old_run(data)
    assert main(["clean"]) == 0
    assert "nothing expires here" in capsys.readouterr().out
    configure(data, "keep_records_days = 30\n")
    assert main(["clean", "--keep", "old"]) == 0
    assert main(["clean"]) == 0
    assert len(RunStore(data.runs).list()) == 1
    assert main(["clean", "--release", "old"]) == 0
    capsys.readouterr()
    assert main(["clean", "--dry-run"]) == 0
    assert "would remove: folders of 0 ended jobs, 1 run records" in (
        capsys.readouterr().out
    )
    assert len(RunStore(data.runs).list()) == 1
    assert main(["clean"]) == 0
    assert RunStore(data.runs).list() == []


def test_only_a_stored_run_can_be_kept(
    data: DataFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["clean", "--keep", "nothing"]) == 1
    assert "is not in" in capsys.readouterr().err
    assert not (data.root / "owners.json").exists()
