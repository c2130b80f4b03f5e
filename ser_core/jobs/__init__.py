"""Jobs: submit, queue, watch, cancel and run work in processes of its own."""

from ser_core.jobs.control import cancel, remove_job, submit, sweep
from ser_core.jobs.events import read_events
from ser_core.jobs.keeper import run_foreground, run_job
from ser_core.jobs.spec import JobSpec, JobView, Submission
from ser_core.jobs.state import list_jobs, view

__all__ = [
    "JobSpec",
    "JobView",
    "Submission",
    "cancel",
    "list_jobs",
    "read_events",
    "remove_job",
    "run_foreground",
    "run_job",
    "submit",
    "sweep",
    "view",
]
