"""Show what single precision does for the report's MLP: time, memory, loss.

The same rows are fitted as float32 and as float64 for some epochs, in turn, each pair
beginning with the other one; the ratio of the two times is taken pair by pair, with a
bootstrap interval (95 %) of its median from 3 pairs on. Both see the same batches in
the same order, so that their losses may be compared: they agree to about four digits,
which is how far rounding carries.

    python -m benchmarks.training_precision --epochs 3 --repeats 5

17,600 x 6,500 takes 0.5 GB of memory as float32 and 0.9 GB as float64, one after the
other.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from benchmarks.real_size import Size, utterances, write_matrix
from ser_core.measure.cores import available_cores
from ser_core.models.classical import build_mlp
from ser_core.models.lean_mlp import LeanMLPClassifier
from ser_core.models.scaling import BlockScaler
from ser_core.store.matrix_file import gather_rows, open_matrix_file

TYPES = (np.float32, np.float64)
AGREEMENT = 1e-4


def fitted(
    X: np.ndarray, y: np.ndarray, *, dtype: type[np.floating[Any]], epochs: int
) -> dict[str, Any]:
    """Fit once; return seconds, losses and the type of what was learnt."""
    rows = X.astype(dtype)
    parameters = {**build_mlp().get_params(), "max_iter": epochs}
    model = LeanMLPClassifier(**parameters)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        start_s = time.perf_counter()
        model.fit(rows, y)
        wall_s = time.perf_counter() - start_s
    assert model.coefs_[0].dtype == dtype
    return {"wall_s": wall_s, "losses": [float(loss) for loss in model.loss_curve_]}


def compared(
    X: np.ndarray, y: np.ndarray, *, epochs: int, repeats: int
) -> list[dict[str, dict[str, Any]]]:
    """Fit in both types, in turn."""
    pairs = []
    for repeat in range(repeats):
        order = TYPES if repeat % 2 == 0 else TYPES[::-1]
        pair = {
            np.dtype(dtype).name: fitted(X, y, dtype=dtype, epochs=epochs)
            for dtype in order
        }
        pairs.append(pair)
        print(
            f"pair {repeat + 1}: "
            + ", ".join(f"{n} {pair[n]['wall_s']:.2f} s" for n in sorted(pair)),
            flush=True,
        )
    return pairs


def figures(pairs: list[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    """Return the median ratio, its interval and how far the losses are apart."""
    ratios = np.array([p["float64"]["wall_s"] / p["float32"]["wall_s"] for p in pairs])
    interval = None
    if len(ratios) >= 3:
        rng = np.random.default_rng(0)
        drawn = rng.choice(ratios, size=(2000, len(ratios)))
        interval = np.percentile(np.median(drawn, axis=1), [2.5, 97.5]).tolist()
    single = np.array(pairs[0]["float32"]["losses"])
    double = np.array(pairs[0]["float64"]["losses"])
    return {
        "ratio": float(np.median(ratios)),
        "interval": interval,
        "float32_s": float(np.median([p["float32"]["wall_s"] for p in pairs])),
        "float64_s": float(np.median([p["float64"]["wall_s"] for p in pairs])),
        "losses_float32": single.tolist(),
        "losses_float64": double.tolist(),
        "largest_difference": float(np.max(np.abs(single - double) / double)),
    }


def show(found: dict[str, Any], *, epochs: int) -> None:
    """Print the figures."""
    low_high = found["interval"]
    within = "" if low_high is None else f" ({low_high[0]:.2f} to {low_high[1]:.2f})"
    print(
        f"{epochs} epochs: float32 {found['float32_s']:.2f} s, "
        f"float64 {found['float64_s']:.2f} s; float32 is {found['ratio']:.2f}{within} "
        "times as fast"
    )
    for epoch, (single, double) in enumerate(
        zip(found["losses_float32"], found["losses_float64"], strict=True), start=1
    ):
        print(f"loss after epoch {epoch}: {single:.6f} and {double:.6f}")
    agrees = "agree" if found["largest_difference"] < AGREEMENT else "do NOT agree"
    print(
        f"losses {agrees} to 4 digits (apart by {found['largest_difference']:.1e} "
        "at most)"
    )


def rows_and_labels(size: Size) -> tuple[np.ndarray, np.ndarray]:
    """Make up rows and scale them."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "values.npy"
        write_matrix(path, size)
        X = gather_rows(open_matrix_file(path), np.arange(size.n_rows))
    y = np.array([utterance.emotion for utterance in utterances(size)])
    return BlockScaler(copy=False).fit(X).transform(X), y


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=17_600)
    parser.add_argument("--columns", type=int, default=Size.n_columns)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--threads", type=int, default=1, help="of the linear algebra; 1 as the plan's"
    )
    parser.add_argument("--json", type=Path, metavar="OUT", help="figures as JSON")
    options = parser.parse_args()
    X, y = rows_and_labels(Size(options.rows, options.columns))
    print(
        f"{options.rows:,} x {options.columns:,}, {options.threads} of "
        f"{available_cores()} cores"
    )
    with threadpool_limits(options.threads):
        pairs = compared(X, y, epochs=options.epochs, repeats=options.repeats)
    found = figures(pairs)
    show(found, epochs=options.epochs)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
