"""Events are whole lines, in order, bounded, and survive a torn write."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from job_yard import JobYard

from ser_core.errors import ParameterError
from ser_core.jobs import JobSpec, read_events
from ser_core.jobs.control import create
from ser_core.jobs.events import (
    LINE_BYTES,
    READ_BYTES,
    EventWriter,
    read_event_file,
)


def log(message: str) -> dict[str, str]:
    return {"type": "log", "level": "info", "message": message}


def read_all(path: Path) -> list[dict[str, object]]:
    events, offset = [], 0
    while True:
        more, after = read_event_file(path, offset)
        events += more
        if after == offset:
            return events
        offset = after


def test_reader_continues_where_it_stopped(yard: JobYard) -> None:
    folder, _ = create(JobSpec(kind="refuse"), data=yard.data)
    assert read_events(folder.job_id, yard.data) == ([], 0)
    with EventWriter(folder.events) as writer:
        writer.write(log("first"))
        events, offset = read_events(folder.job_id, yard.data)
        assert [event["message"] for event in events] == ["first"]
        assert events[0]["t"] > 0
        writer.write(log("สอง"))
    events, end = read_events(folder.job_id, yard.data, offset=offset)
    assert [event["message"] for event in events] == ["สอง"]
    assert read_events(folder.job_id, yard.data, offset=end) == ([], end)
    assert read_events(folder.job_id, yard.data, offset=end + 99) == ([], end + 99)
    with pytest.raises(ParameterError, match="negative"):
        read_events(folder.job_id, yard.data, offset=-1)


def test_torn_last_line_waits_until_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    whole = json.dumps(log("a")) + "\n"
    torn = json.dumps(log("b"))
    path.write_text(whole + torn[:10])
    events, offset = read_event_file(path, 0)
    assert ([e["message"] for e in events], offset) == (["a"], len(whole))
    path.write_text(whole + torn + "\n")
    events, _ = read_event_file(path, offset)
    assert [e["message"] for e in events] == ["b"]


def test_writer_closes_a_line_that_was_left_torn(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"type": "log", "mess')
    with EventWriter(path) as writer:
        writer.write(log("after"))
    assert [e["message"] for e in read_all(path)] == ["after"]


@pytest.mark.parametrize(
    "damage", [b"\xff\xfe", b"[]", b"null", b'{"a": 1}', b"[" * 99_999, b"\0" * 50]
)
def test_damaged_line_is_left_out(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "events.jsonl"
    line = json.dumps(log("a")).encode() + b"\n"
    path.write_bytes(line + damage + b"\n" + line)
    assert [e["message"] for e in read_all(path)] == ["a", "a"]


def test_one_read_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    line = json.dumps(log("x" * 1000)).encode() + b"\n"
    path.write_bytes(line * 3000)
    events, offset = read_event_file(path, 0)
    assert 0 < len(events) < 3000
    assert offset <= READ_BYTES
    assert len(read_all(path)) == 3000


def test_endless_line_does_not_stop_the_reader(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    line = json.dumps(log("after")).encode() + b"\n"
    path.write_bytes(b"x" * (READ_BYTES + 10) + b"\n" + line)
    assert [e["message"] for e in read_all(path)] == ["after"]


def test_too_long_event_is_named_instead(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with EventWriter(path) as writer:
        writer.write(log("x" * LINE_BYTES))
    (event,) = read_all(path)
    assert event["level"] == "warning"
    assert "'log'" in str(event["message"])


def test_samples_of_a_long_run_are_thinned(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with EventWriter(path, thin_bytes=2000) as writer:
        for n in range(20_000):
            writer.write({"type": "sample", "t_s": n})
        writer.write(log("end"))
    assert path.stat().st_size < 17 * 2000
    times = [e["t_s"] for e in read_all(path) if e["type"] == "sample"]
    assert times[:10] == list(range(10))
    assert times == sorted(times)
    assert read_all(path)[-1]["message"] == "end"


def test_two_writers_never_mix_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"

    def work(name: str) -> None:
        with EventWriter(path) as writer:
            for n in range(300):
                writer.write(log(f"{name}{n}" + "." * 3000))

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    messages = [str(e["message"]).rstrip(".") for e in read_all(path)]
    assert sorted(messages) == sorted(f"{n}{i}" for n in "abcd" for i in range(300))
