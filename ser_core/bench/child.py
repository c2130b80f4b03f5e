"""How processes that measure are started, tied to their parent, and understood."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TextIO

from ser_core import errors
from ser_core.errors import SerError
from ser_core.measure.sampling import package_environment

_REASON_LINES: Final = 4
_LOG_BYTES: Final = 20_000
_PR_SET_PDEATHSIG: Final = 1


def child_environment(
    threads: Mapping[str, str | None], *, numba_cache: Path, temporary: Path
) -> dict[str, str]:
    """Return the environment in which a measured process starts.

    Parameters
    ----------
    threads : mapping of str to (str or None)
        Variables to set, or to unset where None, as
        `ser_core.execution.thread_environment` returns them.
    numba_cache : Path
        Used where ``NUMBA_CACHE_DIR`` is not set.
    temporary : Path
        Where libraries put temporary files, so that they go with the job.

    Returns
    -------
    environment : dict of str

    """
    environment = package_environment()
    for name, value in threads.items():
        if value is None:
            environment.pop(name, None)
        else:
            environment[name] = value
    environment.setdefault("NUMBA_CACHE_DIR", str(numba_cache))
    for name in ("TMPDIR", "TEMP", "TMP", "JOBLIB_TEMP_FOLDER"):
        environment[name] = str(temporary)
    # so that a crash inside a library leaves a word in the log
    environment["PYTHONFAULTHANDLER"] = "1"
    return environment


def private_output() -> TextIO:
    """Return standard output, and send what libraries print to standard error."""
    stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return stream


def end_with(supervisor: int) -> None:
    """Have the kernel (Linux) kill this process when its supervisor dies.

    A pipe that the process watches does the same everywhere, but only once the
    interpreter gets to it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != supervisor:  # it died before this line
            os._exit(1)


def told_error(message: Mapping[str, Any], label: str | None = None) -> SerError:
    """Make an error again that a process told as ``error`` and ``message``."""
    kind = getattr(errors, message["error"], SerError)
    text = message["message"] if label is None else f"{label}: {message['message']}"
    error: SerError = kind(text, path=message.get("path"))
    return error


def ending(code: int) -> str:
    """Put an exit code into words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = str(-code)
    if name == "SIGKILL":
        return "killed by SIGKILL, as the system does when memory runs out"
    return f"killed by {name}"


def last_words(log: Path) -> str:
    """Return the last lines of a log that say something, without a stack trace."""
    with log.open("rb") as stream:
        stream.seek(max(0, os.fstat(stream.fileno()).st_size - _LOG_BYTES))
        text = stream.read().decode("utf-8", errors="replace")
    lines = [
        line.strip()
        for line in text.splitlines()
        if line.strip() and not re.match(r"\s|Traceback|Thread 0x|Current thread", line)
    ]
    return " / ".join(lines[-_REASON_LINES:]) or "it left no message"
