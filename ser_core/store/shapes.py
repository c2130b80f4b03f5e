"""A small language for the shape of JSON that comes from elsewhere."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ser_core.errors import RecordError

# Far above any figure of a run, and exact in a double.
_LARGEST = 2**53


class Shape(Protocol):
    """Something that a JSON value can be checked against."""

    def check(self, value: Any, where: str) -> None:
        """Raise RecordError, naming the place, where the value does not fit."""
        ...


def refuse(value: Any, where: str, wanted: str) -> RecordError:
    """Build the error that names a place, what is there, and what is allowed."""
    shown = repr(value) if isinstance(value, str | int | float | None) else "…"
    if len(shown) > 60:
        shown = shown[:57] + "…"
    if isinstance(value, list | dict):
        shown = "a list" if isinstance(value, list) else "a table"
    return RecordError(
        f"run record: {where} is {shown}; {wanted} is expected. The file is damaged or "
        "no export of SER Lab: export the run again"
    )


@dataclass(frozen=True, kw_only=True)
class Number:
    """A finite number within bounds, no true or false."""

    low: float = 0
    high: float = _LARGEST
    whole: bool = False

    def check(self, value: Any, where: str) -> None:
        """Raise RecordError where the value does not fit."""
        kinds = int if self.whole else (int, float)
        if (
            isinstance(value, bool)
            or not isinstance(value, kinds)
            or not self.low <= value <= self.high
            or not math.isfinite(value)
        ):
            kind = "whole number" if self.whole else "number"
            wanted = f"a {kind} from {self.low:g} to {self.high:g}"
            raise refuse(value, where, wanted)


@dataclass(frozen=True, kw_only=True)
class Text:
    """Text of a bounded length, matching a pattern where one is given."""

    longest: int = 500
    pattern: str | None = None

    def check(self, value: Any, where: str) -> None:
        """Raise RecordError where the value does not fit."""
        if not isinstance(value, str) or len(value) > self.longest:
            raise refuse(value, where, f"text of up to {self.longest} characters")
        if self.pattern is not None and not re.fullmatch(self.pattern, value):
            raise refuse(value, where, f"text of the form {self.pattern}")


@dataclass(frozen=True)
class Choice:
    """One of some texts."""

    allowed: tuple[str, ...]

    def check(self, value: Any, where: str) -> None:
        """Raise RecordError where the value does not fit."""
        if not isinstance(value, str) or value not in self.allowed:
            raise refuse(value, where, "one of: " + ", ".join(self.allowed))


@dataclass(frozen=True)
class Flag:
    """True or false."""

    def check(self, value: Any, where: str) -> None:
        """Raise RecordError where the value does not fit."""
        if not isinstance(value, bool):
            raise refuse(value, where, "true or false")


@dataclass(frozen=True)
class Maybe:
    """Null, or what another shape says."""

    shape: Shape

    def check(self, value: Any, where: str) -> None:
        """Raise RecordError where the value does not fit."""
        if value is not None:
            self.shape.check(value, where)


@dataclass(frozen=True)
class ListOf:
    """A list of entries of one shape."""

    entry: Shape
    longest: int = 10_000
    shortest: int = 0

    def check(self, value: Any, where: str) -> None:
        """Raise RecordError where the value does not fit."""
        if not isinstance(value, list):
            raise refuse(value, where, "a list")
        if not self.shortest <= len(value) <= self.longest:
            wanted = f"a list of {self.shortest} to {self.longest} entries"
            raise refuse(f"a list of {len(value)}", where, wanted)
        for index, entry in enumerate(value):
            self.entry.check(entry, f"{where}[{index}]")


@dataclass(frozen=True)
class MapOf:
    """A table whose keys are free within a pattern and whose values are alike."""

    key: Text
    value: Shape
    longest: int = 1_000

    def check(self, value: Any, where: str) -> None:
        """Raise RecordError where the value does not fit."""
        if not isinstance(value, dict) or len(value) > self.longest:
            raise refuse(value, where, f"a table of up to {self.longest} entries")
        for key, entry in value.items():
            self.key.check(key, f"a key of {where}")
            self.value.check(entry, f"{where}.{key}")


@dataclass(frozen=True)
class Table:
    """A table with known keys: some must be there, some may.

    Keys beyond them are refused, or have the shape of `others` where that is given.
    """

    required: Mapping[str, Shape]
    optional: Mapping[str, Shape] = field(default_factory=dict)
    others: Shape | None = None

    def check(self, value: Any, where: str) -> None:
        """Raise RecordError where the value does not fit."""
        if not isinstance(value, dict):
            raise refuse(value, where, "a table")
        for key in self.required:
            if key not in value:
                raise refuse(None, f"{where}.{key}".lstrip("."), "a value")
        for key, entry in value.items():
            shape = self.required.get(key) or self.optional.get(key) or self.others
            if shape is None:
                place = f"a key of {where or 'the record'}"
                known = ", ".join([*self.required, *self.optional])
                raise refuse(key, place, f"one of {known}")
            shape.check(entry, f"{where}.{key}".lstrip("."))


@dataclass(frozen=True, kw_only=True)
class Anything:
    """Any JSON within bounds of depth, number of values and length of text."""

    deepest: int = 6
    most: int = 5_000
    longest_text: int = 2_000

    def check(self, value: Any, where: str) -> None:
        """Raise RecordError where the value does not fit."""
        count = 0
        waiting: list[tuple[Any, str, int]] = [(value, where, 0)]
        while waiting:
            current, place, depth = waiting.pop()
            count += 1
            if count > self.most or depth > self.deepest:
                wanted = f"no more than {self.most} values, {self.deepest} levels deep,"
                raise refuse(value, where, wanted)
            if isinstance(current, dict):
                for key, entry in current.items():
                    Text(longest=200).check(key, f"a key of {place}")
                    waiting.append((entry, f"{place}.{key}", depth + 1))
            elif isinstance(current, list):
                waiting += [
                    (e, f"{place}[{i}]", depth + 1) for i, e in enumerate(current)
                ]
            elif isinstance(current, str):
                Text(longest=self.longest_text).check(current, place)
            elif current is not None and not isinstance(current, bool):
                Number(low=-_LARGEST).check(current, place)
