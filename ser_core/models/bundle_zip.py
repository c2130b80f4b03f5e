"""A bundle as one file, to give away and to take from somebody else."""

from __future__ import annotations

import io
import json
import re
import stat
import subprocess
import zipfile
import zlib
from pathlib import Path
from typing import Final

from ser_core.errors import ModelError
from ser_core.measure.sampling import package_command, package_environment
from ser_core.models.bundle_folders import (
    CARD,
    LARGEST_BUNDLE_BYTES,
    MEMBER_PATTERN,
    bundle_folder,
    check_free,
    read_card,
    unfinished,
    write_files,
)
from ser_core.models.card import LARGEST_CARD_BYTES, ModelCard
from ser_core.models.shipped import check_not_shipped
from ser_core.store.data_folder import DataFolder

READABLE: Final = "card.md"
"""The card for people, in an exported file; it is never read again."""

CHECK_S: Final = 300.0
"""How long the process that tries a stranger's model may take."""

_MOST_MEMBERS: Final = 24
_ENCRYPTED: Final = 0x1


def export_zip(folder: Path) -> bytes:
    """Return a bundle as a zip archive.

    Parameters
    ----------
    folder : Path
        The bundle.

    Returns
    -------
    content : bytes
        Its files, and ``card.md`` to read.

    Raises
    ------
    ModelError
        There is no bundle, or it cannot be read.

    """
    card = read_card(folder)
    stream = io.BytesIO()
    try:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in (CARD, *sorted(card.files)):
                archive.writestr(name, (folder / name).read_bytes())
            archive.writestr(READABLE, card.to_markdown())
    except OSError as error:
        raise ModelError(
            f"'{folder}' cannot be read ({error.strerror}); check its permissions",
            path=str(folder),
        ) from error
    return stream.getvalue()


def import_zip(
    content: bytes,
    data: DataFolder,
    *,
    name: str | None = None,
    timeout_s: float = CHECK_S,
) -> ModelCard:
    """Take in a bundle that somebody else made.

    Parameters
    ----------
    content : bytes
        A zip archive as `export_zip` writes it.
    data : DataFolder
    name : str, optional
        Name that it gets here, its own by default.
    timeout_s : float, default 300
        Longest time for trying it.

    Returns
    -------
    card : ModelCard
        Of the bundle that is there now.

    Raises
    ------
    ModelError
        The archive is damaged, too large, or holds anything but the files of a
        bundle; the name is taken, or that of the shipped model; or
        `ser_core.models.bundle.load_bundle` refuses the model. Nothing is left behind.

    Notes
    -----
    The files are written to a temporary folder, under names from a fixed list, and
    loaded in a process of their own: a model that makes a library crash or run
    forever takes that process with it and nothing else.

    """
    files = _members(content)
    card = ModelCard.from_text(files[CARD])
    folder = bundle_folder(data, card.name if name is None else name)
    check_not_shipped(folder.name)
    missing = (card.files.keys() | {CARD}) ^ files.keys()
    if missing:
        raise ModelError(
            f"the archive and its card differ about the file {min(missing)!r}; it is "
            "incomplete: export the model again"
        )
    if name is not None and name != card.name:
        files[CARD] = json.dumps({**card.to_json(), "name": name}, indent=1).encode()
    check_free(folder)
    with unfinished(folder) as partial:
        write_files(partial, files)
        check_in_process(partial, timeout_s=timeout_s)
    return read_card(folder)


def check_in_process(folder: Path, *, timeout_s: float = CHECK_S) -> None:
    """Load a bundle in a fresh process.

    Raises
    ------
    ModelError
        It is refused there, crashes the process, or takes too long.

    """
    command = [*package_command("ser_core.models.bundle_check"), str(folder)]
    try:
        done = subprocess.run(
            command,
            env=package_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError(
            f"loading the model took more than {timeout_s:.0f} s and was ended; it is "
            "not taken in",
            path=str(folder),
        ) from error
    answer = re.search(r"^SER-LAB (\{.*\})$", done.stdout, re.MULTILINE)
    told = json.loads(answer[1]) if answer else {}
    if done.returncode == 0 and told.get("loaded") is True:
        return
    reason = told.get("message") or (
        f"the process that tried it ended with code {done.returncode}"
    )
    raise ModelError(f"the model is not taken in: {reason}", path=str(folder))


def _members(content: bytes) -> dict[str, bytes]:
    """Return the files of an archive in which nothing is wrong."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            _check_members(infos)
            return {
                info.filename: archive.read(info)
                for info in infos
                if info.filename != READABLE
            }
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        MemoryError,
        ValueError,
        OSError,
    ) as error:
        text = " ".join(str(error).split())[:200]
        raise ModelError(
            f"this is no zip archive of a model, or a damaged one ({text}); export "
            "the model again"
        ) from error


def _check_members(infos: list[zipfile.ZipInfo]) -> None:
    """Refuse names, kinds and sizes that no bundle has, before anything is read."""
    if len(infos) > _MOST_MEMBERS:
        raise _refused(f"{len(infos):,} files; {_MOST_MEMBERS} are allowed")
    seen = set()
    for info in infos:
        name = info.orig_filename
        if name != READABLE and not re.fullmatch(MEMBER_PATTERN, name):
            raise _refused(f"a file named {name[:80]!r}, which no bundle has")
        if name in seen:
            raise _refused(f"{name!r} twice")
        seen.add(name)
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
            raise _refused(f"{name!r}, which is a link or a device and no file")
        if info.flag_bits & _ENCRYPTED:
            raise _refused(f"{name!r}, which is encrypted")
        largest = LARGEST_CARD_BYTES if name == CARD else LARGEST_BUNDLE_BYTES
        if info.file_size > largest:
            raise _refused(f"{name!r} of {info.file_size:,} bytes")
    total = sum(info.file_size for info in infos)
    if total > LARGEST_BUNDLE_BYTES:
        raise _refused(f"{total:,} bytes; {LARGEST_BUNDLE_BYTES:,} are allowed")
    if CARD not in seen:
        raise _refused("no card")


def _refused(reason: str) -> ModelError:
    """Make the error for an archive that is not to be trusted."""
    return ModelError(
        f"the archive is not taken in: it holds {reason}. Only a model that SER Lab "
        "exported can be imported"
    )
