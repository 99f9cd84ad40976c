"""Answers by text: a code counts only from the number it was sent to, and guessing ends soon.

With one open offer no code is needed, with several only a code says which. Words that stand around
an answer reach the desk, as a note in the case and a task. What is unclear takes nothing, and its
words reach the desk too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select

from app.cases import add_task_again, is_live, write_note
from app.crypto import is_same
from app.errors import NotFound, OfferExpired, OfferTaken
from app.intake import OfferAnswer, OfferChoice
from app.models import Case, Offer, OfferState, Request
from app.outbox import find_member_phone
from app.requests.decisions import accept_offer, decline_offer, lock_member
from app.requests.offers import find_offer_state
from app.store import Db
from app.texts import MemberNotice, MemberText
from app.vault import read_whole_values

log = structlog.get_logger()

# After so many wrong codes from one number, its offers can be answered only in the console.
GUESSES = 3
# The note with a member's words, and the task that tells the desk of it.
WORDS_NOTE = WORDS_TASK = "answer"


def find_answerable_offers(db: Db, lookup: bytes) -> list[Offer]:
    """Return the offers that went to a number lately, the newest first."""
    query = select(Offer).where(Offer.reply_lookup == lookup).order_by(Offer.made_at.desc())
    return [offer for offer in db.list_whole(query) if read_whole_values(db, offer) is not None]


def has_open_offer(offers: Iterable[Offer], now: datetime) -> bool:
    """Return whether one of these offers waits for an answer."""
    return any(find_offer_state(offer, now) == OfferState.PENDING for offer in offers)


def take_answer(
    db: Db, lookup: bytes, offers: Sequence[Offer], answer: OfferAnswer, now: datetime
) -> MemberNotice | None:
    """Take an answer from a number to which these offers went; return what to say.

    None for what is no answer to any of them.
    """
    if answer.choice is OfferChoice.NONE or not offers:
        return None
    if answer.code is None:
        waiting = [one for one in offers if find_offer_state(one, now) == OfferState.PENDING]
        if answer.choice is OfferChoice.UNCLEAR and not waiting:
            return None
        if len(waiting) > 1:
            return MemberNotice(MemberText.OFFER_SEND_CODE)
        found = (waiting or offers)[0]
    else:
        if any(db.keys.read_values(offer).guesses >= GUESSES for offer in offers):
            return MemberNotice(MemberText.OFFER_GUESSED)
        by_code = find_offer_by_code(db, offers, answer.code)
        if by_code is None and answer.choice is OfferChoice.UNCLEAR and answer.words:
            return None  # other talk, with four digits in it
        if by_code is None:
            return MemberNotice(_note_guess(db, offers))
        found = by_code
    if not _is_theirs(db, found.member_id, lookup):
        return MemberNotice(_note_guess(db, offers))
    return _follow(db, found, answer, now)


def find_offer_by_code(db: Db, offers: Iterable[Offer], code: str) -> Offer | None:
    """Return the offer that has this code."""
    given = code.encode()
    same = (o for o in offers if is_same(db.keys.read_values(o).code.encode(), given))
    return next(same, None)


def _is_theirs(db: Db, member_id: UUID, lookup: bytes) -> bool:
    """Return whether the member still has this number: phones get lost, and change hands."""
    phone = find_member_phone(db, member_id)
    return phone is not None and is_same(db.keys.number_lookup(phone.number), lookup)


def _note_guess(db: Db, offers: Iterable[Offer]) -> MemberText:
    guesses = 0
    for offer in offers:
        values = db.keys.read_values(offer)
        guesses = values.guesses + 1
        db.keys.write_values(offer, replace(values, guesses=guesses))
    log.warning("offer.guessed", guesses=guesses)
    return MemberText.OFFER_GUESSED if guesses >= GUESSES else MemberText.OFFER_WRONG_CODE


def _follow(db: Db, offer: Offer, answer: OfferAnswer, now: datetime) -> MemberNotice:
    if answer.words:
        _keep_words(db, offer, answer.words, now)
    match answer.choice:
        case OfferChoice.YES:
            return MemberNotice(_accept(db, offer, now))
        case OfferChoice.NO:
            return MemberNotice(_decline(db, offer, now))
    if not answer.words:
        return MemberNotice(MemberText.OFFER_HOW)
    if find_offer_state(offer, now) != OfferState.PENDING:
        return MemberNotice(MemberText.OFFER_OVER)
    return _say_unclear(db, offer)


def make_unclear_notice(db: Db, offers: Iterable[Offer], now: datetime) -> MemberNotice | None:
    """Return how to take what is offered, to whom no text did yet; None where nothing is open."""
    waiting = [one for one in offers if find_offer_state(one, now) == OfferState.PENDING]
    if len(waiting) > 1:
        return MemberNotice(MemberText.OFFER_SEND_CODE)
    return _say_unclear(db, waiting[0]) if waiting else None


def _say_unclear(db: Db, offer: Offer) -> MemberNotice:
    return MemberNotice(MemberText.OFFER_UNCLEAR, {"code": db.keys.read_values(offer).code})


def _keep_words(db: Db, offer: Offer, words: str, now: datetime) -> None:
    """Let the desk read a member's words, while the case is live."""
    lock_member(db, offer.member_id)
    case_id = db.scalars(select(Request.case_id).where(Request.id == offer.request_id)).one()
    case = db.get(Case, case_id, with_for_update=True, populate_existing=True)
    if case is not None and is_live(case):
        write_note(db, case, offer.member_id, WORDS_NOTE, words, now)
        db.flush()
        add_task_again(db, case.id, WORDS_TASK, offer.request_id, now, now)


def _accept(db: Db, offer: Offer, now: datetime) -> MemberText:
    try:
        accept_offer(db, offer.member_id, offer.id, now)
    except OfferTaken:
        return MemberText.OFFER_TAKEN
    except (OfferExpired, NotFound):
        return MemberText.OFFER_OVER
    return MemberText.OFFER_YOURS


def _decline(db: Db, offer: Offer, now: datetime) -> MemberText:
    try:
        decline_offer(db, offer.member_id, offer.id, now)
    except (OfferTaken, NotFound):
        return MemberText.OFFER_OVER
    return MemberText.OFFER_DECLINED
