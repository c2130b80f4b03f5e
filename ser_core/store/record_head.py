"""The part that every run record begins with: how it is made, and its shape."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any, Final

from ser_core.store.shapes import (
    Anything,
    Choice,
    Flag,
    ListOf,
    MapOf,
    Maybe,
    Number,
    Shape,
    Table,
    Text,
)
from ser_core.store.versions import RECORD_VERSION, Record

COUNT: Final = Number(whole=True)
SECONDS: Final = Number(high=1e9)
BYTES: Final = Number()
SHARE: Final = Number(high=1)
NAME: Final = Text(longest=60, pattern=r"[\w.+-]{1,60}")
LABEL: Final = Text(longest=60, pattern=r"[\w .+-]{1,60}")
NOTES: Final = ListOf(Text(longest=2_000), 200)
FAILURES: Final = ListOf(
    Table({"path": Text(longest=4_096), "reason": Text(longest=2_000)}), 200_000
)
REPORT: Final = MapOf(
    LABEL,
    Table({"precision": SHARE, "recall": SHARE, "f1": SHARE, "support": COUNT}),
    100,
)

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")

_FREE_TABLE: Final = MapOf(Text(longest=200), Anything(), 200)

_ENVIRONMENT: Final = Table(
    dict.fromkeys(("cpu", "memory", "os", "python", "packages"), _FREE_TABLE),
    {
        "thread_variables": _FREE_TABLE,
        "threadpools": Anything(),
        "load_average": Anything(),
        "version": Maybe(Text(longest=60)),
        "commit": Maybe(_FREE_TABLE),
    },
)

_FEATURE_SET: Final = Table(
    {"name": NAME, "key": Text(longest=64, pattern=r"[0-9a-f]+")},
    {
        "resampler": NAME,
        **dict.fromkeys(
            (
                "sample_rate",
                "n_mfcc",
                "n_frames",
                "n_fft",
                "hop_length",
                "n_mels",
                "version",
            ),
            COUNT,
        ),
    },
    others=Anything(deepest=3, most=40, longest_text=200),  # each kind has its own
)

HEAD: Final[dict[str, Shape]] = {
    "schema_version": Number(low=1, high=1, whole=True),
    "id": Text(longest=64, pattern=r"[A-Za-z0-9_.-]{1,64}"),
    "created_utc": Text(
        longest=40, pattern=r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[0-9.:+Z]*"
    ),
    "label": Text(longest=200),
    "source": Choice(("local", "imported")),
    "environment": _ENVIRONMENT,
    "corpus": Table(
        {
            "name": Text(longest=100),
            "synthetic": Flag(),
            "root": Maybe(Text(longest=4_096)),
            "fingerprint": Maybe(Text(longest=128, pattern=r"[\w:.-]*")),
            "n_utterances": COUNT,
            "n_files": COUNT,
            "duration_s": Maybe(SECONDS),
        }
    ),
    "feature_set": _FEATURE_SET,
    "failures": FAILURES,
    "notes": NOTES,
}
"""What every record has, without ``kind``."""


def begin_record(
    kind: str,
    *,
    label: str,
    environment: dict[str, Any],
    corpus: dict[str, Any],
    feature_set: dict[str, Any],
) -> Record:
    """Begin a record of a run that was made here.

    Parameters
    ----------
    kind : str
    label : str
        What people call it, at most 200 characters.
    environment : dict
        As `ser_core.measure.environment.fingerprint` returns it.
    corpus : dict
        ``name``, ``synthetic``, ``root``, ``fingerprint``, ``n_utterances``,
        ``n_files``, ``duration_s``.
    feature_set : dict
        The fields of the feature set, with its ``key``.

    Returns
    -------
    record : dict
        With an id of 128 random bits and the present time; the caller adds the keys
        of its kind.

    """
    return {
        "schema_version": RECORD_VERSION,
        "kind": kind,
        "id": uuid.uuid4().hex,
        "created_utc": utc_text(datetime.now(UTC)),
        "label": label[:200],
        "source": "local",
        "environment": environment,
        "corpus": corpus,
        "feature_set": feature_set,
    }


def utc_text(time: datetime) -> str:
    """Write a time in UTC so that texts sort as times do."""
    return time.astimezone(UTC).isoformat(timespec="seconds")


def spreadsheet_cell(value: Any) -> Any:
    """Keep spreadsheets from running text as a formula."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value
