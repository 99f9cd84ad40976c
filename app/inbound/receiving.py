"""A batch of texts, set-based: one look-up and one statement per table and batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.cases import add_task_again, find_known_cases, write_cases
from app.inbound.batches import Batch, IntakeSettings
from app.inbound.erase_dialogue import find_erase_dialogues
from app.inbound.numbers import look_up_numbers
from app.inbound.provisional import receive_sealed_texts
from app.inbound.turns import take_text
from app.organisation import look_up_versions
from app.outbox import (
    ReplyAllowance,
    keep_pictures,
    note_copies,
    queue_texts,
    release_held_texts,
)
from app.store import Db, write_together
from app.telephony import InboundText
from app.vault import find_phone_owners


class AloneOnly(Exception):
    """This batch may erase or give away a case that others of its texts are about: write singly."""


def take_texts(
    db: Db, desk: IntakeSettings, texts: Sequence[InboundText], now: datetime
) -> list[str | None]:
    """Write a batch of texts.

    Return, for each, what to answer at once: nothing, but for the greeting while sealed.
    """
    if db.keys.is_open:
        receive_texts(db, desk, texts, now)
        return [None] * len(texts)
    said = receive_sealed_texts(db, desk, find_unseen_texts(db, texts, now), now)
    # Of a webhook that came twice only one is answered.
    return [said.pop(text.sid, None) for text in texts]


def receive_texts(
    db: Db, desk: IntakeSettings, texts: Sequence[InboundText], now: datetime
) -> None:
    """Take in texts; those whose SID is known drop out. AloneOnly for a batch with a dialogue."""
    texts = find_unseen_texts(db, texts, now)
    if not texts:
        return
    look_up_versions(db)
    lookups = {text.number: db.keys.number_lookup(text.number) for text in texts if text.number}
    hashes = set(lookups.values())
    about = look_up_numbers(db, hashes, now)
    allowance = ReplyAllowance(db, about.answered, now)
    batch = Batch(
        db,
        desk,
        now,
        regions=desk.regions(db),
        known=find_known_cases(db, hashes),
        suppressions=about.suppressions,
        members=find_phone_owners(db, about.members),
        allowance=allowance,
    )
    if (about.dialogues or batch.members) and len(texts) > 1:
        raise AloneOnly
    if about.dialogues:
        batch.dialogues.update(find_erase_dialogues(db, hashes, now))
    for text in texts:
        take_text(batch, text, lookups.get(text.sender))
    with write_together(db):
        write_cases(db, batch.rows, now)
        allowance.write()
        queue_texts(db, batch.drafts, now, batch.jobs, waiting=about.waiting)
    on_whatsapp = {t.number for t in texts if t.channel == "whatsapp" and t.number}
    if waiting_cases := batch.find_cases(lookups[number] for number in on_whatsapp):
        release_held_texts(db, waiting_cases, now)
    # Reads, which nothing in one go may.
    keep_pictures(db, [text.sid for text in texts if text.media], batch.rows.pictures, now)
    for case_id, wanted_at in batch.rows.call_backs.items():
        add_task_again(db, case_id, "call_back", case_id, wanted_at, now)


def find_unseen_texts(db: Db, texts: Sequence[InboundText], now: datetime) -> list[InboundText]:
    """Note the SIDs; return the texts whose SID was not known, each once."""
    by_sid = {text.sid: text for text in texts}
    media = {sid: len(text.media) for sid, text in by_sid.items()}
    fresh = note_copies(db, by_sid, now, media=media)
    return [text for sid, text in by_sid.items() if sid in fresh]
