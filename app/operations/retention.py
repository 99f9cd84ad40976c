"""What goes away by itself: closed cases, their bodies, and rows that are spent."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, select, update

from app import audit
from app.calls import forget_ended_calls
from app.cases import forget_settled_denials
from app.desk import erase_due_cases, erase_tree
from app.knowledge import forget_old_sightings
from app.models import (
    SETTLED_TEXTS,
    Attachment,
    AttachmentPart,
    Case,
    Idempotency,
    Invitation,
    Message,
    Outgoing,
    Suppression,
)
from app.outbox import forget_hourly_counts, forget_old_copies, forget_old_counts
from app.store import Database, Db
from app.vault import forget_older_epochs

log = structlog.get_logger()
CLOSED_CASE_LIFE = timedelta(days=90)
CLOSED_BODIES_LIFE = timedelta(days=30)
IDEMPOTENCY_LIFE = timedelta(hours=24)
OUTGOING_LIFE = timedelta(days=14)


def sweep_retention(database: Database, now: datetime) -> None:
    """Erase what is due and drop what is spent."""
    with database.transaction() as db:
        if db.keys.is_open:
            erase_due_cases(db, now)
        _drop_spent_rows(db, now)
        _empty_silent_closed_cases(db, now)
        audit.forget_old_entries(db, now)
    _erase_old_closed_cases(database, now)


def _drop_spent_rows(db: Db, now: datetime) -> None:
    db.execute(delete(Idempotency).where(Idempotency.created_at < now - IDEMPOTENCY_LIFE))
    db.execute(delete(Suppression).where(Suppression.until <= now))
    db.execute(delete(Invitation).where(Invitation.expires_at <= now))
    db.execute(
        delete(Outgoing).where(
            Outgoing.state.in_(SETTLED_TEXTS), Outgoing.queued_at < now - OUTGOING_LIFE
        )
    )
    forget_old_copies(db, now)
    forget_old_counts(db, now)
    forget_ended_calls(db)
    forget_settled_denials(db)
    forget_old_sightings(db, now)
    forget_hourly_counts(db, now)


def _empty_silent_closed_cases(db: Db, now: datetime) -> None:
    silent = select(Case.id).where(
        Case.state == "closed",
        Case.held.is_(False),
        Case.last_message_at < now - CLOSED_BODIES_LIFE,
    )
    db.execute(
        update(Message)
        .where(Message.case_id.in_(silent), Message.body.is_not(None))
        .values(body=None)
    )
    for what in (AttachmentPart, Attachment):
        db.execute(delete(what).where(what.case_id.in_(silent)))
    forget_older_epochs(db, silent)


def _erase_old_closed_cases(database: Database, now: datetime) -> None:
    old = select(Case.id).where(
        Case.state == "closed",
        Case.held.is_(False),
        Case.merged_into.is_(None),
        Case.closed_at < now - CLOSED_CASE_LIFE,
    )
    with database.snapshot() as db:
        due = db.scalars(old).all()
    for case_id in due:
        with database.transaction() as db:
            case = db.get(Case, case_id, with_for_update=True)
            if case is not None and case.state == "closed" and not case.held:
                erase_tree(db, case, now)
