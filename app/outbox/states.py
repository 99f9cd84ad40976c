"""The states of our texts: one function for each step. The message of a text follows it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from app.models import OUTGOING_TRANSITIONS, Message, Outgoing, OutgoingState, check_step
from app.store import Db, add_jobs, new_job
from app.telephony import MessageStatus

# The job that lets a case wait for the desk again, by the text's id.
UNHEARD_JOB = "unheard"
_TOLD = {state.value: state for state in OutgoingState}


def mark_sending(db: Db, row: Outgoing) -> None:
    """Note that a text is being handed to the carrier: from here on it may have been sent."""
    _move(db, row, OutgoingState.SENDING)


def mark_queued(db: Db, row: Outgoing) -> None:
    """Put a text back that was certainly not sent."""
    _move(db, row, OutgoingState.QUEUED)


def hold_text(db: Db, row: Outgoing, now: datetime) -> None:
    """Hold a text until its phone writes on WhatsApp; the desk learns of what a person wrote."""
    _move(db, row, OutgoingState.HELD)
    if row.purpose == "reply":
        tell_desk_unheard(db, [row.id], now)


def settle_text(db: Db, row: Outgoing, state: OutgoingState) -> None:
    """Bring a text into a state in which its number and words are no longer needed."""
    row.op_key = row.op_values = row.shred_day = row.segments = None
    _move(db, row, state)


def fail_text(db: Db, row: Outgoing, state: OutgoingState, now: datetime) -> None:
    """Bring a text into a state that is not heard; the desk learns of it if a person wrote it."""
    settle_text(db, row, state)
    if row.purpose == "reply":
        tell_desk_unheard(db, [row.id], now)


def tell_desk_unheard(db: Db, outgoing_ids: Collection[UUID], now: datetime) -> None:
    """Have the cases of these replies wait again: their callers have heard nothing."""
    add_jobs(db, [new_job(UNHEARD_JOB, one, now, priority=0) for one in outgoing_ids])


def apply_news(state: OutgoingState, word: MessageStatus) -> OutgoingState:
    """Return the state of a text after a word of the carrier.

    News come late, twice and in any order: a word that is not news changes nothing.
    """
    told = _TOLD.get(word, state)
    return told if told in OUTGOING_TRANSITIONS[state] else state


def _move(db: Db, row: Outgoing, state: OutgoingState) -> None:
    check_step(OUTGOING_TRANSITIONS, row.state, state)
    row.state = state
    if row.message_id is not None:
        status = update(Message).where(Message.id == row.message_id)
        db.execute(status.values(status=state.value))
    db.flush()
