"""The same training, with scikit-learn as it is and with scikit-learn-intelex.

Each arm runs in processes of its own, because the extension replaces classes of
scikit-learn for good. The rounds are interleaved, and each begins with the other arm.
Within a process the first call is timed apart from the later ones: it pays for loading
and preparing native code.
"""

from __future__ import annotations

import importlib.util
import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.errors import ModelError, ParameterError
from ser_core.execution import thread_environment
from ser_core.measure.cores import available_cores
from ser_core.measure.sampling import package_command, package_environment

ARMS: Final[tuple[str, ...]] = ("stock", "accelerated")

SINGLE_STEPS: Final[tuple[str, ...]] = ("pca",)
"""What can be timed besides the models of the registry."""

PROCESS_S: Final = 1_800.0
"""How long one process may take."""

_LEAST_ROWS: Final = 20
_LOG_CHARACTERS: Final = 400

Row = dict[str, str | int | float | bool | None]


@dataclass(frozen=True, kw_only=True)
class ArmTiming:
    """What one arm took, over all its processes.

    Attributes
    ----------
    arm : {"stock", "accelerated"}
    first_s : float or None
        Median over the processes of their first fit and prediction.
    median_s, low_s, high_s : float or None
        Median, least and greatest of the later ones.
    repeats : int
        Number of later ones, over all processes.
    accelerated : bool or None
        Whether the extension's own code did the fit, wholly or in part; for a model
        that only stores its rows, the prediction. None for the stock arm.
    fallback_reason : str or None
        What the extension left to scikit-learn, and why; null where nothing was.
    accuracy : float or None
        Share of the test rows that are right; None for a step without classes.

    """

    arm: str
    first_s: float | None = None
    median_s: float | None = None
    low_s: float | None = None
    high_s: float | None = None
    repeats: int = 0
    accelerated: bool | None = None
    fallback_reason: str | None = None
    accuracy: float | None = None


@dataclass(frozen=True, kw_only=True)
class Acceleration:
    """Stock against accelerated.

    Attributes
    ----------
    model : str
    available : bool
        Whether the extension can be had here; if not, nothing was timed.
    reason : str
        Its version, or why it is missing.
    n_train, n_test, n_features, n_threads : int
    arms : tuple of ArmTiming
        Stock, accelerated.
    ratio, ratio_low, ratio_high : float or None
        Stock's time through the accelerated one, later calls, round by round: the
        median, least and greatest. Above 1 the extension is faster.
    same_predictions : float or None
        Share of the test rows for which both predict the same class.
    largest_difference : float or None
        Of a probability; for PCA, of a component's share of the variance.

    """

    model: str
    available: bool
    reason: str
    n_train: int = 0
    n_test: int = 0
    n_features: int = 0
    n_threads: int = 1
    arms: tuple[ArmTiming, ...] = ()
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    same_predictions: float | None = None
    largest_difference: float | None = None

    def rows(self) -> list[Row]:
        """Return one row per arm, as a study's record takes them.

        Returns
        -------
        rows : list of dict
            ``model``, the fields of `ArmTiming`, and ``same_predictions``.

        """
        arms = self.arms or (
            ArmTiming(arm="stock"),
            ArmTiming(arm="accelerated", fallback_reason=self.reason),
        )
        return [
            {
                "model": self.model,
                **asdict(arm),
                "same_predictions": self.same_predictions,
            }
            for arm in arms
        ]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {**asdict(self), "arms": [asdict(arm) for arm in self.arms]}


def acceleration_available() -> tuple[bool, str]:
    """Tell whether scikit-learn-intelex can be used here.

    Returns
    -------
    available : bool
    reason : str
        The version that is installed; or why there is none, and what to do.

    Notes
    -----
    Nothing is imported: the extension is loaded in processes of its own alone.

    """
    if importlib.util.find_spec("sklearnex") is not None:
        try:
            return (
                True,
                f"scikit-learn-intelex {metadata.version('scikit-learn-intelex')}",
            )
        except metadata.PackageNotFoundError:
            return True, "scikit-learn-intelex of an unknown version"
    machine = platform.machine()
    if sys.platform == "darwin" or machine.lower() not in ("x86_64", "amd64"):
        return False, (
            "scikit-learn-intelex is published for Linux and Windows on x86-64 "
            f"processors; this is {platform.system()} on {machine}. scikit-learn "
            "itself works everywhere"
        )
    return False, (
        "scikit-learn-intelex is not installed; it is optional: "
        "pip install -r requirements-accelerated.txt"
    )


