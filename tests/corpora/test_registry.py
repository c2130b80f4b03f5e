from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest
from corpus_trees import TreeMaker
from filelock import FileLock

from ser_core.corpora import registry
from ser_core.corpora.registry import (
    found_in_data_folder,
    lookup,
    register,
    registered,
    resolve,
    unregister,
)
from ser_core.errors import CorpusError, ParameterError, SerError
from ser_core.store.data_folder import DataFolder


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "data")


@pytest.fixture
def emo_db(make_tree: TreeMaker) -> Path:
    return make_tree("03a01Fa.wav", folder="EMO-DB")


def names(data: DataFolder) -> list[str]:
    return [corpus.name for corpus in registered(data)]


def test_a_registered_folder_is_found_by_name_and_by_path(
    data: DataFolder, emo_db: Path
) -> None:
    added = register(emo_db, data=data)
    assert (added.name, added.reader, added.root) == ("EMO-DB", "emo-db", emo_db)
    assert registered(data) == [added]
    assert resolve("EMO-DB", data=data) == emo_db
    assert resolve(str(emo_db), data=data) == resolve(emo_db, data=data) == emo_db


def test_nothing_registered_is_an_empty_list(data: DataFolder) -> None:
    assert registered(data) == []
    assert not data.root.exists()


def test_only_a_usable_folder_is_registered(
    data: DataFolder, make_tree: TreeMaker
) -> None:
    with pytest.raises(CorpusError, match="no audio"):
        register(make_tree("a.txt"), data=data)
    assert registered(data) == []


def test_registering_twice_changes_nothing(data: DataFolder, emo_db: Path) -> None:
    assert register(emo_db, data=data) == register(emo_db, data=data)
    assert names(data) == ["EMO-DB"]


def test_another_name_renames(data: DataFolder, emo_db: Path) -> None:
    register(emo_db, data=data)
    register(emo_db, data=data, name="Berlin")
    assert names(data) == ["Berlin"]
    register(emo_db, data=data, reader="emo-db")
    assert names(data) == ["Berlin"]


def test_folders_of_one_name_get_numbers(
    data: DataFolder, make_tree: TreeMaker
) -> None:
    for place in ("a", "b", "c"):
        register(make_tree("wav/03a01Fa.wav", folder=f"{place}/corpus"), data=data)
    assert names(data) == ["corpus", "corpus-2", "corpus-3"]


def test_a_name_stands_for_one_folder(
    data: DataFolder, emo_db: Path, make_tree: TreeMaker
) -> None:
    register(emo_db, data=data, name="mine")
    with pytest.raises(ParameterError, match="'mine' stands for another corpus"):
        register(make_tree("happy/a.wav"), data=data, name="mine")
    assert resolve("mine", data=data) == emo_db


@pytest.mark.parametrize(
    "name", ["", "a/b", "a\\b", ".hidden", "~", "x" * 81, "line\nbreak", ".."]
)
def test_names_that_look_like_paths_are_refused(
    data: DataFolder, emo_db: Path, name: str
) -> None:
    with pytest.raises(ParameterError, match="is not allowed; give 1 to 80"):
        register(emo_db, data=data, name=name)


def test_unregistering_leaves_the_files(data: DataFolder, emo_db: Path) -> None:
    register(emo_db, data=data)
    assert unregister("EMO-DB", data=data).root == emo_db
    assert registered(data) == []
    assert (emo_db / "03a01Fa.wav").exists()
    with pytest.raises(CorpusError, match="known names: none yet"):
        unregister("EMO-DB", data=data)


def test_what_lies_in_the_data_folder_is_listed(
    data: DataFolder, emo_db: Path, make_tree: TreeMaker
) -> None:
    register(emo_db, data=data)
    make_tree("synthetic.json", folder="data/corpora/demo")
    make_tree("03a01Fa.wav", folder="data/corpora/EMO-DB")
    make_tree("x.wav", folder="data/corpora/.half-unpacked")
    make_tree(folder="data/corpora/nothing")
    found = {corpus.name: corpus for corpus in registered(data)}
    assert list(found) == ["EMO-DB", "EMO-DB-2", "demo"]
    assert found["EMO-DB"].root == emo_db
    assert found["demo"].synthetic
    assert not found["EMO-DB-2"].synthetic
    assert resolve("demo", data=data) == data.corpora / "demo"


