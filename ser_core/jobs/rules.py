"""Who may start a job here, how many, of what, and how long it may take."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ser_core.errors import CorpusError, JobError, ModelError
from ser_core.jobs.folder import JobFolder, job_folders, read_json
from ser_core.jobs.kinds import needs_machine
from ser_core.jobs.launch import OPERATOR_TOKEN
from ser_core.jobs.spec import JobSpec, read_spec
from ser_core.jobs.state import waits_for
from ser_core.store.data_folder import DataFolder
from ser_core.store.settings import Settings, settings

LEAST_FREE_BYTES: Final = 2_000_000_000
"""Disk space that visitors of a shared server leave free."""

SHORTEST_TOKEN: Final = 16
"""Characters of an operator's token that can be given on a page."""

_DEPTH: Final = 4


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody at a page. The command line is no visitor: None stands for it.

    Attributes
    ----------
    id : str
        The same whenever the same person comes, as far as that can be known
        (docs/decisions/0009); never shown and never stored as it is.
    signed_in : bool
        The server's sign-in vouches for it.
    operator : bool
        May do everything but register folders that are not offered.

    """

    id: str
    signed_in: bool = False
    operator: bool = False

    @property
    def owner(self) -> str | None:
        """What is stored with what is theirs; None for the operator, who owns all.

        Examples
        --------
        >>> Visitor(id="a").owner == Visitor(id="b").owner
        False
        >>> Visitor(id="a", operator=True).owner is None
        True

        """
        if self.operator:
            return None
        text = f"ser-lab visitor {self.id}".encode("utf-8", "replace")
        return hashlib.sha256(text).hexdigest()[:32]


def has_operator_token() -> bool:
    """Tell whether this server has an operator's token that a page takes."""
    return len(os.environ.get(OPERATOR_TOKEN, "")) >= SHORTEST_TOKEN


def is_operator_token(given: str) -> bool:
    """Tell whether a text is the token in the server's ``SER_LAB_OPERATOR_TOKEN``.

    Always False where the variable is not set or shorter than `SHORTEST_TOKEN`.
    The time it takes does not depend on how much of it is right.
    """
    expected = os.environ.get(OPERATOR_TOKEN, "").encode("utf-8", "replace")
    same = hmac.compare_digest(given.encode("utf-8", "replace"), expected)
    return same and has_operator_token()


def may_start(visitor: Visitor | None, *, data: DataFolder) -> bool:
    """Tell whether somebody may start a job now; `refusal` says why not."""
    return refusal(visitor, data=data) is None


def refusal(visitor: Visitor | None, *, data: DataFolder) -> str | None:
    """Say in words which rule keeps somebody from starting a job now.

    Returns
    -------
    reason : str or None
        None where no rule does.

    Raises
    ------
    ParameterError
        The operator's settings cannot be used.

    """
    try:
        check_start(visitor, data=data)
    except JobError as error:
        return error.message
    return None


def check_start(
    visitor: Visitor | None, *, data: DataFolder, spec: JobSpec | None = None
) -> None:
    """Refuse a job that the operator's rules do not allow.

    Parameters
    ----------
    visitor : Visitor or None
        None for the command line, which may do everything.
    data : DataFolder
    spec : JobSpec, optional
        The job; without it only what holds for every job is checked.

    Raises
    ------
    JobError
        The visitor may start no jobs, has too many or too much, or the queue is
        full; the message says the rule.
    CorpusError
        The job names a corpus or folder that the server does not offer.
    ModelError
        It names a model by its folder.
    ParameterError
        The operator's settings cannot be used.

    """
    if visitor is None:
        return
    rules = settings(data)
    if not visitor.operator:
        check_allowed(visitor, data=data)
        check_queue(visitor, data=data)
        check_room(visitor, data=data)
    if spec is not None and (rules.shared or rules.corpus_folders is not None):
        check_places(spec, data=data)


