"""Cases: finding, opening by hand, changing, handing over."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from sqlalchemy import select

from app.access import DESK, Principal, readable_cases
from app.crypto import CaseKeys
from app.errors import CaseClosed, CaseErased, NotFound
from app.models import LIVE_STATES, Case, CaseValues, Denial, DetentionEpisode, Event, Task
from app.store import Db
from app.vault import open_case_grants

# -- finding

# What belongs to one case and is found by an id of its own.
OfCase = TypeVar("OfCase", Denial, DetentionEpisode, Event, Task)


def find_case(
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


def find_row_with_case(
    db: Db, principal: Principal, model: type[OfCase], row_id: UUID
) -> tuple[OfCase, Case]:
    """Return a row that belongs to a live case, and the case, locked in the order all lock them.

    NotFound, CaseClosed, CaseErased.
    """
    case_id = db.scalar(select(model.case_id).where(model.id == row_id))
    if case_id is None:
        raise NotFound
    case = find_case(db, principal, case_id, live=True)
    row = db.get(model, row_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound
    return row, case


def read_case_values(db: Db, case: Case) -> CaseValues:
    """Return what the machine knows of a case that is not erased. Sealed."""
    return db.keys.read_values(case)


def write_case_values(db: Db, case: Case, values: CaseValues) -> None:
    """Replace what the machine knows of a case. Sealed."""
    db.keys.write_values(case, values)


def open_case_keys(db: Db, principal: Principal, case: Case) -> dict[int, CaseKeys]:
    """Return a live case's keys by epoch. Forbidden, CaseClosed."""
    if case.state not in LIVE_STATES:
        raise CaseClosed
    return open_case_grants(db, principal, case.id, DESK)


def find_live_reference(db: Db, lookup: bytes) -> str | None:
    """Return the code name of a number's live case, if it has one."""
    case = db.scalar(
        select(Case).where(
            Case.number_lookup == lookup,
            Case.state.in_(LIVE_STATES),
            Case.merged_into.is_(None),
        )
    )
    return read_case_values(db, case).reference if case else None
