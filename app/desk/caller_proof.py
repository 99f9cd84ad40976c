"""After a silence a person makes sure who writes: only then do the answers since count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app import audit
from app.access import Permission, Principal
from app.cases import (
    find_case,
    list_phones,
    lock_tree,
    open_case_keys,
    parse_safe_hours,
    read_case_values,
    write_case_values,
)
from app.desk.case_records import ReadTexts, list_texts
from app.intake import read_hours
from app.models import PERHAPS_ANOTHER_OWNER, Case, CaseValues, Reach
from app.organisation import ANSWERS, TEXT_METHODS
from app.store import Db
from app.telephony import is_same_phone
from app.vault import CASE_FIELDS, read_sheet, write_sheet

_METHODS: Mapping[str, tuple[str, ...]] = {
    "text": ("text",),
    "call": ("call",),
    "both": ("text", "call"),
    "none": (),
}


def confirm_caller(db: Db, principal: Principal, case_id: UUID, now: datetime) -> Case:
    """Say that it is the caller who writes: what was answered since a silence counts now."""
    case, texts = _open(db, principal, case_id)
    said = texts.find_unconfirmed(read_case_values(db, case).unconfirmed_since)
    for phone in list_phones(db, case):
        kept = phone.values.without_flag(PERHAPS_ANOTHER_OWNER)
        kept = replace(kept, unproven=False, owner_known_at=now)
        answers = [one for number, one in said.items() if is_same_phone(number, kept.number)]
        write_case_values(db, phone.case, _take_reach(kept, answers))
    together = {name: value for answers in said.values() for name, value in answers.items()}
    values = read_case_values(db, case)
    values = replace(
        values,
        unconfirmed_since=None,
        language=together.get("language", values.language),
        situation=together.get("situation", values.situation),
        region=together.get("region", values.region),
    )
    write_case_values(db, case, values)
    if fields := {name: together[name] for name in ANSWERS if name in together}:
        known = read_sheet(db, CASE_FIELDS, case, open_case_keys(db, principal, case))
        write_sheet(db, CASE_FIELDS, case, {**(known or {}), **fields})
    case.version += 1
    audit.record(db, "caller.confirmed", principal.member_id, case.id, now)
    return case


def deny_caller(db: Db, principal: Principal, case_id: UUID, now: datetime) -> Case:
    """Say that somebody else writes: what was answered since a silence never counts."""
    case, _ = _open(db, principal, case_id)
    values = read_case_values(db, case)
    write_case_values(db, case, replace(values, unconfirmed_since=None))
    audit.record(db, "caller.denied", principal.member_id, case.id, now)
    return case


def _open(db: Db, principal: Principal, case_id: UUID) -> tuple[Case, ReadTexts]:
    principal.require(Permission.CASES)
    case = find_case(db, principal, case_id, live=True)
    keys = {one.id: open_case_keys(db, principal, one) for one in lock_tree(db, case)}
    return case, list_texts(db, keys)


def _take_reach(values: CaseValues, answers: Sequence[Mapping[str, str]]) -> CaseValues:
    """Return a phone's values with how its owner said last to be reached, if they did."""
    said = next((one for one in reversed(answers) if "reach" in one), {})
    methods = _METHODS.get(said.get("reach", ""))
    if methods is None:
        return values
    own = TEXT_METHODS[values.text_channel]
    methods = tuple(own if one == "text" else one for one in methods)
    hours = parse_safe_hours(read_hours(said.get("reach_hours", "")))
    return replace(values, reach=Reach(granted=bool(methods), methods=methods, hours=hours))
