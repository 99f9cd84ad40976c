"""Cases: finding, opening by hand, changing, handing over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import insert, select

from app import alerts, audit, codes, grants, organisation, roster, seeking, sheets
from app.access import ARCHIVE, DESK, Permission, Principal, readable_cases
from app.codenames import code_name
from app.crypto import CaseKeys
from app.db import Db
from app.errors import (
    BadRequest,
    CaseClosed,
    CaseErased,
    Forbidden,
    NotFound,
    OfferTaken,
    StaleVersion,
)
from app.models import (
    LIVE_STATES,
    Case,
    CaseEpoch,
    CaseGrant,
    DetentionEpisode,
    Event,
    Task,
    rounded,
)
from app.ordering import NOT_WAITING

_COARSE = ("situation", "language", "region")

# -- finding

# What belongs to one case and is found by an id of its own.
OfCase = TypeVar("OfCase", DetentionEpisode, Event, Task)


def find(
    db: Db, principal: Principal, case_id: UUID, *, lock_row: bool = True, live: bool = False
) -> Case:
    """Return a case this member may know of. NotFound, CaseErased; with ``live`` CaseClosed."""
    query = readable_cases(principal).where(Case.id == case_id)
    case = db.scalar(query.with_for_update() if lock_row else query)
    if case is None:
        raise NotFound
    if case.state == "erased":
        raise CaseErased
    if live and case.state not in LIVE_STATES:
        raise CaseClosed
    return case


def find_with(
    db: Db, principal: Principal, model: type[OfCase], row_id: UUID
) -> tuple[OfCase, Case]:
    """Return a row that belongs to a live case, and the case, locked in the order all lock them.

    NotFound, CaseClosed, CaseErased.
    """
    case_id = db.scalar(select(model.case_id).where(model.id == row_id))
    if case_id is None:
        raise NotFound
    case = find(db, principal, case_id, live=True)
    row = db.get(model, row_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound
    return row, case


def coarse(db: Db, case: Case) -> dict[str, Any]:
    """Return a case's operational values.

    ``number channel reference language region situation opened_at last_message_at
    last_inbound_at last_outbound_at waiting_since script flags reach human human_at outcome``
    """
    return db.keys.open_row("cases", case)


def rewrite(db: Db, case: Case, values: Mapping[str, Any]) -> None:
    """Replace a case's operational values."""
    db.keys.replace_values("cases", case, values)


def opened(db: Db, principal: Principal, case: Case) -> dict[int, CaseKeys]:
    """Return a case's keys by epoch, through the desk or, once closed, the archive. Forbidden."""
    team = DESK if case.state in LIVE_STATES else ARCHIVE
    return grants.open_case(db, principal, case.id, team)


# -- opening by hand


@dataclass(frozen=True)
class Opening:
    """What is known when a case is opened by hand; ``number`` is E.164."""

    number: str | None
    situation: str
    urgency: int
    language: str | None
    region: str | None
    fields: Mapping[str, Any]

    def __repr__(self) -> str:
        return "Opening(…)"


def open_by_hand(db: Db, principal: Principal, opening: Opening, now: datetime) -> Case:
    """Open a case for a walk-in or a call taken elsewhere. BadRequest."""
    principal.require(Permission.CASES)
    settings, _ = organisation.settings(db)
    codes.check_codes(
        settings,
        situation=opening.situation,
        urgency=opening.urgency,
        region=opening.region,
        language=opening.language,
    )
    codes.check_fields(settings, opening.fields)
    lookup = db.keys.number_lookup(opening.number) if opening.number else None
    if lookup and (reference := live_reference(db, lookup)):
        raise BadRequest(f"There is an open case for this phone already: {reference}.")
    case_id, reference = uuid4(), code_name()
    _, epoch_row, grant = grants.new_case(db, case_id, 1, DESK, now)
    values: dict[str, Any] = {
        "number": opening.number,
        "channel": "manual",
        "reference": reference,
        "language": opening.language,
        "region": opening.region,
        "situation": opening.situation,
        "opened_at": now.isoformat(),
        "flags": [],
        "human": True,
        "human_at": now.isoformat(),
    }
    case = Case(
        id=case_id,
        state="open",
        urgency=opening.urgency,
        version=1,
        epoch=1,
        opened_at=rounded(now),
        queue_order=NOT_WAITING + db.keys.order.next(now),
        waiting=False,
        last_position=0,
        unread=0,
        assigned_to=principal.member_id,
        number_lookup=lookup,
        reference_lookup=db.keys.reference_lookup(reference),
        held=False,
        **db.keys.new_row("cases", case_id, values, now),
    )
    db.add(case)
    db.flush()
    db.execute(insert(CaseEpoch), [epoch_row])
    db.execute(insert(CaseGrant), [grant])
    if opening.fields:
        sheets.write(db, case, "fields", dict(opening.fields))
    audit.record(db, "case.opened", principal.member_id, case.id, now)
    return case


