"""Information cards: what a policy covers and what it does not, from a source somebody checked.

People ask "does this mean I can …?" and are hurt by a wrong answer. So a card names its source, who
verified it and when it must be looked at again; one that nobody verified, or that is overdue, is
not given to anybody. It is read aloud: the text that announces it says nothing of its content.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.errors import BadRequest, NotFound, StaleVersion
from app.models import InformationCard
from app.organisation import check_codes, read_settings
from app.store import Db

LONGEST_CARD = 2000
_SUBSTANCE = (
    "topic",
    "region",
    "covers",
    "excludes",
    "source_url",
    "verified_by",
    "verified_on",
    "review_by",
)


class CardOverdue(BadRequest):
    """Nobody has verified this card, or it is overdue: it cannot be used until somebody has."""


def is_card_usable(card: InformationCard, today: date) -> bool:
    """Return whether a card is verified and not overdue on ``today``."""
    verified = bool(card.verified_by) and card.verified_on is not None
    return verified and card.review_by is not None and card.review_by >= today


def list_cards(
    db: Db, principal: Principal, region: str | None = None, topic: str | None = None
) -> list[InformationCard]:
    """Return the cards by topic and region; those of a region are for everywhere, too."""
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


def add_card(
    db: Db, principal: Principal, values: Mapping[str, Any], now: datetime
) -> InformationCard:
    """Add a card. BadRequest."""
    principal.require(Permission.RULES)
    _check(db, values, now)
    card = InformationCard(id=uuid4(), version=1, **{n: values.get(n) for n in _SUBSTANCE})
    db.add(card)
    db.flush()
    audit.record(db, "card.changed", principal.member_id, card.id, now)
    return card


def change_card(
    db: Db,
    principal: Principal,
    card_id: UUID,
    version: int,
    changes: Mapping[str, Any],
    now: datetime,
) -> InformationCard:
    """Replace the given values. Whoever changes what it says has to verify it anew.

    NotFound, StaleVersion, BadRequest.
    """
    card = _locked(db, principal, card_id)
    if card.version != version:
        raise StaleVersion(card.version)
    values = {**{name: getattr(card, name) for name in _SUBSTANCE}, **changes}
    said_otherwise = any(
        name in changes and changes[name] != getattr(card, name)
        for name in ("covers", "excludes", "source_url")
    )
    if said_otherwise and "verified_on" not in changes:
        values |= {"verified_by": None, "verified_on": None}
    _check(db, values, now)
    for name in _SUBSTANCE:
        setattr(card, name, values[name])
    card.version += 1
    db.flush()
    audit.record(db, "card.changed", principal.member_id, card.id, now)
    return card


def remove_card(db: Db, principal: Principal, card_id: UUID, now: datetime) -> None:
    """Delete a card. NotFound."""
    db.delete(_locked(db, principal, card_id))
    audit.record(db, "card.removed", principal.member_id, card_id, now)


def _locked(db: Db, principal: Principal, card_id: UUID) -> InformationCard:
    principal.require(Permission.RULES)
    card = db.get(InformationCard, card_id, with_for_update=True)
    if card is None:
        raise NotFound
    return card


def find_today(db: Db, now: datetime) -> date:
    """Return the day that it is in the organisation's time zone."""
    return now.astimezone(db.zone).date()


def _check(db: Db, values: Mapping[str, Any], now: datetime) -> None:
    settings = read_settings(db)
    check_codes(settings, region=values.get("region"))
    for name in ("covers", "excludes"):
        for language, text in (values.get(name) or {}).items():
            check_codes(settings, language=language)
            if len(text) > LONGEST_CARD:
                raise BadRequest(f"A card has at most {LONGEST_CARD} characters in a language.")
    if not any(text.strip() for text in values["covers"].values()):
        raise BadRequest("A card says, in one language at least, what is covered.")
    verified_on = values.get("verified_on")
    if bool(values.get("verified_by")) != (verified_on is not None):
        raise BadRequest("Say who verified it, and when.")
    if verified_on is not None and values.get("review_by") is None:
        raise BadRequest("Say by when it has to be verified again.")
    if verified_on is not None and verified_on > find_today(db, now):
        raise BadRequest("A card was not verified in the future.")
