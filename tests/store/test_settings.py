"""The operator's settings: strict, overridable, fresh without a restart."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path

import pytest

from ser_core.errors import ParameterError
from ser_core.store.data_folder import DataFolder
from ser_core.store.settings import (
    Settings,
    settings,
    sources,
    unknown_variables,
    variable,
)
from ser_core.store.settings_values import KINDS


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataFolder:
    for name in KINDS:
        monkeypatch.delenv(variable(name), raising=False)
    return DataFolder(tmp_path)


def configure(data: DataFolder, text: str | bytes) -> None:
    content = text if isinstance(text, bytes) else text.encode()
    (data.root / "config.toml").write_bytes(content)


def test_without_a_file_nothing_is_limited(data: DataFolder) -> None:
    assert settings(data) == Settings()
    assert not settings(data).shared
    limits = [name for name in KINDS if name.startswith(("max_jobs", "keep"))]
    assert all(getattr(settings(data), name) is None for name in limits)


def test_every_setting_can_be_written(data: DataFolder) -> None:
    assert {field.name for field in fields(Settings)} == set(KINDS)


def test_a_shared_server_is_stricter_where_nothing_else_is_set(
    data: DataFolder,
) -> None:
    configure(data, "shared = true\nmax_job_s = 7200\n")
    chosen = settings(data)
    assert chosen.shared
    assert chosen.corpus_folders == ()
    assert chosen.max_job_s == 7200
    assert chosen.max_jobs_per_visitor == 2
    assert chosen.visitor_bytes == 500_000_000


def test_a_limit_of_a_shared_server_can_be_lifted(data: DataFolder) -> None:
    configure(data, 'shared = true\nmax_job_s = "unlimited"\ncorpus_folders = "any"\n')
    assert settings(data).max_job_s is None
    assert settings(data).corpus_folders is None


def test_the_environment_wins_over_the_file(
    data: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(data, 'shared = false\nmax_job_s = 5\noperators = ["ann@lab.example"]\n')
    folders = [str(data.root / "a"), str(data.root / "b")]
    monkeypatch.setenv("SER_LAB_SHARED", "True")
    monkeypatch.setenv("SER_LAB_CORPUS_FOLDERS", os.pathsep.join(folders))
    monkeypatch.setenv("SER_LAB_MAX_JOB_S", "60")
    monkeypatch.setenv("SER_LAB_OPERATORS", "bob@lab.example, carol")
    chosen = settings(data)
    assert chosen.shared
    assert chosen.corpus_folders == (data.root / "a", data.root / "b")
    assert chosen.max_job_s == 60
    assert chosen.operators == ("bob@lab.example", "carol")
    assert sources(data)["max_job_s"] == "SER_LAB_MAX_JOB_S"
    assert sources(data)["visitor_bytes"] == "shared"
    assert sources(data)["max_upload_s"] == "default"


def test_a_changed_file_counts_without_a_restart(data: DataFolder) -> None:
    configure(data, "max_job_s = 10\n")
    assert settings(data).max_job_s == 10
    configure(data, "max_job_s = 2000\n")
    assert settings(data).max_job_s == 2000
    (data.root / "config.toml").unlink()
    assert settings(data).max_job_s is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sharde = true", "'sharde' is no setting"),
        ("[server]\nport = 1", "'server' is no setting"),
        ('shared = "yes"', "shared = 'yes'"),
        ("shared = 1", "true or false"),
        ("max_job_s = true", "max_job_s = True"),
        ("max_job_s = 0", "1 to 31,536,000"),
        ("max_job_s = 3.5", "a whole number"),
        ("max_job_s = nan", "a whole number"),
        ('max_upload_s = "unlimited"', "max_upload_s = 'unlimited'"),
        ("max_jobs_waiting = -1", "max_jobs_waiting = -1"),
        ('start_jobs = "nobody"', '"signed-in"'),
        ('start_jobs = ["everyone"]', "start_jobs"),
        ('corpus_folders = "/srv"', "a list of absolute paths"),
        ('corpus_folders = ["srv/corpora"]', "is not absolute"),
        ('corpus_folders = ["/"]', "the whole disk"),
        ('corpus_folders = ["/srv/.."]', "the whole disk"),
        ('corpus_folders = ["/srv\\u0000"]', "control characters"),
        ('corpus_folders = [""]', "empty"),
        ("operators = [1]", "operators"),
        (f'operators = ["{"a" * 400}"]', "longer than an address"),
        ("max_job_s = ", "no TOML"),
        (b"\xff\xfe\x00", "no TOML"),
        ("a = " + "[" * 5_000, "no TOML"),
        ("#" * 300_000, "larger than"),
    ],
)
def test_nonsense_is_refused_with_file_key_and_what_is_allowed(
    data: DataFolder, text: str | bytes, said: str
) -> None:
    configure(data, text)
    with pytest.raises(ParameterError) as error:
        settings(data)
    assert said in str(error.value)
    assert "config.toml" in str(error.value)
    assert len(str(error.value)) < 1_000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SHARED", "yes"),
        ("MAX_JOB_S", "١٢"),
        ("MAX_JOB_S", "-5"),
        ("MAX_JOB_S", ""),
        ("START_JOBS", "all"),
        ("CORPUS_FOLDERS", "relative"),
        ("VISITOR_BYTES", "9" * 30),
    ],
)
def test_nonsense_in_the_environment_names_the_variable(
    data: DataFolder, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"SER_LAB_{name}", value)
    with pytest.raises(ParameterError, match=f"SER_LAB_{name}.*is not allowed"):
        settings(data)


def test_a_damaged_file_does_not_open_a_shared_server(data: DataFolder) -> None:
    configure(data, "shared = true\n")
    assert settings(data).shared
    configure(data, "shared = true\nmax_job_s = many\n")
    for _ in range(2):
        with pytest.raises(ParameterError):
            settings(data)


def test_a_misspelled_variable_is_found() -> None:
    given = {"SER_LAB_HOME": "x", "SER_LAB_SHARED": "true", "SER_LAB_SHRED": "true"}
    assert unknown_variables(given) == ["SER_LAB_SHRED"]


def test_every_setting_is_in_the_operators_table() -> None:
    text = (Path(__file__).parents[2] / "docs" / "deploying.md").read_text("utf-8")
    missing = [n for n in KINDS if f"| `{n}`, `{n.upper()}` |" not in text]
    assert missing == []
