"""The worker: what is to be done later, and who does it."""

from app.worker.loop import Worker
from app.worker.tools import WorkerTools

__all__ = ["Worker", "WorkerTools"]
