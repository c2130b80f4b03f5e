"""What the choices of a plan are called on the pages."""

from __future__ import annotations

from typing import Final

BACKENDS: Final = {
    "sequential": "sequential",
    "threads": "threads",
    "processes": "processes (spawn)",
    "loky": "loky (joblib)",
}
INNER_THREADS: Final = {
    "1": "1 everywhere",
    "default": "library default",
    "all": "all cores in each worker",
}
INNER_HELP: Final = (
    "Threads inside numpy's BLAS, OpenMP and numba. **1 everywhere** is the fair rule: "
    "only the back end's own workers compute. **Library default** is what the report "
    "ran: all cores when sequential, cores / workers under loky. **All cores in each "
    "worker** shows oversubscription."
)
PAGE_CACHE: Final = {"warm": "warm (in memory)", "cold": "cold (from disk)"}
PAGE_CACHE_HELP: Final = (
    "Warm: files are read once before, so that the disk plays no part. Cold: their "
    "pages are dropped before each repetition, where the system lets us."
)
FEATURES: Final = {
    "mfcc13x500": "MFCC 13 × 500 (the report's)",
    "mfcc20x500": "MFCC 20 × 500",
}
FRONT_ENDS: Final = {"reference": "reference (librosa)"}
VERSIONS: Final = {"first": "First version", "enhanced": "Enhanced version"}
MODELS: Final = {"mlp": "MLP (the report's)", "svm": "SVM"}
KINDS: Final = {
    "bench": "Benchmark run",
    "pipeline": "Pipeline run",
    "train": "Training",
    "compare": "Comparison of models",
    "study": "Study",
    "synthesize": "Making the synthetic corpus",
    "predict": "Hearing recordings",
    "download": "Download",
}
