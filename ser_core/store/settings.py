"""What the operator of a server decided: ``config.toml``, then the environment."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from ser_core.errors import ParameterError
from ser_core.store.data_folder import DataFolder
from ser_core.store.settings_values import KINDS, read_text, read_value

PREFIX: Final = "SER_LAB_"
"""Of the environment variables; ``SER_LAB_MAX_JOB_S`` stands for ``max_job_s``."""

OTHER_VARIABLES: Final = ("SER_LAB_HOME", "SER_LAB_JOB", "SER_LAB_OPERATOR_TOKEN")
"""Variables of the same prefix that are no settings."""

_MEGABYTE: Final = 1_000_000
_LARGEST_FILE: Final = 256 * 1024
_SEEN: dict[str, tuple[tuple[Any, ...], Settings]] = {}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The rules of one server.

    Attributes
    ----------
    shared : bool
        People who do not know each other use it: a visitor sees no folders of the
        machine, deletes only what is their own, and the stricter values of
        `SHARED_DEFAULTS` hold where nothing else is set.
    corpus_folders : tuple of Path, or None
        A page registers corpora below these alone; None for any folder.
    start_jobs : str
        ``everyone``, ``signed-in`` or ``operator``.
    operators : tuple of str
        E-mail addresses or subjects of signed-in people who are operators.
    max_jobs_waiting : int or None
        Jobs that have not ended, of all visitors together, besides the one that has
        the machine; None for no limit, here and below.
    max_jobs_per_visitor : int or None
        Jobs of one visitor that have not ended.
    max_job_s : int or None
        Seconds that a visitor's job may work.
    keep_jobs_days : int or None
        Days for which the folder of an ended job stays.
    keep_records_days : int or None
        Days for which a run record stays, unless it is marked as kept.
    visitor_bytes : int or None
        What one visitor's jobs, records, models and corpora may take on the disk.
    max_upload_bytes : int
        Size of one recording that a visitor uploads.
    max_upload_s : int
        Its length in seconds.
    max_listeners : int
        Visitors whose recordings are classified at the same moment; others wait.

    """

    shared: bool = False
    corpus_folders: tuple[Path, ...] | None = None
    start_jobs: str = "everyone"
    operators: tuple[str, ...] = ()
    max_jobs_waiting: int | None = None
    max_jobs_per_visitor: int | None = None
    max_job_s: int | None = None
    keep_jobs_days: int | None = None
    keep_records_days: int | None = None
    visitor_bytes: int | None = None
    max_upload_bytes: int = 100 * _MEGABYTE
    max_upload_s: int = 1800
    max_listeners: int = 4


SHARED_DEFAULTS: Final[Mapping[str, Any]] = {
    "corpus_folders": (),
    "max_jobs_waiting": 10,
    "max_jobs_per_visitor": 2,
    "max_job_s": 3600,
    "keep_jobs_days": 14,
    "keep_records_days": 365,
    "visitor_bytes": 500 * _MEGABYTE,
    "max_listeners": 2,
}
"""What holds on a shared server where the operator set nothing else."""


def settings(data: DataFolder) -> Settings:
    """Read the operator's settings, afresh when the file or the environment changed.

    Parameters
    ----------
    data : DataFolder
        ``config.toml`` in it is read; it need not exist.

    Returns
    -------
    settings : Settings
        From the defaults, the file, and the environment, which wins.

    Raises
    ------
    ParameterError
        The file cannot be read or is no TOML, or a value is unknown, of the wrong
        type or out of range; the message names the file or the variable, the key,
        the value and what is allowed. Nothing falls back to a default then.

    """
    path = config_path(data)
    given = {
        name: value
        for name in KINDS
        if (value := os.environ.get(variable(name))) is not None
    }
    stamp = (*_stamp(path), tuple(sorted(given.items())))
    seen = _SEEN.get(str(path))
    if seen is None or seen[0] != stamp:
        seen = (stamp, _read(path, given))
        _SEEN[str(path)] = seen
    return seen[1]


def config_path(data: DataFolder) -> Path:
    """Return where the operator's file lies or would lie."""
    return data.root / "config.toml"


def variable(name: str) -> str:
    """Name the environment variable of a setting.

    Examples
    --------
    >>> variable("max_job_s")
    'SER_LAB_MAX_JOB_S'

    """
    return PREFIX + name.upper()


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """List variables of our prefix that mean nothing, as misspelled ones."""
    known = {*OTHER_VARIABLES, *(variable(name) for name in KINDS)}
    return sorted(
        name for name in environment if name.startswith(PREFIX) and name not in known
    )


def sources(data: DataFolder) -> dict[str, str]:
    """Say for each setting where its value comes from.

    Returns
    -------
    sources : dict
        Name -> the variable, ``config.toml``, ``shared`` (a stricter default) or
        ``default``.

    Raises
    ------
    ParameterError
        As `settings`.

    """
    chosen = settings(data)
    in_file = _from_file(config_path(data))
    found = {}
    for field in fields(Settings):
        name = field.name
        if variable(name) in os.environ:
            found[name] = variable(name)
        elif name in in_file:
            found[name] = "config.toml"
        else:
            stricter = chosen.shared and name in SHARED_DEFAULTS
            found[name] = "shared" if stricter else "default"
    return found


def _read(path: Path, environment: Mapping[str, str]) -> Settings:
    """Put the values of file and environment over the defaults."""
    values = _from_file(path)
    for name, text in environment.items():
        values[name] = read_text(name, text, source=f"variable {variable(name)}")
    if values.get("shared", False):
        values = {**SHARED_DEFAULTS, **values}
    return Settings(**values)


def _from_file(path: Path) -> dict[str, Any]:
    """Read the file's values, checked; none where there is no file."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ParameterError(
            f"settings {_called(path)} cannot be read ({error.strerror}); check its "
            "owner and permissions, or remove it for the defaults",
            path=str(path),
        ) from error
    if len(content) > _LARGEST_FILE:
        raise ParameterError(
            f"settings {_called(path)} are larger than {_LARGEST_FILE:,} bytes; a file "
            "of a few lines is expected",
            path=str(path),
        )
    try:
        document = tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ParameterError(
            f"settings {_called(path)} are no TOML ({error}); write lines such as "
            "max_job_s = 3600",
            path=str(path),
        ) from error
    return {
        name: read_value(name, value, source=_called(path))
        for name, value in document.items()
    }


def _called(path: Path) -> str:
    """Name the file without its folder, which is nothing for visitors."""
    return f"'{path.name}' of the data folder"


def _stamp(path: Path) -> tuple[int, ...]:
    """Return what changes when the file does; empty where there is none."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return (status.st_mtime_ns, status.st_size, status.st_ino)
