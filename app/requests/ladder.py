"""The ladder: who is asked next, until when, and what happens when nobody is left to ask."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, select

from app import audit
from app.models import (
    SEEKING,
    Case,
    Offer,
    OfferState,
    OfferValues,
    Request,
    RequestState,
    RequestValues,
)
from app.paging import tell_coordinators
from app.requests.briefs import list_brief_holders
from app.requests.candidates import (
    AskablePerson,
    find_needed_at,
    find_people,
    is_too_late,
    make_need,
)
from app.requests.lifecycle import (
    end_request,
    list_offers,
    lock_request,
    plan_timer,
    set_request_urgency,
    start_seeking,
)
from app.requests.member_texts import ASK_TEXT, text_numbers
from app.requests.routing.exclusions import is_unavailable
from app.requests.routing.facts import Need
from app.requests.routing.ranking import rank_people
from app.requests.routing.steps import LadderStep, Timing, find_timing, list_steps
from app.requests.states import (
    mark_offer_expired,
    mark_offer_withdrawn,
    mark_request_offered,
    mark_request_unfilled,
)
from app.requests.surge_plan import SURGE_SIZE
from app.store import ClaimedJob, Db, finish_job

# Until everybody is asked again, by tier, where nobody took a request: each time twice as long, for
# who was asked ten times in vain needs a coordinator more than an eleventh text.
LADDER_RETRY = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=24), timedelta(hours=24))
LONGEST_RETRY = (timedelta(hours=2), timedelta(hours=8), timedelta(hours=24), timedelta(hours=24))
# So many texts an hour that somebody leaves unanswered; further offers wait in the console alone.
TEXTS_AN_HOUR = 20
_WHEN = ("now", "today", "this week", "when you can")
PASSED_TEXT = "Desk: a date has passed and nobody was found for it."
NOBODY_TEXT = "Desk: nobody was found for a request, {when}. Please look."
NOBODY_FOR_MANY_TEXT = "Desk: nobody was found for {count} requests, {when}. Please look."


def climb_ladder(db: Db, claimed: ClaimedJob, now: datetime) -> None:
    """Let offers expire, ask who is next, and set the timer for the next look."""
    request = lock_request(db, claimed.ref) if claimed.ref else None
    finish_job(db, claimed)
    if request is None or request.state not in SEEKING:
        return
    # A text may have made the case more urgent since.
    tier = select(Case.urgency).where(Case.id == request.case_id)
    set_request_urgency(db, request, db.scalars(tier).one(), now)
    values = db.keys.read_values(request)
    if is_too_late(values, now):
        _lapse(db, request, now)
        return
    offers = _expire(list_offers(db, request), now)
    if values.retry_at and values.retry_at <= now:
        start_seeking(db, request, now, values.rounds)
        values = db.keys.read_values(request)
    offers += _ask(db, request, values, offers, now)
    pending = [offer.expires_at for offer in offers if offer.state == OfferState.PENDING]
    if pending:
        mark_request_offered(request)
    at = min(pending) if pending else _unfilled(db, request, now)
    needed_at = find_needed_at(values)
    if needed_at is not None and now < needed_at < at:
        at = needed_at
    plan_timer(db, request, now, at)


def _timing(request: Request, values: RequestValues, now: datetime) -> Timing:
    needed_at = find_needed_at(values)
    return find_timing(request.urgency, needed_at - now if needed_at else None)


def _lapse(db: Db, request: Request, now: datetime) -> None:
    """End a request whose date has passed without anybody."""
    end_request(db, request, RequestState.CANCELLED, now)
    tell_coordinators(db, PASSED_TEXT, now)
    audit.record(db, "request.lapsed", None, request.case_id, now)


def _expire(offers: list[Offer], now: datetime) -> list[Offer]:
    for offer in offers:
        if offer.state == OfferState.PENDING and offer.expires_at <= now:
            mark_offer_expired(offer)
    return offers


def _ask(
    db: Db, request: Request, values: RequestValues, offers: Sequence[Offer], now: datetime
) -> list[Offer]:
    """Offer to as many as the tier asks at once; return the new offers."""
    db.flush()
    wanted = make_need(db, request, values)
    people = find_people(db, request.urgency, now)
    ladder, holders = list_steps(wanted), list_brief_holders(db, request.id)
    pace = _timing(request, values, now)
    _release_taken(wanted, people, offers, len(ladder) - 1)
    asked = _asked(offers, values.since)
    pending = sum(offer.state == OfferState.PENDING for offer in offers)
    made: list[Offer] = []
    while pending + len(made) < pace.parallel:
        planned = _planned(wanted, values.planned, people, ladder, asked, holders)
        if planned is not None:
            made.append(_offer(db, request, planned, pace, now))
            asked.add(planned.candidate.member_id)
            continue
        this = ladder[request.step]
        if this is LadderStep.DESK and _others_think(request, [*offers, *made]):
            break
        person = _next(wanted, people, this, asked, holders)
        if person is not None:
            made.append(_offer(db, request, person, pace, now))
            asked.add(person.candidate.member_id)
        elif request.step < len(ladder) - 1:
            request.step += 1
        else:
            break
    return made


def _release_taken(
    wanted: Need,
    people: Mapping[UUID, AskablePerson],
    offers: Iterable[Offer],
    last: int,
) -> None:
    """Take back what was offered to who took on something else since; the desk finds a way."""
    for offer in offers:
        person = people.get(offer.member_id)
        if person is None or offer.state != OfferState.PENDING or offer.step >= last:
            continue
        if is_unavailable(wanted, person.candidate):
            mark_offer_withdrawn(offer)


def _others_think(request: Request, offers: Iterable[Offer]) -> bool:
    """Return whether somebody of an earlier step may still say yes: the desk is asked last."""
    return any(offer.state == OfferState.PENDING and offer.step < request.step for offer in offers)


def _asked(offers: Iterable[Offer], since: datetime | None) -> set[UUID]:
    """Return who is not asked (again): who said no, and everybody asked since asking began."""
    return {
        offer.member_id
        for offer in offers
        if offer.state == OfferState.DECLINED or since is None or offer.made_at >= since
    }


def _planned(
    wanted: Need,
    member_id: UUID | None,
    people: Mapping[UUID, AskablePerson],
    ladder: Sequence[LadderStep],
    asked: Collection[UUID],
    holders: Collection[UUID] | None,
) -> AskablePerson | None:
    """Return whom the plan for a surge would ask, if they can be asked now, on whatever step."""
    person = people.get(member_id) if member_id else None
    if person is None or member_id is None:
        return None
    only = {member_id: person}
    return _next(wanted, only, ladder[-2], asked, holders)


def _next(
    wanted: Need,
    people: Mapping[UUID, AskablePerson],
    this: LadderStep,
    asked: Collection[UUID],
    holders: Collection[UUID] | None,
) -> AskablePerson | None:
    """Return the best person of a step: where there is a brief, somebody who will read it."""
    left = [
        person.candidate
        for member_id, person in people.items()
        if member_id not in asked
        and (holders is None or this is LadderStep.DESK or member_id in holders)
    ]
    ranked = rank_people(wanted, left, this)
    return people[ranked[0].member_id] if ranked else None


def _offer(db: Db, request: Request, person: AskablePerson, pace: Timing, now: datetime) -> Offer:
    offer_id = uuid4()
    phone = (
        person.phone
        if _may_be_texted(db, person.candidate.member_id, request.urgency, now)
        else None
    )
    lookup = db.keys.number_lookup(phone) if phone else None
    code = _new_code(db, lookup)
    offer = Offer(
        id=offer_id,
        request_id=request.id,
        member_id=person.candidate.member_id,
        state=OfferState.PENDING,
        step=request.step,
        made_at=now,
        expires_at=now + pace.timeout,
        reply_lookup=lookup,
        **db.keys.new_values(Offer, offer_id, OfferValues(code=code), now),
    )
    db.add(offer)
    db.flush()
    if phone:
        text_numbers(db, [phone], ASK_TEXT.format(code=code), request.urgency, now)
    return offer


def _may_be_texted(db: Db, member_id: UUID, tier: int, now: datetime) -> bool:
    """Return whether one more text helps: on a raid day a phone that never rests is put away.

    What is more urgent than what they left unanswered is texted all the same.
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


