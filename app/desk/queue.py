"""The queue: cases as coarse facts, by tier and then by how long they wait."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import ColumnElement, tuple_

from app.access import Permission, Principal, readable_cases
from app.cases import find_terms_of_cases, is_live
from app.crypto import SealBroken
from app.models import LIVE_STATES, Case, CaseValues, HoursSaid
from app.store import BIG, Db, decode_cursor, encode_cursor, show_each


@dataclass(frozen=True)
class CaseLine:
    """A case as the queue shows it."""

    case: Case
    values: CaseValues = field(repr=False)


def read_line(db: Db, case: Case) -> CaseLine:
    """Return a case as the queue shows it; of an erased one nothing is known but bare facts."""
    nothing = CaseValues(reference="", channel="", opened_at=case.opened_at)
    return CaseLine(case, db.keys.find_values(case) or nothing)


def list_cases(
    db: Db,
    principal: Principal,
    *,
    states: Sequence[str] = LIVE_STATES,
    urgency: int | None = None,
    mine: bool = False,
    reference: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[CaseLine], str | None]:
    """Return cases by tier, then longest waiting, and the cursor of the next page. Forbidden.

    The archive alone shows what has ended; of an erased case nothing is left but bare facts.
    """
    ended = not {*states} & {*LIVE_STATES}
    if not (ended and principal.may(Permission.ARCHIVE)):
        principal.require(Permission.CASES)
    where: list[ColumnElement[bool]] = [Case.state.in_(states), Case.merged_into.is_(None)]
    if urgency is not None:
        where.append(Case.urgency == urgency)
    if mine:
        where.append(Case.assigned_to == principal.member_id)
    if reference:
        where.append(Case.reference_lookup == db.keys.reference_lookup(reference))
    order = (Case.urgency, Case.queue_order, Case.id)
    if cursor:
        after = decode_cursor(cursor, range(4), BIG, UUID)
        where.append(tuple_(*order) > tuple_(*after))
    query = readable_cases(principal).where(*where).order_by(*order).limit(limit + 1)
    found = db.scalars(query).all()
    shown = [(case,) for case in found[:limit]]
    lines = show_each(db, shown, lambda case: read_line(db, case))  # not those that do not open
    if len(found) <= limit:
        return lines, None
    last = found[limit - 1]
    return lines, encode_cursor(last.urgency, last.queue_order, last.id)


def find_unsaid_hours(db: Db, lines: Collection[CaseLine]) -> set[UUID]:
    """Return the live cases whose callers may be reached, and have not said at which hours."""
    live = {line.case.id: line.values for line in lines if is_live(line.case)}
    try:
        terms = find_terms_of_cases(db, live)
    except SealBroken:  # each case says on its own page what is damaged
        return set()
    return {
        case_id
        for case_id, reach in terms.items()
        if reach and reach.granted and reach.hours.said is HoursSaid.NOT_SAID
    }
