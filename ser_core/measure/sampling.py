"""Start a sampler process beside a measured tree and receive its samples."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

import ser_core
from ser_core.errors import JobError
from ser_core.measure.sampler import INTERVAL_S, MIN_PSS_INTERVAL_S, Sample

_ANSWER_S: Final = 30.0
"""How long a requested sample may take, on a machine that is overloaded."""


class Sampling:
    """Hold a sampler process; use it as a context manager.

    Parameters
    ----------
    pid : int
        Root of the tree to watch.
    on_sample : callable
        Called with each `Sample`, in a thread of its own.
    inside : bool, default False
        The calling process belongs to the watched tree. Otherwise it counts as the
        supervisor, whose CPU time is the measuring's.
    interval_s, pss_interval_s : float
        Time between samples, 0.2 s, and between those that read PSS, 1 s; not below
        0.1 and 1 s.

    """

    def __init__(
        self,
        pid: int,
        *,
        on_sample: Callable[[Sample], None],
        inside: bool = False,
        interval_s: float = INTERVAL_S,
        pss_interval_s: float = MIN_PSS_INTERVAL_S,
    ) -> None:
        self._on_sample = on_sample
        self._command = [
            *package_command("ser_core.measure.sampler"),
            f"--pid={pid}",
            f"--interval={interval_s}",
            f"--pss-interval={pss_interval_s}",
            *([] if inside else [f"--supervisor={os.getpid()}"]),
        ]
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._answered = threading.Condition()
        self._answers: dict[int, Sample] = {}
        self._n_requests = 0
        self._ended = False

    @property
    def pid(self) -> int:
        """Process id of the sampler."""
        return self._running().pid

    def __enter__(self) -> Sampling:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=package_environment(),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        process = self._running()
        process.kill()
        process.wait()
        if self._reader is not None:
            self._reader.join()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    # a request was still in the buffer of a sampler that ended
                    continue

    def request(self) -> Sample:
        """Have a complete sample taken now, and return it.

        Raises
        ------
        JobError
            The sampler, or the process that it watches, has ended.

        """
        process = self._running()
        with self._answered:
            self._n_requests += 1
            number = self._n_requests
            self._ask(process, number)
            self._answered.wait_for(
                lambda: number in self._answers or self._ended, timeout=_ANSWER_S
            )
            if number not in self._answers:
                raise JobError(
                    "the sampler gave no sample: the process that it watches ended, "
                    "or the sampler was killed; run the measurement again"
                )
            return self._answers.pop(number)

    def _ask(self, process: subprocess.Popen[str], number: int) -> None:
        """Send a request; a sampler that ended is noticed by its missing answer."""
        if process.stdin is None:
            return
        try:
            process.stdin.write(f"{number}\n")
            process.stdin.flush()
        except BrokenPipeError:
            self._ended = True

    def _read(self) -> None:
        """Take in samples until the sampler ends."""
        stream = self._running().stdout
        for line in stream or ():
            if not line.endswith("\n"):
                break  # killed while it wrote
            sample = Sample.from_json(line)
            self._on_sample(sample)
            if sample.request is not None:
                with self._answered:
                    self._answers[sample.request] = sample
                    self._answered.notify_all()
        with self._answered:
            self._ended = True
            self._answered.notify_all()

    def _running(self) -> subprocess.Popen[str]:
        """Return the sampler's process."""
        if self._process is None:
            raise JobError("the sampler is not started; use it in a with statement")
        return self._process


def package_command(module: str) -> Sequence[str]:
    """Return the command that runs one of SER Lab's modules in a new interpreter.

    Parameters
    ----------
    module : str
        As ``ser_core.bench.arm``.

    Notes
    -----
    ``-P`` keeps the working folder, which may hold anybody's ``json.py``, off the
    module path.

    """
    return (sys.executable, "-P", "-m", module)


def package_environment() -> dict[str, str]:
    """Return this process's environment with SER Lab on the module path.

    The package need not be installed and the working folder may be any.
    """
    environment = dict(os.environ)
    above = str(Path(ser_core.__file__).resolve().parents[1])
    known = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = f"{above}{os.pathsep}{known}" if known else above
    return environment
