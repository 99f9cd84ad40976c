"""Cases: opening by hand, changing, handing over, closing, reopening, merging, holding."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select

from app import alerts, audit, erasure, grants, organisation, roster
from app.access import ARCHIVE, DESK, Permission, Principal, readable_cases
from app.codenames import code_name
from app.crypto import CaseKeys, Purpose, open_sealed, pad_field, seal_to, unpad
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
from app.models import LIVE_STATES, Case, CaseEpoch, CaseGrant, CaseSheet, rounded
from app.ordering import NOT_WAITING

SITUATIONS = (
    "happening_now",
    "detained",
    "date_or_letter",
    "witnessed",
    "service_denied",
    "other",
)
OUTCOMES = (
    "supported",
    "referred",
    "released",
    "removed",
    "unreachable",
    "duplicate",
    "not_for_us",
    "other",
)
# What the script may have learnt; the desk can correct it like any field.
ANSWERS = (
    "safe_now",
    "safe_now_text",
    "city",
    "city_text",
    "date_soon",
    "date_soon_text",
    "need",
    "need_text",
    "reach",
    "reach_text",
    "reach_hours",
)
# What the machine needs only while a case lives.
_GONE_WHEN_CLOSED = ("number", "reach", "waiting_since", "script")


# -- finding


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


def coarse(db: Db, case: Case) -> dict[str, Any]:
    """Return a case's operational values.

    ``number channel reference language region situation opened_at last_message_at
    last_inbound_at last_outbound_at waiting_since script flags reach human outcome``
    """
    return db.keys.open_row("cases", case)


def rewrite(db: Db, case: Case, values: Mapping[str, Any]) -> None:
    """Replace a case's operational values."""
    db.keys.replace_values("cases", case, values)


def opened(db: Db, principal: Principal, case: Case) -> dict[int, CaseKeys]:
    """Return a case's keys by epoch, through the desk or, once closed, the archive. Forbidden."""
    team = DESK if case.state in LIVE_STATES else ARCHIVE
    return grants.open_case(db, principal, case.id, team)


# -- the sheet: sealed values that are rewritten


def seal_sheet(db: Db, case: Case, sheet: CaseSheet, column: str, value: Any) -> None:
    """Seal one value of the sheet to the case's public key, as its next version."""
    version = getattr(sheet, f"{column}_version") + 1
    context = _sheet_context(db, case, column, version, case.epoch)
    public = grants.public_key(db, case.id, case.epoch)
    plaintext = pad_field(json.dumps(value, ensure_ascii=False).encode())
    setattr(sheet, column, seal_to(public, Purpose.FIELD, case.epoch, context, plaintext))
    setattr(sheet, f"{column}_version", version)
    setattr(sheet, f"{column}_epoch", case.epoch)


def open_sheet(db: Db, case: Case, keys: Mapping[int, CaseKeys], column: str, default: Any) -> Any:
    """Open one value of the sheet, or return the default where none was written."""
    sheet = db.get(CaseSheet, case.id)
    blob = getattr(sheet, column) if sheet else None
    if sheet is None or blob is None:
        return default
    epoch = getattr(sheet, f"{column}_epoch")
    version = getattr(sheet, f"{column}_version")
    context = _sheet_context(db, case, column, version, epoch)
    plaintext = open_sealed(keys[epoch].pair, Purpose.FIELD, epoch, context, blob)
    return json.loads(unpad(plaintext))


def _sheet_context(db: Db, case: Case, column: str, version: int, epoch: int) -> Any:
    return db.keys.context("case_sheets", column, case.id, version, case=case.id, epoch=epoch)


def _sheet(db: Db, case: Case) -> CaseSheet:
    sheet = db.get(CaseSheet, case.id)
    if sheet is None:
        sheet = CaseSheet(
            case_id=case.id,
            fields_version=0,
            contact_version=0,
            hold_reason_version=0,
            fields_epoch=0,
            contact_epoch=0,
            hold_reason_epoch=0,
        )
        db.add(sheet)
    return sheet


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
    check_codes(
        settings,
        situation=opening.situation,
        urgency=opening.urgency,
        region=opening.region,
    )
    check_fields(settings, opening.fields)
    lookup = db.keys.number_lookup(opening.number) if opening.number else None
    if lookup and (reference := _live_reference(db, lookup)):
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
        seal_sheet(db, case, _sheet(db, case), "fields", dict(opening.fields))
    audit.record(db, "case.opened", principal.member_id, case.id, now)
    return case


