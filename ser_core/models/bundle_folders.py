"""The folders of saved models: their names, their files, their list."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from ser_core.corpora.reserved_names import allowed_here
from ser_core.errors import ModelError
from ser_core.models.card import LARGEST_CARD_BYTES, ModelCard
from ser_core.models.card_shape import NAME_PATTERN
from ser_core.store.data_folder import DataFolder

CARD: Final = "card.json"
"""The file of the card."""

MEMBER_PATTERN: Final = (
    r"card\.json|model\.skops|probe\.npy|model\.\d{1,2}\.(xgb\.json|lgbm\.txt)"
)
"""Names that the files of a bundle may have."""

LARGEST_BUNDLE_BYTES: Final = 2 << 30
"""Size of all files of a bundle together."""

_TEMPORARY: Final = re.compile(r"\..*\.(saving|removing)-[0-9a-f]{16}")


@dataclass(frozen=True, kw_only=True)
class BundleSummary:
    """One bundle in a list.

    Attributes
    ----------
    name : str
    folder : Path
    card : ModelCard or None
        None where it cannot be read.
    problem : str or None
        Why not.
    size_bytes : int

    """

    name: str
    folder: Path
    card: ModelCard | None
    problem: str | None
    size_bytes: int


def bundle_folder(data: DataFolder, name: str) -> Path:
    """Return the folder of a bundle, whether it exists or not.

    Parameters
    ----------
    data : DataFolder
    name : str
        Letters, digits, dots, hyphens and underscores, at most 60, the first a
        letter or digit and the last no dot.

    Raises
    ------
    ModelError
        The name is not allowed on every system.

    """
    path = PurePosixPath(name) if isinstance(name, str) and name else None
    if (
        path is None
        or not re.fullmatch(NAME_PATTERN, name)
        or name.endswith(".")
        or allowed_here(path, platform="win32") != path
    ):
        raise ModelError(
            f"{str(name)[:80]!r} cannot be a model's name; use up to 60 letters, "
            "digits, dots, hyphens and underscores, beginning with a letter or digit"
        )
    return data.models / name


def free_name(data: DataFolder, wanted: str) -> str:
    """Return a name that no bundle has yet: the wanted one, or with ``-2`` and so on.

    Raises
    ------
    ModelError
        As `bundle_folder`.

    """
    candidate, number = wanted, 1
    while bundle_folder(data, candidate).exists():
        number += 1
        candidate = f"{wanted[:55]}-{number}"
    return candidate


def read_card(folder: Path) -> ModelCard:
    """Read the card of a bundle, and nothing else of it.

    Raises
    ------
    ModelError
        There is no bundle, or its card is damaged.

    """
    if not (folder / CARD).is_file():
        raise ModelError(
            f"'{folder}' holds no model; list the models to see which there are",
            path=str(folder),
        )
    try:
        card = ModelCard.from_text(read_file(folder / CARD, LARGEST_CARD_BYTES))
    except ModelError as error:
        raise ModelError(f"'{folder}': {error.message}", path=str(folder)) from error
    odd = [name for name in card.files if not re.fullmatch(MEMBER_PATTERN, name)]
    if odd or CARD in card.files:
        raise ModelError(
            f"'{folder}': its card names the file {(odd or [CARD])[0]!r}, which no "
            "bundle has; it is no bundle of SER Lab",
            path=str(folder),
        )
    return card


def list_bundles(data: DataFolder) -> list[BundleSummary]:
    """List the saved models, newest first; those that cannot be read come last.

    Only the cards are read.
    """
    found = []
    try:
        folders = [path for path in data.models.iterdir() if path.is_dir()]
    except FileNotFoundError:
        return []
    for folder in sorted(folders):
        if _TEMPORARY.fullmatch(folder.name):
            continue
        found.append(summarise(folder))
    newest_first = sorted(
        (b for b in found if b.card is not None),
        key=lambda bundle: bundle.card.created_utc if bundle.card else "",
        reverse=True,
    )
    return newest_first + [b for b in found if b.card is None]


def summarise(folder: Path) -> BundleSummary:
    """Describe a bundle by its card alone, or say why it cannot be read."""
    card, problem = None, None
    try:
        bundle_folder(DataFolder(folder.parent.parent), folder.name)
        card = read_card(folder)
    except ModelError as error:
        problem = error.message
    return BundleSummary(
        name=folder.name,
        folder=folder,
        card=card,
        problem=problem,
        size_bytes=sum(_size(path) for path in folder.glob("*")),
    )


def remove_bundle(data: DataFolder, name: str) -> None:
    """Remove a bundle.

    Raises
    ------
    ModelError
        There is none of this name, or it cannot be removed.

    """
    folder = bundle_folder(data, name)
    if not folder.is_dir() or folder.is_symlink():
        raise ModelError(
            f"there is no model {name!r} to remove; list the models to see which "
            "there are"
        )
    # renamed first, so that nobody meets half of it
    doomed = folder.with_name(f".{name}.removing-{secrets.token_hex(8)}")
    try:
        folder.rename(doomed)
        shutil.rmtree(doomed)
    except OSError as error:
        raise ModelError(
            f"model {name!r} cannot be removed ({error.strerror}); check the "
            f"permissions of '{folder.parent}'",
            path=str(folder),
        ) from error


def check_free(folder: Path) -> None:
    """Refuse a folder that exists.

    Raises
    ------
    ModelError
        There is something of this name.

    """
    if folder.exists() or folder.is_symlink():
        raise ModelError(
            f"a model of the name {folder.name!r} exists already; give another name, "
            "or remove that one first",
            path=str(folder),
        )


@contextmanager
def unfinished(folder: Path) -> Iterator[Path]:
    """Give a new folder that gets its name at the end, if all went well.

    Parameters
    ----------
    folder : Path
        The name that it gets; it must not exist.

    Yields
    ------
    partial : Path
        To write to. It goes if the block raises.

    Raises
    ------
    ModelError
        The folder exists by now, or cannot be written.

    """
    partial = folder.with_name(f".{folder.name}.saving-{secrets.token_hex(8)}")
    try:
        partial.mkdir(parents=True)
        yield partial
        check_free(folder)
        partial.rename(folder)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            check_free(folder)
        remedy = (
            "free some space and save again"
            if error.errno in (errno.ENOSPC, errno.EDQUOT)
            else "check the folder's permissions and save again"
        )
        raise ModelError(
            f"the model cannot be saved to '{folder}' ({error.strerror}); {remedy}. "
            "Nothing was left behind",
            path=str(folder),
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files to a folder, and wait until the disk has them."""
    for name, content in files.items():
        with (folder / name).open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())


def read_file(path: Path, largest: int) -> bytes:
    """Read a file that is not a link and not too large.

    Raises
    ------
    ModelError
        It is missing, a link, larger than `largest` bytes, or cannot be read.

    """
    try:
        if path.is_symlink() or not path.is_file():
            raise ModelError(
                f"'{path}' is missing or no plain file; get the bundle again",
                path=str(path),
            )
        if path.stat().st_size > largest:
            raise ModelError(
                f"'{path}' has {path.stat().st_size:,} bytes, {largest:,} are "
                "allowed; it is no file of SER Lab",
                path=str(path),
            )
        return path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"'{path}' cannot be read ({error.strerror}); check its permissions",
            path=str(path),
        ) from error


def _size(path: Path) -> int:
    """Return a file's size, 0 where it is gone by now."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
