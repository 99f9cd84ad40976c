"""The ladder: it asks members for a request, step by step, until one of them says yes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.models import SEEKING, Case, Offer, OfferState, Request, RequestValues
from app.requests.briefs import list_brief_holders
from app.requests.candidates import (
    AskablePerson,
    find_needed_at,
    find_people,
    is_too_late,
    make_need,
)
from app.requests.lifecycle import set_request_urgency, start_seeking
from app.requests.locks import lock_request
from app.requests.offers import list_offers, make_offer
from app.requests.routing.exclusions import is_unavailable
from app.requests.routing.facts import Need
from app.requests.routing.search import LadderSearch
from app.requests.routing.steps import Timing, find_timing, list_steps
from app.requests.states import mark_offer_expired, mark_offer_withdrawn, mark_request_offered
from app.requests.timers import plan_timer
from app.requests.unfilled_requests import lapse_request, pause_search
from app.store import ClaimedJob, Db, finish_job


def climb_ladder(db: Db, claimed: ClaimedJob, now: datetime) -> None:
    """Let offers expire, ask the next members, and set the timer for the next look."""
    request = lock_request(db, claimed.ref) if claimed.ref else None
    finish_job(db, claimed)
    if request is None or request.state not in SEEKING:
        return
    # A text may have made the case more urgent meanwhile.
    tier = select(Case.urgency).where(Case.id == request.case_id)
    set_request_urgency(db, request, db.scalars(tier).one(), now)
    values = db.keys.read_values(request)
    if is_too_late(values, now):
        lapse_request(db, request, now)
        return
    offers = _expire(list_offers(db, request), now)
    if values.retry_at and values.retry_at <= now:
        start_seeking(db, request, now, values.rounds)
        values = db.keys.read_values(request)
    db.flush()
    people = find_people(db, request.urgency, now)
    offers += _ask(db, request, values, people, offers, now)
    pending = [offer.expires_at for offer in offers if _is_awaited(offer, people)]
    if pending:
        mark_request_offered(request)
    at = min(pending) if pending else pause_search(db, request, now)
    needed_at = find_needed_at(values)
    if needed_at is not None and now < needed_at < at:
        at = needed_at
    plan_timer(db, request, now, at)


def _find_pace(request: Request, values: RequestValues, now: datetime) -> Timing:
    needed_at = find_needed_at(values)
    return find_timing(request.urgency, needed_at - now if needed_at else None)


def _expire(offers: list[Offer], now: datetime) -> list[Offer]:
    for offer in offers:
        if offer.state == OfferState.PENDING and offer.expires_at <= now:
            mark_offer_expired(offer)
    return offers


def _ask(
    db: Db,
    request: Request,
    values: RequestValues,
    people: Mapping[UUID, AskablePerson],
    offers: Sequence[Offer],
    now: datetime,
) -> list[Offer]:
    """Ask as many members as the tier allows at once; return the new offers."""
    wanted = make_need(db, request, values)
    pace = _find_pace(request, values, now)
    _release_taken(wanted, people, offers, len(list_steps(wanted)) - 1)
    search = LadderSearch(
        wanted,
        {member_id: person.candidate for member_id, person in people.items()},
        request.step,
        _list_asked(offers, values.since),
        [offer.step for offer in offers if _is_awaited(offer, people)],
        list_brief_holders(db, request.id),
        values.planned,
    )
    made: list[Offer] = []
    while len(search.pending) < pace.parallel and (member_id := search.choose_next()):
        request.step = search.step
        made.append(make_offer(db, request, people[member_id], pace, now))
        if not _is_awaited(made[-1], people):
            search.pending.pop()
    request.step = search.step
    return made


def _is_awaited(offer: Offer, people: Mapping[UUID, AskablePerson]) -> bool:
    """Return whether the ladder waits for an answer: not from a phone that gets no texts.

    Such a member still finds the offer in the console, and can accept it.
    """
    person = people.get(offer.member_id)
    heard = person is None or person.trouble is None
    return offer.state == OfferState.PENDING and heard


def _release_taken(
    wanted: Need,
    people: Mapping[UUID, AskablePerson],
    offers: Iterable[Offer],
    last: int,
) -> None:
    """Withdraw offers of members who took on something else since; not of the desk, on ``last``."""
    for offer in offers:
        person = people.get(offer.member_id)
        if person is None or offer.state != OfferState.PENDING or offer.step >= last:
            continue
        if is_unavailable(wanted, person.candidate):
            mark_offer_withdrawn(offer)


def _list_asked(offers: Iterable[Offer], since: datetime | None) -> set[UUID]:
    """Return the members not to ask again: they said no, or were asked since asking began."""
    open_or_declined = (OfferState.DECLINED, OfferState.PENDING)
    return {
        offer.member_id
        for offer in offers
        if offer.state in open_or_declined or since is None or offer.made_at >= since
    }