def _unfilled(db: Db, request: Request, now: datetime) -> datetime:
    """Note that nobody is left to ask; return when to look again. The coordinators are told."""
    values = db.keys.read_values(request)
    if values.retry_at:
        return values.retry_at
    rounds, tier = values.rounds, request.urgency
    pause: timedelta = min(LADDER_RETRY[tier] * 2 ** min(rounds, 8), LONGEST_RETRY[tier])
    again = now + pause
    values = replace(values, retry_at=again, rounds=rounds + 1)
    mark_request_unfilled(request)
    if _tell_of_unfilled(db, request, now):
        values = replace(values, told_at=now, told_tier=tier)
    db.keys.write_values(request, values)
    audit.record(db, "request.unfilled", None, request.case_id, now)
    return again


def _tell_of_unfilled(db: Db, request: Request, now: datetime) -> bool:
    """Tell the coordinators of each request; where they are many, of all at once now and then.

    Return whether they were texted for this one.
    """
    db.flush()
    this_hour = audit.objects_since("request.unfilled", now - timedelta(hours=1))
    without = (Request.state.in_(SEEKING), Request.case_id.in_(this_hour))
    others = db.scalars(select(Request).where(*without, Request.id != request.id)).all()
    tier, count = request.urgency, len(others) + 1
    body = NOBODY_TEXT if count < SURGE_SIZE else NOBODY_FOR_MANY_TEXT
    if count >= SURGE_SIZE and any(_told_lately(db, other, tier, now) for other in others):
        return False
    body = body.format(count=count, when=_WHEN[tier])
    # Quiet hours hold back what can wait for the morning, and nothing that is wanted today.
    return tell_coordinators(db, body, now, urgency=0 if tier <= 1 else tier) > 0


def _told_lately(db: Db, request: Request, tier: int, now: datetime) -> bool:
    values = db.keys.read_values(request)
    if values.told_at is None or values.told_tier is None:
        return False
    return values.told_tier <= tier and now - values.told_at < LADDER_RETRY[0]
