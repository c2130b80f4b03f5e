from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from corpus_trees import TreeMaker

from ser_core.corpora import tree as tree_module
from ser_core.corpora.tree import printable, walk
from ser_core.errors import CorpusError

links = pytest.mark.skipif(
    sys.platform == "win32", reason="links need a privilege on Windows"
)


def relatives(root: Path) -> list[str]:
    return [file.relative for file in walk(root).audio]


def test_audio_is_found_at_any_depth_and_sorted_as_posix_paths(
    make_tree: TreeMaker,
) -> None:
    root = make_tree("b/c/2.wav", "b.wav", "a/1.flac", "b-1/x.ogg")
    assert relatives(root) == ["a/1.flac", "b-1/x.ogg", "b.wav", "b/c/2.wav"]


def test_suffixes_count_in_any_case(make_tree: TreeMaker) -> None:
    root = make_tree("a.WAV", "b.Opus", "c.FLAC", "d.txt", "wav", "e.aiff")
    assert relatives(root) == ["a.WAV", "b.Opus", "c.FLAC", "e.aiff"]


def test_hidden_entries_and_macosx_are_passed_over_and_counted(
    make_tree: TreeMaker,
) -> None:
    root = make_tree("__MACOSX/x/._a.wav", ".git/b.wav", "._c.wav", "d.wav")
    found = walk(root)
    assert [file.relative for file in found.audio] == ["d.wav"]
    assert found.n_hidden == 3


def test_the_metadata_file_nearest_to_the_root_is_taken(make_tree: TreeMaker) -> None:
    root = make_tree("a/b/Labels.JSON", "z/labels.json")
    assert walk(root).metadata_file("labels.json") == root / "z" / "labels.json"
    assert walk(root).metadata_file("other.json") is None


def test_formats_that_libsndfile_does_not_read_are_problems(
    make_tree: TreeMaker,
) -> None:
    (problem,) = walk(make_tree("a.wav", "b.mp4")).problems
    assert problem.path == "b.mp4"
    assert "convert" in problem.reason


@links
def test_a_link_to_a_parent_ends_there(make_tree: TreeMaker) -> None:
    root = make_tree("a/1.wav")
    (root / "a" / "again").symlink_to(root, target_is_directory=True)
    (root / "round").symlink_to(root / "round")
    assert relatives(root) == ["a/1.wav"]


@links
def test_a_linked_folder_is_read_once_and_under_its_own_name(
    make_tree: TreeMaker,
) -> None:
    root = make_tree("real/1.wav")
    elsewhere = make_tree("2.wav", folder="elsewhere")
    (root / "also-real").symlink_to(root / "real", target_is_directory=True)
    (root / "far").symlink_to(elsewhere, target_is_directory=True)
    assert relatives(root) == ["far/2.wav", "real/1.wav"]


@links
def test_links_to_nothing_are_problems(make_tree: TreeMaker) -> None:
    root = make_tree("a.wav")
    (root / "gone.wav").symlink_to(root / "nowhere.wav")
    (root / "round.wav").symlink_to(root / "round.wav")
    assert [p.path for p in walk(root).problems] == ["gone.wav", "round.wav"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_a_problem_and_is_never_opened(make_tree: TreeMaker) -> None:
    root = make_tree("a.wav")
    os.mkfifo(root / "pipe.wav")
    (problem,) = walk(root).problems
    assert problem.path == "pipe.wav"


@pytest.mark.skipif(sys.platform != "linux", reason="names are Unicode elsewhere")
def test_a_name_that_is_no_utf8_is_a_problem_that_can_be_printed(
    make_tree: TreeMaker,
) -> None:
    root = make_tree("a.wav")
    (root / os.fsdecode(b"\xff.wav")).touch()
    (problem,) = walk(root).problems
    assert problem.path.encode("utf-8") == b"\\udcff.wav"
    assert relatives(root) == ["a.wav"]


def test_a_folder_that_cannot_be_listed_is_a_problem_and_the_rest_is_read(
    make_tree: TreeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_tree("a/1.wav", "locked/2.wav")
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(tree_module.os, "scandir", refuse)
    found = walk(root)
    assert [file.relative for file in found.audio] == ["a/1.wav"]
    assert [p.path for p in found.problems] == ["locked"]
    assert "Permission denied" in found.problems[0].reason


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"nowhere' does not exist; give"):
        walk(tmp_path / "nowhere")


def test_an_archive_in_place_of_a_folder_is_named(tmp_path: Path) -> None:
    archive = tmp_path / "studio1-10.zip"
    archive.touch()
    with pytest.raises(CorpusError, match=r"is a file; .*unpack"):
        walk(archive)


@pytest.mark.parametrize("path", ["a\0b", "x" * 5000, "~nobody-of-that-name/x"])
def test_what_is_no_path_at_all_is_an_error_of_ours(path: str) -> None:
    with pytest.raises(CorpusError):
        walk(path)


def test_somebodys_whole_disk_is_refused(
    make_tree: TreeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree_module, "MAX_ENTRIES", 3)
    with pytest.raises(CorpusError, match="more than 3 entries"):
        walk(make_tree("1.wav", "2.wav", "3.wav", "4.wav"))


def test_a_relative_root_becomes_absolute(
    make_tree: TreeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_tree("a.wav")
    monkeypatch.chdir(root.parent)
    assert walk("corpus").root == root


def test_printable_keeps_what_can_be_written() -> None:
    assert printable("โกรธ/é.wav") == "โกรธ/é.wav"