def accelerated(
    name: str,
    X: npt.NDArray[np.float32],
    y: npt.NDArray[np.str_],
    *,
    parameters: Mapping[str, Any] | None = None,
    pca: float | None = None,
    seed: int = 42,
    n_threads: int | None = None,
    rounds: int = 3,
    later_calls: int = 3,
    timeout_s: float = PROCESS_S,
    emit: Callable[[str], None] | None = None,
) -> Acceleration:
    """Time a fit and a prediction, stock against accelerated.

    Parameters
    ----------
    name : str
        A model of the registry, or ``pca``: the scaler and PCA alone.
    X : ndarray of shape (n_samples, n_features), float32
        Features as they were extracted.
    y : ndarray of shape (n_samples,), str
    parameters, pca, seed
        As `ser_core.models.registry.build_recogniser` takes them.
    n_threads : int, optional
        Threads of either arm; all cores that are ours by default.
    rounds : int, default 3
        Processes of each arm.
    later_calls : int, default 3
        Calls in each process behind the first one.
    timeout_s : float
        Longest time of one process.
    emit : callable, optional
        Called with a sentence about each process.

    Returns
    -------
    result : Acceleration

    Raises
    ------
    ParameterError
        Fewer than 20 rows, one class only, or a number below 1.
    ModelError
        A process failed or took too long.

    Notes
    -----
    A quarter of the rows, drawn by `seed` with the classes' shares kept, is predicted;
    the rest is fitted. The time is that of both, since nearest neighbours do all
    their work when they predict.

    """
    _check(name, X, y, rounds=rounds, later_calls=later_calls)
    available, reason = acceleration_available()
    if not available:
        return Acceleration(model=name, available=False, reason=reason)
    threads = available_cores() if n_threads is None else n_threads
    train, test = _divide(y, seed=seed)
    spec: dict[str, Any] = {
        "model": name,
        "parameters": dict(parameters or {}),
        "pca": pca,
        "seed": seed,
        "n_threads": threads,
        "later_calls": later_calls,
        "train": train.tolist(),
        "test": test.tolist(),
    }
    runs: dict[str, list[dict[str, Any]]] = {arm: [] for arm in ARMS}
    with tempfile.TemporaryDirectory(prefix="ser-lab-arms-") as place:
        folder = Path(place)
        np.save(folder / "X.npy", X, allow_pickle=False)
        np.save(folder / "y.npy", np.asarray(y, dtype=np.str_), allow_pickle=False)
        for number in range(rounds):
            for arm in ARMS if number % 2 == 0 else ARMS[::-1]:
                if emit is not None:
                    emit(f"{name}, {arm}, round {number + 1} of {rounds}")
                told = _run({**spec, "arm": arm}, folder, timeout_s=timeout_s)
                runs[arm].append(told)
    truth = np.asarray(y, dtype=np.str_)[test]
    result = Acceleration(
        model=name,
        available=True,
        reason=reason,
        n_train=len(train),
        n_test=len(test),
        n_features=X.shape[1],
        n_threads=threads,
        arms=tuple(_timing(arm, runs[arm], truth) for arm in ARMS),
    )
    return _compared(result, runs)


def _check(
    name: str,
    X: npt.NDArray[np.float32],
    y: npt.NDArray[np.str_],
    *,
    rounds: int,
    later_calls: int,
) -> None:
    """Refuse what cannot be timed, before any process is started."""
    from ser_core.models.registry import build_model

    if name not in SINGLE_STEPS:
        build_model(name)
    if min(rounds, later_calls) < 1:
        raise ParameterError(
            f"rounds = {rounds} and later_calls = {later_calls}; give 1 or more of each"
        )
    classes, counts = np.unique(y, return_counts=True)
    if len(X) < _LEAST_ROWS or len(X) != len(y) or len(classes) < 2 or min(counts) < 4:
        raise ParameterError(
            f"{len(X)} rows of {len(classes)} class(es) cannot be timed; give "
            f"{_LEAST_ROWS} or more, of two or more classes with four each"
        )


