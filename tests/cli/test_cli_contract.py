"""The command line as scripts meet it: exit codes, streams, help, odd input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ser_core.cli import bench as bench_command
from ser_core.cli.main import build_parser, main
from ser_core.errors import JobError
from ser_core.execution import BACKENDS, INNER_THREADS
from ser_core.features import FRONT_ENDS
from ser_core.features.registry import FEATURE_SETS
from ser_core.store.data_folder import DataFolder

pytestmark = pytest.mark.timeout(90)

COMMANDS = [
    ["corpora", "synthesize"],
    ["corpora", "download"],
    ["corpora", "inspect"],
    ["corpora", "register"],
    ["corpora", "list"],
    ["bench"],
    ["pipeline"],
    ["run"],
    ["jobs", "list"],
    ["jobs", "cancel"],
    ["jobs", "sweep"],
    ["runs", "list"],
    ["runs", "export"],
    ["runs", "import"],
]

RECORD: dict[str, Any] = {
    "id": "run-1",
    "label": "synthetic, 4 files",
    "summary": [
        {
            "label": "sequential",
            "median_wall_s": 1.5,
            "median_files_per_s": 2.0,
            "speedup": None,
            "speedup_low": None,
            "efficiency": None,
        },
        {
            "label": "loky",
            "median_wall_s": 1.0,
            "median_files_per_s": 3.0,
            "speedup": 1.5,
            "speedup_low": 1.4,
            "speedup_high": 1.6,
            "efficiency": 0.75,
        },
    ],
    "notes": ["a note"],
    "failures": [{"path": "a.flac", "reason": "truncated"}],
}


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataFolder:
    monkeypatch.setenv("SER_LAB_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("NUMBA_CACHE_DIR", os.environ.get("NUMBA_CACHE_DIR", "numba"))
    return DataFolder(tmp_path / "data")


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Plans that ``bench`` would have run."""
    seen: list[dict[str, Any]] = []

    def work(
        kind: str, parameters: Mapping[str, Any], *, data: DataFolder
    ) -> dict[str, Any]:
        seen.append(dict(parameters))
        return RECORD

    monkeypatch.setattr(bench_command, "work_in_foreground", work)
    return seen


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "voices"
    (folder / "happy").mkdir(parents=True)
    (folder / "happy" / "a.wav").write_bytes(b"RIFF")
    return folder


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_has_examples(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "examples:\n  python -m ser_core " + " ".join(command) in text


@pytest.mark.parametrize("command", [*COMMANDS, ["corpora"], []], ids=" ".join)
def test_examples_are_commands_that_parse(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*command, "--help"])
    text = capsys.readouterr().out.replace("\\\n", " ")
    for line in text.splitlines():
        words = line.split(">")[0].split()
        if words[:3] == ["python", "-m", "ser_core"] and "--help" not in words:
            build_parser().parse_args(words[3:])


