"""The values that a setting may have, from TOML and from text."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ser_core.errors import ParameterError

UNLIMITED: Final = "unlimited"
"""Stands for no limit, because TOML has no null."""

ANY_FOLDER: Final = "any"
"""Stands for every folder."""

_LONGEST_SHOWN: Final = 80


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """What a setting may be: `check` returns its value, or raises ValueError."""

    allowed: str
    check: Callable[[Any], Any]
    parse: Callable[[str], Any]


def read_value(name: str, value: object, *, source: str) -> Any:
    """Check one value of the file.

    Parameters
    ----------
    name : str
        The key.
    value : object
        As TOML has it.
    source : str
        What to call its place in messages, as a quoted path.

    Returns
    -------
    value
        As `Settings` has it.

    Raises
    ------
    ParameterError
        The key is unknown, or the value is not allowed.

    """
    kind = KINDS.get(name)
    if kind is None:
        raise ParameterError(
            f"settings {source}: {name[:_LONGEST_SHOWN]!r} is no setting; choose from: "
            f"{', '.join(KINDS)}"
        )
    try:
        return kind.check(value)
    except (ValueError, RuntimeError) as error:
        shown = repr(value)
        if len(shown) > _LONGEST_SHOWN:
            shown = f"{shown[:_LONGEST_SHOWN]}…"
        reason = f" ({error})" if str(error) else ""
        raise ParameterError(
            f"settings {source}: {name} = {shown} is not allowed{reason}; give "
            f"{kind.allowed}"
        ) from error


def read_text(name: str, text: str, *, source: str) -> Any:
    """Check one value of the environment.

    Parameters
    ----------
    name : str
        The setting.
    text : str
        Numbers in digits; ``true`` or ``false``; folders separated as in ``PATH``,
        people by commas.
    source : str
        What to call its place in messages.

    Raises
    ------
    ParameterError
        The value is not allowed.

    """
    return read_value(name, KINDS[name].parse(text.strip()), source=source)


def _boolean() -> _Kind:
    words = {"true": True, "false": False, "1": True, "0": False}

    def check(value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError
        return value

    return _Kind(
        allowed="true or false",
        check=check,
        parse=lambda text: words.get(text.lower(), text),
    )


def _whole(low: int, high: int, *, optional: bool) -> _Kind:
    def check(value: Any) -> int | None:
        if optional and value == UNLIMITED:
            return None
        # a truth value is a whole number to Python
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError
        if not low <= value <= high:
            raise ValueError
        return value

    def parse(text: str) -> Any:
        plain = text.isascii() and text.isdigit() and len(text) <= 20
        return int(text) if plain else text

    or_none = f', or "{UNLIMITED}"' if optional else ""
    return _Kind(
        allowed=f"a whole number from {low:,} to {high:,}{or_none}",
        check=check,
        parse=parse,
    )


def _one_of(*words: str) -> _Kind:
    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise ValueError
        return value

    allowed = "one of: " + ", ".join(f'"{word}"' for word in words)
    return _Kind(allowed=allowed, check=check, parse=str)


def _people() -> _Kind:
    def check(value: Any) -> tuple[str, ...]:
        people = _texts(value)
        if any(len(person) > 320 for person in people):
            raise ValueError("longer than an address can be")
        return people

    return _Kind(
        allowed='a list of e-mail addresses or subjects, as ["ann@lab.example"]',
        check=check,
        parse=lambda text: [part.strip() for part in text.split(",") if part.strip()],
    )


def _folders() -> _Kind:
    def check(value: Any) -> tuple[Path, ...] | None:
        if value == ANY_FOLDER:
            return None
        return tuple(_folder(text) for text in _texts(value))

    def parse(text: str) -> Any:
        if text == ANY_FOLDER:
            return text
        return [part for part in text.split(os.pathsep) if part]

    return _Kind(
        allowed='a list of absolute paths, as ["/srv/corpora"], or "any"',
        check=check,
        parse=parse,
    )


def _folder(text: str) -> Path:
    """Take an absolute path; the whole disk is not one to offer."""
    path = Path(text).expanduser()
    if not path.is_absolute():
        raise ValueError(f"'{text}' is not absolute")
    if path.resolve() == Path(path.anchor):
        raise ValueError(f"'{text}' is the whole disk")
    return path


def _texts(value: Any) -> tuple[str, ...]:
    """Take a list of texts, none of them empty or with control characters."""
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise ValueError
    if not all(text.strip() and text.isprintable() for text in value):
        raise ValueError("one of them is empty or holds control characters")
    return tuple(value)


KINDS: Final[Mapping[str, _Kind]] = {
    "shared": _boolean(),
    "corpus_folders": _folders(),
    "start_jobs": _one_of("everyone", "signed-in", "operator"),
    "operators": _people(),
    "max_jobs_waiting": _whole(1, 10_000, optional=True),
    "max_jobs_per_visitor": _whole(1, 10_000, optional=True),
    "max_job_s": _whole(1, 31_536_000, optional=True),
    "keep_jobs_days": _whole(1, 36_500, optional=True),
    "keep_records_days": _whole(1, 36_500, optional=True),
    "visitor_bytes": _whole(1_000_000, 10**15, optional=True),
    "max_upload_bytes": _whole(1_000, 10**10, optional=False),
    "max_upload_s": _whole(1, 86_400, optional=False),
    "max_listeners": _whole(1, 1_000, optional=False),
}
"""What each setting may be, by its name."""
