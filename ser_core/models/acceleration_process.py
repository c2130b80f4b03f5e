"""The fresh process that times one arm: ``… acceleration_process FOLDER``.

The folder holds ``spec.json``, ``X.npy`` and ``y.npy``; the answer goes to
``told.json``. The end of standard input means that the supervisor is gone, and ends
the process.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from ser_core.errors import SerError

_ACCELERATED: Final = "running accelerated version"
_FALLBACK: Final = "fallback to original"
_CAUSE: Final = "patching failed with cause - "
_ESTIMATORS: Final = (
    "sklearn.ensemble.",
    "sklearn.linear_model.",
    "sklearn.neighbors.",
    "sklearn.svm.",
)
"""Modules whose calls are a model's work; others, as divisions, only go along."""
_PCA: Final = "sklearn.decomposition."


class CallLog(logging.Handler):
    """Collect what the extension says of each call.

    Attributes
    ----------
    messages : list of str
        As it logged them: ``sklearn.svm.SVC.fit: running accelerated version on CPU``.

    """

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a message."""
        self.messages.append(record.getMessage().strip())


def judge_calls(messages: Iterable[str], *, model: str) -> tuple[bool, str | None]:
    """Tell from the extension's log whether its own code did the work.

    Parameters
    ----------
    messages : iterable of str
        Of its logger, level DEBUG.
    model : str
        What was timed; PCA before a model does not make the model accelerated.

    Returns
    -------
    accelerated : bool
        Some call ran accelerated, and no fit fell back.
    fallback_reason : str or None
        Each call that was left to scikit-learn, with the causes that were logged.

    Examples
    --------
    >>> judge_calls(["sklearn.svm.SVC.fit: running accelerated version on CPU"],
    ...             model="svm")
    (True, None)
    >>> judge_calls([], model="mlp")[0]
    False

    """
    judged = (_PCA,) if model == "pca" else _ESTIMATORS
    ran: set[str] = set()
    fell: dict[str, None] = {}
    causes: dict[str, list[str]] = {}
    for message in messages:
        scope, _, text = message.partition(": ")
        if not scope.startswith(judged):
            continue
        if text.startswith(_CAUSE):
            found = causes.setdefault(scope, [])
            cause = text.removeprefix(_CAUSE).rstrip(". ")
            if cause not in found:
                found.append(cause)
        elif _FALLBACK in text:
            fell[scope] = None
        elif text.startswith(_ACCELERATED):
            ran.add(scope)
    if not ran and not fell:
        return False, (
            f"scikit-learn-intelex has no version of {model}: scikit-learn did it all"
        )
    told = [
        f"{scope.removeprefix('sklearn.')} fell back to scikit-learn"
        + (f" ({'; '.join(causes[scope])})" if causes.get(scope) else "")
        for scope in fell
    ]
    fits_fell = any(scope.endswith((".fit", ".fit_transform")) for scope in fell)
    return bool(ran) and not fits_fell, "; ".join(told) or None


def time_arm(folder: Path) -> dict[str, Any]:
    """Fit and predict as the specification says, the first call timed apart.

    Parameters
    ----------
    folder : Path
        Holds ``spec.json``, ``X.npy`` and ``y.npy``.

    Returns
    -------
    told : dict
        ``first_s``, ``later_s``, ``predicted`` (None for PCA), ``values``
        (probabilities, or shares of the variance), ``accelerated``,
        ``fallback_reason``.

    """
    spec = json.loads((folder / "spec.json").read_text("utf-8"))
    calls = CallLog()
    if spec["arm"] == "accelerated":
        _patch(calls, n_threads=spec["n_threads"])
    X, y = np.load(folder / "X.npy", mmap_mode="r"), np.load(folder / "y.npy")
    fitted_rows, fitted_labels = X[spec["train"]], y[spec["train"]]
    test_rows = X[spec["test"]]
    seconds = []
    for _ in range(1 + spec["later_calls"]):
        # models are made outside the clock: it is the extension that is timed
        recogniser = _recogniser(spec)
        started = time.perf_counter()
        recogniser.fit(fitted_rows, fitted_labels)
        if spec["model"] == "pca":
            predicted = None
            recogniser.transform(test_rows)
        else:
            predicted = recogniser.predict(test_rows)
        seconds.append(time.perf_counter() - started)
    accelerated, reason = judge_calls(calls.messages, model=spec["model"])
    return {
        "first_s": seconds[0],
        "later_s": seconds[1:],
        "predicted": None if predicted is None else predicted.tolist(),
        "values": _values(recogniser, test_rows),
        "accelerated": accelerated,
        "fallback_reason": reason,
    }


def _patch(calls: CallLog, *, n_threads: int) -> None:
    """Replace classes of scikit-learn by the extension's, and listen to its log."""
    import daal4py
    from sklearnex import patch_sklearn

    daal4py.daalinit(n_threads)
    patch_sklearn(verbose=False)
    logger = logging.getLogger("sklearnex")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
    logger.addHandler(calls)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False


def _recogniser(spec: Mapping[str, Any]) -> Any:
    """Build what is timed; imported late, behind the extension's replacing."""
    from ser_core.models.registry import build_recogniser

    if spec["model"] != "pca":
        return build_recogniser(
            spec["model"],
            seed=spec["seed"],
            parameters=spec["parameters"],
            pca=spec["pca"],
            n_threads=spec["n_threads"],
        )
    share = 0.95 if spec["pca"] is None else spec["pca"]
    return build_recogniser("lr", seed=spec["seed"], pca=share)[:-1]


def _values(recogniser: Any, rows: Any) -> list[Any] | None:
    """Return what is compared between the arms, beside the predicted classes."""
    if hasattr(recogniser, "predict_proba"):
        chances: list[Any] = np.asarray(recogniser.predict_proba(rows)).tolist()
        return chances
    step = recogniser.steps[-1][1]
    if hasattr(step, "explained_variance_ratio_"):
        shares: list[Any] = np.asarray(step.explained_variance_ratio_).tolist()
        return shares
    return None


def main(arguments: Sequence[str] | None = None) -> int:
    """Time the arm that a folder describes."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if len(given) != 1:
        sys.stderr.write(
            "usage: python -m ser_core.models.acceleration_process FOLDER\n"
        )
        return 2
    threading.Thread(target=_end_with_input, daemon=True).start()
    folder = Path(given[0])
    try:
        told = time_arm(folder)
    except SerError as error:
        told = {"error": error.message}
    except Exception as error:
        # whatever a patched library raises is told, not shown as a trace
        text = " ".join(str(error).split())[:300]
        told = {"error": f"{type(error).__name__}: {text}"}
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")
    return 0


def _end_with_input() -> None:
    """End this process when its supervisor's end of standard input closes."""
    # not through sys.stdin, whose lock would be held at the interpreter's end
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
