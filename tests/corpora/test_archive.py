"""Unpacking: whole archives, and every way in which one can be hostile."""

from __future__ import annotations

import errno
import stat
import struct
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest

from ser_core.corpora import archive
from ser_core.corpora.archive import ArchiveError, Limits, unpack
from ser_core.errors import CorpusError


def zipped(path: Path, entries: list[tuple[str | zipfile.ZipInfo, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in entries:
            opened.writestr(name, content)
    return path


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def of_kind(name: str, kind: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (kind | 0o777) << 16
    return info


def refused(tmp_path: Path, entries: list[tuple[str | zipfile.ZipInfo, bytes]]) -> str:
    """Unpack, expect a refusal and no trace of it; return the message."""
    place = tmp_path / "place"
    place.mkdir()
    source = zipped(tmp_path / "a.zip", entries)
    with pytest.raises(ArchiveError) as info:
        unpack(source, place / "out")
    assert list(place.iterdir()) == []
    assert info.value.path == str(source)
    assert {p.name for p in tmp_path.iterdir()} == {"place", "a.zip"}
    return str(info.value)


def test_files_and_folders_come_out_as_they_went_in(tmp_path: Path) -> None:
    files = {"Actor_01/a.wav": b"RIFF", "Actor_02/ä b.wav": bytes(3_000_000)}
    files["readme.txt"] = b""
    source = zipped(
        tmp_path / "a.zip", [("Actor_01/", b""), *((k, v) for k, v in files.items())]
    )
    seen: list[tuple[int, int]] = []
    n = unpack(
        source,
        tmp_path / "out",
        limits=Limits(ratio=10_000),
        progress=lambda done, total: seen.append((done, total)),
    )
    assert n == 3
    assert tree(tmp_path / "out") == files
    assert seen[-1] == (3_000_004, 3_000_004)
    assert seen == sorted(seen)


def test_folder_of_the_targets_name_is_not_doubled(tmp_path: Path) -> None:
    source = zipped(tmp_path / "a.zip", [("studio1-10/studio001/con/a.flac", b"x")])
    unpack(source, tmp_path / "studio1-10")
    assert tree(tmp_path / "studio1-10") == {"studio001/con/a.flac": b"x"}
    assert {p.name for p in tmp_path.iterdir()} == {"a.zip", "studio1-10"}


def test_hidden_macos_entries_are_passed_over(tmp_path: Path) -> None:
    source = zipped(tmp_path / "a.zip", [("a.wav", b"x"), ("__MACOSX/._a.wav", b"y")])
    assert unpack(source, tmp_path / "out") == 1
    assert tree(tmp_path / "out") == {"a.wav": b"x"}


@pytest.mark.parametrize(
    "name",
    ["../evil", "a/../../evil", "..\\evil", "a\\..\\..\\evil", "a/..", "a/b/../c"],
)
def test_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    message = refused(tmp_path, [("good.wav", b"x"), (name, b"evil")])
    assert "leads out of the folder" in message


@pytest.mark.parametrize(
    "name", ["/etc/evil", "\\evil", "C:\\evil", "C:evil", "//server/share/evil"]
)
def test_absolute_name_is_refused(tmp_path: Path, name: str) -> None:
    assert "has an absolute name" in refused(tmp_path, [(name, b"evil")])


@pytest.mark.parametrize(
    "name", ["a\nb", "ab:stream", "a?", "dir /x", "dots..", "\x7f"]
)
def test_name_that_some_system_cannot_hold_is_refused(
    tmp_path: Path, name: str
) -> None:
    assert "not every system allows" in refused(tmp_path, [(name, b"x")])


def test_name_with_a_nul_is_refused(tmp_path: Path) -> None:
    source = zipped(tmp_path / "a.zip", [("good.wavX.exe", b"x")])
    source.write_bytes(source.read_bytes().replace(b"good.wavX", b"good.wav\0"))
    with pytest.raises(ArchiveError):
        unpack(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_overlong_name_is_refused(tmp_path: Path) -> None:
    assert "over 255 bytes" in refused(tmp_path, [("a" * 300, b"x")])


@pytest.mark.parametrize(
    "kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK]
)
def test_link_and_device_are_refused(tmp_path: Path, kind: int) -> None:
    entries = [(of_kind("door", kind), b"/etc"), ("door/passwd", b"evil")]
    assert "is a link or a device" in refused(tmp_path, entries)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["a.wav", "a.wav"], "twice"),
        (["a.wav", "./a.wav"], "twice"),
        (["a.wav", "A.WAV"], "collide"),
        (["Dir/a", "dir/b"], "collide"),
        (["\u00e9.wav", "e\u0301.wav"], "collide"),
        (["a", "a/b"], "collide"),
        (["a/b", "a"], "collide"),
        (["a/", "a"], "collide"),
    ],
)
def test_names_that_meet_are_refused(
    tmp_path: Path, names: list[str], reason: str
) -> None:
    assert reason in refused(tmp_path, [(name, b"x") for name in names])


def test_empty_archive_is_refused(tmp_path: Path) -> None:
    assert "holds no files" in refused(tmp_path, [])


def test_bomb_is_refused_by_its_ratio(tmp_path: Path) -> None:
    message = refused(tmp_path, [("a", bytes(20_000_000))])
    assert "as a zip bomb does" in message


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(entries=2), "3 entries, 2 are allowed"),
        (Limits(total_bytes=299), "300 bytes, 299 are allowed"),
    ],
)
def test_too_much_is_refused(tmp_path: Path, limits: Limits, reason: str) -> None:
    source = zipped(tmp_path / "a.zip", [(n, bytes(range(100))) for n in "abc"])
    with pytest.raises(ArchiveError, match=reason):
        unpack(source, tmp_path / "out", limits=limits)
    assert not (tmp_path / "out").exists()