def live_reference(db: Db, lookup: bytes) -> str | None:
    """Return the code name of a number's live case, if it has one."""
    case = db.scalar(
        select(Case).where(
            Case.number_lookup == lookup,
            Case.state.in_(LIVE_STATES),
            Case.merged_into.is_(None),
        )
    )
    return coarse(db, case)["reference"] if case else None


# -- changing


def change(
    db: Db,
    principal: Principal,
    case_id: UUID,
    version: int,
    changes: Mapping[str, Any],
    now: datetime,
) -> Case:
    """Change tier, situation, language, region or fields. StaleVersion, BadRequest.

    What is already so is no change: it raises no version and stands in no log.
    """
    principal.require(Permission.CASES)
    case = find(db, principal, case_id, live=True)
    if case.version != version:
        raise StaleVersion(case.version)
    settings, _ = organisation.settings(db)
    codes.check_codes(
        settings,
        situation=changes.get("situation"),
        urgency=changes.get("urgency"),
        region=changes.get("region"),
        language=changes.get("language"),
    )
    changed = False
    if changes.get("fields"):
        codes.check_fields(settings, changes["fields"])
        changed = _change_fields(db, principal, case, changes["fields"])
    if changes.get("urgency") not in (None, case.urgency):
        case.urgency, changed = changes["urgency"], True
        seeking.follow_urgency(db, case, now)
    before = coarse(db, case)
    after = {**before, **{k: changes[k] for k in _COARSE if k in changes}}
    if after != before:
        rewrite(db, case, after)
        changed = True
    if changed:
        case.version += 1
        audit.record(db, "case.changed", principal.member_id, case.id, now)
    return case


def _change_fields(db: Db, principal: Principal, case: Case, fields: Mapping[str, Any]) -> bool:
    before = sheets.read(db, case, opened(db, principal, case), "fields", {})
    after = {**before, **fields}
    if after == before:
        return False
    sheets.write(db, case, "fields", after)
    return True


def claim(db: Db, principal: Principal, case_id: UUID, now: datetime) -> Case:
    """Take a case that nobody has. OfferTaken where a colleague has it."""
    principal.require(Permission.CASES)
    case = find(db, principal, case_id, live=True)
    if case.assigned_to not in (None, principal.member_id):
        raise OfferTaken("A colleague has this case. They can hand it over to you.")
    return _give(db, principal, case, principal.member_id, "case.claimed", now)


def assign(db: Db, principal: Principal, case_id: UUID, member_id: UUID, now: datetime) -> Case:
    """Give a case to a dispatcher. BadRequest for anybody else."""
    principal.require(Permission.CASES)
    case = find(db, principal, case_id, live=True)
    member = roster.current(db).by_id.get(member_id)
    if member is None or not member.in_team(DESK):
        raise BadRequest("A case can only be given to a dispatcher.")
    return _give(db, principal, case, member_id, "case.assigned", now)


def _give(
    db: Db, principal: Principal, case: Case, member_id: UUID, kind: str, now: datetime
) -> Case:
    case.assigned_to = member_id
    if member_id == principal.member_id:
        _reached_somebody(db, case, now)
    alerts.acknowledge(db, case.id, principal.member_id)
    if case.state == "new":
        case.state = "open"
    audit.record(db, kind, principal.member_id, case.id, now)
    return case


def _reached_somebody(db: Db, case: Case, now: datetime) -> None:
    """Note when a person first had the case, once: how long that took is counted."""
    values = coarse(db, case)
    if "human_at" not in values:
        rewrite(db, case, {**values, "human_at": now.isoformat()})


def release(db: Db, principal: Principal, case_id: UUID, now: datetime) -> Case:
    """Give a case back to the queue. Forbidden where a colleague has it."""
    principal.require(Permission.CASES)
    case = find(db, principal, case_id, live=True)
    if case.assigned_to not in (None, principal.member_id):
        raise Forbidden("A colleague has this case, so only they can hand it over.")
    case.assigned_to = None
    audit.record(db, "case.released", principal.member_id, case.id, now)
    return case
