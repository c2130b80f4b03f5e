"""What a job is asked to do, and what is known of it from outside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ser_core.errors import JobError

SCHEMA_VERSION: Final = 1

STATES: Final[tuple[str, ...]] = ("queued", "running", "done", "failed", "cancelled")
"""Every state of a job; the last three are final."""

ENDED: Final[frozenset[str]] = frozenset({"done", "failed", "cancelled"})
"""The final states."""


@dataclass(frozen=True, kw_only=True)
class JobSpec:
    """Describe the work of one job.

    Attributes
    ----------
    kind : str
        ``bench``, ``pipeline``, ``synthesize`` or ``download``.
    parameters : mapping
        Plain JSON; what it must hold is the kind's own affair (a plan's
        ``to_json()`` for ``bench`` and ``pipeline``).

    """

    kind: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the content of ``spec.json``."""
        return {
            "schema_version": SCHEMA_VERSION,
            "kind": self.kind,
            "parameters": dict(self.parameters),
        }

    @classmethod
    def from_json(cls, document: object, *, source: str = "spec") -> JobSpec:
        """Read the content of ``spec.json``.

        Parameters
        ----------
        document : object
            The parsed JSON.
        source : str
            What to call it in messages, as a quoted path.

        Raises
        ------
        JobError
            It is no object, of another schema version, or lacks a kind or its
            parameters.

        """
        if not isinstance(document, dict):
            raise JobError(
                f"{source} is not a JSON object; it must hold "
                '{"kind": …, "parameters": {…}}'
            )
        version = document.get("schema_version", SCHEMA_VERSION)
        if version != SCHEMA_VERSION:
            raise JobError(
                f"{source} has schema_version = {version!r}; this SER Lab reads "
                f"{SCHEMA_VERSION}"
            )
        kind = document.get("kind")
        parameters = document.get("parameters", {})
        if not isinstance(kind, str) or not isinstance(parameters, dict):
            raise JobError(
                f"{source}: 'kind' must be a text and 'parameters' an object; "
                f"they are {kind!r} and {type(parameters).__name__}"
            )
        return cls(kind=kind, parameters=parameters)


def read_spec(path: Path) -> JobSpec:
    """Read a spec file.

    Raises
    ------
    JobError
        The file is missing, unreadable, no JSON or no spec; the message names it.

    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise JobError(
            f"spec '{path}' cannot be read ({reason}); give a JSON file",
            path=str(path),
        ) from error
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise JobError(
            f"spec '{path}' is not JSON ({error}); it must hold "
            '{"kind": …, "parameters": {…}}',
            path=str(path),
        ) from error
    return JobSpec.from_json(document, source=f"spec '{path}'")


@dataclass(frozen=True)
class Submission:
    """What the submitter gets.

    Attributes
    ----------
    job_id : str
        32 hexadecimal characters; part of the page's address.
    token : str
        The secret that allows cancelling; only its hash is stored.

    """

    job_id: str
    token: str


@dataclass(frozen=True, kw_only=True)
class JobView:
    """What can be seen of a job.

    Attributes
    ----------
    job_id : str
        32 hexadecimal characters.
    kind : str
        As in the spec; empty where the spec is damaged.
    state : str
        One of `STATES`.
    reason : str or None
        Why it failed or was cancelled.
    ahead : int or None
        Jobs that must end before this one starts; None unless queued.
    ticket : int
        Place in the order of submission.
    created_utc, started_utc, ended_utc : str or None
        ISO 8601 times in UTC.
    spec : JobSpec or None
        None where the spec is damaged.
    result_path : Path or None
        The complete result; None unless done.
    log_path : Path
        What the job's processes wrote to stdout and stderr.

    """

    job_id: str
    kind: str
    state: str
    reason: str | None
    ahead: int | None
    ticket: int
    created_utc: str | None
    started_utc: str | None
    ended_utc: str | None
    spec: JobSpec | None
    result_path: Path | None
    log_path: Path

    @property
    def ended(self) -> bool:
        """Tell whether the state is final."""
        return self.state in ENDED

    def result(self) -> dict[str, Any]:
        """Read the result of a job that is done.

        Returns
        -------
        result : dict
            A run record, or what a corpus job made.

        Raises
        ------
        JobError
            The job is not done, or its result cannot be read.

        """
        if self.result_path is None:
            raise JobError(
                f"job {self.job_id} is {self.state}; only a job that is done has a "
                "result"
            )
        try:
            content = json.loads(self.result_path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise JobError(
                f"result '{self.result_path}' cannot be read ({error}); run again",
                path=str(self.result_path),
            ) from error
        if not isinstance(content, dict):
            raise JobError(
                f"result '{self.result_path}' is no JSON object; run again",
                path=str(self.result_path),
            )
        return content
