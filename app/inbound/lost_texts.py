"""Texts whose webhook never arrived, and our own that nobody told us of: in the carrier's list.

Every few minutes the list since the last look is gone through. A text that came in and is not
known is taken in by the same path as a webhook's, with the time at which it came: an answer to it
that would be late now is not sent (the last gate sees to that). A message of ours that is not
known (the greeting while sealed, a text to wake somebody) is noted, so that its copy is deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

import structlog
from sqlalchemy import select

from app.inbound.batches import IntakeSettings
from app.inbound.receiving import take_texts
from app.models import CarrierLook, Deployment, Outgoing, rounded
from app.outbox import find_known_sids, note_copies
from app.store import Database
from app.telephony import Carrier, CarrierMessage, Direction, InboundText

log = structlog.get_logger()

# The list may lag, and clocks differ: each look goes back behind the one before it.
_OVERLAP = timedelta(hours=1)
# A webhook and its retries get this long before the list is believed.
_ON_ITS_WAY = timedelta(minutes=1)
# A text of ours that may have been sent is looked for in the list before its copy may go.
_UNSETTLED = timedelta(minutes=10)
_BATCH = 200


def take_in_lost_texts(
    database: Database, carrier: Carrier, desk: IntakeSettings, now: datetime
) -> int:
    """Take in what is missing; return how many texts that were. CarrierError."""
    taken = _take_in(database, carrier, desk, now)
    _note_own(database, carrier, now)
    return taken


def _take_in(database: Database, carrier: Carrier, desk: IntakeSettings, now: datetime) -> int:
    missing = [
        message
        for message in _unknown(database, _listed(database, carrier, "inbound", now))
        if _created(message, now) <= now - _ON_ITS_WAY
    ]
    failed = 0
    missing.reverse()  # the newest come first, and several may be of one second
    for message in sorted(missing, key=lambda message: _created(message, now)):
        try:
            text = _as_text(carrier, message, now)
            with database.transaction() as db:
                take_texts(db, desk, [text], now)
        except Exception as error:  # noqa: BLE001  # whatever it was, the others must not suffer
            failed += 1
            log.error("text.not_taken_in", error=type(error).__name__)
    if missing:
        log.warning("text.found_at_carrier", count=len(missing), failed=failed)
    if not failed:  # else the same list is gone through again
        _looked(database, "inbound", now)
    return len(missing) - failed


def _as_text(carrier: Carrier, message: CarrierMessage, now: datetime) -> InboundText:
    """Return a listed message as its webhook would have told it."""
    media = carrier.media(message.sid) if message.num_media else ()
    fields = {
        "MessageSid": message.sid,
        "From": message.from_,
        "To": message.to,
        "Body": message.body,
        "NumMedia": str(len(media)),
    }
    for index, (url, content_type) in enumerate(media):
        fields |= {f"MediaUrl{index}": url, f"MediaContentType{index}": content_type}
    return replace(InboundText.from_form(fields), at=_created(message, now))


def _created(message: CarrierMessage, now: datetime) -> datetime:
    """Return when a message was made, never in the future; a minute ago if nobody says."""
    created = message.created_at
    return min(created.astimezone(UTC), now) if created else now - _ON_ITS_WAY


def _note_own(database: Database, carrier: Carrier, now: datetime) -> None:
    """Note messages of ours that no row knows, once no text is of uncertain fate."""
    with database.snapshot() as db:
        unsettled = select(Outgoing.id).where(
            Outgoing.state == "sending", Outgoing.sid_lookup.is_(None)
        )
        if db.scalar(unsettled.limit(1)) is not None:
            return
    unknown = [
        message.sid
        for message in _unknown(database, _listed(database, carrier, "outbound", now))
        if _created(message, now) <= now - _UNSETTLED
    ]
    with database.transaction() as db:
        note_copies(db, unknown, now)
    _looked(database, "outbound", now)


# -- the list since the last look


def _listed(
    database: Database, carrier: Carrier, direction: Direction, now: datetime
) -> Iterable[CarrierMessage]:
    """Yield the carrier's list since the last look, at first since there is this deployment."""
    with database.snapshot() as db:
        last = db.get(CarrierLook, direction)
        since = last.at if last else db.scalars(select(Deployment.created_at)).one()
    return carrier.recent(direction, since=min(since, now) - _OVERLAP)


def _unknown(database: Database, messages: Iterable[CarrierMessage]) -> list[CarrierMessage]:
    """Return the messages that were never noted."""
    found: list[CarrierMessage] = []
    listed = iter(messages)
    while batch := {message.sid: message for message in islice(listed, _BATCH)}:
        with database.snapshot() as db:
            known = find_known_sids(db, batch)
        found += [message for sid, message in batch.items() if sid not in known]
    return found


def _looked(database: Database, direction: Direction, now: datetime) -> None:
    with database.transaction() as db:
        db.merge(CarrierLook(direction=direction, at=rounded(now)))
