"""Turns: short recordings are not kept waiting by long ones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ser_core.errors import AudioError
from ser_core.inference.turns import Turns

pytestmark = pytest.mark.timeout(60)

Look = Callable[[], None]
PATIENCE_S = 20.0


@pytest.fixture
def people() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


class LongWork:
    """Go on until it is allowed to end, looking all the time; count the beginnings."""

    def __init__(self) -> None:
        self.n_begun = 0
        self.is_under_way = threading.Event()
        self.may_end = threading.Event()

    def __call__(self, look: Look) -> str:
        self.n_begun += 1
        while not self.may_end.wait(0.005):
            look()
            self.is_under_way.set()
        return "long"


def test_work_gives_its_result_and_its_turn_back() -> None:
    turns = Turns(1, wait_s=0.1)
    assert [turns.spend(lambda look: 7) for _ in range(3)] == [7, 7, 7]


def test_failed_work_gives_its_turn_back() -> None:
    turns = Turns(1, wait_s=0.1)

    def fails(look: Look) -> None:
        raise AudioError("broken")

    for _ in range(3):
        with pytest.raises(AudioError, match="broken"):
            turns.spend(fails)


@pytest.mark.parametrize("n_listeners", [2, 3])
def test_short_work_gets_through_however_much_long_work_there_is(
    n_listeners: int, people: ThreadPoolExecutor
) -> None:
    turns = Turns(n_listeners, wait_s=PATIENCE_S, long_s=0.02)
    works = [LongWork() for _ in range(n_listeners + 2)]
    ends = [people.submit(turns.spend, work) for work in works]
    assert turns.spend(lambda look: "short") == "short"
    assert not any(end.done() for end in ends)
    for work in works:
        work.may_end.set()
    assert [end.result(PATIENCE_S) for end in ends] == ["long"] * len(works)


def test_long_work_alone_is_never_begun_anew(people: ThreadPoolExecutor) -> None:
    turns = Turns(2, wait_s=PATIENCE_S, long_s=0.0)
    work = LongWork()
    end = people.submit(turns.spend, work)
    assert work.is_under_way.wait(PATIENCE_S)
    work.may_end.set()
    assert end.result(PATIENCE_S) == "long"
    assert work.n_begun == 1


def test_long_work_that_waits_too_long_is_told_and_holds_nothing(
    people: ThreadPoolExecutor,
) -> None:
    turns = Turns(2, wait_s=0.05, long_s=0.0)
    first, second = LongWork(), LongWork()
    end = people.submit(turns.spend, first)
    assert first.is_under_way.wait(PATIENCE_S)
    with pytest.raises(AudioError, match="other long recordings"):
        turns.spend(second)
    assert turns.spend(lambda look: "short") == "short"
    first.may_end.set()
    assert end.result(PATIENCE_S) == "long"
    second.may_end.set()
    assert turns.spend(second) == "long"
