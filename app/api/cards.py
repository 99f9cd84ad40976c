"""Information cards: facts with a source, and the date until which they may be told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from app.access import Permission
from app.api.deps import IdempotencyKey, ServiceDep, VersionDep, VisitDep, etag, fingerprint, needs
from app.api.replies import QueuedTextOut
from app.api.state import Visit
from app.desk import announce_card
from app.knowledge import (
    LONGEST_CARD,
    CardFacts,
    add_card,
    change_card,
    is_card_usable,
    list_cards,
    read_card,
    remove_card,
)
from app.models import InformationCard, Message
from app.organisation import read_texts
from app.store import do_once

router = APIRouter(prefix="/v1/information-cards", tags=["organisation"])
Topic = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Code = Annotated[str, StringConstraints(max_length=64)]
Words = Annotated[str, Field(max_length=LONGEST_CARD)]
ByLanguage = Annotated[dict[Code, Words], Field(max_length=32)]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[!-~]{1,500}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f]{1,200}$")]


class NewCard(BaseModel):
    """A card. It is used once a named person has verified it, until it is due to be reviewed."""

    topic: Topic = Field(description="for example school, clinic, police-stop")
    region: Code | None = Field(default=None, description="null: everywhere")
    covers: ByLanguage = Field(description="what the policy covers, by language")
    excludes: ByLanguage = Field(default={}, description="what it does not, by language")
    source_url: Url
    verified_by: Name | None = None
    verified_on: date | None = None
    review_by: date | None = None


class ChangeCard(BaseModel):
    """What a PATCH can change. A card that says something else has to be verified anew."""

    topic: Topic | None = None
    region: Code | None = None
    covers: ByLanguage | None = None
    excludes: ByLanguage | None = None
    source_url: Url | None = None
    verified_by: Name | None = None
    verified_on: date | None = None
    review_by: date | None = None


class CardOut(NewCard):
    """A card as it is kept."""

    id: UUID
    usable: bool = Field(description="verified, and not overdue")
    version: int


class CardList(BaseModel):
    """The cards by topic."""

    items: list[CardOut]
    next_cursor: str | None = None


class Announce(BaseModel):
    """The case whose caller is to hear the answer."""

    case_id: UUID


@router.get("")
def listed(
    visit: VisitDep,
    region: Annotated[str | None, Query(max_length=64)] = None,
    topic: Annotated[str | None, Query(max_length=64)] = None,
) -> CardList:
    """List the cards; those of one region together with those for everywhere."""
    with visit.snapshot() as db:
        found = list_cards(db, visit.principal, region, topic)
        return CardList(items=[_out(visit, card) for card in found])


@router.post("", status_code=201, dependencies=[needs(Permission.RULES)])
def add(
    body: NewCard,
    visit: VisitDep,
    request: Request,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> CardOut:
    """Add a card."""
    facts = CardFacts(**body.model_dump())
    with visit.transaction() as db:

        def make() -> UUID:
            return add_card(db, visit.principal, facts, visit.now).id

        card_id = do_once(
            db, visit.principal, idempotency_key, fingerprint(request, body), visit.now, make
        )
        return _answer(visit, read_card(db, visit.principal, card_id), response)


@router.get("/{card_id}")
def read(card_id: UUID, visit: VisitDep, response: Response) -> CardOut:
    """Return one card."""
    with visit.snapshot() as db:
        return _answer(visit, read_card(db, visit.principal, card_id), response)


@router.patch("/{card_id}", dependencies=[needs(Permission.RULES)])
def change(
    card_id: UUID, body: ChangeCard, version: VersionDep, visit: VisitDep, response: Response
) -> CardOut:
    """Change a card."""
    changes = body.model_dump(exclude_unset=True)
    for name in ("topic", "covers", "excludes", "source_url"):
        if name in changes and changes[name] is None:
            del changes[name]
    change, verified = partial(replace, **changes), "verified_on" in changes
    with visit.transaction() as db:
        card = change_card(
            db, visit.principal, card_id, version, change, visit.now, verified=verified
        )
        return _answer(visit, card, response)


@router.delete("/{card_id}", status_code=204)
def remove(card_id: UUID, visit: VisitDep) -> Response:
    """Delete a card."""
    with visit.transaction() as db:
        remove_card(db, visit.principal, card_id, visit.now)
    return Response(status_code=204)


@router.post("/{card_id}/announce", status_code=202, dependencies=[needs(Permission.CASES)])
def announce(
    card_id: UUID,
    body: Announce,
    visit: VisitDep,
    service: ServiceDep,
    request: Request,
    idempotency_key: IdempotencyKey = None,
) -> QueuedTextOut:
    """Text a caller that there is an answer to hear; read it to them when they call.

    The text says nothing of the card. One that is overdue is refused.
    """
    with visit.transaction() as db:
        texts = read_texts(db, service.desk.script.texts)

        def make() -> UUID:
            return announce_card(db, visit.principal, card_id, body.case_id, texts, visit.now).id

        key = fingerprint(request, body)
        message_id = do_once(db, visit.principal, idempotency_key, key, visit.now, make)
        message = db.get(Message, message_id)
        return QueuedTextOut(id=message_id, status=message.status if message else "queued")


def _out(visit: Visit, card: InformationCard) -> CardOut:
    known = {name: getattr(card, name) for name in NewCard.model_fields}
    usable = is_card_usable(card, visit.now.date())
    return CardOut(**known, id=card.id, usable=usable, version=card.version)


def _answer(visit: Visit, card: InformationCard, response: Response) -> CardOut:
    etag(response, card.version)
    return _out(visit, card)
