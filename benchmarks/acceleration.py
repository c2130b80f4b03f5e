"""Show what scikit-learn-intelex changes: the same training, stock and accelerated.

Each repetition is a fresh process; the arms are interleaved, and each round begins
with the other one. The ratio is stock's time through the accelerated one, of the calls
behind the first; above 1 the extension is faster. Without ``--features`` the rows are
made up: Gaussian classes, as many columns as asked for. A fit that the extension left
to scikit-learn is said so.

    python -m benchmarks.acceleration --rows 1440 --columns 594 --models svm,knn,rf,pca
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ser_core.errors import SerError
from ser_core.measure.cores import available_cores
from ser_core.models.acceleration import Acceleration, accelerated


def made_up(
    n_rows: int, n_columns: int, n_classes: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.str_]]:
    """Draw rows around a centre per class, hard enough to be told apart."""
    rng = np.random.default_rng(0)
    codes = np.arange(n_rows) % n_classes
    centres = rng.normal(scale=3 / np.sqrt(n_columns), size=(n_classes, n_columns))
    X = centres[codes] + rng.normal(size=(n_rows, n_columns))
    return X.astype(np.float32), np.array([f"class{code:02d}" for code in codes])


def shown(result: Acceleration) -> str:
    """Write one line about one model."""
    if not result.available:
        return f"{result.model:6s} {result.reason}"
    stock, fast = result.arms
    verdict = "accelerated" if fast.accelerated else "NOT accelerated"
    same = (
        ""
        if result.same_predictions is None
        else f"same {result.same_predictions:6.1%}  accuracy {stock.accuracy:.3f} / "
        f"{fast.accuracy:.3f}  "
    )
    return (
        f"{result.model:6s} stock {stock.median_s:8.3f} s  accelerated "
        f"{fast.median_s:8.3f} s  ratio {result.ratio:6.2f} ({result.ratio_low:.2f} to "
        f"{result.ratio_high:.2f})  first {stock.first_s:.3f} / {fast.first_s:.3f} s  "
        f"{same}{verdict}"
        + (f": {fast.fallback_reason}" if fast.fallback_reason else "")
    )


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", default="svm,knn,lr,rf,pca")
    parser.add_argument("--features", type=Path, help="X as .npy, with --labels")
    parser.add_argument("--labels", type=Path, help="y as .npy, text")
    parser.add_argument("--rows", type=int, default=1_440)
    parser.add_argument("--columns", type=int, default=594)
    parser.add_argument("--classes", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--later-calls", type=int, default=3)
    parser.add_argument("--threads", type=int, default=available_cores())
    return parser.parse_args()


def main() -> int:
    chosen = options()
    if chosen.features is not None:
        X, y = np.load(chosen.features), np.load(chosen.labels)
    else:
        X, y = made_up(chosen.rows, chosen.columns, chosen.classes)
    print(
        f"{len(X)} rows, {X.shape[1]} columns, {len(np.unique(y))} classes, "
        f"{chosen.threads} threads, {chosen.rounds} rounds"
    )
    for name in chosen.models.split(","):
        result = accelerated(
            name,
            X,
            y,
            n_threads=chosen.threads,
            rounds=chosen.rounds,
            later_calls=chosen.later_calls,
        )
        print(shown(result), flush=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SerError as error:
        sys.exit(error.message)
