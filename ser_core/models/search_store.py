"""Where an unfinished search is kept, and how it is taken up again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import optuna
from filelock import FileLock
from optuna.storages import InMemoryStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import TrialState

from ser_core.errors import ModelError

NEVER_PRUNED: Final = 4
"""Complete trials before one can be given up early; the first is the default."""

_HASHED_ROWS: Final = 64
_STATES: Final = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptTrial:
    """A trial that ended, as the study has it."""

    value: float | None
    state: str
    parameters: dict[str, Any]
    seconds: float
    reason: str | None


class _Lock(JournalFileOpenLock):
    """A lock that ends with its process; Optuna's own outlives it by half a minute."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self._lock = FileLock(f"{path}.lock")

    def acquire(self) -> bool:
        """Wait for the lock."""
        self._lock.acquire()
        return True

    def release(self) -> None:
        """Let others have it."""
        self._lock.release()


def study_name(
    settings: tuple[Any, ...],
    X: npt.NDArray[np.float32],
    y: npt.NDArray[np.str_],
    groups: npt.NDArray[np.str_] | None,
) -> str:
    """Name a search by everything that its outcome depends on but the trials' number.

    Parameters
    ----------
    settings : tuple
        Of plain values.
    X : ndarray of shape (n_train, n_features)
        64 rows, evenly spaced, stand for all.
    y, groups : ndarray of shape (n_train,)

    Returns
    -------
    name : str
        64 hexadecimal digits.

    """
    digest = hashlib.sha256(json.dumps(settings, default=str).encode())
    rows = np.linspace(0, len(X) - 1, min(_HASHED_ROWS, len(X))).astype(np.intp)
    digest.update(repr((X.shape, X.dtype.str)).encode())
    digest.update(np.ascontiguousarray(X[rows]).tobytes())
    for labels in (y, groups):
        digest.update(json.dumps(None if labels is None else labels.tolist()).encode())
    return digest.hexdigest()


@contextmanager
def kept_study(path: Path | None, name: str) -> Iterator[optuna.Study]:
    """Open a study in a file, or in memory, and make sense of what goes wrong there.

    Parameters
    ----------
    path : Path or None
    name : str

    Yields
    ------
    study : optuna.Study

    Raises
    ------
    ModelError
        The file cannot be read or written.

    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield _open(path, name)
    except OSError as error:
        raise ModelError(
            f"the search cannot be kept in '{path}': {error.strerror or error}; free "
            "some space or choose another folder, and start the search again: what "
            "was written goes on",
            path=str(path),
        ) from error


def finished(study: optuna.Study) -> list[KeptTrial]:
    """List the trials that ended, in order; interrupted ones are not among them."""
    return [
        KeptTrial(
            value=trial.value if trial.value is not None else _last(trial),
            state=_STATES[trial.state],
            parameters=trial.user_attrs["parameters"],
            seconds=trial.user_attrs["seconds"],
            reason=trial.user_attrs.get("reason"),
        )
        for trial in study.get_trials(deepcopy=False, states=tuple(_STATES))
        if "seconds" in trial.user_attrs
    ]


def drop_unfinished(study: optuna.Study) -> None:
    """Close the trials that an interruption left open; they are drawn again."""
    for trial in study.get_trials(deepcopy=False):
        if trial.state == TrialState.RUNNING:
            study.tell(trial.number, state=TrialState.FAIL)


def _last(trial: optuna.trial.FrozenTrial) -> float | None:
    """Return the last value that a pruned trial reported; None for a failed one."""
    if trial.state != TrialState.PRUNED or trial.last_step is None:
        return None
    return trial.intermediate_values[trial.last_step]


def _open(path: Path | None, name: str) -> optuna.Study:
    """Open the study, with what earlier calls wrote to the file."""
    storage: Any = InMemoryStorage()
    try:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            _mend(path)
            lock = _Lock(path)
            storage = JournalStorage(JournalFileBackend(str(path), lock_obj=lock))
        return optuna.create_study(
            storage=storage,
            study_name=name,
            load_if_exists=True,
            direction="maximize",
            pruner=optuna.pruners.MedianPruner(n_startup_trials=NEVER_PRUNED),
        )
    except (ValueError, LookupError, TypeError) as error:
        raise ModelError(
            f"'{path}' is not a search that can be taken up again ({error}); delete "
            "it and start anew",
            path=str(path),
        ) from error


def _mend(path: Path) -> None:
    """Cut off a last line that was not written to its end."""
    if not path.exists():
        return
    with path.open("rb+") as journal:
        content = journal.read()
        journal.truncate(content.rfind(b"\n") + 1)
