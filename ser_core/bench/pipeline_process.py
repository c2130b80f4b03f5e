"""The fresh process that runs one pipeline.

``python -m ser_core.bench.pipeline_process SPECFILE`` writes events as JSON lines on
standard output and the run record into a file. The end of standard input means that
the supervisor is gone, and ends the process.

The supervisor sets the environment, because libraries read it when they are loaded.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from ser_core.bench.child import end_with, private_output
from ser_core.bench.pipeline import PipelinePlan
from ser_core.bench.pipeline_stages import Pipeline
from ser_core.errors import SerError
from ser_core.store.data_folder import DataFolder


class EventWriter:
    """Write events as lines, from whichever thread they come.

    Parameters
    ----------
    stream : text stream
        Where the lines go.

    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def __call__(self, event: dict[str, Any]) -> None:
        """Write one event, stamped where it has no stamp."""
        line = json.dumps({"t": time.time(), **event}, allow_nan=False)
        with self._lock:
            self._stream.write(line + "\n")
            self._stream.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the pipeline that a specification file describes."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if len(given) != 1:
        sys.stderr.write("usage: python -m ser_core.bench.pipeline_process SPECFILE\n")
        return 2
    spec = json.loads(Path(given[0]).read_text(encoding="utf-8"))
    end_with(spec["supervisor"])
    # Ctrl-C reaches the whole foreground group; the supervisor decides what ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_input, daemon=True).start()
    with private_output() as stream:
        emit = EventWriter(stream)
        try:
            pipeline = Pipeline(
                PipelinePlan.from_json(spec["plan"]),
                data_folder=DataFolder(Path(spec["data_folder"])),
                emit=emit,
            )
            text = json.dumps(pipeline.run(), allow_nan=False)
        except SerError as error:
            emit(
                {
                    "type": "error",
                    "error": type(error).__name__,
                    "message": error.message,
                    "path": error.path,
                }
            )
            return 1
    Path(spec["record"]).write_text(text, encoding="utf-8")
    return 0


def _end_with_input() -> None:
    """End this process when its supervisor closes standard input."""
    while sys.stdin.read(1):
        pass
    # the workers watch this process, and end with it
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
