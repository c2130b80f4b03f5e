"""Fetch one file over HTTP, going on where an earlier attempt stopped."""

from __future__ import annotations

import errno
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import requests

from ser_core.errors import CorpusError

Transferred = Callable[[int, "int | None"], None]

# What is left of a chunk when the connection breaks is lost, so they are small.
_CHUNK_BYTES: Final = 32 << 10
# A connection that breaks after this much is worth as many attempts as at first.
_WORTHWHILE_BYTES: Final = 1 << 20
_TIMEOUT_S: Final = (20.0, 60.0)
_PAUSES_S: tuple[float, ...] = (1.0, 4.0, 15.0)
_TRY_AGAIN: Final = frozenset((408, 425, 429, 500, 502, 503, 504))
# As stored, not compressed on the way: sizes and ranges would mean nothing.
_HEADERS: Final = {"Accept-Encoding": "identity"}


class _BrokenOff(Exception):  # noqa: N818 (a signal inside this module)
    """The transfer stopped early and is worth another attempt."""


def remote_size(url: str) -> int | None:
    """Ask a server for the size of a file.

    Returns
    -------
    size_bytes : int or None
        None where the server does not say.

    Raises
    ------
    CorpusError
        The server cannot be reached, or does not have the file.

    """
    try:
        answer = requests.head(
            url, headers=_HEADERS, timeout=_TIMEOUT_S, allow_redirects=True
        )
    except requests.RequestException as error:
        raise _unreachable(url, error) from error
    if answer.status_code in (404, 410):
        raise _missing(url, answer.status_code)
    if not answer.ok:
        # Some servers answer no HEAD; the transfer itself will tell.
        return None
    length = answer.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def _missing(url: str, status: int) -> CorpusError:
    """Make the error for a file that the server does not have."""
    return CorpusError(
        f"'{url}' is not there (HTTP {status}); the publisher may have moved it: see "
        "the corpus's page, download it by hand and register the folder",
        path=url,
    )


def _unreachable(url: str, error: Exception) -> CorpusError:
    """Make the error for a server that does not answer."""
    return CorpusError(
        f"'{url}' cannot be reached ({type(error).__name__}); check the network or "
        "the proxy and start again: what was fetched is kept",
        path=url,
    )


@dataclass(kw_only=True)
class Transfer:
    """A downloader for pooch that keeps what it has.

    The bytes go to ``partial``; a note beside it says which version of the file they
    belong to, so that two versions are never mixed.

    Attributes
    ----------
    partial : Path
        Where unfinished bytes are kept.
    size_bytes : int or None
        Expected size, where it is known beforehand.
    progress : callable or None
        Called as ``progress(done_bytes, total_bytes or None)``.

    """

    partial: Path
    size_bytes: int | None = None
    progress: Transferred | None = None

    def __call__(
        self, url: str, output_file: Any, pooch: Any, check_only: bool = False
    ) -> None:
        """Fetch `url` and give the whole file the name `output_file`.

        Parameters
        ----------
        url : str
            Address.
        output_file : str
            Path of pooch's temporary file, which is replaced.
        pooch, check_only
            Of pooch's protocol; not needed.

        Raises
        ------
        CorpusError
            The file cannot be fetched or written; what came stays in `partial`.

        """
        pauses, have = list(_PAUSES_S), 0
        while True:
            try:
                self._attempt(url)
                break
            except (_BrokenOff, requests.RequestException) as error:
                before, have = have, self._kept(url)[0]
                if have - before >= _WORTHWHILE_BYTES:
                    pauses = list(_PAUSES_S)
                if not pauses:
                    raise _unreachable(url, error) from error
                time.sleep(pauses.pop(0))
            except OSError as error:
                raise self._unwritable(error) from error
        self.partial.replace(output_file)
        self._note.unlink(missing_ok=True)

    @property
    def _note(self) -> Path:
        """The file that says which version `partial` belongs to."""
        return self.partial.with_name(f"{self.partial.name}.json")

    def _attempt(self, url: str) -> None:
        """Fetch what is missing, or all of it."""
        have, validator = self._kept(url)
        headers = dict(_HEADERS)
        if have:
            headers |= {"Range": f"bytes={have}-", "If-Range": validator}
        with requests.get(
            url, headers=headers, timeout=_TIMEOUT_S, stream=True
        ) as answer:
            if answer.status_code in (404, 410):
                raise _missing(url, answer.status_code)
            if answer.status_code == 416:
                # The kept part does not fit the file: begin again.
                self._forget()
                raise _BrokenOff(f"HTTP {answer.status_code}")
            if answer.status_code in _TRY_AGAIN:
                raise _BrokenOff(f"HTTP {answer.status_code}")
            if not answer.ok:
                raise CorpusError(
                    f"'{url}' is refused (HTTP {answer.status_code}); download it by "
                    "hand from the corpus's page and register the folder",
                    path=url,
                )
            resumed = answer.status_code == 206 and _starts_at(answer, have)
            self._receive(url, answer, have if resumed else 0)

    def _kept(self, url: str) -> tuple[int, str]:
        """Return how many bytes can be gone on from, and their version."""
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            size = self.partial.stat().st_size
        except (OSError, ValueError):
            return 0, ""
        if not isinstance(note, dict) or note.get("url") != url:
            return 0, ""
        validator = note.get("validator")
        return (size, validator) if isinstance(validator, str) else (0, "")

    def _forget(self) -> None:
        """Remove what was kept."""
        self.partial.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def _receive(self, url: str, answer: requests.Response, have: int) -> None:
        """Write the answer behind the first `have` bytes."""
        length = answer.headers.get("Content-Length", "")
        total = have + int(length) if length.isdecimal() else self.size_bytes
        if self.size_bytes is not None and total != self.size_bytes:
            raise CorpusError(
                f"'{url}' has {total:,} bytes, {self.size_bytes:,} are expected: it is "
                "not the published file; download it by hand and register the folder",
                path=url,
            )
        if not have:
            self._forget()
            self._remember(url, answer)
        with self.partial.open("ab" if have else "wb") as sink:
            for chunk in answer.iter_content(_CHUNK_BYTES):
                sink.write(chunk)
                have += len(chunk)
                if self.progress is not None:
                    self.progress(have, total)
        if total is not None and have != total:
            raise _BrokenOff(f"{have:,} of {total:,} bytes")

    def _remember(self, url: str, answer: requests.Response) -> None:
        """Note the version, unless the server names none that can be relied on."""
        etag = answer.headers.get("ETag", "")
        strong = etag if not etag.startswith("W/") else ""
        validator = strong or answer.headers.get("Last-Modified", "")
        if validator:
            self._note.write_text(
                json.dumps({"url": url, "validator": validator}), encoding="utf-8"
            )

    def _unwritable(self, error: OSError) -> CorpusError:
        """Make the error for a disk that takes no more."""
        reason = (
            "the disk is full; free some space"
            if error.errno in (errno.ENOSPC, errno.EDQUOT)
            else f"{error.strerror}; check its permissions"
        )
        return CorpusError(
            f"'{self.partial}' cannot be written: {reason} and start again, what was "
            "fetched is kept",
            path=str(self.partial),
        )


def _starts_at(answer: requests.Response, have: int) -> bool:
    """Tell whether a partial answer continues where we are."""
    return answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
