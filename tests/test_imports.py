"""The import directions of docs/architecture.md, read from the code and tried."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "labels": set(),
    "store": {"errors", "labels"},
    "audio": {"errors", "labels"},
    "execution": {"errors", "labels"},
    "corpora": {"errors", "labels", "store", "audio", "execution"},
}
ALLOWED["features"] = {*ALLOWED["corpora"], "corpora"}
ALLOWED["measure"] = {*ALLOWED["corpora"], "corpora"}
ALLOWED["evaluation"] = {*ALLOWED["corpora"], "corpora", "features"}
ALLOWED["models"] = {*ALLOWED["evaluation"], "evaluation", "measure"}
ALLOWED["bench"] = {*ALLOWED["models"], "models"}
ALLOWED["training"] = {*ALLOWED["models"], "models"}
ALLOWED["inference"] = {*ALLOWED["models"], "models"}
ALLOWED["jobs"] = {*ALLOWED["bench"], "bench", "training", "inference"}
ALLOWED["cli"] = {*ALLOWED["jobs"], "jobs"}
ALLOWED["__main__"] = {"cli", "errors"}

HEAVY = ("streamlit", "pandas", "sklearn", "torch", "plotly")
POSIX_ONLY = {"fcntl", "resource", "pwd", "grp", "termios", "posix"}


def modules() -> list[Path]:
    return sorted((ROOT / "ser_core").rglob("*.py"))


def imported(tree: ast.AST) -> list[str]:
    """List every module name imported anywhere below a node."""
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


@pytest.mark.parametrize(
    "path", modules(), ids=lambda p: p.relative_to(ROOT).as_posix()
)
def test_imports_point_one_way(path: Path) -> None:
    relative = path.relative_to(ROOT / "ser_core")
    room = relative.parts[0].removesuffix(".py")
    names = imported(ast.parse(path.read_text(encoding="utf-8")))
    assert not [n for n in names if n.split(".")[0] in ("streamlit", "pages")]
    if room == "__init__":
        assert not [n for n in names if n.startswith("ser_core")]
        return
    rooms = {n.split(".")[1] for n in names if n.startswith("ser_core.")}
    beyond = rooms - ALLOWED[room] - {room, "__version__"}
    assert not beyond, f"{relative} reaches into {sorted(beyond)}"


@pytest.mark.parametrize(
    "path", modules(), ids=lambda p: p.relative_to(ROOT).as_posix()
)
def test_no_posix_only_import_at_module_level(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = [n for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom))]
    names = imported(ast.Module(body=list(top), type_ignores=[]))
    assert not POSIX_ONLY & {n.split(".")[0] for n in names}


def loaded_after(statement: str) -> set[str]:
    """Name the heavy packages that a fresh interpreter holds after a statement."""
    code = (
        f"{statement}\nimport sys\nprint(*[m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module",
    [
        "ser_core.features.worker",
        "ser_core.features.reference",
        "ser_core.bench.arm",
        "ser_core.measure.sampler",
        "ser_core.cli",
    ],
)
def test_what_a_worker_imports_stays_small(module: str) -> None:
    assert loaded_after(f"import {module}") == set()


def test_extraction_itself_loads_nothing_heavy(tmp_path: Path) -> None:
    statement = (
        "import numpy, soundfile\n"
        "from ser_core.features.worker import ExtractionTask\n"
        "from ser_core.features.registry import feature_set\n"
        f"soundfile.write({str(tmp_path / 'a.wav')!r}, numpy.zeros(9000), 16000)\n"
        "task = ExtractionTask("
        "feature_set=feature_set('mfcc13x500'), front_end='reference')\n"
        f"assert task({str(tmp_path / 'a.wav')!r}).error is None"
    )
    assert loaded_after(statement) == set()


def test_the_shipped_configuration_binds_localhost() -> None:
    import tomllib

    text = (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text)["server"]["address"] in ("localhost", "127.0.0.1")
