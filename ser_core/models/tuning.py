"""Search for a model's parameters inside its training part."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.errors import ParameterError
from ser_core.execution.parameters import is_whole
from ser_core.models.classical import SEED
from ser_core.models.registry import build_model
from ser_core.models.search_space import Space, default_point, search_space, suggest

if TYPE_CHECKING:
    from optuna import Study

    from ser_core.models.inner_folds import InnerFolds

Emit = Callable[[dict[str, Any]], None]

N_FOLDS: Final = 3
"""Inner folds, unless another number is asked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """One set of parameters that was tried.

    Attributes
    ----------
    number : int
        From 0; the first has the default parameters.
    value : float or None
        UAR over the inner folds; of a pruned trial, over those that it reached; None
        for one that failed.
    state : {"complete", "pruned", "failed"}
    parameters : mapping
        As `ser_core.models.registry.build_model` takes them.
    seconds : float
        Wall time.
    reason : str or None
        Why it failed.

    """

    number: int
    value: float | None
    state: str
    parameters: Mapping[str, Any]
    seconds: float
    reason: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TuningResult:
    """What a search found.

    Attributes
    ----------
    best_parameters : mapping
        Of the best complete trial, the earliest of equals; empty (the defaults) if
        there is none.
    best_value, default_value : float or None
        UAR over the inner folds, of the best and of the first trial.
    trials : tuple of Trial
    n_trials : int
        As many as were wanted.
    by_speaker : bool
        Whether the inner folds kept speakers apart.
    ended : {"done", "stopped", "time"}
        All trials, or asked to stop, or out of time.

    """

    best_parameters: Mapping[str, Any]
    best_value: float | None
    default_value: float | None
    trials: tuple[Trial, ...]
    n_trials: int
    by_speaker: bool
    ended: str

    def to_json(self) -> dict[str, Any]:
        """Return the part of a run record that tells of the search."""
        return {
            "n_trials": len(self.trials),
            "best_parameters": dict(self.best_parameters),
            "best_value": self.best_value,
            "trials": [
                {
                    "number": trial.number,
                    "value": trial.value,
                    "state": trial.state,
                    "parameters": dict(trial.parameters),
                    "seconds": trial.seconds,
                    "reason": trial.reason,
                }
                for trial in self.trials
            ],
        }