def test_entry_that_holds_more_than_it_declares_leaves_nothing(tmp_path: Path) -> None:
    source = zipped(tmp_path / "a.zip", [("a", bytes(1_000_000))])
    content = bytearray(source.read_bytes())
    for signature, offset in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        at = content.index(signature) + offset
        content[at : at + 4] = struct.pack("<I", 1_000)
    source.write_bytes(content)
    with pytest.raises(ArchiveError, match="damaged"):
        unpack(source, tmp_path / "out")
    assert {p.name for p in tmp_path.iterdir()} == {"a.zip"}


def test_encrypted_entry_is_refused(tmp_path: Path) -> None:
    source = zipped(tmp_path / "a.zip", [("a", b"x")])
    content = bytearray(source.read_bytes())
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(signature) + offset] |= 1
    source.write_bytes(content)
    with pytest.raises(ArchiveError, match="is encrypted"):
        unpack(source, tmp_path / "out")
    assert {p.name for p in tmp_path.iterdir()} == {"a.zip"}


def test_unknown_compression_is_reported(tmp_path: Path) -> None:
    source = zipped(tmp_path / "a.zip", [("a", b"x")])
    content = bytearray(source.read_bytes())
    for signature, offset in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        content[content.index(signature) + offset] = 97
    source.write_bytes(content)
    with pytest.raises(ArchiveError, match="damaged or no zip archive"):
        unpack(source, tmp_path / "out")


@pytest.mark.parametrize("damage", ["cut", "flipped", "text", "empty"])
def test_damaged_archive_leaves_nothing(tmp_path: Path, damage: str) -> None:
    source = zipped(
        tmp_path / "a.zip", [("a", bytes(range(256)) * 50), ("b", b"y" * 50)]
    )
    content = source.read_bytes()
    at = content.index(b"PK\1\2") - 60
    source.write_bytes(
        {
            "cut": content[: len(content) // 2],
            "flipped": content[:80] + bytes([content[80] ^ 255]) + content[81:],
            "text": b"<html>Not found</html>",
            "empty": b"",
        }[damage]
    )
    assert at > 0
    with pytest.raises(ArchiveError, match="is damaged or no zip archive"):
        unpack(source, tmp_path / "out")
    assert {p.name for p in tmp_path.iterdir()} == {"a.zip"}


def test_missing_archive_is_reported(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"none\.zip' cannot be unpacked"):
        unpack(tmp_path / "none.zip", tmp_path / "out")


def test_existing_target_is_never_touched(tmp_path: Path) -> None:
    source = zipped(tmp_path / "a.zip", [("a", b"new")])
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a").write_bytes(b"old")
    with pytest.raises(CorpusError, match="exists already"):
        unpack(source, tmp_path / "out")
    assert tree(tmp_path / "out") == {"a": b"old"}


def test_too_small_a_disk_is_refused_before_unpacking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(archive.shutil, "disk_usage", lambda _: usage(1, 1, 1))
    source = zipped(tmp_path / "a.zip", [("a", b"x")])
    with pytest.raises(CorpusError, match="0 MB are free"):
        unpack(source, tmp_path / "out")
    assert {p.name for p in tmp_path.iterdir()} == {"a.zip"}


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()],
)
def test_disk_full_or_cancelled_midway_leaves_nothing(
    tmp_path: Path, error: BaseException
) -> None:
    def fail(done: int, total: int) -> None:
        if done > 3:
            raise error

    source = zipped(tmp_path / "a.zip", [(name, b"xx") for name in "abcd"])
    expected = CorpusError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        unpack(source, tmp_path / "out", progress=fail)
    assert {p.name for p in tmp_path.iterdir()} == {"a.zip"}


def test_leftover_of_a_killed_run_is_replaced(tmp_path: Path) -> None:
    source = zipped(tmp_path / "a.zip", [("a", b"x")])
    left = tmp_path / ".out.unpacking"
    left.mkdir()
    (left / "half").write_bytes(b"")
    unpack(source, tmp_path / "out")
    assert tree(tmp_path / "out") == {"a": b"x"}
    assert not left.exists()
