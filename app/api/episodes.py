"""Where somebody is held."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.access import Permission
from app.api.deps import IdempotencyKey, Instant, VersionDep, VisitDep, etag, fingerprint, needs
from app.cases import add_detention, change_detention, open_detention
from app.desk import read_case
from app.errors import NotFound
from app.models import DetentionDetails, DetentionEpisode, DetentionReview
from app.store import Db, do_once

router = APIRouter(prefix="/v1", tags=["events"])
Words = Annotated[str, Field(max_length=4000)]


class Review(BaseModel):
    """A review that has been."""

    at: Instant
    outcome: Words = ""


class NewEpisode(BaseModel):
    """A detention. Days are calendar days where it happened."""

    model_config = ConfigDict(populate_by_name=True)

    place: Annotated[str, Field(max_length=200)]
    since: date = Field(alias="from")
    until: date | None = Field(default=None, alias="to")
    reviews: list[Review] = Field(default_factory=list, max_length=100)
    next_review: Instant | None = Field(
        default=None, description="a day before it the desk is asked to look again"
    )
    notes: Words = ""


class ChangeEpisode(BaseModel):
    """What a PATCH can change; `to` or `next_review` may be taken away with null."""

    model_config = ConfigDict(populate_by_name=True)

    place: Annotated[str, Field(max_length=200)] | None = None
    since: date | None = Field(default=None, alias="from")
    until: date | None = Field(default=None, alias="to")
    reviews: list[Review] | None = Field(default=None, max_length=100)
    next_review: Instant | None = None
    notes: Words | None = None


class EpisodeOut(BaseModel):
    """A detention, with everything the desk wrote down."""

    model_config = ConfigDict(populate_by_name=True)

    id: UUID
    case_id: UUID
    place: str
    since: date = Field(alias="from")
    until: date | None = Field(alias="to")
    reviews: list[Review]
    next_review: datetime | None
    notes: str
    version: int


class EpisodeList(BaseModel):
    """The detentions of a case, the oldest first."""

    items: list[EpisodeOut]
    next_cursor: str | None = None


def episode_out(episode: DetentionEpisode, stay: DetentionDetails) -> EpisodeOut:
    """Return a detention as the interface shows it."""
    return EpisodeOut(
        id=episode.id,
        case_id=episode.case_id,
        place=stay.place,
        since=stay.since,
        until=stay.until,
        reviews=[Review(at=one.at, outcome=one.outcome) for one in stay.reviews],
        next_review=stay.next_review,
        notes=stay.notes,
        version=episode.version,
    )


@router.get("/cases/{case_id}/episodes")
def listed(case_id: UUID, visit: VisitDep) -> EpisodeList:
    """List the detentions of a case. This is written into the audit log, as reading the case."""
    with visit.transaction() as db:
        file = read_case(db, visit.principal, case_id, visit.now)
        return EpisodeList(items=[episode_out(*one) for one in file.episodes])


@router.post("/cases/{case_id}/episodes", status_code=201)
def add(
    case_id: UUID,
    body: NewEpisode,
    visit: VisitDep,
    request: Request,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> EpisodeOut:
    """Record where somebody is held."""
    stay = DetentionDetails(**_values(body))
    with visit.transaction() as db:

        def make() -> UUID:
            return add_detention(db, visit.principal, case_id, stay, visit.now).id

        key = fingerprint(request, body)
        episode_id = do_once(db, visit.principal, idempotency_key, key, visit.now, make)
        episode = db.get(DetentionEpisode, episode_id)
        if episode is None:
            raise NotFound
        return _answer(db, visit, episode, response)


@router.patch("/episodes/{episode_id}", dependencies=[needs(Permission.CASES)])
def change(
    episode_id: UUID, body: ChangeEpisode, version: VersionDep, visit: VisitDep, response: Response
) -> EpisodeOut:
    """Change what is known of a detention; `to` ends it."""
    with visit.transaction() as db:
        episode = change_detention(
            db, visit.principal, episode_id, version, _values(body), visit.now
        )
        return _answer(db, visit, episode, response)


def _values(body: NewEpisode | ChangeEpisode) -> dict[str, Any]:
    """Return what was given, by the sealed names; only an end can be given as nothing."""
    given = {name: getattr(body, name) for name in body.model_fields_set}
    if given.get("reviews") is not None:
        given["reviews"] = tuple(
            DetentionReview(at=review.at.astimezone(UTC), outcome=review.outcome)
            for review in given["reviews"]
        )
    empty = ("until", "next_review")
    return {name: value for name, value in given.items() if value is not None or name in empty}


def _answer(db: Db, visit: VisitDep, episode: DetentionEpisode, response: Response) -> EpisodeOut:
    etag(response, episode.version)
    return episode_out(episode, open_detention(db, visit.principal, episode))
