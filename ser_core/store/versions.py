"""The versions of stored run records, and the way from an old one to the newest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ser_core.errors import RecordError

Record = dict[str, Any]
"""A run record: plain JSON, as docs/architecture.md lays it down."""

RECORD_VERSION: Final = 1
"""The `schema_version` that this version of SER Lab writes."""

_STEPS: Final[Mapping[int, Callable[[Record], Record]]] = {}
"""What turns a record of version *n* into one of version *n* + 1."""


def upgrade(
    record: Record,
    *,
    steps: Mapping[int, Callable[[Record], Record]] = _STEPS,
    newest: int = RECORD_VERSION,
) -> Record:
    """Bring a record of any known version to the newest one.

    Parameters
    ----------
    record : dict
        A record as it was stored; it is not changed.
    steps : mapping of int to callable
        What turns version *n* into *n* + 1; the product's own by default.
    newest : int
        The version to reach.

    Returns
    -------
    record : dict
        The same object where it is of the newest version already.

    Raises
    ------
    RecordError
        `schema_version` is missing, no whole number, newer than this version of
        SER Lab, or older than any it knows.

    """
    version = record.get("schema_version")
    if not isinstance(version, int) or isinstance(version, bool):
        raise RecordError(
            f"schema_version = {version!r} is no version of a run record; "
            f"a whole number from 1 to {newest} is expected"
        )
    if version > newest:
        raise RecordError(
            f"schema_version = {version} was written by a newer SER Lab (this one "
            f"knows versions up to {newest}); update SER Lab to read it"
        )
    while version < newest:
        if version not in steps:
            raise RecordError(
                f"schema_version = {version} is unknown; versions from "
                f"{min(steps, default=newest)} to {newest} can be read"
            )
        version += 1
        record = {**steps[version - 1](record), "schema_version": version}
    return record
