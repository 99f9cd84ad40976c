"""The handlers: one for each kind of job that is queued because something happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from app.calls import CALL_JOBS, CallCrew, carry_out_jobs, ring_interpreters
from app.desk import make_cases_wait
from app.inbound import fetch_media
from app.outbox import MEDIA_JOB, PHONE_TROUBLE_JOB, UNHEARD_JOB, send_texts
from app.paging import page_next_people
from app.requests import JOIN_CALL_JOB, climb_ladder, follow_phone_trouble
from app.statistics import PRINT_JOB, print_due_files
from app.store import ClaimedJob, finish_job
from app.worker.tools import WorkerTools

# Does several jobs of one kind, in one transaction where that is more than one.
Handler = Callable[[WorkerTools, Sequence[ClaimedJob]], None]


def _page_people(tools: WorkerTools, claimed: Sequence[ClaimedJob]) -> None:
    """Page the next people about cases."""
    with tools.database.transaction() as db:
        page_next_people(db, claimed, tools.clock())


def _ask_people(tools: WorkerTools, claimed: Sequence[ClaimedJob]) -> None:
    """Ask the next people about requests; each alone, for a request is locked before the log."""
    for job in claimed:
        with tools.database.transaction() as db:
            climb_ladder(db, job, tools.clock())


def _print_files(tools: WorkerTools, claimed: Sequence[ClaimedJob]) -> None:
    """Make the files of releases; a process of its own makes each."""
    for job in claimed:
        if job.ref is not None:
            print_due_files(tools.database, job.ref)
        with tools.database.transaction() as db:
            finish_job(db, job)


def _send_texts(tools: WorkerTools, claimed: Sequence[ClaimedJob]) -> None:
    """Send texts, or find out what became of them."""
    send_texts(tools.database, tools.carrier, tools.pacer, tools.sending, claimed, tools.clock)


def _make_cases_wait(tools: WorkerTools, claimed: Sequence[ClaimedJob]) -> None:
    """Let cases wait again whose last reply came to nothing."""
    with tools.database.transaction() as db:
        make_cases_wait(db, claimed, tools.clock())


def _follow_phones(tools: WorkerTools, claimed: Sequence[ClaimedJob]) -> None:
    """Go on without members whose phones get no texts."""
    for job in claimed:
        with tools.database.transaction() as db:
            follow_phone_trouble(db, job, tools.clock())


def _carry_out_calls(tools: WorkerTools, claimed: Sequence[ClaimedJob]) -> None:
    """Ring phones, move callers, keep voicemails, and hold every call to its deadline."""
    crew = CallCrew(tools.database, tools.carrier, tools.clock, tools.line)
    carry_out_jobs(crew, claimed)


def _ring_interpreters(tools: WorkerTools, claimed: Sequence[ClaimedJob]) -> None:
    """Ring interpreters into the calls that need them."""
    with tools.database.transaction() as db:
        ring_interpreters(db, claimed, tools.clock())


def _fetch_media(tools: WorkerTools, claimed: Sequence[ClaimedJob]) -> None:
    """Fetch what came with texts, one picture, document or sound for each job at a time."""
    for job in claimed:
        fetch_media(tools.database, tools.carrier, job, tools.clock)


HANDLERS: Mapping[str, Handler] = {
    "alert": _page_people,
    "offers": _ask_people,
    MEDIA_JOB: _fetch_media,
    PRINT_JOB: _print_files,
    PHONE_TROUBLE_JOB: _follow_phones,
    "send": _send_texts,
    UNHEARD_JOB: _make_cases_wait,
    JOIN_CALL_JOB: _ring_interpreters,
    **dict.fromkeys(CALL_JOBS, _carry_out_calls),
}
