"""The worker: jobs and timers, and the threads that do them."""

from app.worker.loop import Worker
from app.worker.tools import WorkerTools

__all__ = ["Worker", "WorkerTools"]
