"""Settings, and the audit log."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID
from zoneinfo import available_timezones

from fastapi import APIRouter, Header, Response
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from app import audit, organisation
from app.access import Permission
from app.api.deps import Cursor, Limit, VisitDep, etag, needs
from app.organisation import read_settings, read_settings_version
from app.store import BIG, decode_cursor, encode_cursor

router = APIRouter(prefix="/v1", tags=["organisation"])
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,40}$")]
Place = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Money = Annotated[float, Field(ge=0, le=1_000_000_000, allow_inf_nan=False)]

Calls = Annotated[int, Field(ge=0, le=100_000)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("no time zone, for example America/Toronto")
    return name


Zone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_known_zone)]


class SettingsOut(BaseModel):
    """What the organisation chooses."""

    name: str = Field(default="", max_length=200, description="never shown to callers")
    regions: tuple[Code, ...] = Field(min_length=1, max_length=64)
    fields: tuple[Code, ...] = Field(max_length=64, description="what a case's sheet may hold")
    languages: tuple[str, ...] = Field(max_length=32)
    zones: dict[Code, Zone] = Field(
        max_length=64, description="regions whose clocks differ from the organisation's"
    )
    detention_places: tuple[Place, ...] = Field(
        max_length=64, description="offered where one is asked for"
    )
    price_per_segment: Money = Field(description="in the currency of the carrier's account")
    monthly_cap: Money = Field(
        description="told at 80 %; at 100 % automatic texts that are not urgent stop; 0: none"
    )
    automatic_per_hour: int = Field(
        ge=0,
        le=1_000_000,
        description="automatic texts to everybody together; tier 1 twice as many, tier 0 always",
    )
    voice_challenge: bool = Field(
        description="callers press 4 first, while machines flood the line"
    )
    calls_per_hour: Calls = Field(
        description="of one phone; further ones ring nobody and can leave a message; 0: no limit"
    )
    callbacks_per_case: Calls = Field(description="calls that the desk makes, in a day")
    callbacks_per_day: Calls = Field(description="the same to all callers together")
    callback_countries: tuple[Country, ...] = Field(
        max_length=32, description="where the desk may call; numbers that cost extra never"
    )


class ChangeSettings(BaseModel):
    """The settings to replace."""

    name: str | None = Field(default=None, max_length=200)
    regions: tuple[Code, ...] | None = Field(default=None, min_length=1, max_length=64)
    fields: tuple[Code, ...] | None = Field(default=None, max_length=64)
    zones: dict[Code, Zone] | None = Field(default=None, max_length=64)
    detention_places: tuple[Place, ...] | None = Field(default=None, max_length=64)
    price_per_segment: Money | None = None
    monthly_cap: Money | None = None
    automatic_per_hour: int | None = Field(default=None, ge=0, le=1_000_000)
    voice_challenge: bool | None = None
    calls_per_hour: Calls | None = None
    callbacks_per_case: Calls | None = None
    callbacks_per_day: Calls | None = None
    callback_countries: tuple[Country, ...] | None = Field(default=None, max_length=32)


class AuditEntryOut(BaseModel):
    """One line of the audit log; times are rounded to five minutes."""

    seq: int
    at: datetime
    kind: str
    actor: UUID | None
    object: UUID | None
    damaged: bool = Field(description="changed or made from outside, or the one before it is gone")


class AuditList(BaseModel):
    """A page of the audit log, newest first."""

    damaged: bool = Field(
        description="an entry of this page is damaged, or the newest entries are not all here"
    )
    items: list[AuditEntryOut]
    next_cursor: str | None


@router.get("/settings")
def settings_now(visit: VisitDep, response: Response) -> SettingsOut:
    """Return the organisation's settings."""
    visit.principal.require(Permission.SETTINGS)
    with visit.snapshot() as db:
        settings, version = read_settings(db), read_settings_version(db)
    etag(response, version)
    return SettingsOut(**vars(settings))


@router.put("/settings", dependencies=[needs(Permission.SETTINGS)])
def change_settings(
    body: ChangeSettings,
    visit: VisitDep,
    response: Response,
    if_match: Annotated[str | None, Header()] = None,
) -> SettingsOut:
    """Replace the given settings; with If-Match only if they are as you read them."""
    change = partial(replace, **body.model_dump(exclude_none=True))
    given = (if_match or "").strip().removeprefix("W/").strip('"')
    with visit.transaction() as db:
        current = read_settings_version(db)
        version = int(given) if given.isascii() and given.isdigit() else current
        settings = organisation.change_settings(db, visit.principal, version, change, visit.now)
    etag(response, version + 1)
    return SettingsOut(**vars(settings))


@router.get("/audit")
def audit_log(visit: VisitDep, cursor: Cursor = None, limit: Limit = 50) -> AuditList:
    """Return the audit log, newest first: ids and kinds only."""
    visit.principal.require(Permission.AUDIT)
    before = decode_cursor(cursor, BIG)[0] if cursor is not None else None
    with visit.snapshot() as db:
        page = audit.read_page(db, before, limit)
    items = [
        AuditEntryOut(
            seq=e.seq,
            at=e.at,
            kind=e.kind,
            actor=e.actor,
            object=e.object,
            damaged=e.seq in page.damaged,
        )
        for e in page.entries
    ]
    after = encode_cursor(page.next_before) if page.next_before else None
    return AuditList(damaged=page.is_damaged, items=items, next_cursor=after)
