"""Information cards: what a policy covers and what not, from a source that a named person checked.

Callers ask "does this mean I can …?" and are hurt by a wrong answer. So a card names its source,
who verified it and when it must be looked at again. A card that is not verified, or overdue, is
told to no caller. The desk reads it aloud: the text that announces it says nothing of its content.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.errors import BadRequest, NotFound
from app.models import InformationCard
from app.organisation import check_codes, read_settings
from app.store import Db, ReadVersion, check_version

LONGEST_CARD = 2000


@dataclass(frozen=True)
class CardFacts:
    """What a card says: ``covers`` and ``excludes`` hold a text for each language.

    ``region`` None is everywhere. It is used from the day a person verified it to ``review_by``.
    """

    topic: str
    source_url: str
    region: str | None = None
    covers: Mapping[str, str] = field(default_factory=dict)
    excludes: Mapping[str, str] = field(default_factory=dict)
    verified_by: str | None = None
    verified_on: date | None = None
    review_by: date | None = None


_FACTS = tuple(one.name for one in fields(CardFacts))
# Whoever changes one of these changes what the card says.
_SAID = ("covers", "excludes", "source_url")


class CardOverdue(BadRequest):
    """Nobody has verified this card, or it is overdue: it cannot be used until somebody has."""


def is_card_usable(card: InformationCard, today: date) -> bool:
    """Return whether a card is verified and not overdue on ``today``."""
    verified = bool(card.verified_by) and card.verified_on is not None
    return verified and card.review_by is not None and card.review_by >= today


def list_cards(
    db: Db, principal: Principal, region: str | None = None, topic: str | None = None
) -> list[InformationCard]:
    """Return the cards by topic; for one region also those for everywhere."""
    principal.require(Permission.DIRECTORY)
    cards = db.scalars(select(InformationCard).order_by(InformationCard.topic, InformationCard.id))
    return [
        card
        for card in cards
        if topic in (None, card.topic) and (region is None or card.region in (None, region))
    ]


def read_card(db: Db, principal: Principal, card_id: UUID) -> InformationCard:
    """Return one card. NotFound."""
    principal.require(Permission.DIRECTORY)
    card = db.get(InformationCard, card_id)
    if card is None:
        raise NotFound
    return card


def add_card(db: Db, principal: Principal, facts: CardFacts, now: datetime) -> InformationCard:
    """Add a card. BadRequest."""
    principal.require(Permission.RULES)
    _check(db, facts, now)
    card = InformationCard(id=uuid4(), version=1, **vars(facts))
    db.add(card)
    db.flush()
    audit.record(db, "card.changed", principal.member_id, card.id, now)
    return card


def change_card(
    db: Db,
    principal: Principal,
    card_id: UUID,
    version: ReadVersion,
    change: Callable[[CardFacts], CardFacts],
    now: datetime,
    *,
    verified: bool,
) -> InformationCard:
    """Replace a card by what ``change`` makes of it. NotFound, StaleVersion, BadRequest.

    A card that says something else has to be verified anew; ``verified`` tells that it was.
    """
    card = _lock_card(db, principal, card_id)
    check_version(card.version, version)
    before = CardFacts(**{name: getattr(card, name) for name in _FACTS})
    after = change(before)
    says_otherwise = any(getattr(after, name) != getattr(before, name) for name in _SAID)
    if says_otherwise and not verified:
        after = replace(after, verified_by=None, verified_on=None)
    _check(db, after, now)
    for name, value in vars(after).items():
        setattr(card, name, value)
    card.version += 1
    db.flush()
    audit.record(db, "card.changed", principal.member_id, card.id, now)
    return card


def remove_card(db: Db, principal: Principal, card_id: UUID, now: datetime) -> None:
    """Delete a card. NotFound."""
    db.delete(_lock_card(db, principal, card_id))
    audit.record(db, "card.removed", principal.member_id, card_id, now)


def _lock_card(db: Db, principal: Principal, card_id: UUID) -> InformationCard:
    principal.require(Permission.RULES)
    card = db.get(InformationCard, card_id, with_for_update=True)
    if card is None:
        raise NotFound
    return card


def find_today(db: Db, now: datetime) -> date:
    """Return the day that it is in the organisation's time zone."""
    return now.astimezone(db.zone).date()


def _check(db: Db, facts: CardFacts, now: datetime) -> None:
    settings = read_settings(db)
    check_codes(settings, region=facts.region)
    for texts in (facts.covers, facts.excludes):
        for language, text in (texts or {}).items():
            check_codes(settings, language=language)
            if len(text) > LONGEST_CARD:
                raise BadRequest(f"A card has at most {LONGEST_CARD} characters in a language.")
    if not any(text.strip() for text in facts.covers.values()):
        raise BadRequest("A card says, in one language at least, what is covered.")
    if bool(facts.verified_by) != (facts.verified_on is not None):
        raise BadRequest("Say who verified it, and when.")
    if facts.verified_on is None:
        return
    if facts.review_by is None:
        raise BadRequest("Say by when it has to be verified again.")
    if facts.verified_on > find_today(db, now):
        raise BadRequest("A card was not verified in the future.")
