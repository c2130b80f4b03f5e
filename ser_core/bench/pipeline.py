"""The report's pipeline, whole: its plan, and running it in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from ser_core.bench.child import (
    child_environment,
    ending,
    last_words,
    told_error,
)
from ser_core.corpora.registry import lookup
from ser_core.errors import JobError, ParameterError
from ser_core.execution import thread_environment
from ser_core.execution.parameters import (
    check_inner_threads,
    check_workers,
    is_whole,
)
from ser_core.features import feature_set
from ser_core.features.front_ends import check_front_end
from ser_core.measure.cores import available_cores
from ser_core.measure.sampling import package_command
from ser_core.measure.tree import end_tree
from ser_core.models.registry import REPORT_MODELS
from ser_core.store.data_folder import DataFolder

VERSIONS: Final = ("first", "enhanced")
"""The report's two versions: sequential, and over loky on all cores."""

Emit = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class PipelinePlan:
    """Describe one run of the report's pipeline.

    Attributes
    ----------
    corpus : str
        Name of a registered corpus, or path of a folder.
    version : str
        ``first``: features are extracted sequentially. ``enhanced``: over loky.
        Everything else is the same.
    model : str, default ``mlp``
        One of `ser_core.models.registry.REPORT_MODELS`.
    limit : int or None, default None
        Files, evenly spaced over the sorted list; None for all.
    features : str, default ``mfcc13x500``
        Name of a feature set.
    front_end : str, default ``reference``
        One of `ser_core.features.FRONT_ENDS`.
    workers : int or None, default None
        Of the enhanced version; None for the available cores. The first version has
        none.
    inner_threads : str, default ``1``
        ``1``, ``default`` (as the report ran) or ``all``. The process that trains has
        the same setting in both versions, so that the versions' accuracies compare.

    Raises
    ------
    ParameterError
        A value is outside what is allowed.

    """

    corpus: str
    version: str
    model: str = "mlp"
    limit: int | None = None
    features: str = "mfcc13x500"
    front_end: str = "reference"
    workers: int | None = None
    inner_threads: str = "1"

    def __post_init__(self) -> None:
        if not isinstance(self.corpus, str) or not self.corpus:
            raise ParameterError(
                f"corpus = {self.corpus!r} is not possible; give the name of a "
                "registered corpus or a folder"
            )
        for name, value, allowed in (
            ("version", self.version, VERSIONS),
            ("model", self.model, REPORT_MODELS),
        ):
            if value not in allowed:
                raise ParameterError(
                    f"{name} = {value!r} is not known; "
                    f"choose one of: {', '.join(allowed)}"
                )
        feature_set(self.features)
        check_front_end(self.front_end)
        check_inner_threads(self.inner_threads)
        if self.limit is not None and (not is_whole(self.limit) or self.limit < 1):
            raise ParameterError(
                f"limit = {self.limit!r} is not possible; give a whole number of at "
                "least 1, or none for all files"
            )
        if self.workers is None:
            return
        if self.version == "first" and self.workers != 1:
            raise ParameterError(
                f"workers = {self.workers!r} is not possible with the first version, "
                "which is sequential; leave it out"
            )
        check_workers(self.workers, backend=self.backend)

    @property
    def backend(self) -> str:
        """Name of the back end that extracts."""
        return "sequential" if self.version == "first" else "loky"

    def n_workers(self) -> int:
        """Return the worker count on this machine."""
        if self.version == "first":
            return 1
        return available_cores() if self.workers is None else self.workers

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON, from which `from_json` makes an equal plan."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> PipelinePlan:
        """Make a plan from plain JSON.

        Raises
        ------
        ParameterError
            A field is missing, not known, of the wrong type or out of range.

        """
        if not isinstance(document, Mapping):
            raise ParameterError(f"the plan is {document!r}; give a JSON object")
        allowed = tuple(cls.__dataclass_fields__)
        unknown = sorted(set(document) - set(allowed))
        missing = sorted({"corpus", "version"} - set(document))
        if unknown or missing:
            raise ParameterError(
                f"the plan has unknown fields: {', '.join(unknown) or 'none'}; lacks: "
                f"{', '.join(missing) or 'none'}; allowed are: {', '.join(allowed)}"
            )
        return cls(**document)


def run_pipeline(
    plan: PipelinePlan,
    *,
    data_folder: DataFolder,
    work_folder: Path,
    emit: Emit,
) -> dict[str, Any]:
    """Run the pipeline in a fresh process, and return the run record.

    Parameters
    ----------
    plan : PipelinePlan
        What to run.
    data_folder : DataFolder
        Where corpora are registered and compiled code is kept.
    work_folder : Path
        Exists; temporary files go there, and are gone at the end.
    emit : callable
        Called with each event (see ``docs/architecture.md``), from one thread.

    Returns
    -------
    record : dict
        The run record, plain JSON.

    Raises
    ------
    ParameterError
        The machine cannot do what the plan says, or the utterances do not allow
        training.
    CorpusError
        The corpus is not known, has no utterances, or none of them can be read.
    BackendError
        A worker was lost.
    JobError
        The process ended before its work was done; the message holds its last words.

    Notes
    -----
    A fresh process, because inner threads can only be set by environment before
    numpy is imported, and because the figures at its start are part of the record.

    """
    lookup(plan.corpus, data=data_folder)  # a wrong name is worth no process
    with tempfile.TemporaryDirectory(dir=work_folder, prefix="pipeline-") as name:
        folder = Path(name)
        temporary = folder / "tmp"
        temporary.mkdir()
        specification = folder / "pipeline.json"
        specification.write_text(
            json.dumps(
                {
                    "plan": plan.to_json(),
                    "data_folder": str(data_folder.root),
                    "record": str(folder / "record.json"),
                    "supervisor": os.getpid(),
                }
            ),
            encoding="utf-8",
        )
        with (folder / "pipeline.log").open("wb") as log:
            process = subprocess.Popen(
                [
                    *package_command("ser_core.bench.pipeline_process"),
                    str(specification),
                ],
                # held open: its end tells the child that this process is gone
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                encoding="utf-8",
                cwd=folder,
                env=_environment(plan, data_folder, temporary=temporary),
            )
        try:
            _follow(process, emit, log=folder / "pipeline.log")
        finally:
            _end(process)
        text = (folder / "record.json").read_text(encoding="utf-8")
    record: dict[str, Any] = json.loads(text)
    return record


def _environment(
    plan: PipelinePlan, data_folder: DataFolder, *, temporary: Path
) -> dict[str, str]:
    """Return the environment of the process, the same for both versions.

    The workers of the enhanced version get theirs from the back end.
    """
    threads = thread_environment(
        plan.inner_threads,
        n_cores=available_cores(),
        backend="sequential",
        n_workers=1,
    )
    return child_environment(
        threads, numba_cache=data_folder.numba_cache, temporary=temporary
    )


def _follow(process: subprocess.Popen[str], emit: Emit, *, log: Path) -> None:
    """Pass events on until the process ends; raise unless it ended well."""
    refused: Mapping[str, Any] | None = None
    for line in process.stdout or ():
        if not line.endswith("\n"):
            break  # killed while it wrote
        event = json.loads(line)
        if event["type"] == "error":
            refused = event
        else:
            emit(event)
    code = process.wait()
    if refused is not None:
        raise told_error(refused)
    if code != 0:
        raise JobError(
            f"the pipeline's process ended before its work was done ({ending(code)}): "
            f"{last_words(log)}"
        )


def _end(process: subprocess.Popen[str]) -> None:
    """End the whole tree, if it has not ended by itself."""
    end_tree(process.pid)
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
