"""The files that an operator copies name what is there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from served_app import ROOT

DEPLOY = ROOT / "deploy"
CONTAINERFILE = (DEPLOY / "Containerfile").read_text()
UNIT = (DEPLOY / "ser-lab.service").read_text()


def instructions(name: str) -> list[str]:
    joined = CONTAINERFILE.replace("\\\n", " ")
    return [
        line.removeprefix(name).strip()
        for line in joined.splitlines()
        if line.startswith(f"{name} ")
    ]


def copied() -> dict[str, str]:
    """Where each source of the image goes, below /opt/ser-lab."""
    places = {}
    for line in instructions("COPY"):
        *sources, target = line.split()
        for source in sources:
            into = target.rstrip("/").removeprefix("./").removeprefix(".")
            places[source] = f"{into}/{source}" if target.endswith("/") else into
    return places


def test_everything_that_the_image_takes_is_there() -> None:
    assert len(copied()) > 5
    for source in copied():
        assert (ROOT / source).exists(), source


def test_everything_that_the_app_needs_is_taken() -> None:
    taken = set(copied())
    assert {"streamlit_app.py", "pages", "ser_core", ".streamlit/config.toml"} <= taken
    for line in instructions("RUN"):
        for name in re.findall(r"-[rc] (\S+\.txt)", line):
            assert name in taken, name
    required = re.findall(r"^-r (\S+)", (ROOT / "requirements-signin.txt").read_text())
    assert set(required) <= taken


def test_no_secret_is_taken() -> None:
    assert ".streamlit" not in copied()
    assert ".streamlit/secrets.toml" in (ROOT / ".gitignore").read_text()


def test_base_and_user_are_pinned() -> None:
    base = instructions("ARG")[0]
    assert re.search(r"python:3\.\d+\.\d+-slim-\w+$", base)
    assert instructions("FROM") == ["${BASE}"]
    assert instructions("USER") == ["10001"]
    assert instructions("VOLUME") == ['["/data"]']


def test_entry_is_a_shell_script_that_is_taken() -> None:
    assert instructions("ENTRYPOINT")[0].endswith('"/opt/ser-lab/deploy/entry.sh"]')
    assert "deploy/entry.sh" in copied()
    assert os.access(DEPLOY / "entry.sh", os.X_OK)


@pytest.mark.skipif(os.name == "nt", reason="a POSIX shell")
@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs users")
def test_entry_says_what_is_wrong_with_the_volume(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = subprocess.run(
        ["sh", str(DEPLOY / "entry.sh")],
        env=os.environ | {"SER_LAB_HOME": str(tmp_path / "file" / "below")},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1
    assert "cannot be written by user" in done.stderr


def test_health_check_asks_what_the_server_answers() -> None:
    line = instructions("HEALTHCHECK")[0]
    assert "/_stcore/health" in line
    assert "8501" in line
    assert instructions("EXPOSE") == ["8501"]


def settings_of(text: str, name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", text, re.MULTILINE)


def test_restart_of_the_unit_spares_jobs() -> None:
    assert settings_of(UNIT, "KillMode") == ["process"]
    assert settings_of(UNIT, "OOMPolicy") == ["continue"]
    assert settings_of(UNIT, "RemainAfterExit") == []


def test_unit_writes_to_the_data_folder_alone() -> None:
    assert settings_of(UNIT, "ProtectSystem") == ["strict"]
    assert settings_of(UNIT, "ReadWritePaths") == []
    state = settings_of(UNIT, "StateDirectory")[0]
    assert f"SER_LAB_HOME=/var/lib/{state}" in settings_of(UNIT, "Environment")


def test_numba_may_compile_in_the_unit() -> None:
    assert settings_of(UNIT, "MemoryDenyWriteExecute") == []


def test_unit_starts_a_file_that_is_there() -> None:
    command = settings_of(UNIT, "ExecStart")[0].split()
    assert command[:3] == ["/opt/ser-lab/.venv/bin/python", "-m", "streamlit"]
    assert (ROOT / Path(command[4]).relative_to("/opt/ser-lab")).is_file()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "ser-lab.service"
    unit.write_text(UNIT.replace("/opt/ser-lab/.venv/bin/python", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    said = [line for line in done.stderr.splitlines() if "ser-lab" in line]
    assert not said


def test_example_of_secrets_can_be_read() -> None:
    example = tomllib.loads((DEPLOY / "secrets.example.toml").read_text())
    assert {"redirect_uri", "cookie_secret", "client_id"} <= set(example["auth"])
    assert example["auth"]["redirect_uri"].endswith("/oauth2callback")


def test_upload_limits_of_proxy_and_app_agree() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    limit = config["server"]["maxUploadSize"]
    proxy = (DEPLOY / "nginx.conf").read_text()
    assert f"client_max_body_size  {limit + 1}m;" in proxy
