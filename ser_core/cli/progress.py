"""Progress of a job on stderr: a line that moves on a terminal, else plain lines."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any, Final, TextIO

from ser_core.cli.output import on_one_line

_BAR: Final = 24
_PLAIN_EVERY_S: Final = 10.0
_TERMINAL_EVERY_S: Final = 0.1


class ProgressPrinter:
    """Tell a job's events to a person.

    Parameters
    ----------
    stream : text file, optional
        stderr when not given.

    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._terminal = self._stream.isatty()
        self._said = 0.0 if self._terminal else time.monotonic()
        self._moving = 0
        self._labels: dict[str, str] = {}
        self._repeats = 1

    def __call__(self, event: Mapping[str, Any]) -> None:
        """Take one event, as in docs/architecture.md."""
        tell = getattr(self, f"_on_{event.get('type')}", None)
        if tell is not None:
            tell(event)

    def _on_queued(self, event: Mapping[str, Any]) -> None:
        ahead = event["ahead"]
        self._line(f"waiting: {_count(ahead, 'job')} ahead")

    def _on_plan(self, event: Mapping[str, Any]) -> None:
        arms = event["arms"]
        self._labels = {arm["key"]: arm["label"] for arm in arms}
        self._repeats = event["repeats"]
        self._line(
            f"{_count(len(arms), 'arm')} x {_count(event['repeats'], 'repetition')} "
            f"x {_count(event['n_files'], 'file')}"
        )

    def _on_progress(self, event: Mapping[str, Any]) -> None:
        done, total = event["done"], event["total"]
        interval = _TERMINAL_EVERY_S if self._terminal else _PLAIN_EVERY_S
        if time.monotonic() - self._said < interval:
            return
        self._said = time.monotonic()
        text = f"{self._name(event)}: {_share(done, total, event.get('unit'))}"
        if event.get("files_per_s"):
            text += f", {event['files_per_s']:.1f}/s"
        if event.get("remaining_s") is not None:
            text += f", {event['remaining_s']:.0f} s left"
        if not self._terminal:
            self._line(text)
            return
        filled = round(_BAR * done / total) if total else 0
        self._move(f"[{'#' * filled}{'.' * (_BAR - filled)}] {text}")

    def _on_arm_finished(self, event: Mapping[str, Any]) -> None:
        run = event["run"]
        self._line(
            f"{self._name(event)}: {run['wall_s']:.2f} s, "
            f"{run['files_per_s']:.1f} files/s"
            + (f", {run['n_failed']} failed" if run.get("n_failed") else "")
        )

    def _on_stage(self, event: Mapping[str, Any]) -> None:
        if event["state"] == "started":
            self._move(f"{event['name']} ...")
        elif event.get("wall_s") is not None:
            self._line(f"{event['name']}: {event['wall_s']:.2f} s")

    def _on_log(self, event: Mapping[str, Any]) -> None:
        prefix = "warning: " if event.get("level") == "warning" else ""
        self._line(prefix + on_one_line(str(event.get("message"))))

    def close(self) -> None:
        """End a line that still moves."""
        self._clear()

    def _name(self, event: Mapping[str, Any]) -> str:
        """Name the work that an event belongs to."""
        arm = event.get("arm")
        if arm is None:
            return str(event.get("what") or "work")
        label = self._labels.get(arm, arm)
        return f"{label}, repetition {event['repeat']} of {self._repeats}"

    def _line(self, text: str) -> None:
        """Write a line that stays."""
        self._clear()
        print(text, file=self._stream, flush=True)

    def _move(self, text: str) -> None:
        """Write over the line that moves; nothing where there is no terminal."""
        if self._terminal:
            self._stream.write("\r" + text.ljust(self._moving))
            self._stream.flush()
            self._moving = len(text)

    def _clear(self) -> None:
        """Remove the line that moves."""
        if self._moving:
            self._stream.write("\r" + " " * self._moving + "\r")
            self._stream.flush()
            self._moving = 0


def _share(done: int, total: int, unit: str | None) -> str:
    """Write how much of how much (0 where unknown) is done; bytes as MB."""
    if unit == "bytes":
        whole = f" of {total / 1e6:.1f}" if total else ""
        return f"{done / 1e6:.1f}{whole} MB"
    return f"{done}/{total or '?'}"


def _count(number: int, noun: str) -> str:
    """Write a number of things."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
