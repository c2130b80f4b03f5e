"""Where a command's JSON goes: stdout, or a file that is checked beforehand."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ser_core.errors import ParameterError, SerError


def add_json_option(parser: argparse.ArgumentParser, what: str) -> None:
    """Add ``--json [OUT]``."""
    parser.add_argument(
        "--json",
        metavar="OUT",
        nargs="?",
        const="-",
        help=f"write {what} as JSON to the file OUT, or to stdout ('-' or no OUT)",
    )


class JsonOutput:
    """Write JSON to a place that can be written, which is tried at once.

    Parameters
    ----------
    target : str or None
        A file, ``-`` for stdout, None for nowhere.

    Raises
    ------
    ParameterError
        The file cannot be written; the message names it.

    """

    def __init__(self, target: str | None) -> None:
        self.wanted = target is not None
        self._path = None if target in (None, "-") else Path(str(target)).expanduser()
        if self._path is not None:
            _check(self._path)

    @property
    def on_stdout(self) -> bool:
        """Tell whether stdout belongs to the JSON."""
        return self.wanted and self._path is None

    def write(self, document: Any) -> None:
        """Write the document, to a file in one step.

        Raises
        ------
        SerError
            The disk is full or the file's folder is gone by now.

        """
        if not self.wanted:
            return
        # ASCII alone: every terminal, pipe and odd file name passes
        text = json.dumps(document, allow_nan=False, indent=1) + "\n"
        if self._path is None:
            sys.stdout.write(text)
            return
        try:
            _replace(self._path, text)
        except OSError as error:
            raise SerError(
                f"'{self._path}' cannot be written ({error.strerror}); free disk space "
                "or give another file",
                path=str(self._path),
            ) from error


def _check(path: Path) -> None:
    """Try whether a file can be written, without changing it."""
    if path.is_dir():
        raise ParameterError(f"--json '{path}' is a folder; give a file in it")
    try:
        if path.exists():
            with path.open("ab"):
                pass
        if not path.exists() or path.is_file():
            draft = _draft(path)
            draft.touch()
            draft.unlink()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ParameterError(
            f"--json '{path}' cannot be written ({reason}); give a file in a folder "
            "that exists and can be written"
        ) from error


def _replace(path: Path, text: str) -> None:
    """Write a file so that it is old or new, never half; a device directly."""
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="ascii")
        return
    draft = _draft(path)
    try:
        draft.write_text(text, encoding="ascii")
        if path.exists():
            draft.chmod(path.stat().st_mode & 0o777)
        draft.replace(os.path.realpath(path))
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def _draft(path: Path) -> Path:
    """Name a new file beside the one that a path leads to."""
    place = Path(os.path.realpath(path))
    return place.with_name(f".{place.name[:60]}.{secrets.token_hex(4)}")


def on_one_line(text: str) -> str:
    """Replace what could move the cursor or colour a terminal, as in file names."""
    spaced = (" " if c.isspace() else c for c in text)
    return "".join(c if c.isprintable() else "?" for c in spaced)


def problem_line(problem: Mapping[str, Any]) -> str:
    """Write a file and what is wrong with it, naming it once."""
    path, reason = problem["path"], problem["reason"]
    named = reason.startswith(f"'{path}' ")
    return on_one_line(reason if named else f"'{path}': {reason}")


def table(headings: list[str], rows: list[list[str]]) -> str:
    """Lay out a small table for a terminal."""
    rows = [[on_one_line(cell) for cell in row] for row in rows]
    widths = [
        max(len(row[n]) for row in [headings, *rows]) for n in range(len(headings))
    ]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in [headings, *rows]
    ]
    return "\n".join(line.rstrip() for line in lines)