def test_a_corpus_in_the_data_folder_can_be_registered_under_a_name(
    data: DataFolder, make_tree: TreeMaker
) -> None:
    root = make_tree("03a01Fa.wav", folder="data/corpora/emo")
    register(root, data=data, name="Berlin")
    assert names(data) == ["Berlin"]


def test_a_folder_gone_since_is_listed_as_unavailable(
    data: DataFolder, emo_db: Path
) -> None:
    register(emo_db, data=data)
    emo_db.rename(emo_db.with_name("moved"))
    assert not registered(data)[0].available
    with pytest.raises(CorpusError, match=r"is listed, but its folder .* is not there"):
        resolve("EMO-DB", data=data)


@pytest.mark.parametrize("text", ["nonsense", "", " ", "a\0b", "x" * 5000])
def test_what_is_neither_name_nor_folder_is_said(
    data: DataFolder, emo_db: Path, text: str
) -> None:
    register(emo_db, data=data)
    with pytest.raises(CorpusError, match="is neither a name in the list nor a folder"):
        resolve(text, data=data)


def test_a_name_wins_over_a_folder_of_that_name(
    data: DataFolder,
    emo_db: Path,
    make_tree: TreeMaker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register(emo_db, data=data, name="mine")
    other = make_tree("happy/a.wav", folder="mine")
    monkeypatch.chdir(other.parent)
    assert resolve("mine", data=data) == emo_db
    assert resolve("./mine", data=data) == other
    assert lookup(Path("mine"), data=data).root == other


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe\xff",
        b"[" * 100_000,
        b'{"schema_version": 99, "corpora": []}',
        b'{"schema_version": 1}',
        b'{"schema_version": 1, "corpora": [3]}',
        b'{"schema_version": 1, "corpora": [{"name": "a", "root": 3, "reader": null}]}',
        b'{"schema_version": 1, "corpora": [{"name": "a", "root": "b", "reader": 1}]}',
    ],
)
def test_a_damaged_registry_is_named_and_never_overwritten(
    data: DataFolder, emo_db: Path, make_tree: TreeMaker, content: bytes
) -> None:
    make_tree("synthetic.json", folder="data/corpora/demo")
    data.registry.write_bytes(content)
    with pytest.raises(CorpusError, match=r"corpora\.json' cannot be used .*move"):
        registered(data)
    with pytest.raises(CorpusError, match="cannot be used"):
        register(emo_db, data=data)
    assert data.registry.read_bytes() == content
    # what needs no registry works on
    assert [corpus.name for corpus in found_in_data_folder(data)] == ["demo"]
    assert resolve(emo_db, data=data) == emo_db


def test_a_full_disk_leaves_the_registry_as_it_was(
    data: DataFolder,
    emo_db: Path,
    make_tree: TreeMaker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register(emo_db, data=data)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(registry.os, "fsync", full)
    with pytest.raises(CorpusError, match=r"No space left on device.*free some disk"):
        register(make_tree("happy/a.wav"), data=data)
    assert names(data) == ["EMO-DB"]
    assert [p.name for p in data.root.iterdir() if p.name.startswith(".corpora")] == []


def test_a_data_folder_that_cannot_be_written_is_named(
    tmp_path: Path, emo_db: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SerError, match="cannot be written"):
        register(emo_db, data=DataFolder(tmp_path / "file" / "data"))


def test_a_lock_held_elsewhere_is_said(
    data: DataFolder, emo_db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_LOCK_TIMEOUT_S", 0.05)
    data.prepare()
    with (
        FileLock(f"{data.registry}.lock"),
        pytest.raises(CorpusError, match="in use by another process"),
    ):
        register(emo_db, data=data)


@pytest.mark.timeout(120)
def test_processes_that_register_at_once_lose_nothing(
    data: DataFolder, make_tree: TreeMaker
) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from ser_core.corpora.registry import register\n"
        "from ser_core.store.data_folder import DataFolder\n"
        "for root in sys.argv[2:]:\n"
        "    register(root, data=DataFolder(Path(sys.argv[1])))\n"
    )
    groups = [
        [str(make_tree("happy/a.wav", folder=f"{who}-{i}")) for i in range(15)]
        for who in ("one", "two", "three")
    ]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(data.root), *group],
            cwd=Path(__file__).resolve().parents[2],
        )
        for group in groups
    ]
    assert [process.wait(timeout=100) for process in running] == [0, 0, 0]
    expected = {Path(root).name for group in groups for root in group}
    assert set(names(data)) == expected
    assert json.loads(data.registry.read_bytes())["schema_version"] == 1
