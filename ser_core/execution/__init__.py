"""One ordered, streaming map over sequential, threads, processes and loky."""

from ser_core.execution.backend import Backend, map, open_backend
from ser_core.execution.inner_threads import (
    THREAD_VARIABLES,
    ThreadPoolInfo,
    inner_thread_pools,
    thread_environment,
)
from ser_core.execution.parameters import BACKENDS, INNER_THREADS, max_workers
from ser_core.execution.worker import worker_id

__all__ = [
    "BACKENDS",
    "INNER_THREADS",
    "THREAD_VARIABLES",
    "Backend",
    "ThreadPoolInfo",
    "inner_thread_pools",
    "map",
    "max_workers",
    "open_backend",
    "thread_environment",
    "worker_id",
]
