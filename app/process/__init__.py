"""The first steps of every process of Kith: logs without secrets, and memory of its own."""

from app.process.child_programs import ChildProgram, ProgramEnded, run_program
from app.process.limits import harden_process
from app.process.logs import configure_logs, find_places, hide_uncaught_errors

__all__ = [
    "ChildProgram",
    "ProgramEnded",
    "configure_logs",
    "find_places",
    "harden_process",
    "hide_uncaught_errors",
    "run_program",
]
