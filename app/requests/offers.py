"""Offers: the machine makes them, their members see them, and they end."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, select, update

from app.access import Permission, Principal
from app.models import Offer, OfferState, OfferValues, Request, RequestValues
from app.outbox import PhoneTrouble, queue_notice
from app.requests.candidates import AskablePerson
from app.requests.routing.steps import Timing
from app.requests.states import mark_offer_withdrawn
from app.store import Db
from app.texts import MemberNotice, MemberText

# After its end an offer is shown for so long and keeps its code, so that we can tell a late answer.
OFFER_MEMORY = timedelta(hours=24)
# Members get no more texts in an hour than this while they answer none. The console shows the rest.
TEXTS_AN_HOUR = 20


@dataclass(frozen=True)
class OwnOffer:
    """An offer as its member sees it: coarse facts, no person."""

    offer: Offer
    urgency: int
    values: RequestValues


def list_offers(db: Db, request: Request) -> list[Offer]:
    """Return all offers of a locked request, the oldest first."""
    db.flush()
    query = select(Offer).where(Offer.request_id == request.id).order_by(Offer.made_at, Offer.id)
    return list(db.scalars(query.execution_options(populate_existing=True)))


def list_own_offers(db: Db, principal: Principal, now: datetime) -> list[OwnOffer]:
    """Return a member's offers: pending ones first, then those that ended within a day."""
    principal.require(Permission.OFFERS)
    query = (
        select(Offer, Request)
        .join(Request, Request.id == Offer.request_id)
        .where(Offer.member_id == principal.member_id, Offer.expires_at > now - OFFER_MEMORY)
        .order_by(Offer.expires_at.desc(), Offer.id)
    )
    found = [
        OwnOffer(offer, request.urgency, db.keys.read_values(request))
        for offer, request in db.execute(query).all()
    ]
    return sorted(found, key=lambda one: find_offer_state(one.offer, now) != OfferState.PENDING)


def find_offer_state(offer: Offer, now: datetime) -> OfferState:
    """Return an offer's state. It has expired at its time, also before the worker notes that."""
    over = offer.state == OfferState.PENDING and offer.expires_at <= now
    return OfferState.EXPIRED if over else offer.state


# -- making one


def make_offer(
    db: Db, request: Request, person: AskablePerson, pace: Timing, now: datetime
) -> Offer:
    """Ask one member, by text too where they have a phone and are not texted too often."""
    offer_id, member_id = uuid4(), person.candidate.member_id
    phone = person.phone if _may_be_texted(db, member_id, request.urgency, now) else None
    # One more text finds out whether a phone is reached again; where it may not go, it is none.
    if person.trouble not in (None, PhoneTrouble.UNREACHED):
        phone = None
    lookup = db.keys.number_lookup(phone.number) if phone else None
    code = _new_code(db, lookup)
    offer = Offer(
        id=offer_id,
        state=OfferState.PENDING,
        step=request.step,
        made_at=now,
        expires_at=now + pace.timeout,
        reply_lookup=lookup,
        **db.keys.new_values(
            Offer,
            offer_id,
            OfferValues(code=code),
            now,
            request_id=request.id,
            member_id=member_id,
        ),
    )
    db.add(offer)
    db.flush()
    if phone:
        ask = MemberNotice(MemberText.OFFER, {"code": code})
        queue_notice(db, [phone], ask, now, purpose="offer", urgency=request.urgency)
    return offer


def _may_be_texted(db: Db, member_id: UUID, tier: int, now: datetime) -> bool:
    """Return whether one more text helps: members put away a phone that never rests.

    A request that is more urgent than the unanswered ones is texted all the same.
    """
    unanswered = (
        Offer.member_id == member_id,
        Offer.made_at > now - timedelta(hours=1),
        Offer.state.in_((OfferState.PENDING, OfferState.EXPIRED)),
        Offer.reply_lookup.is_not(None),
        Request.urgency <= tier,
    )
    of_requests = select(func.count()).select_from(Offer).join(Request)
    return db.scalars(of_requests.where(*unanswered)).one() < TEXTS_AN_HOUR


def _new_code(db: Db, lookup: bytes | None) -> str:
    """Return four digits that no other offer to this number has."""
    others = db.scalars(select(Offer).where(Offer.reply_lookup == lookup)) if lookup else ()
    taken = {db.keys.read_values(offer).code for offer in others}
    while (code := f"{secrets.randbelow(10_000):04d}") in taken:
        pass
    return code


# -- ending


def withdraw_offers(db: Db, offers: Iterable[Offer]) -> list[UUID]:
    """Take back the offers that are still pending; return the members who had them."""
    concerned = []
    for offer in offers:
        if offer.state == OfferState.PENDING:
            mark_offer_withdrawn(offer)
            concerned.append(offer.member_id)
    db.flush()
    return concerned


def forget_old_codes(db: Db, now: datetime) -> None:
    """Delete codes and numbers from offers that ended a day ago."""
    old = (
        Offer.expires_at <= now - OFFER_MEMORY,
        Offer.state != OfferState.PENDING,
        Offer.op_key.is_not(None),
    )
    empty = {"op_key": None, "op_values": None, "shred_day": None, "reply_lookup": None}
    db.execute(update(Offer).where(*old).values(**empty))
