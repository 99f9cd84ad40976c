"""Texts handed to the carrier, each once.

``sending`` is committed before the carrier is called. After a crash or a time-out in that state
the carrier's own list is asked; what cannot be settled is *uncertain* and shown to a person,
never sent again by the machine.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy import func, select

from app.clock import Clock
from app.models import TEXTS_ON_THEIR_WAY, Outgoing, OutgoingState
from app.outbox.budget import is_held_back
from app.outbox.doubts import settle_doubt
from app.outbox.gate import find_gate_refusal
from app.outbox.outcomes import (
    SendOutcome,
    TakenText,
    note_accepted,
    note_busy,
    note_refused,
    note_unreached,
    requeue_text,
)
from app.outbox.pacer import Pacer
from app.outbox.states import fail_text, hold_text, mark_sending
from app.outbox.whatsapp import needs_template
from app.store import ClaimedJob, Database, Db, finish_job, postpone_job
from app.telephony import (
    BadNumber,
    Carrier,
    CarrierBusy,
    CarrierUnreachable,
    CredentialsRefused,
    OptedOut,
    OutgoingText,
    Refused,
)

log = structlog.get_logger()

# A thread that takes several texts at once lets go of the rest when the carrier is this slow.
_LONGEST_S = 20.0


@dataclass(frozen=True)
class SendSettings:
    """Where the carrier reports on texts, and its id of the template for WhatsApp, if any."""

    status_url: str
    template: str = ""


def send_texts(
    database: Database,
    carrier: Carrier,
    pacer: Pacer,
    settings: SendSettings,
    claimed: Sequence[ClaimedJob],
    clock: Clock,
) -> None:
    """Send queued texts of different phones, or find out what became of them.

    That they are being sent is one commit, what came of it another. Where something unforeseen
    happens in between, what was not handed over is queued again, and the rest stays in doubt.
    """
    _wait_for_turn(database, pacer, claimed)
    with database.transaction() as db:
        # Locked in the order in which everybody locks them.
        jobs_in_order = sorted(claimed, key=lambda job: str(job.ref))
        found = [_take(db, job, settings, clock()) for job in jobs_in_order]
    texts = [text for text in found if text is not None]
    if not texts:
        return
    outcomes: list[SendOutcome] = []
    untried, as_foreseen = list(texts), False
    until = time.monotonic() + _LONGEST_S
    try:
        while untried and time.monotonic() < until:
            text = untried.pop(0)
            if text.doubtful:
                outcomes.append(settle_doubt(database, carrier, text))
            else:
                outcomes.append(_hand_over(carrier, settings.status_url, text))
        as_foreseen = True
    finally:
        with database.transaction() as db:
            for record in outcomes:
                record(db, clock())
            for text in untried:
                requeue_text(db, text.id)
                if as_foreseen:  # else the worker, who holds the jobs, does each alone
                    postpone_job(db, text.job, clock())


def _wait_for_turn(database: Database, pacer: Pacer, claimed: Sequence[ClaimedJob]) -> None:
    """Wait before texts are marked, so that a crash while waiting leaves no doubt about them."""
    with database.snapshot() as db:
        theirs = Outgoing.id.in_([job.ref for job in claimed])
        waiting = Outgoing.state == OutgoingState.QUEUED
        segments = db.scalar(select(func.sum(Outgoing.segments)).where(theirs, waiting))
    if segments:
        pacer.wait(int(segments))


def _take(db: Db, job: ClaimedJob, settings: SendSettings, now: datetime) -> TakenText | None:
    """Mark a text as *sending*, or drop the job where there is nothing to send now."""
    row = db.get(Outgoing, job.ref, with_for_update=True)
    if row is None or row.sid_lookup is not None or row.state not in TEXTS_ON_THEIR_WAY:
        finish_job(db, job)
        return None
    values = db.keys.read_values(row)
    template = settings.template if needs_template(db, row, values, now) else None
    doubtful = row.state == OutgoingState.SENDING
    if not doubtful:
        refusal = find_gate_refusal(db, row, values, now)
        if refusal is None and is_held_back(db, row, now):
            refusal = "over-budget"
        if refusal is not None:
            log.info("text.refused", reason=refusal)
            fail_text(db, row, OutgoingState.REFUSED, now)
        elif template == "":
            log.info("text.held")
            hold_text(db, row, now)
        else:
            mark_sending(db, row)
        if row.state != OutgoingState.SENDING:
            finish_job(db, job)
            return None
    return TakenText(
        job,
        row.id,
        values.to,
        values.body,
        row.purpose,
        row.queued_at,
        doubtful,
        values.channel,
        template,
    )


def _hand_over(carrier: Carrier, status_url: str, text: TakenText) -> SendOutcome:
    """Hand a text to the carrier; return what to write down."""
    callback = f"{status_url}?id={text.id}"
    try:
        accepted = carrier.send(OutgoingText(text.address, text.body, callback, text.template))
    except CarrierUnreachable as error:
        return partial(note_unreached, text, error)
    except (CarrierBusy, CredentialsRefused) as error:
        return partial(note_busy, text, error)
    except (OptedOut, BadNumber, Refused) as error:
        return partial(note_refused, text, error)
    return partial(note_accepted, text, accepted)