def check_allowed(visitor: Visitor, *, data: DataFolder) -> None:
    """Refuse somebody who may start nothing here.

    Raises
    ------
    JobError
        ``start_jobs`` does not include the visitor.

    """
    who = settings(data).start_jobs
    if visitor.operator or who == "everyone":
        return
    if who == "signed-in" and not visitor.signed_in:
        raise JobError(
            "on this server, only people who are signed in may start jobs; sign in, "
            "or ask its operator"
        )
    if who == "operator":
        raise JobError(
            "on this server, only its operator starts jobs; everyone may watch them "
            "and read the results"
        )


def check_queue(visitor: Visitor, *, data: DataFolder) -> None:
    """Refuse one more job where enough are under way.

    Raises
    ------
    JobError
        The visitor has ``max_jobs_per_visitor`` that have not ended, or
        ``max_jobs_waiting`` do so for all together.

    """
    rules = settings(data)
    limits = (rules.max_jobs_per_visitor, rules.max_jobs_waiting)
    if visitor.operator or limits == (None, None):
        return
    alive = [folder for folder in job_folders(data) if waits_for(folder)]
    own = sum(job_owner(folder) == visitor.owner for folder in alive)
    if rules.max_jobs_per_visitor is not None and own >= rules.max_jobs_per_visitor:
        raise JobError(
            f"this server lets a visitor have {_jobs(rules.max_jobs_per_visitor)} "
            f"under way at once, and you have {own}; wait until one has ended, or "
            "cancel one"
        )
    waiting = sum(not _has_machine(folder) for folder in alive)
    if rules.max_jobs_waiting is not None and waiting >= rules.max_jobs_waiting:
        raise JobError(
            f"this server lets {_jobs(rules.max_jobs_waiting)} wait at once, and "
            f"{waiting} do; try again when some have ended"
        )


def check_room(visitor: Visitor, *, data: DataFolder, n_bytes: int = 0) -> None:
    """Refuse what would take more of the disk than the visitor may.

    Parameters
    ----------
    visitor : Visitor
    data : DataFolder
    n_bytes : int
        What is about to be added, where that is known beforehand.

    Raises
    ------
    JobError
        ``visitor_bytes`` is used up or would be exceeded, or the disk of a shared
        server is nearly full.

    """
    from ser_core.jobs.usage import used_bytes

    rules = settings(data)
    if visitor.operator:
        return
    if rules.shared and data.free_bytes() - n_bytes < LEAST_FREE_BYTES:
        raise JobError(
            f"the disk of this server is nearly full ({_size(data.free_bytes())} free, "
            f"{_size(LEAST_FREE_BYTES)} must stay); tell its operator"
        )
    if rules.visitor_bytes is None:
        return
    used = used_bytes(visitor, data=data)
    if used + max(n_bytes, 1) > rules.visitor_bytes:
        more = f", and this needs about {_size(n_bytes)} more" if n_bytes else ""
        raise JobError(
            f"this server lets a visitor keep {_size(rules.visitor_bytes)}, and you "
            f"have {_size(used)}{more}; delete some of your jobs, runs or models, or "
            "ask the operator to remove a corpus"
        )


def check_places(spec: JobSpec, *, data: DataFolder) -> None:
    """Refuse a job that would read or write where the server offers nothing.

    Corpora must be registered, or lie below an offered folder or the data folder's
    ``corpora``; new ones are made there alone; nothing is fetched from an address
    that the job brings along; a model is one that is saved here.

    Raises
    ------
    CorpusError, ModelError
        It would.

    """
    from ser_core.corpora.allowed_folders import refused

    plans = list(_plans(spec.parameters, _DEPTH))
    for plan in plans:
        corpora = plan.get("corpora") or []
        named = [*corpora] if isinstance(corpora, (list, tuple)) else [corpora]
        if spec.kind != "download" and plan.get("corpus") is not None:
            named.append(plan["corpus"])
        for name in named:
            check_corpus(name, data=data)
        if "folder" in plan and new_folder(plan["folder"], data=data) is None:
            raise refused(str(plan["folder"]))
        if plan.get("base_url") is not None:
            raise CorpusError(
                "base_url cannot be given on this server; corpora come from their own "
                "homes"
            )
    if spec.kind == "predict" and spec.parameters.get("model") is not None:
        _check_model(spec.parameters["model"], data=data)