def tune(
    name: str,
    X: npt.NDArray[np.float32],
    y: npt.NDArray[np.str_],
    groups: npt.NDArray[np.str_] | None = None,
    *,
    features_key: str = "",
    n_trials: int = 20,
    seed: int = SEED,
    storage: Path | None = None,
    emit: Emit | None = None,
    should_stop: Callable[[], bool] | None = None,
    timeout_s: float | None = None,
    n_folds: int = N_FOLDS,
    parameters: Mapping[str, Any] | None = None,
    pca: float | None = None,
    n_threads: int = 1,
) -> TuningResult:
    """Search for the parameters with the highest UAR on inner folds.

    Parameters
    ----------
    name : str
        One of `ser_core.models.registry.MODELS`.
    X : ndarray of shape (n_train, n_features), float32
        The training part alone, not scaled; not changed.
    y : ndarray of shape (n_train,), str
    groups : ndarray of shape (n_train,), str, optional
        Speakers, which the inner folds keep apart.
    features_key : str, default ""
        Key of the feature set, so that searches over different ones do not mix.
    n_trials : int, default 20
        Those of earlier calls with the same storage and data count.
    seed : int, default 42
    storage : Path, optional
        A file that every trial is written to: a search that was interrupted goes on
        from there. None keeps nothing.
    emit : callable, optional
        Called with `progress` and `log` events.
    should_stop : callable, optional
        Asked before each trial and each fold; true ends the search.
    timeout_s : float, optional
        Ends this call's part of the search after the fold in which it is reached.
    n_folds : int, default 3
        At least 2.
    parameters : mapping, optional
        Parameters that are given: the same in every trial, and not searched.
    pca : float or int, optional
        As `ser_core.models.registry.build_recogniser` takes it.
    n_threads : int, default 1

    Returns
    -------
    result : TuningResult

    Raises
    ------
    ParameterError
        The model, its parameters, `n_trials`, `n_folds` or `timeout_s` are not
        possible, or the training part does not do for the model.
    ModelError
        A library is missing, or the storage cannot be read or written.

    Notes
    -----
    The first trial has the default parameters, so that the result is never worse
    than they are on the inner folds. Later ones are drawn by a tree-structured Parzen
    estimator [1]_ [2]_ and given up after a fold whose UAR lies below the median of
    earlier trials there. Each draw is seeded by the seed and the number of trials
    before it: an interrupted search ends as it would have uninterrupted.

    References
    ----------
    .. [1] J. Bergstra, R. Bardenet, Y. Bengio and B. Kégl, "Algorithms for
       Hyper-Parameter Optimization", NIPS, 2011.
    .. [2] T. Akiba, S. Sano, T. Yanase, T. Ohta and M. Koyama, "Optuna: A
       Next-generation Hyperparameter Optimization Framework", KDD, 2019,
       doi:10.1145/3292500.3330701.

    """
    _check_numbers(n_trials=n_trials, n_folds=n_folds, timeout_s=timeout_s)
    from ser_core.models.inner_folds import InnerFolds
    from ser_core.models.search_store import kept_study, study_name

    fixed = dict(parameters or {})
    build_model(name, parameters=fixed)
    search_space(name, fixed=fixed)
    folds = InnerFolds(
        name,
        X,
        y,
        groups,
        seed=seed,
        n_folds=n_folds,
        parameters=fixed,
        pca=pca,
        n_threads=n_threads,
    )
    settings = (name, features_key, seed, n_folds, pca, sorted(fixed.items()))
    with kept_study(storage, study_name(settings, X, y, groups)) as study:
        search = _Search(
            study,
            folds,
            space=search_space(name, fixed=fixed, n_features=folds.n_columns),
            name=name,
            n_trials=n_trials,
            seed=seed,
            emit=emit or _silently,
            should_stop=should_stop,
            timeout_s=timeout_s,
        )
        return search.run()


