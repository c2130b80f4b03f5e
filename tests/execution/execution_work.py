"""What the tests of the back ends let workers do. Imported by worker processes."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from ser_core.errors import AudioError
from ser_core.execution import THREAD_VARIABLES, worker_id


def square(x: int) -> int:
    return x * x


def cepstrum_like(seed: int) -> Any:
    """Do what a front end does, on a tone: FFT, matrix product, float32 array."""
    import numpy as np

    t = np.arange(8_192) / 44_100
    noise = np.random.default_rng(seed).normal(scale=0.01, size=len(t))
    y = (0.3 * np.sin(2 * np.pi * (100 + 10 * seed) * t) + noise).astype(np.float32)
    power = np.abs(np.fft.rfft(y.reshape(-1, 512), axis=1)) ** 2
    weights = np.random.default_rng(0).random((power.shape[1], 128))
    return np.log10(power @ weights).astype(np.float32)


def slow_square(x: int) -> int:
    """Take longest for the first items, so that later ones are ready before."""
    time.sleep(0.2 if x == 0 else 0.001)
    return x * x


def wait_a_minute(x: int) -> int:
    time.sleep(60)
    return x


def wait_a_minute_from_two(x: int) -> int:
    return wait_a_minute(x) if x >= 2 else x


def where(_: object) -> str:
    return worker_id()


def leave_a_mark(folder: str) -> None:
    """Write one file per call, named after the worker."""
    worker = worker_id().replace("/", "-")
    Path(folder, f"{worker}.{time.monotonic_ns()}").touch()


def environment(_: object) -> dict[str, str | None]:
    return {name: os.environ.get(name) for name in THREAD_VARIABLES}


def load_blas(_: object) -> None:
    import numpy as np
    import scipy.linalg

    scipy.linalg.inv(np.eye(3))


def loaded_modules(_: object) -> set[str]:
    return set(sys.modules)


def die(_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_at_three(x: int) -> int:
    if x == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return x


class PickyError(Exception):
    """Pickles, and cannot be rebuilt: it asks for two arguments and keeps one."""

    def __init__(self, text: str, number: int) -> None:
        super().__init__(text)
        self.number = number


class LockedError(Exception):
    """Cannot be pickled at all."""

    def __init__(self) -> None:
        super().__init__("locked")
        self.lock = threading.Lock()


class OneWay:
    """Pickles, and cannot be rebuilt."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (_refuse, ())


def _refuse() -> None:
    raise ValueError("cannot be rebuilt")


def fail_at_three(kind: str, x: int) -> Any:
    """Fail for item 3, each kind in its own way."""
    if x != 3:
        return x
    if kind == "audio":
        raise AudioError("'x.wav' is empty; copy it again", path="x.wav")
    if kind == "value":
        raise ValueError("three")
    if kind == "chained":
        try:
            raise LockedError
        except LockedError as error:
            raise ValueError("three") from error
    if kind == "picky":
        raise PickyError("three", 3)
    if kind == "locked":
        raise LockedError
    if kind == "exit":
        sys.exit("three")
    if kind == "stop":
        raise StopIteration
    if kind == "result":
        return threading.Lock()
    return OneWay()


def die_within_a_message(x: int) -> int:
    """Be killed when half a result is in the pipe, as by the system for memory."""
    if x != 3:
        return x
    frame = sys._getframe()
    while "result_queue" not in frame.f_locals:
        assert frame.f_back is not None
        frame = frame.f_back
    # a length that announces more bytes than ever come
    os.write(frame.f_locals["result_queue"]._writer.fileno(), b"\x00\x00\x10\x00half")
    os.kill(os.getpid(), signal.SIGKILL)
    return x