def _divide(
    y: npt.NDArray[np.str_], *, seed: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Draw a quarter of each class for the test."""
    from sklearn.model_selection import train_test_split

    train, test = train_test_split(
        np.arange(len(y)), test_size=0.25, random_state=seed, stratify=y
    )
    return np.sort(train), np.sort(test)


def _run(spec: Mapping[str, Any], folder: Path, *, timeout_s: float) -> dict[str, Any]:
    """Run one arm once in a fresh process and return what it tells."""
    given, told, log = (folder / name for name in ("spec.json", "told.json", "log"))
    given.write_text(json.dumps(spec), encoding="utf-8")
    told.unlink(missing_ok=True)
    environment = package_environment()
    threads = thread_environment(
        "1" if spec["n_threads"] == 1 else "all",
        n_cores=spec["n_threads"],
        backend="sequential",
        n_workers=1,
    )
    for name, value in threads.items():
        environment.pop(name, None)
        if value is not None:
            environment[name] = value
    # a pipe that nobody writes to: its end tells the process that we are gone
    with (
        log.open("wb") as stream,
        subprocess.Popen(
            [*package_command("ser_core.models.acceleration_process"), str(folder)],
            stdin=subprocess.PIPE,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=environment,
        ) as process,
    ):
        try:
            code = process.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            raise ModelError(
                f"{spec['model']}, {spec['arm']}: one process took more than "
                f"{timeout_s:.0f} s and was ended; use fewer rows or a smaller model"
            ) from error
        finally:
            process.kill()
    if code != 0 or not told.is_file():
        words = " ".join(log.read_text("utf-8", errors="replace").split())
        raise ModelError(
            f"{spec['model']}, {spec['arm']}: the process ended with code {code} "
            f"({words[-_LOG_CHARACTERS:] or 'it left no message'})"
        )
    answer: dict[str, Any] = json.loads(told.read_text("utf-8"))
    if "error" in answer:
        raise ModelError(f"{spec['model']}, {spec['arm']}: {answer['error']}")
    return answer


def _timing(
    arm: str, runs: Sequence[Mapping[str, Any]], truth: npt.NDArray[np.str_]
) -> ArmTiming:
    """Put the processes of one arm together."""
    later = [seconds for run in runs for seconds in run["later_s"]]
    predicted = runs[0]["predicted"]
    timing = ArmTiming(
        arm=arm,
        first_s=float(np.median([run["first_s"] for run in runs])),
        median_s=float(np.median(later)),
        low_s=min(later),
        high_s=max(later),
        repeats=len(later),
        accuracy=None
        if predicted is None
        else float(np.mean(np.array(predicted) == truth)),
    )
    if arm == "stock":
        return timing
    return replace(
        timing,
        accelerated=all(run["accelerated"] for run in runs),
        fallback_reason=next(
            (run["fallback_reason"] for run in runs if run["fallback_reason"]), None
        ),
    )


def _compared(
    result: Acceleration, runs: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Acceleration:
    """Add what the arms differ in."""
    stock, fast = (runs[arm] for arm in ARMS)
    ratios = [
        float(np.median(a["later_s"]) / np.median(b["later_s"]))
        for a, b in zip(stock, fast, strict=True)
    ]
    same = None
    if stock[0]["predicted"] is not None:
        same = float(
            np.mean(np.array(stock[0]["predicted"]) == np.array(fast[0]["predicted"]))
        )
    a, b = (np.array(run[0]["values"] or [], dtype=np.float64) for run in (stock, fast))
    return replace(
        result,
        ratio=float(np.median(ratios)),
        ratio_low=min(ratios),
        ratio_high=max(ratios),
        same_predictions=same,
        largest_difference=float(np.abs(a - b).max())
        if a.size and a.shape == b.shape
        else None,
    )
