from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ser_core.audio.confinement import confine

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux's means"),
]

ROOT = Path(__file__).resolve().parents[2]


def after_confinement(program: str) -> subprocess.CompletedProcess[str]:
    """Run some lines in a process that gave up its rights."""
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "import os, socket, sys, signal\n"
            f"sys.path.insert(0, {str(ROOT)!r})\n"
            "from ser_core.audio.confinement import confine\n"
            "measures = confine(memory_bytes=2**26, cpu_s=1)\n"
            f"{program}\n"
            "sys.stdout.flush(); os._exit(0)",
        ],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def needs_filter() -> None:
    if "system calls" not in after_confinement("print(measures)").stdout:
        pytest.skip("this kernel or machine has no filter of system calls for us")


FORBIDDEN = {
    "read a file": "open('/etc/hostname')",
    "write a file": "open('owned', 'w')",
    "open a socket": "socket.socket()",
    "start a process": "os.fork()",
    "start a program": "os.execv('/bin/true', ['true'])",
    "send a signal": "os.kill(os.getppid(), signal.SIGTERM)",
    "list a folder": "os.listdir('/')",
    "remove a file": "os.unlink('owned')",
    "lift a limit": "__import__('resource').setrlimit(7, (1024, 1024))",
}


@pytest.mark.parametrize("deed", FORBIDDEN)
def test_a_confined_process_cannot(deed: str) -> None:
    needs_filter()
    done = after_confinement(
        f"try:\n    {FORBIDDEN[deed]}\n"
        "except (OSError, ValueError) as error:\n    print('refused')"
    )
    assert done.stdout == "refused\n", done.stderr


def test_memory_is_bounded() -> None:
    done = after_confinement(
        "print(len(bytes(2**24)))\n"
        "try:\n    bytes(2**27)\nexcept MemoryError:\n    print('refused')"
    )
    assert done.stdout == f"{2**24}\nrefused\n", done.stderr


def test_a_file_that_is_open_cannot_grow(tmp_path: Path) -> None:
    path = tmp_path / "a"
    done = after_confinement(f"print(measures)\n{'pass'}")
    assert "file size" in done.stdout
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from ser_core.audio.confinement import confine\n"
        f"f = open({str(path)!r}, 'wb', buffering=0)\n"
        "confine(memory_bytes=2**26, cpu_s=1)\n"
        "f.write(b'owned')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=50, check=False
    )
    assert ended.returncode != 0
    assert path.read_bytes() == b""


def test_all_measures_are_named() -> None:
    done = after_confinement("print(*measures, sep=',')")
    named = set(done.stdout.strip().split(","))
    assert {"memory", "computing time", "file size", "core file"} <= named
    assert {"open files", "processes", "privileges"} <= named


def test_a_platform_without_means_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "resource", None)
    assert confine(memory_bytes=1, cpu_s=1) == ()