class _Search:
    """Ask for parameters, try them, tell how they did."""

    def __init__(
        self,
        study: Study,
        folds: InnerFolds,
        *,
        space: Space,
        name: str,
        n_trials: int,
        seed: int,
        emit: Emit,
        should_stop: Callable[[], bool] | None,
        timeout_s: float | None,
    ) -> None:
        self._study, self._folds, self._space = study, folds, space
        self._n_trials, self._seed = n_trials, seed
        self._default = default_point(name, space)
        self._emit, self._should_stop = emit, should_stop
        self._started_s = time.monotonic()
        self._deadline_s = None if timeout_s is None else self._started_s + timeout_s

    def run(self) -> TuningResult:
        """Try until enough trials are there, or an end is asked for."""
        from ser_core.models.search_store import drop_unfinished, finished

        drop_unfinished(self._study)
        self._started_with = len(finished(self._study))
        if self._started_with:
            self._log(f"search goes on after {self._started_with} trials")
        if not self._folds.by_speaker:
            self._log("the inner folds are random: speakers are not known apart")
        ended = "done"
        while (n_before := len(finished(self._study))) < self._n_trials:
            self._progress(n_before)
            ended = self._end() or self._try_one(n_before) or "done"
            if ended != "done":
                break
        self._progress(len(finished(self._study)))
        return self._result(ended)

    def _try_one(self, n_before: int) -> str | None:
        """Run the next trial; return why the search ends, if it does."""
        from optuna.samplers import TPESampler
        from optuna.trial import TrialState

        if n_before == 0:
            self._study.enqueue_trial(self._default)
        draw = np.random.SeedSequence([self._seed, n_before]).generate_state(1)
        self._study.sampler = TPESampler(seed=int(draw[0]))
        trial = self._study.ask()
        started_s = time.monotonic()
        parameters = suggest(trial, self._space, gamma_scale=self._folds.gamma_scale)
        trial.set_user_attr("parameters", parameters)
        state, value, reason = TrialState.COMPLETE, None, None
        try:
            for step, value in enumerate(self._folds.running_uar(parameters)):
                trial.report(value, step)
                last = step + 1 == len(self._folds)
                if not last and (ended := self._end()):
                    self._study.tell(trial, state=TrialState.FAIL)
                    return ended
                if not last and trial.should_prune():
                    state = TrialState.PRUNED
                    break
        except (ArithmeticError, ValueError, RuntimeError, MemoryError) as error:
            state, reason = TrialState.FAIL, f"{type(error).__name__}: {error}"
        trial.set_user_attr("seconds", time.monotonic() - started_s)
        if reason is not None:
            trial.set_user_attr("reason", reason)
        complete = state == TrialState.COMPLETE
        self._study.tell(trial, value if complete else None, state=state)
        self._report(n_before, state.name.lower(), value, reason)
        return None

    def _end(self) -> str | None:
        """Say why the search ends now, if it does."""
        if self._should_stop is not None and self._should_stop():
            return "stopped"
        if self._deadline_s is not None and time.monotonic() >= self._deadline_s:
            return "time"
        return None

    def _result(self, ended: str) -> TuningResult:
        """Collect the trials and choose the best."""
        from ser_core.models.search_store import finished

        trials = tuple(
            Trial(
                number=number,
                value=kept.value,
                state=kept.state,
                parameters=kept.parameters,
                seconds=kept.seconds,
                reason=kept.reason,
            )
            for number, kept in enumerate(finished(self._study))
        )
        complete = [t for t in trials if t.state == "complete" and t.value is not None]
        best = max(complete, key=lambda t: (t.value, -t.number), default=None)
        default = trials[0].value if trials else None
        return TuningResult(
            best_parameters={} if best is None else dict(best.parameters),
            best_value=None if best is None else best.value,
            default_value=default,
            trials=trials,
            n_trials=self._n_trials,
            by_speaker=self._folds.by_speaker,
            ended=ended,
        )

    def _progress(self, done: int) -> None:
        """Tell how far the search is."""
        here = done - self._started_with
        each_s = (time.monotonic() - self._started_s) / here if here else None
        self._emit(
            {
                "type": "progress",
                "arm": None,
                "repeat": None,
                "what": "search",
                "done": done,
                "total": self._n_trials,
                "files_per_s": None,
                "remaining_s": (
                    None if each_s is None else each_s * (self._n_trials - done)
                ),
            }
        )

    def _report(
        self, number: int, state: str, value: float | None, reason: str | None
    ) -> None:
        """Tell of a trial that ended."""
        head = f"trial {number + 1} of {self._n_trials}"
        if reason is not None:
            self._log(f"{head} failed: {reason}", level="warning")
        elif value is not None:
            early = ", given up early" if state == "pruned" else ""
            self._log(f"{head}: UAR {100 * value:.1f} %{early}")

    def _log(self, message: str, *, level: str = "info") -> None:
        """Tell something in words."""
        self._emit({"type": "log", "level": level, "message": message})


def _silently(event: dict[str, Any]) -> None:
    """Take an event that nobody waits for."""


def _check_numbers(*, n_trials: int, n_folds: int, timeout_s: float | None) -> None:
    """Refuse numbers that make no search."""
    for name, value, low in (("n_trials", n_trials, 1), ("n_folds", n_folds, 2)):
        if not is_whole(value) or not low <= value <= 10_000:
            raise ParameterError(
                f"{name} = {value!r} is not possible; give a whole number from {low} "
                "to 10000"
            )
    if timeout_s is not None and not timeout_s > 0:
        raise ParameterError(
            f"timeout_s = {timeout_s!r} is not possible; give more than 0 seconds, or "
            "None for no limit"
        )
