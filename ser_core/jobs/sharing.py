"""What a visitor may do with stored things that others use, too."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ser_core.errors import CorpusError, JobError, ModelError, RecordError, SerError
from ser_core.jobs.rules import (
    Visitor,
    check_allowed,
    check_room,
    may_change,
    new_folder,
)
from ser_core.jobs.spec import JobSpec
from ser_core.store.data_folder import DataFolder
from ser_core.store.owners import Owners
from ser_core.store.runs import RunStore
from ser_core.store.settings import settings

if TYPE_CHECKING:
    from ser_core.corpora.registry import RegisteredCorpus
    from ser_core.models.card import ModelCard

MAKES_OWNED: Final = frozenset({"compare"})
"""Kinds of job whose result names stored records without being one."""

_ONLY_OWN: Final = (
    "can be deleted only by who made it, or by the operator of this server"
)


def may_delete(
    kind: str, name: str, visitor: Visitor | None, *, data: DataFolder
) -> bool:
    """Tell whether somebody may delete one stored thing.

    Parameters
    ----------
    kind : {"run", "model", "corpus", "folder"}
    name : str
        Id of a run record, name of a model or corpus.
    visitor : Visitor or None
        None for the command line, which may.
    data : DataFolder

    """
    rules = settings(data)
    if may_change(None, visitor, rules):
        return True
    return may_change(Owners(data).owner(kind, name), visitor, rules)


def delete_run(run_id: str, *, visitor: Visitor | None, data: DataFolder) -> None:
    """Delete a run record.

    Raises
    ------
    RecordError
        There is no such run, or it is somebody else's on a shared server.

    """
    if not may_delete("run", run_id, visitor, data=data):
        raise RecordError(f"run {run_id!r} {_ONLY_OWN}")
    RunStore(data.runs).delete(run_id)
    Owners(data).forget("run", run_id)


def delete_model(name: str, *, visitor: Visitor | None, data: DataFolder) -> None:
    """Delete a saved model.

    Raises
    ------
    ModelError
        There is no such model, or it is somebody else's on a shared server.

    """
    from ser_core.models.bundle_folders import remove_bundle

    if not may_delete("model", name, visitor, data=data):
        raise ModelError(f"model {name[:80]!r} {_ONLY_OWN}")
    remove_bundle(data, name)
    Owners(data).forget("model", name)


def import_run(
    record: dict[str, Any], *, visitor: Visitor | None, data: DataFolder
) -> str:
    """Store a record that was imported, as the visitor's own; return its id.

    Raises
    ------
    JobError
        The visitor may start nothing here, or has no room for it.
    RecordError
        As `RunStore.add`.

    """
    import json

    _check_arrival(visitor, len(json.dumps(record)), data=data)
    run_id = RunStore(data.runs).add(record)
    Owners(data).claim("run", run_id, None if visitor is None else visitor.owner)
    return run_id


def import_model(
    content: bytes,
    *,
    visitor: Visitor | None,
    data: DataFolder,
    name: str | None = None,
) -> ModelCard:
    """Take in a model that was exported, as the visitor's own.

    Raises
    ------
    JobError
        The visitor may start nothing here, or has no room for it.
    ModelError
        As `ser_core.models.bundle_zip.import_zip`.

    """
    from ser_core.models.bundle_zip import import_zip

    _check_arrival(visitor, len(content), data=data)
    card = import_zip(content, data, name=name)
    Owners(data).claim("model", card.name, None if visitor is None else visitor.owner)
    return card


def register_corpus(
    path: str | Path,
    *,
    visitor: Visitor | None,
    data: DataFolder,
    name: str | None = None,
    reader: str | None = None,
) -> RegisteredCorpus:
    """Register a folder, on a page only one that the operator offers.

    Raises
    ------
    JobError
        The visitor may change nothing here.
    CorpusError, ParameterError
        As `ser_core.corpora.registry.register`; of a folder that is not offered, the
        message does not tell whether it exists.

    """
    from ser_core.corpora.allowed_folders import inside
    from ser_core.corpora.registry import register, registered

    within = None if visitor is None else settings(data).corpus_folders
    if visitor is not None:
        check_allowed(visitor, data=data)
    if within is not None:
        path = inside(path, within)
        for known in registered(data):
            # another name would take it from those who know it by its own
            if known.root == path:
                return known
    before = {corpus.name for corpus in registered(data)}
    added = register(path, data=data, name=name, reader=reader, within=within)
    if visitor is not None and added.name not in before:
        Owners(data).claim("corpus", added.name, visitor.owner)
    return added


def unregister_corpus(
    name: str, *, visitor: Visitor | None, data: DataFolder
) -> RegisteredCorpus:
    """Take a corpus off the list; its files stay.

    Raises
    ------
    CorpusError
        It is not on the list, or somebody else's on a shared server.

    """
    from ser_core.corpora.registry import unregister

    if not may_delete("corpus", name, visitor, data=data):
        raise CorpusError(
            f"corpus {name!r} can be taken off the list only by who registered it, or "
            "by the operator of this server: others may be using it"
        )
    gone = unregister(name, data=data)
    Owners(data).forget("corpus", name)
    return gone


def check_growth(spec: JobSpec, visitor: Visitor | None, *, data: DataFolder) -> None:
    """Refuse a corpus that would be too large, or would change somebody else's.

    Raises
    ------
    JobError
        It needs more room than the visitor has, or than can be known beforehand.
    CorpusError
        The folder is there and not the visitor's.

    """
    if visitor is None or visitor.operator or "folder" not in spec.parameters:
        return
    folder = new_folder(spec.parameters["folder"], data=data)
    rules = settings(data)
    if folder is None or not (rules.shared or rules.visitor_bytes):
        return
    if folder.exists() and not may_delete("folder", folder.name, visitor, data=data):
        raise CorpusError(
            f"'{folder.name}' is a corpus already, and not yours; give another name, "
            "or use it as it is"
        )
    if rules.visitor_bytes is not None:
        check_room(visitor, data=data, n_bytes=_expected_bytes(spec, folder))


def claim_folder(spec: JobSpec, visitor: Visitor | None, *, data: DataFolder) -> None:
    """Remember whose corpus a job makes, where it is a new one."""
    folder = new_folder(spec.parameters.get("folder"), data=data)
    if folder is None or folder.exists():
        return
    if visitor is None or visitor.operator:
        Owners(data).forget("folder", folder.name)
    else:
        Owners(data).claim("folder", folder.name, visitor.owner)


def claim_result(
    owner: str | None, result: Mapping[str, Any], *, data: DataFolder
) -> None:
    """Remember whose the records and models are that a job made.

    What cannot be remembered belongs to the operator: a result is worth more.
    """
    with suppress(SerError, OSError):
        owners = Owners(data)
        for record in _records(result, data):
            model = record.get("bundle")
            if owner is not None:
                owners.claim("run", record["id"], owner)
            if isinstance(model, str) and owner is not None:
                owners.claim("model", model, owner)
            elif isinstance(model, str):  # an earlier one of this name is gone
                owners.forget("model", model)


def remove_own_jobs(visitor: Visitor, *, data: DataFolder) -> int:
    """Delete the folders of a visitor's ended jobs; records and models stay.

    Returns
    -------
    n_removed : int

    """
    from ser_core.jobs.usage import own_jobs

    removed = 0
    for folder in own_jobs(visitor, data=data):
        if folder.ended():
            grave = folder.path.with_name(f".gone-{folder.job_id}")
            with suppress(OSError):
                folder.path.rename(grave)
                shutil.rmtree(grave, ignore_errors=True)
                removed += 1
    return removed


def _check_arrival(visitor: Visitor | None, n_bytes: int, *, data: DataFolder) -> None:
    """Refuse an import of who may start nothing, or has no room for it."""
    if visitor is not None:
        check_allowed(visitor, data=data)
        check_room(visitor, data=data, n_bytes=n_bytes)


def _expected_bytes(spec: JobSpec, folder: Path) -> int:
    """Estimate what a job's corpus will take on the disk."""
    given = spec.parameters
    if spec.kind == "synthesize":
        from ser_core.corpora.synthetic_space import missing_bytes

        utterances, seed = given.get("utterances", 400), given.get("seed", 0)
        if not isinstance(utterances, int) or not isinstance(seed, int):
            return 0  # the job says what is wrong with it
        return missing_bytes(folder, utterances=min(utterances, 100_000), seed=seed)
    if spec.kind == "download":
        return _download_bytes(str(given.get("corpus")), given.get("parts"))
    return 0


def _download_bytes(name: str, parts: Sequence[str] | None) -> int:
    """Sum what a download fetches, twice where it is unpacked."""
    from ser_core.corpora.download_sources import SOURCES

    source = SOURCES.get(name)
    chosen = [
        part
        for part in (() if source is None else source.parts)
        if part.always or parts is None or part.name in parts
    ]
    if any(part.size_bytes is None for part in chosen):
        raise JobError(
            f"the size of {name} is not known beforehand, and this server limits what "
            "a visitor may keep; ask its operator to download it"
        )
    return sum((part.size_bytes or 0) * (2 if part.folder else 1) for part in chosen)


def _records(result: Mapping[str, Any], data: DataFolder) -> list[Mapping[str, Any]]:
    """List the run records that a job's result is or names."""
    if isinstance(result.get("id"), str):
        return [result]
    named = result.get("runs")
    if not isinstance(named, list) or not all(isinstance(n, str) for n in named):
        return []
    store = RunStore(data.runs)
    return [store.get(name) for name in named]
