"""The first steps of every process of Kith: logs without secrets, and memory of its own."""

from app.process.child_programs import ChildProgram
from app.process.limits import harden_process
from app.process.logs import configure_logs, find_places, hide_uncaught_errors

__all__ = [
    "ChildProgram",
    "configure_logs",
    "find_places",
    "harden_process",
    "hide_uncaught_errors",
]
