"""How the processes of a job are started, and with which environment."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import ser_core
from ser_core.errors import JobError
from ser_core.jobs.folder import JobFolder
from ser_core.jobs.process import MARKER

OPERATOR_TOKEN: Final = "SER_LAB_OPERATOR_TOKEN"
"""Environment variable of the server: this token may cancel every job."""


@dataclass(frozen=True)
class Entry:
    """Name the programs that a job's two processes run.

    Attributes
    ----------
    run : tuple of str
        Command line of the process that queues and supervises; the spec's path is
        appended.
    work : tuple of str
        Command line of its child that does the work; the job's folder is appended.

    """

    run: tuple[str, ...]
    work: tuple[str, ...]


SER_CORE: Final = Entry(
    run=(sys.executable, "-m", "ser_core", "run"),
    work=(sys.executable, "-m", "ser_core.jobs.work"),
)


def start_detached(folder: JobFolder, entry: Entry) -> subprocess.Popen[bytes]:
    """Start the job's process so that it outlives this one.

    Raises
    ------
    JobError
        The system could not start it.

    """
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    try:
        with folder.log.open("ab") as log:
            return subprocess.Popen(
                [*entry.run, str(folder.spec)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=folder.path,
                env=environment(folder),
                creationflags=flags,
                start_new_session=os.name != "nt",
            )
    except OSError as error:
        raise JobError(
            f"the process of job {folder.job_id} could not be started ({error}); "
            "free memory or processes and try again"
        ) from error


def start_work(folder: JobFolder, entry: Entry) -> subprocess.Popen[bytes]:
    """Start the child that does the work.

    Its stdin is a pipe that it watches: it ends when this process does. Its stdout
    is a pipe on which it says at the end why it failed.

    Raises
    ------
    JobError
        The system could not start it, or its scratch space could not be made.

    """
    temporary = folder.temporary
    try:
        folder.work.mkdir(exist_ok=True)
        if temporary != folder.work:
            temporary.mkdir(mode=0o700)
        with folder.log.open("ab") as log:
            return subprocess.Popen(
                [*entry.work, str(folder.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=folder.path,
                env=environment(folder)
                | {
                    "TMPDIR": str(temporary),
                    "TEMP": str(temporary),
                    "TMP": str(temporary),
                    "JOBLIB_TEMP_FOLDER": str(temporary),
                },
                start_new_session=os.name != "nt",
            )
    except OSError as error:
        raise JobError(
            f"the work of job {folder.job_id} could not be started ({error}); "
            "free disk space, memory or processes and try again"
        ) from error


def environment(folder: JobFolder) -> dict[str, str]:
    """Return the environment of a job's processes."""
    variables = dict(os.environ)
    variables.pop(OPERATOR_TOKEN, None)
    variables[MARKER] = folder.job_id
    variables["SER_LAB_HOME"] = str(folder.data.root)
    variables.setdefault("NUMBA_CACHE_DIR", str(folder.data.numba_cache))
    variables["PYTHONIOENCODING"] = "utf-8"
    # the working directory is the job's folder, so the package must be found by path
    root = str(Path(ser_core.__file__).resolve().parents[1])
    paths = [root, variables.get("PYTHONPATH", "")]
    variables["PYTHONPATH"] = os.pathsep.join(p for p in paths if p)
    return variables
