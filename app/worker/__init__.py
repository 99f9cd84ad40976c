"""The worker: what is to be done later, and who does it."""

from app.worker.duties import WorkerTools
from app.worker.loop import Worker

__all__ = ["Worker", "WorkerTools"]
