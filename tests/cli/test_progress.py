"""Progress is plain lines in a log and one moving line on a terminal."""

from __future__ import annotations

import io
from typing import Any

import pytest

from ser_core.cli.progress import ProgressPrinter


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


PLAN: dict[str, Any] = {
    "type": "plan",
    "arms": [{"key": "a", "label": "loky, 2 workers"}],
    "repeats": 3,
    "n_files": 400,
}
PROGRESS: dict[str, Any] = {
    "type": "progress",
    "arm": "a",
    "repeat": 2,
    "done": 100,
    "total": 400,
    "files_per_s": 50.0,
    "remaining_s": 6.0,
}
FINISHED: dict[str, Any] = {
    "type": "arm_finished",
    "arm": "a",
    "repeat": 2,
    "run": {"wall_s": 8.0, "files_per_s": 50.0, "n_failed": 1},
}


def test_log_gets_whole_lines_without_control_characters() -> None:
    stream = io.StringIO()
    printer = ProgressPrinter(stream)
    for event in (
        {"type": "queued", "ahead": 2},
        PLAN,
        *[PROGRESS] * 50,
        FINISHED,
        {"type": "log", "level": "warning", "message": "odd \x1b[2J\rname"},
        {"type": "sample", "cores": []},
        {"type": "a type of a later version"},
    ):
        printer(event)
    printer.close()
    assert stream.getvalue().splitlines() == [
        "waiting: 2 jobs ahead",
        "1 arm x 3 repetitions x 400 files",
        "loky, 2 workers, repetition 2 of 3: 8.00 s, 50.0 files/s, 1 failed",
        "warning: odd ?[2J name",
    ]


def test_terminal_gets_a_bar_that_is_removed_again() -> None:
    stream = Terminal()
    printer = ProgressPrinter(stream)
    printer(PLAN)
    printer(PROGRESS)
    bar = stream.getvalue().split("\r")[-1]
    assert bar == (
        "[######..................] loky, 2 workers, repetition 2 of 3: "
        "100/400, 50.0/s, 6 s left"
    )
    printer.close()
    assert stream.getvalue().endswith("\r" + " " * len(bar) + "\r")


@pytest.mark.parametrize(
    ("unit", "done", "total", "shown"),
    [
        ("files", 3, 0, "it: 3/?"),
        ("files", 3, 9, "it: 3/9"),
        ("bytes", 2_500_000, 0, "it: 2.5 MB"),
        ("bytes", 2_500_000, 10_000_000, "it: 2.5 of 10.0 MB"),
    ],
)
def test_other_work_is_shown_with_what_is_known(
    unit: str, done: int, total: int, shown: str
) -> None:
    stream = Terminal()
    ProgressPrinter(stream)(
        {
            "type": "progress",
            "arm": None,
            "repeat": None,
            "what": "it",
            "unit": unit,
            "done": done,
            "total": total,
            "files_per_s": None,
            "remaining_s": None,
        }
    )
    assert stream.getvalue().endswith("] " + shown)