def test_bench_help_names_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["bench", "--help"])
    text = capsys.readouterr().out
    for name in (*BACKENDS, *INNER_THREADS, *FRONT_ENDS, *FEATURE_SETS):
        assert name in text


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom ser_core.cli.main import main\n"
        "try:\n    main(['bench', '--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'librosa', 'numba', 'joblib', 'sklearn', 'pandas'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, timeout=60, stdout=subprocess.DEVNULL
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "COMMAND"),
        (["nonsense"], "invalid choice"),
        (["bench"], "--corpus"),
        (["bench", "--corp", "x"], "--corpus"),
        (["bench", "--corpus", "CORPUS", "--workers", "1,x"], "no list of whole"),
        (["bench", "--corpus", "CORPUS", "--backends", ","], "at least one name"),
        (["bench", "--corpus", "CORPUS", "--repeats", "x"], "invalid int"),
        (["runs", "export", "x", "--json", "a", "--csv", "runs"], "not allowed with"),
    ],
)
def test_arguments_that_do_not_parse_exit_with_2(
    arguments: list[str],
    said: str,
    corpus: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = [str(corpus) if word == "CORPUS" else word for word in arguments]
    with pytest.raises(SystemExit) as ended:
        main(given)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--workers", "0"], "n_workers = 0"),
        (["--workers", "-2"], "n_workers = -2"),
        (["--workers", "10000"], "n_workers = 10000"),
        (["--workers", "2,2"], "more than once"),
        (["--backends", "dask"], "backend = 'dask'"),
        (["--features", "mfcc"], "features = 'mfcc'"),
        (["--front-end", "slow"], "front_end = 'slow'"),
        (["--inner-threads", "7"], "'7'"),
        (["--repeats", "0"], "repeats = 0"),
        (["--limit", "0"], "limit = 0"),
        (["--chunk-size", "0"], "chunk_size = 0"),
        (["--page-cache", "hot"], "page_cache = 'hot'"),
        (["--seed", "-1"], "seed = -1"),
        (["--json", "/nowhere/at/all.json"], "'/nowhere/at/all.json'"),
    ],
)
def test_wrong_values_exit_with_2_before_anything_starts(
    arguments: list[str],
    said: str,
    corpus: Path,
    plans: list[dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["bench", "--corpus", str(corpus), *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert plans == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bench", "--corpus", "/no where"], "'/no where'"),
        (["corpora", "inspect", "/no where"], "'/no where'"),
        (["corpora", "inspect", ""], "''"),
        (["jobs", "cancel", "../../etc"], "32 hexadecimal"),
        (["jobs", "cancel", "0" * 32], "is not in"),
        (["run", "/no where.json"], "'/no where.json'"),
        (["runs", "export", "x"], "'x'"),
        (["runs", "import", "/no where.json"], "'/no where.json'"),
    ],
)
def test_failures_exit_with_1_and_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_debug_shows_where(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "export", "x", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_bench_options_become_the_plan(
    corpus: Path, plans: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(corpus.parent)
    command = (
        "bench --corpus voices --limit 7 --features mfcc20x500 "
        "--backends sequential,loky --workers 1,2 --repeats 4 "
        "--inner-threads 1,default --chunk-size 3 --page-cache cold --seed 5"
    )
    assert main(command.split()) == 0
    (plan,) = plans
    assert plan["corpus"] == str(corpus.resolve())  # jobs run elsewhere
    assert [arm["key"] for arm in plan["arms"]] == [
        "reference/sequential/1/1",
        "reference/loky/1/1",
        "reference/loky/2/1",
        "reference/sequential/1/default",
        "reference/loky/1/default",
        "reference/loky/2/default",
    ]
    names = ("limit", "features", "repeats", "chunk_size", "page_cache", "seed")
    assert [plan[n] for n in names] == [7, "mfcc20x500", 4, 3, "cold", 5]


def test_bench_prints_a_table_without_json(
    corpus: Path, plans: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "--corpus", str(corpus)]) == 0
    text = capsys.readouterr().out
    assert "1.50x (1.40 to 1.60)" in text
    assert "note: a note" in text
    assert "'a.flac': truncated" in text


@pytest.mark.parametrize("option", [["--json", "-"], ["--json"]])
def test_json_on_stdout_is_all_there_is_on_stdout(
    option: list[str],
    corpus: Path,
    plans: list[dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["bench", "--corpus", str(corpus), *option]) == 0
    assert json.loads(capsys.readouterr().out) == RECORD


def test_json_file_is_written_whole_and_nothing_else(
    corpus: Path, plans: list[dict[str, Any]], tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    out = folder / "bench.json"
    out.write_text("old")
    link = folder / "link.json"
    link.symlink_to(out)
    assert main(["bench", "--corpus", str(corpus), "--json", str(link)]) == 0
    assert json.loads(out.read_text()) == RECORD
    assert link.is_symlink()
    assert sorted(path.name for path in folder.iterdir()) == ["bench.json", "link.json"]


def test_failed_run_leaves_the_json_file_as_it_was(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **named: object) -> dict[str, Any]:
        raise JobError("no luck")

    monkeypatch.setattr(bench_command, "work_in_foreground", fail)
    out = tmp_path / "bench.json"
    out.write_text("old")
    assert main(["bench", "--corpus", str(corpus), "--json", str(out)]) == 1
    assert out.read_text() == "old"


def test_interrupt_exits_with_130(
    corpus: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*arguments: object, **named: object) -> dict[str, Any]:
        raise KeyboardInterrupt

    monkeypatch.setattr(bench_command, "work_in_foreground", interrupt)
    assert main(["bench", "--corpus", str(corpus)]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_unexpected_error_is_one_line(
    corpus: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stumble(*arguments: object, **named: object) -> dict[str, Any]:
        raise ZeroDivisionError("oops\nmore")

    monkeypatch.setattr(bench_command, "work_in_foreground", stumble)
    assert main(["bench", "--corpus", str(corpus)]) == 1
    assert capsys.readouterr().err == (
        "error: unexpected ZeroDivisionError: oops more (--debug shows where)\n"
    )


def test_inspect_prints_the_schema_of_the_contract(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["corpora", "inspect", str(corpus), "--json"]) == 0
    seen = json.loads(capsys.readouterr().out)
    contract = {
        "corpus": "folder",
        "n_utterances": 1,
        "n_speakers": 0,
        "duration_s": None,
        "emotions": {"happy": 1},
        "problems": [],
    }
    assert {key: seen[key] for key in contract} == contract


def test_inspect_with_durations_lists_what_cannot_be_read(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["corpora", "inspect", str(corpus), "--durations", "--json"]) == 0
    seen = json.loads(capsys.readouterr().out)
    assert seen["duration_s"] == 0
    assert [problem["path"] for problem in seen["problems"]] == ["happy/a.wav"]


def test_registered_corpus_is_listed_and_known_by_name(
    corpus: Path, plans: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["corpora", "register", str(corpus), "--name", "mine"]) == 0
    assert main(["corpora", "list", "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out.split("\n", 1)[1])
    assert (entry["name"], entry["root"]) == ("mine", str(corpus.resolve()))
    assert main(["bench", "--corpus", "mine", "--json"]) == 0
    assert plans[0]["corpus"] == "mine"


def test_data_folder_may_stand_before_or_after_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = str(tmp_path / "other")
    assert main(["--data-dir", other, "jobs", "list"]) == 0
    assert main(["jobs", "list", "--data-dir", other]) == 0
    assert capsys.readouterr().out.count(other) == 2


def test_odd_file_names_reach_every_terminal(tmp_path: Path) -> None:
    folder = tmp_path / "ก"
    (folder / "happy").mkdir(parents=True)
    for name in ("สุข.wav", "\udcff.wav"):
        (folder / "happy" / name).write_bytes(b"")
    done = subprocess.run(
        [sys.executable, "-m", "ser_core", "corpora", "inspect", folder, "--durations"],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(b"problem: 'happy/") == 2