def _live_reference(db: Db, lookup: bytes) -> str | None:
    case = db.scalar(
        select(Case).where(
            Case.number_lookup == lookup,
            Case.state.in_(LIVE_STATES),
            Case.merged_into.is_(None),
        )
    )
    return coarse(db, case)["reference"] if case else None


def check_codes(
    settings: Mapping[str, Any],
    *,
    situation: str | None = None,
    urgency: int | None = None,
    region: str | None = None,
) -> None:
    """Raise BadRequest for a code that is not in its list."""
    if situation is not None and situation not in SITUATIONS:
        raise BadRequest(f"A situation is one of: {', '.join(SITUATIONS)}.")
    if urgency is not None and urgency not in range(4):
        raise BadRequest("Urgency is 0 (now), 1 (today), 2 (this week) or 3 (information).")
    if region is not None and region not in settings["regions"]:
        raise BadRequest(f"A region is one of: {', '.join(settings['regions'])}.")


def check_fields(settings: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    """Raise BadRequest for a field that the organisation does not keep, or that is no text."""
    if set(fields) - set(settings["fields"]) - set(ANSWERS):
        raise BadRequest(f"Fields are: {', '.join(settings['fields'])}.")
    if any(value is not None and len(str(value)) > 4000 for value in fields.values()):
        raise BadRequest("A field has at most 4000 characters.")


# -- changing


def change(
    db: Db,
    principal: Principal,
    case_id: UUID,
    version: int,
    changes: Mapping[str, Any],
    now: datetime,
) -> Case:
    """Change tier, situation, language, region or fields. StaleVersion, BadRequest."""
    principal.require(Permission.CASES)
    case = find(db, principal, case_id, live=True)
    if case.version != version:
        raise StaleVersion(case.version)
    settings, _ = organisation.settings(db)
    check_codes(
        settings,
        situation=changes.get("situation"),
        urgency=changes.get("urgency"),
        region=changes.get("region"),
    )
    if changes.get("fields"):
        check_fields(settings, changes["fields"])
        _change_fields(db, principal, case, changes["fields"])
    if changes.get("urgency") is not None:
        case.urgency = changes["urgency"]
    named = {k: changes[k] for k in ("situation", "language", "region") if k in changes}
    if named:
        rewrite(db, case, {**coarse(db, case), **named})
    case.version += 1
    audit.record(db, "case.changed", principal.member_id, case.id, now)
    return case


def _change_fields(db: Db, principal: Principal, case: Case, fields: Mapping[str, Any]) -> None:
    keys = opened(db, principal, case)
    merged = {**open_sheet(db, case, keys, "fields", {}), **fields}
    seal_sheet(db, case, _sheet(db, case), "fields", merged)


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
    alerts.acknowledge(db, case.id, principal.member_id)
    if case.state == "new":
        case.state = "open"
    audit.record(db, kind, principal.member_id, case.id, now)
    return case


def release(db: Db, principal: Principal, case_id: UUID, now: datetime) -> Case:
    """Give a case back to the queue. Forbidden where a colleague has it."""
    principal.require(Permission.CASES)
    case = find(db, principal, case_id, live=True)
    if case.assigned_to not in (None, principal.member_id):
        raise Forbidden("A colleague has this case, so only they can hand it over.")
    case.assigned_to = None
    audit.record(db, "case.released", principal.member_id, case.id, now)
    return case


# -- ending


def close(db: Db, principal: Principal, case_id: UUID, outcome: str, now: datetime) -> Case:
    """Close a case: its keys go to the archive, the desk's grants and the number go."""
    principal.require(Permission.CASES)
    if outcome not in OUTCOMES:
        raise BadRequest(f"An outcome is one of: {', '.join(OUTCOMES)}.")
    case = find(db, principal, case_id, live=True)
    for one in erasure.tree(db, case):
        _close_one(db, principal, one, outcome, now)
        audit.record(db, "case.closed", principal.member_id, one.id, now)
    return case


def _close_one(db: Db, principal: Principal, case: Case, outcome: str, now: datetime) -> None:
    keys = grants.open_case(db, principal, case.id, DESK)
    values = coarse(db, case)
    if values.get("number"):
        seal_sheet(db, case, _sheet(db, case), "contact", {"number": values["number"]})
    grants.regrant(db, case.id, keys, ARCHIVE, now)
    kept = {name: value for name, value in values.items() if name not in _GONE_WHEN_CLOSED}
    rewrite(db, case, {**kept, "outcome": outcome, "flags": []})
    case.state, case.closed_at = "closed", rounded(now)
    case.assigned_to, case.waiting, case.unread = None, False, 0
    case.queue_order = NOT_WAITING + db.keys.order.next(now)
    case.version += 1


def reopen(db: Db, principal: Principal, case_id: UUID, now: datetime) -> Case:
    """Reopen a closed case with the archive's keys. Forbidden, BadRequest."""
    case = find(db, principal, case_id)
    principal.require(Permission.ARCHIVE)
    if case.state in LIVE_STATES:
        raise BadRequest("This case is open.")
    if case.number_lookup and (reference := _live_reference(db, case.number_lookup)):
        raise BadRequest(f"This phone has a newer open case, {reference}; close that one first.")
    for one in erasure.tree(db, case):
        keys = grants.open_case(db, principal, one.id, ARCHIVE)
        contact = open_sheet(db, one, keys, "contact", {})
        grants.regrant(db, one.id, keys, DESK, now)
        values = coarse(db, one)
        values.pop("outcome", None)
        rewrite(db, one, {**values, **contact, "human": True})
        one.state, one.closed_at = "open", None
        if contact:
            one.number_lookup = db.keys.number_lookup(contact["number"])
        one.version += 1
        audit.record(db, "case.reopened", principal.member_id, one.id, now)
    return case


def erase(db: Db, principal: Principal, case_id: UUID, now: datetime) -> None:
    """Erase a case for good. CaseHeld."""
    principal.require(Permission.CASES)
    case = find(db, principal, case_id)
    erasure.erase(db, case, now, principal.member_id)


def hold(db: Db, principal: Principal, case_id: UUID, reason: str, now: datetime) -> Case:
    """Keep a case from being erased, with a reason that only people can read."""
    principal.require(Permission.HOLD)
    case = _holdable(db, principal, case_id)
    for one in erasure.tree(db, case):
        seal_sheet(db, one, _sheet(db, one), "hold_reason", reason)
        one.held = True
        audit.record(db, "case.held", principal.member_id, one.id, now)
    return case


def lift_hold(db: Db, principal: Principal, case_id: UUID, now: datetime) -> Case:
    """Let a case be erased again."""
    principal.require(Permission.HOLD)
    case = _holdable(db, principal, case_id)
    for one in erasure.tree(db, case):
        one.held = False
        audit.record(db, "case.hold_lifted", principal.member_id, one.id, now)
    return case


def _holdable(db: Db, principal: Principal, case_id: UUID) -> Case:
    """A coordinator may hold a case they cannot read, since they know its id from the desk."""
    if principal.may(Permission.CASES):
        return find(db, principal, case_id)
    case = db.get(Case, case_id, with_for_update=True)
    if case is None:
        raise NotFound
    if case.state == "erased":
        raise CaseErased
    return case


def merge(db: Db, principal: Principal, case_id: UUID, into_id: UUID, now: datetime) -> Case:
    """Put one live case under another; nothing is re-encrypted. BadRequest."""
    principal.require(Permission.CASES)
    ids: Sequence[UUID] = sorted((case_id, into_id))
    found = {i: find(db, principal, i, live=True) for i in ids}
    case, into = found[case_id], found[into_id]
    if case.id == into.id or case.merged_into or into.merged_into:
        raise BadRequest("These two cannot be merged: take the main case of each.")
    case.merged_into = into.id
    case.assigned_to = None
    into.urgency = min(into.urgency, case.urgency)
    into.unread += case.unread
    if case.waiting and not into.waiting:
        into.waiting, into.queue_order = True, case.queue_order
        rewrite(db, into, {**coarse(db, into), "waiting_since": coarse(db, case)["waiting_since"]})
    into.version += 1
    audit.record(db, "case.merged", principal.member_id, case.id, now)
    audit.record(db, "case.merged", principal.member_id, into.id, now)
    return into
