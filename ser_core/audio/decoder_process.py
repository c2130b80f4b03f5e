"""Start, listen to and end the process that decodes a stranger's file."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, BinaryIO, Final, cast

import ser_core
from ser_core.audio.opening import Postponement, Refusal
from ser_core.audio.strangers_protocol import (
    BLOCK_FRAMES,
    DONE,
    REFUSED,
    Request,
    read_message,
)

MAX_DECODERS: Final = min(4, 2 * (os.cpu_count() or 1))
"""Decoders that run at once, whoever asks for them."""

_MAX_WAITING: Final = 16
"""Messages that are held for a caller who is slower than the decoder.

A short clip fits whole, so that its decoder makes room for the next one at once.
"""

_SLOT_S: Final = 30.0
_END_S: Final = 2.0
_REMEDY: Final = "convert it to FLAC or WAV with another program, or record it again"
_PIECE_BYTES: Final = 2**20
_SAMPLE_BYTES: Final = 4

_PACKAGES: Final = ("ser_core", "numpy", "soundfile", "_cffi_backend")
_PASSED_ON: Final = ("SYSTEMROOT", "WINDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")

_PROGRAM: Final = (
    "import sys; sys.path += sys.argv[1:]; "
    "from ser_core.audio.strangers_process import main; main()"
)

_slots = threading.BoundedSemaphore(MAX_DECODERS)

Message = tuple[bytes, bytes]


class DecoderProcess:
    """Hold one decoder; `close` it, whatever happens.

    Parameters
    ----------
    request : Request
        What is wanted.
    content : memoryview
        What follows the request; empty for a file of this machine.

    Raises
    ------
    Refusal
        As many decoders as may run are busy, or none can be started.

    Notes
    -----
    One thread writes the content, another one reads messages, so that neither the
    decoder nor the caller can wait for the other for ever, on any platform. Both end
    with the process.

    """

    def __init__(self, request: Request, content: memoryview) -> None:
        self._limits = request.limits
        self._left_s = request.limits.timeout_s
        self._messages: queue.Queue[Message | None] = queue.Queue(_MAX_WAITING)
        self._closed = False
        self._nonsense = False
        self._slot = _Slot()
        try:
            self._process = _started()
        except OSError as error:
            self._slot.release()
            raise Postponement(
                f"was not read: no process could be started ({error.strerror})",
                "try again in a minute",
            ) from error
        self._threads = [
            threading.Thread(
                target=self._send, args=(request.to_bytes(), content), daemon=True
            ),
            threading.Thread(target=self._receive, daemon=True),
        ]
        self._start_threads()

    def message(self) -> Message:
        """Return the next message.

        Raises
        ------
        Refusal
            None came in time, or the process died.

        """
        began_s = time.monotonic()
        try:
            message = self._messages.get(
                timeout=min(self._left_s, self._limits.stall_s)
            )
        except queue.Empty:
            raise Refusal(
                f"could not be decoded within {self._limits.timeout_s:g} s"
                if self._left_s <= self._limits.stall_s
                else f"kept the decoder silent for {self._limits.stall_s:g} s",
                "convert it to FLAC or WAV with another program, or try again later",
            ) from None
        finally:
            self._left_s = max(0.0, self._left_s - (time.monotonic() - began_s))
        if message is None:
            raise nonsense() if self._nonsense else _death(self._process.returncode)
        return message

    def close(self) -> None:
        """End the process at once, and both threads with it."""
        self._closed = True
        self._process.kill()
        ends_s = time.monotonic() + _END_S
        while any(t.is_alive() for t in self._threads) and time.monotonic() < ends_s:
            self._empty()
            for thread in self._threads:
                if thread.is_alive():
                    thread.join(0.01)
        self._empty()
        self._end()
        if not any(thread.is_alive() for thread in self._threads):
            _close(self._process.stdin, self._process.stdout)
        self._slot.release()

    def _start_threads(self) -> None:
        """Start both threads, or end the process."""
        try:
            for thread in self._threads:
                thread.start()
        except RuntimeError as error:
            self.close()
            raise Postponement(
                "was not read: no thread could be started", "try again in a minute"
            ) from error

    def _empty(self) -> None:
        """Make room for a reader that waits to hand over."""
        while True:
            try:
                self._messages.get_nowait()
            except queue.Empty:
                return

    def _send(self, request: bytes, content: memoryview) -> None:
        """Write the request and the content; a process that died is noticed later."""
        with content:
            try:
                with cast(BinaryIO, self._process.stdin) as stream:
                    stream.write(request)
                    for begin in range(0, len(content), _PIECE_BYTES):
                        stream.write(content[begin : begin + _PIECE_BYTES])
            except OSError:
                return

    def _receive(self) -> None:
        """Hand over messages until the last one; then end the process."""
        most = BLOCK_FRAMES * self._limits.max_channels * _SAMPLE_BYTES
        with cast(BinaryIO, self._process.stdout) as stream:
            kind = b""
            while kind not in (DONE, REFUSED) and not self._closed:
                try:
                    message = read_message(stream, max_block_bytes=most)
                except (EOFError, OSError):
                    break
                except ValueError:
                    self._nonsense = True
                    self._process.kill()
                    break
                kind = message[0]
                self._messages.put(message)
        # it ends by itself, unless it has come under somebody else's control
        self._end()
        self._slot.release()
        self._messages.put(None)

    def _end(self) -> None:
        """Wait a moment for the process, then kill it."""
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class _Slot:
    """Take the right to run a decoder; give it back once."""

    def __init__(self) -> None:
        if not _slots.acquire(timeout=_SLOT_S):
            raise Postponement(
                f"was not read: {MAX_DECODERS} recordings are being read at the "
                "moment, which is as many as are read at once",
                "try again in a minute",
            )
        self._lock = threading.Lock()
        self._held = True

    def release(self) -> None:
        """Give it back, if that has not happened."""
        with self._lock:
            if self._held:
                self._held = False
                _slots.release()


def _started() -> subprocess.Popen[bytes]:
    """Start an interpreter that knows our packages and nothing of this process."""
    return subprocess.Popen(
        # isolated, and without site: no variables, user's packages or .pth files
        [sys.executable, "-I", "-S", "-c", _PROGRAM, *_folders()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        cwd=Path(sys.executable).anchor or None,
        # Ctrl-C is for whoever called: the decoder ends with its recording
        start_new_session=True,
    )


def _folders() -> Sequence[str]:
    """List the folders that the decoder's packages are in."""
    folders: dict[str, None] = {str(Path(ser_core.__file__).resolve().parents[1]): None}
    for name in _PACKAGES[1:]:
        spec = find_spec(name)
        if spec is not None and spec.origin is not None:
            place = Path(spec.origin).parent
            above = place.parent if spec.submodule_search_locations else place
            folders[str(above)] = None
    return tuple(folders)


def _environment() -> dict[str, str]:
    """Return the few variables that a decoder needs: no secret of the server's."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**kept, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def _close(*streams: IO[bytes] | None) -> None:
    """Close pipes whose other end is gone."""
    for stream in streams:
        if stream is not None:
            with suppress(OSError):
                stream.close()


def nonsense() -> Refusal:
    """Return the refusal of what made a decoder answer what none answers."""
    return Refusal("made the decoder answer nonsense", _REMEDY)


def _death(returncode: int | None) -> Refusal:
    """Say how a decoder ended that gave no answer."""
    if not returncode:
        return nonsense()
    if returncode > 0:
        return Refusal(
            f"ended the decoder without an answer (code {returncode})", _REMEDY
        )
    try:
        name = signal.Signals(-returncode).name
    except ValueError:
        name = f"signal {-returncode}"
    if name == "SIGXCPU":
        return Refusal("takes more computing time than one recording may", _REMEDY)
    if name == "SIGKILL":
        return Refusal(
            "had its decoder ended by the system, probably for want of memory",
            "try again later, or cut it into shorter recordings",
        )
    return Refusal(f"crashed the decoder ({name})", _REMEDY)