def check_corpus(name: object, *, data: DataFolder) -> None:
    """Refuse a corpus that this server does not offer, there or not.

    Parameters
    ----------
    name : object
        As a plan has it: a name in the list, or an absolute path.
    data : DataFolder

    Raises
    ------
    CorpusError
        It is neither registered nor below an offered folder.

    """
    from ser_core.corpora.allowed_folders import check_links, inside, refused
    from ser_core.corpora.registry import registered

    allowed = settings(data).corpus_folders
    if allowed is None:
        return
    if not isinstance(name, str):
        raise refused(repr(name))
    if any(corpus.name == name for corpus in registered(data)):
        return
    folders = [*allowed, data.corpora]
    check_links(inside(name, folders), folders)


def new_folder(folder: object, *, data: DataFolder) -> Path | None:
    """Return the folder that a job makes, if it is one directly below ``corpora``."""
    try:
        given = Path(str(folder))
        real = given.resolve()
        below = given.is_absolute() and real.parent == data.corpora.resolve()
    except (OSError, ValueError, RuntimeError):
        return None
    return real if below and not real.name.startswith(".") else None


def job_owner(folder: JobFolder) -> str | None:
    """Return the hashed id of who started a job; None for the operator."""
    try:
        owner = (read_json(folder.ticket) or {}).get("visitor")
    except JobError:
        return None
    return owner if isinstance(owner, str) else None


def job_limit_s(visitor: Visitor | None, *, data: DataFolder) -> int | None:
    """Return how long a job of somebody may work, in seconds; None for no limit."""
    if visitor is None or visitor.operator:
        return None
    return settings(data).max_job_s


def may_change(owner: str | None, visitor: Visitor | None, rules: Settings) -> bool:
    """Tell whether somebody may delete or replace what belongs to an owner.

    Where the server is not shared, everyone may, as at a machine of one's own.
    """
    if visitor is None or visitor.operator or not rules.shared:
        return True
    return owner is not None and owner == visitor.owner


def _plans(value: object, depth: int) -> Iterator[Mapping[str, Any]]:
    """Yield a job's parameters and every table inside, which a study's plan is."""
    if depth < 0:
        raise JobError(f"the job's parameters are deeper than {_DEPTH} tables")
    if isinstance(value, Mapping):
        yield value
        for inner in value.values():
            yield from _plans(inner, depth - 1)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            if isinstance(inner, (Mapping, list, tuple)):
                yield from _plans(inner, depth - 1)


def _check_model(name: object, *, data: DataFolder) -> None:
    """Refuse a model that is not one of the list, as a folder."""
    from ser_core.models.bundle_folders import bundle_folder

    try:
        bundle_folder(data, name if isinstance(name, str) else "")
    except ModelError as error:
        raise ModelError(
            f"model = {str(name)[:80]!r} is not a name in the list of saved models; "
            "choose one from it"
        ) from error


def _has_machine(folder: JobFolder) -> bool:
    """Tell whether a job is the one that works alone, and not one that waits."""
    try:
        return folder.started.exists() and needs_machine(read_spec(folder.spec).kind)
    except JobError:
        return False


def _jobs(number: int) -> str:
    """Write a number of jobs."""
    return f"{number} job" if number == 1 else f"{number} jobs"


def _size(n_bytes: int) -> str:
    """Write a size for a message."""
    return f"{max(n_bytes, 0) / 1e6:,.0f} MB"
