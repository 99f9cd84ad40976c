"""A voicemail on its way from the carrier into its case: fetched, sealed, verified; then it goes.

What is fetched is sealed as it comes, a quarter of a megabyte at a time, and never lies anywhere in
plain. Nothing listens to it, nothing writes down what is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid5

import structlog

from app import audit
from app.calls.call_rows import advance_call
from app.calls.caller_case import find_case_after_closing
from app.calls.events import Kept
from app.calls.held_calls import lock_call
from app.calls.line import CallSettings
from app.cases import VOICEMAIL_TYPE, AttachmentSealer, is_live, store_attachment
from app.clock import Clock
from app.crypto import SealBroken, open_recording
from app.errors import PayloadTooLarge
from app.models import Case, CaseState
from app.store import Database
from app.telephony import CarrierError, EncryptedWith, Phones

log = structlog.get_logger()


def keep_recording(
    database: Database, phones: Phones, line: CallSettings, clock: Clock, call_id: UUID
) -> bool:
    """Put a call's recording into its case; return whether it is there.

    Where its case was closed meanwhile, that is a new one. Where it cannot be done now the call's
    deadline brings it up again.
    """
    with database.transaction() as db:
        held = lock_call(db, call_id)
        if held is None or held.course.ended or held.course.recording is None:
            return False
        case, sid, call_sid = held.case, held.course.recording, held.sid
        if case.state == CaseState.CLOSED:
            case = find_case_after_closing(db, case, held, clock())
    if database.keys is None or call_sid is None:
        return False
    sealer = AttachmentSealer(database.keys, case, uuid5(call_id, sid))
    try:
        _fetch(phones, line, sid, call_sid, sealer)
    except (CarrierError, SealBroken, PayloadTooLarge) as error:
        log.error("recording.not_fetched", error=type(error).__name__)
        return False
    return _store(database, sealer, clock, call_id)


def _fetch(
    phones: Phones, line: CallSettings, sid: str, call_sid: str, sealer: AttachmentSealer
) -> None:
    listed = {one.sid: one for one in phones.recordings(call_sid)}
    encryption = listed[sid].encryption if sid in listed else None
    for piece in _audio(phones, line, sid, encryption):
        sealer.add(piece)
    sealer.finish()


def _audio(
    phones: Phones, line: CallSettings, sid: str, encryption: EncryptedWith | None
) -> Iterator[bytes]:
    pieces = phones.fetch_recording(sid)
    if encryption is None:
        return pieces
    if line.recording_key is None:
        log.error("recording.no_key")
        raise SealBroken
    return open_recording(line.recording_key, encryption.encrypted_cek, encryption.iv, pieces)


def _store(database: Database, sealer: AttachmentSealer, clock: Clock, call_id: UUID) -> bool:
    """Write it; only what was read back and is the same counts as kept."""
    now = clock()
    with database.transaction() as db:
        case = db.get(Case, sealer.case_id, with_for_update=True)
        if case is None or not is_live(case) or case.epoch != sealer.epoch:
            return False  # closed, erased or given new keys since: the next try finds where
        store_attachment(db, case, sealer, VOICEMAIL_TYPE, now, call_id=call_id)
    with database.snapshot() as db:
        if not sealer.is_stored(db):
            log.error("recording.not_verified")
            return False
    with database.transaction() as db:
        held = lock_call(db, call_id)
        if held is not None:
            advance_call(db, held, Kept(), now)
            audit.record(db, "voicemail.kept", None, sealer.case_id, now)
    return True
