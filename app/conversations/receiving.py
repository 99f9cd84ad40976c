"""A batch of webhooks, set-based: one look-up and one statement per table and batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from app import alerts, carrier_traces, erasure, flood, offers, organisation, outgoing, tasks
from app.conversations import numbers, provisional, threads, turns
from app.conversations.turns import Batch, Desk
from app.db import Db
from app.models import Page
from app.outgoing import StatusUpdate
from app.statements import together
from app.telephony import InboundText


class AloneOnly(Exception):
    """This batch may erase or give away a case that others of its texts are about: write singly."""


def take(
    db: Db, desk: Desk, items: Sequence[InboundText | StatusUpdate], now: datetime
) -> list[str | None]:
    """Write a batch of texts and status callbacks.

    Return, for each item, what to answer at once: nothing, but for the greeting while sealed.
    """
    texts = [item for item in items if isinstance(item, InboundText)]
    said: dict[str, str] = {}
    if texts and db.keys.is_open:
        receive(db, desk, texts, now)
    elif texts:
        said = provisional.receive(db, desk, unseen(db, texts, now), now)
    outgoing.follow(db, [item for item in items if isinstance(item, StatusUpdate)], now)
    # Of a webhook that came twice only one is answered.
    return [said.pop(item.sid, None) if isinstance(item, InboundText) else None for item in items]


def receive(db: Db, desk: Desk, texts: Sequence[InboundText], now: datetime) -> None:
    """Take in texts; those whose SID is known drop out. AloneOnly for a batch with a dialogue."""
    texts = unseen(db, texts, now)
    if not texts:
        return
    organisation.look(db)
    senders = {text.sender for text in texts if not text.withheld}
    lookups = {sender: db.keys.number_lookup(sender) for sender in senders}
    hashes = set(lookups.values())
    about = numbers.look_up(db, hashes, now)
    allowance = flood.Allowance(db, about.answered, now)
    batch = Batch(
        db,
        desk,
        now,
        regions=desk.regions(db),
        known=threads.find(db, hashes),
        suppressions=about.suppressions,
        pages=_pages(db, texts, lookups, now),
        asked=_asked(db, texts, lookups),
        allowance=allowance,
    )
    if (about.dialogues or batch.pages or batch.asked) and len(texts) > 1:
        raise AloneOnly
    if about.dialogues:
        batch.dialogues.update(erasure.dialogues(db, hashes, now))
    for text in texts:
        turns.take_turn(batch, text, lookups.get(text.sender))
    with together(db):
        threads.write(db, batch.rows, now)
        allowance.write()
        outgoing.queue(db, batch.drafts, now, batch.jobs, waiting=about.waiting)
    for case_id, wanted_at in batch.rows.call_backs.items():
        tasks.put_again(db, case_id, "call_back", case_id, wanted_at, now)


def _pages(
    db: Db, texts: Sequence[InboundText], lookups: Mapping[str, bytes], now: datetime
) -> dict[bytes, Page]:
    """Return the alerts that texts of this batch may be answers to; seldom any, so seldom asked."""
    answers = {t.sender for t in texts if t.body.strip() == alerts.MINE and t.sender in lookups}
    return alerts.paged(db, {lookups[sender] for sender in answers}, now)


def _asked(db: Db, texts: Sequence[InboundText], lookups: Mapping[str, bytes]) -> frozenset[bytes]:
    """Return the numbers that answer an offer: members', which were texted one with a code."""
    answers = {t.sender for t in texts if offers.read_answer(t.body)}
    return offers.asked_numbers(db, {lookups[s] for s in answers if s in lookups})


def unseen(db: Db, texts: Sequence[InboundText], now: datetime) -> list[InboundText]:
    """Note the SIDs; return the texts whose SID was not known, each once."""
    by_sid = {text.sid: text for text in texts}
    pictures = {sid for sid, text in by_sid.items() if text.media}
    fresh = carrier_traces.note(db, by_sid, now, pictures=pictures)
    return [text for sid, text in by_sid.items() if sid in fresh]
