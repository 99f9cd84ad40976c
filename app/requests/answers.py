"""Answers by text: a code counts only from the number it was sent to, and guessing ends soon."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select

from app.crypto import is_same
from app.errors import NotFound, OfferExpired, OfferTaken
from app.models import Offer
from app.requests.decisions import accept_offer, decline_offer
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
from app.vault import read_whole_values

log = structlog.get_logger()
# An answer to an offer, in the languages that members write, in any order. Any other word makes it
# a text for the desk: a member may need help, too.
_CODE, _WORD = re.compile(r"(?<![0-9])[0-9]{4}(?![0-9])"), re.compile(r"[^\W\d_]+")
_YES = frozenset("yes y yeah yep oui si sí wi ok".split())
_NO = frozenset("no n nope non".split())
_POLITE = frozenset("code desk gracias i mesi merci please reply sorry thank thanks you".split())
# After so many wrong codes from one number, its offers can be answered only in the console.
GUESSES = 3


def find_asked_numbers(db: Db, lookups: Collection[bytes]) -> frozenset[bytes]:
    """Return the numbers among these to which an offer went lately."""
    if not lookups:
        return frozenset()
    query = select(Offer.reply_lookup).where(Offer.reply_lookup.in_(lookups)).distinct()
    return frozenset(lookup for lookup in db.scalars(query) if lookup)


def read_answer(body: str) -> tuple[str, bool | None] | None:
    """Return the code and whether it is a yes, None where unclear; None for any other text."""
    words = {word.casefold() for word in _WORD.findall(body)}
    codes = _CODE.findall(body)
    if len(codes) != 1 or not words <= _YES | _NO | _POLITE:
        return None
    yes, no = bool(words & _YES), bool(words & _NO)
    return codes[0], (yes if yes != no else None)


def take_answer(db: Db, lookup: bytes, body: str, now: datetime) -> str | None:
    """Take an answer from a number to which an offer went; return the reply, if there is one."""
    read = read_answer(body)
    theirs = db.list_whole(select(Offer).where(Offer.reply_lookup == lookup))
    offers = [offer for offer in theirs if read_whole_values(db, offer) is not None]
    if read is None or any(db.keys.read_values(offer).guesses >= GUESSES for offer in offers):
        return None  # told already; in the console they can still answer
    code, yes = read
    if yes is None:
        return HOW_TEXT
    given = code.encode()
    found = next((o for o in offers if is_same(db.keys.read_values(o).code.encode(), given)), None)
    if found is None or not _is_theirs(db, found.member_id, lookup):
        return _guessed(db, offers)
    return _accept(db, found, now) if yes else _decline(db, found, now)


def _is_theirs(db: Db, member_id: UUID, lookup: bytes) -> bool:
    """Return whether the member still has this number: phones get lost, and change hands."""
    number = find_member_number(db, member_id)
    return number is not None and is_same(db.keys.number_lookup(number), lookup)


def _guessed(db: Db, offers: Iterable[Offer]) -> str:
    guesses = 0
    for offer in offers:
        values = db.keys.read_values(offer)
        guesses = values.guesses + 1
        db.keys.write_values(offer, replace(values, guesses=guesses))
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
