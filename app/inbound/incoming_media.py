"""Pictures, documents and voice notes of a text: from the carrier into the case; then they go.

A job fetches one of them, has it written anew in a process of its own (``app.media``), seals it,
reads it back, and comes again for the next. What is not kept leaves a line in the case that says
why. After the last one the message is deleted at the carrier.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

import structlog
from sqlalchemy import func, select

from app import audit
from app.cases import AttachmentSealer, store_attachment
from app.clock import Clock
from app.media import (
    LARGEST_FILE_IN,
    UNKNOWN_TYPE,
    CleanerBusy,
    CleanerFailed,
    CleanFile,
    FileFault,
    FileRefused,
    clean_file,
)
from app.models import Attachment, CarrierTrace, Case, CaseState, Message, TraceState
from app.outbox import release_message
from app.store import ClaimedJob, Database, Db, find_retry_pause, finish_job, postpone_job
from app.telephony import Carrier, CarrierError, Gone

log = structlog.get_logger()

# For so long the carrier is asked again, and for so long where it says that it has no such thing.
FETCH_PATIENCE = timedelta(days=1)
_GONE_PATIENCE = timedelta(hours=1)
# So often a file may end the process that opens it.
_MOST_TRIES = 5
# So many files from texts a case may have.
MOST_FILES = 200
# A job looks at no further file after so long; its lease is longer.
_RUN_S = 25.0


@dataclass(frozen=True)
class _Message:
    """A message whose files are being fetched; ``stored`` are those that the case has."""

    trace: UUID
    sid: str
    came_at: datetime
    case_id: UUID
    message_id: UUID
    count: int
    stored: frozenset[UUID]
    of_case: int


def fetch_media(database: Database, carrier: Carrier, job: ClaimedJob, clock: Clock) -> None:
    """Fetch the next file of a message; the job comes again until there is none left."""
    with database.snapshot() as db:
        message = _find_message(db, job.ref)
    if message is None:  # erased meanwhile, or done
        with database.transaction() as db:
            finish_job(db, job)
        return
    done, more = _work(database, carrier, message, job, clock())
    now = clock()
    with database.transaction() as db:
        if not more:
            release_message(db, message.trace, now)
            audit.record(db, "media.kept", None, message.case_id, now)
            finish_job(db, job)
        elif done:
            postpone_job(db, job, now, attempts=0)
        else:
            postpone_job(db, job, now + find_retry_pause(job.attempts))


def _find_message(db: Db, trace: UUID | None) -> _Message | None:
    row = db.get(CarrierTrace, trace) if trace else None
    if row is None or row.state != TraceState.PICTURES or row.case_id is None:
        return None
    assert row.message_id is not None  # noqa: S101  # for the type checker: set with the case
    values = db.keys.read_values(row)
    stored = db.scalars(select(Attachment.id).where(Attachment.message_id == row.message_id))
    from_texts = (Attachment.case_id == row.case_id, Attachment.message_id.is_not(None))
    return _Message(
        row.id,
        values.sid,
        row.seen_at,
        row.case_id,
        row.message_id,
        values.media,
        frozenset(stored),
        db.scalar(select(func.count()).select_from(Attachment).where(*from_texts)) or 0,
    )


def _work(
    database: Database, carrier: Carrier, message: _Message, job: ClaimedJob, now: datetime
) -> tuple[bool, bool]:
    """Store one more file, or the line that says why not; return whether, and whether more wait."""
    waited = now - message.came_at
    try:
        urls = [url for url, _ in carrier.media(message.sid)][: message.count]
    except CarrierError as error:
        log.warning("media.not_listed", error=type(error).__name__)
        urls, waiting = [], waited < FETCH_PATIENCE
    else:
        waiting = len(urls) < message.count and waited < _GONE_PATIENCE
    ids = {_make_id(message, url): url for url in urls}
    left = [one for one in ids if one not in message.stored]
    started = time.monotonic()
    for one in left:
        found = _fetch(carrier, message, ids[one], job, waited)
        if found is not None and _store(database, message, one, found, now):
            return True, len(left) > 1 or len(message.stored) + 1 < message.count
        if time.monotonic() - started > _RUN_S:
            break
    if left or waiting:
        return False, True
    missing = message.count - len(message.stored)
    for number in range(missing):  # the carrier has fewer than it announced
        one = _make_id(message, f"missing/{number}")
        if not _store(database, message, one, FileFault.MISSING, now):
            return False, True
    return True, False


def _make_id(message: _Message, url: str) -> UUID:
    """Return the id of a file, so that doing it twice is doing it once."""
    return uuid5(message.message_id, url.rpartition("/")[2])


def _fetch(
    carrier: Carrier, message: _Message, url: str, job: ClaimedJob, waited: timedelta
) -> CleanFile | FileFault | None:
    """Return a file as it may be kept, or why it is not; None where another try may go better."""
    if message.of_case >= MOST_FILES:
        return FileFault.MANY
    try:
        return clean_file(_read(carrier, url))
    except FileRefused as refused:
        log.info("media.refused", fault=refused.fault)
        return refused.fault
    except CleanerBusy:
        return None
    except CleanerFailed:
        return FileFault.HEAVY if job.attempts >= _MOST_TRIES else None
    except CarrierError as error:
        log.warning("media.not_fetched", error=type(error).__name__)
        patience = _GONE_PATIENCE if isinstance(error, Gone) else FETCH_PATIENCE
        return FileFault.MISSING if waited >= patience else None


def _read(carrier: Carrier, url: str) -> bytes:
    content = bytearray()
    for piece in carrier.fetch_media(url):
        content += piece
        if len(content) > LARGEST_FILE_IN:
            raise FileRefused(FileFault.LARGE)
    return bytes(content)


def _store(
    database: Database, message: _Message, one: UUID, found: CleanFile | FileFault, now: datetime
) -> bool:
    """Write a file or the line in its place; only what was read back and is the same counts."""
    with database.transaction() as db:
        case = db.get(Case, message.case_id, with_for_update=True)
        text = db.get(Message, message.message_id)
        if case is None or text is None or case.state == CaseState.ERASED:
            return False  # the next run finds that nothing is to be fetched
        # Once a case is closed, what comes with a text goes when the text's own key goes.
        epoch = text.epoch if case.state == CaseState.CLOSED else case.epoch
        sealer = AttachmentSealer(db.keys, case, one, epoch=epoch)
        kind = UNKNOWN_TYPE
        if isinstance(found, FileFault):
            sealer.fault = found
        else:
            kind = found.content_type
            sealer.add(found.content)
            sealer.finish(found.thumbnail)
        store_attachment(db, case, sealer, kind, now, message_id=message.message_id)
    with database.snapshot() as db:
        if sealer.fault is None and not sealer.is_stored(db):
            log.error("media.not_verified")
            return False
    return True
