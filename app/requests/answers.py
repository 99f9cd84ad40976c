"""Answers by text: a code binds only from the number it was sent to, and guessing ends soon."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select, update

from app.crypto import is_same
from app.errors import NotFound, OfferExpired, OfferTaken
from app.models import Offer
from app.requests.decisions import OFFER_MEMORY, accept_offer, decline_offer
from app.requests.member_texts import (
    DECLINED_TEXT,
    GUESSED_TEXT,
    HOW_TEXT,
    OVER_TEXT,
    TAKEN_TEXT,
    WRONG_CODE_TEXT,
    YOURS_TEXT,
    find_member_number,
)
from app.store import Db

log = structlog.get_logger()

# An answer to an offer's text, in the languages that members write, in any order. Any other word
# makes it a text for the desk: a member may be somebody who needs help, too.
_CODE, _WORD = re.compile(r"(?<![0-9])[0-9]{4}(?![0-9])"), re.compile(r"[^\W\d_]+")
_YES = frozenset("yes y yeah yep oui si sí wi ok".split())
_NO = frozenset("no n nope non".split())
_POLITE = frozenset("code desk gracias i mesi merci please reply sorry thank thanks you".split())
# So many wrong codes from one number, and its offers are answered in the console only.
GUESSES = 3


def find_asked_numbers(db: Db, lookups: Collection[bytes]) -> frozenset[bytes]:
    """Return which of these numbers were texted an offer lately."""
    if not lookups:
        return frozenset()
    query = select(Offer.reply_lookup).where(Offer.reply_lookup.in_(lookups)).distinct()
    return frozenset(lookup for lookup in db.scalars(query) if lookup)


def read_answer(body: str) -> tuple[str, bool | None] | None:
    """Return the code and whether it is a yes, None for neither; nothing for any other text."""
    words = {word.casefold() for word in _WORD.findall(body)}
    codes = _CODE.findall(body)
    if len(codes) != 1 or not words <= _YES | _NO | _POLITE:
        return None
    yes, no = bool(words & _YES), bool(words & _NO)
    return codes[0], (yes if yes != no else None)


def take_answer(db: Db, lookup: bytes, body: str, now: datetime) -> str | None:
    """Take an answer from a number that was texted an offer; return what to say, if anything."""
    read = read_answer(body)
    offers = list(db.scalars(select(Offer).where(Offer.reply_lookup == lookup)))
    if read is None or any(_values(db, offer)["guesses"] >= GUESSES for offer in offers):
        return None  # told already; in the console they can still answer
    code, yes = read
    if yes is None:
        return HOW_TEXT
    given = code.encode()
    found = next((o for o in offers if is_same(_values(db, o)["code"].encode(), given)), None)
    if found is None or not _is_theirs(db, found.member_id, lookup):
        return _guessed(db, offers)
    return _accept(db, found, now) if yes else _decline(db, found, now)


def _values(db: Db, offer: Offer) -> dict[str, Any]:
    return db.keys.open_row("offers", offer)


def _is_theirs(db: Db, member_id: UUID, lookup: bytes) -> bool:
    """Return whether the number is still the member's: phones get lost, and changed."""
    number = find_member_number(db, member_id)
    return number is not None and is_same(db.keys.number_lookup(number), lookup)


def _guessed(db: Db, offers: Iterable[Offer]) -> str:
    guesses = 0
    for offer in offers:
        values = _values(db, offer)
        guesses = values["guesses"] + 1
        db.keys.replace_values("offers", offer, {**values, "guesses": guesses})
    log.warning("offer.guessed", guesses=guesses)
    return GUESSED_TEXT if guesses >= GUESSES else WRONG_CODE_TEXT


def _accept(db: Db, offer: Offer, now: datetime) -> str:
    try:
        accept_offer(db, offer.member_id, offer.id, now)
    except OfferTaken:
        return TAKEN_TEXT
    except (OfferExpired, NotFound):
        return OVER_TEXT
    return YOURS_TEXT


def _decline(db: Db, offer: Offer, now: datetime) -> str:
    try:
        decline_offer(db, offer.member_id, offer.id, now)
    except (OfferTaken, NotFound):
        return OVER_TEXT
    return DECLINED_TEXT


def forget_old_codes(db: Db, now: datetime) -> None:
    """Take the codes out of offers that ended a day ago."""
    old = (
        Offer.expires_at <= now - OFFER_MEMORY,
        Offer.state != "pending",
        Offer.op_key.is_not(None),
    )
    empty = {"op_key": None, "op_values": None, "shred_day": None, "reply_lookup": None}
    db.execute(update(Offer).where(*old).values(**empty))
