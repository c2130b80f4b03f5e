from __future__ import annotations

import getpass
import json
import os
import platform
import socket
import subprocess
from pathlib import Path

import numpy as np
import psutil
import pytest

from ser_core.measure import environment


def test_fingerprint_is_plain_json_and_names_the_machine() -> None:
    found = json.loads(json.dumps(environment.fingerprint(), allow_nan=False))
    assert found["cpu"]["logical_cores"] == psutil.cpu_count()
    assert 1 <= found["cpu"]["available_cores"] <= found["cpu"]["logical_cores"]
    assert found["memory"]["total_bytes"] == psutil.virtual_memory().total
    assert found["os"]["system"] == platform.system()
    assert found["python"]["version"] == platform.python_version()
    assert found["packages"]["numpy"] == np.__version__


def test_fingerprint_tells_no_names_of_people_or_machines() -> None:
    text = json.dumps(environment.fingerprint())
    assert str(Path.home()) not in text
    assert str(Path(environment.__file__).parent) not in text
    for name in (socket.gethostname(), getpass.getuser()):
        if len(name) > 4:  # "root" and "vm" are parts of other words
            assert name not in text


def test_thread_variables_are_recorded_as_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in environment.THREAD_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert environment.fingerprint()["thread_variables"] == {"OMP_NUM_THREADS": "3"}


def test_missing_package_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "PACKAGES", ("numpy", "no-such-package-here"))
    packages = environment.fingerprint()["packages"]
    assert packages == {"numpy": np.__version__, "no-such-package-here": None}


@pytest.mark.timeout(60)
def test_commit_says_whether_files_were_changed(tmp_path: Path) -> None:
    assert environment._commit(tmp_path) is None
    git = ["git", "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=e@x"]
    if environment._output(["git", "--version"]) is None:
        pytest.skip("git is not installed")
    subprocess.run([*git, "init", "-q"], check=True)
    (tmp_path / "a").write_text("1")
    subprocess.run([*git, "add", "a"], check=True)
    subprocess.run([*git, "commit", "-qm", "a"], check=True)
    clean = environment._commit(tmp_path)
    (tmp_path / "a").write_text("2")
    changed = environment._commit(tmp_path)
    assert clean is not None
    assert changed is not None
    assert len(clean["hash"]) == 40
    assert clean == {"hash": changed["hash"], "modified": False}
    assert changed["modified"] is True


def test_cpu_without_a_name_is_still_described(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "processor", lambda: "")
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nCPU implementer\t: 0x41\n")
    assert environment._cpu_model(cpuinfo) is None
    cpuinfo.write_text("model name\t: Some CPU @ 2 GHz\n")
    assert environment._cpu_model(cpuinfo) == "Some CPU @ 2 GHz"
    monkeypatch.setattr(platform, "processor", lambda: "arm")
    assert environment._cpu_model(tmp_path / os.devnull.strip("/")) == "arm"


def test_command_that_is_not_there_says_nothing() -> None:
    assert environment._output(["no-such-command-here"]) is None
