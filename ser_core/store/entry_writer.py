"""Write an entry of the feature store file by file, so that it can be continued."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

import numpy as np
import numpy.typing as npt

from ser_core.store.matrix_file import MatrixWriter, told_writing

VALUES: Final = "values.npy"
PART_SUFFIX: Final = ".part"
_JOURNAL: Final = "journal.jsonl"

Document = Mapping[str, Any]


class EntryWriter:
    """Take the rows and the document of an entry.

    Parameters
    ----------
    matrix : MatrixWriter
        Where the rows go.
    journal : text stream
        Where it is noted what was done.
    done : list of mapping
        What an interrupted writer had noted, see `open_part`.

    Attributes
    ----------
    done : list of mapping
        What was said about each file that is done already, in order; those need not
        be computed again.
    document : mapping or None
        What `finish` was told.
    journal_path : Path

    """

    def __init__(
        self, matrix: MatrixWriter, journal: TextIO, done: list[Document]
    ) -> None:
        self.done = done
        self.document: Document | None = None
        self.journal_path = Path(journal.name)
        self._matrix = matrix
        self._journal = journal

    @property
    def n_rows(self) -> int:
        """Rows so far."""
        return self._matrix.n_rows

    @property
    def sha256(self) -> str:
        """SHA-256 (hex) of the rows so far."""
        return self._matrix.sha256

    def append(self, row: npt.NDArray[np.float32] | None, about: Document) -> None:
        """Write what one file gave.

        Parameters
        ----------
        row : ndarray or None
            See `MatrixWriter.append`; None for a file without a row.
        about : mapping
            What is known about the file, plain JSON; a later writer finds it in
            `done`.

        """
        crc = None if row is None else self._matrix.append(row)
        with told_writing(self.journal_path):
            self._journal.write(_line(about, crc))

    def finish(self, document: Document) -> None:
        """Say what is known about the rows, as plain JSON."""
        self.document = document


@contextmanager
def open_part(folder: Path, *, n_columns: int) -> Iterator[EntryWriter]:
    """Begin or continue an entry in a folder of its own.

    Parameters
    ----------
    folder : Path
        Exists; may hold what an interrupted writer left, at any point.
    n_columns : int
        Values a row.

    Yields
    ------
    writer : EntryWriter

    Notes
    -----
    The journal has a line a file, with the CRC-32 of its row. Lines and rows may
    reach the disk in any order; what counts as done ends with the first line that is
    torn, or whose row is.

    """
    known = _read_journal(folder / _JOURNAL)
    crcs = [crc for _, crc in known if crc is not None]
    with MatrixWriter(
        folder / VALUES, n_columns=n_columns, kept=crcs, keep_on_error=True
    ) as matrix:
        done = _with_rows(known, matrix.n_rows)
        path = folder / _JOURNAL
        with told_writing(path):
            journal = path.open("w", encoding="utf-8", buffering=1)
        try:
            with told_writing(path):
                journal.writelines(_line(about, crc) for about, crc in done)
            yield EntryWriter(matrix, journal, [about for about, _ in done])
        finally:
            with told_writing(path):
                journal.close()


def _line(about: Document, crc: int | None) -> str:
    """Return a line of the journal."""
    return json.dumps({"about": about, "crc": crc}, allow_nan=False) + "\n"


def _read_journal(path: Path) -> list[tuple[Document, int | None]]:
    """Read the lines of a journal up to the first one that is torn."""
    if not path.exists():
        return []
    known: list[tuple[Document, int | None]] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            entry = json.loads(line)
            known.append((entry["about"], entry["crc"]))
        except (ValueError, TypeError, KeyError):  # the process ended within the line
            break
    return known


def _with_rows(
    known: list[tuple[Document, int | None]], n_rows: int
) -> list[tuple[Document, int | None]]:
    """Return what comes before the first line whose row is not there."""
    n_seen = 0
    for number, (_, crc) in enumerate(known):
        n_seen += crc is not None
        if n_seen > n_rows:
            return known[:number]
    return known
