"""A caller's confirmed wish to be erased: carried out at once, on its day, or by the archive.

Cases that are found by their number are erased without any person. The index forgets closed cases
within a month: their number is sealed for the archive. So each wish stays, with its number, until
a session of the archive has opened the contacts of those cases and compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Select, delete, select

from app import audit
from app.access import ARCHIVE, Permission, Principal
from app.cases import lock_cases_of_number, read_case_values, write_case_values
from app.crypto import SealBroken
from app.desk.erasing import erase_tree
from app.errors import Forbidden
from app.models import (
    ERASE_REQUESTED,
    LIVE_STATES,
    PERHAPS_ANOTHER_OWNER,
    Case,
    CaseSheet,
    Erasure,
    ErasureState,
    ErasureValues,
    rounded,
)
from app.store import Db
from app.vault import CASE_CONTACT, open_case_grants, read_sheet, read_whole_values

log = structlog.get_logger()

# An urgent case is not erased by one text alone: the desk sees it coming.
URGENT_WAIT = timedelta(hours=24)
_URGENT = 1
# A request opens the contacts of so many closed cases, a millisecond each.
_AT_ONCE = 500


def confirm_wish(db: Db, row: Erasure, now: datetime) -> None:
    """Keep a wish that the phone confirmed, and carry out what can be."""
    values = db.keys.read_values(row)
    cases = lock_cases_of_number(db, row.number_lookup)
    urgent = any(case.state in LIVE_STATES and case.urgency <= _URGENT for case in cases)
    waits = urgent or any(case.held or _is_doubtful(db, case) for case in cases)
    due_at = values.due_at if values.due_at and values.due_at > now else None
    wish = replace(values, wished_at=now, searched_to=None, due_at=due_at)
    if due_at is None:
        wish = replace(wish, due_at=now + URGENT_WAIT if waits else now)
    row.state, row.expires_at = ErasureState.WAITING, rounded(now)
    db.keys.write_values(row, wish)
    for case in cases if waits else ():
        marked = read_case_values(db, case).with_flag(ERASE_REQUESTED)
        if case.number_lookup == row.number_lookup:  # as if all had been erased at once
            marked = replace(marked, script=None)
        write_case_values(db, case, marked)
    _carry_out(db, row, wish, now)


def _is_doubtful(db: Db, case: Case) -> bool:
    """Return whether somebody else may have the phone by now, so that a person looks first."""
    return PERHAPS_ANOTHER_OWNER in read_case_values(db, case).flags


def _carry_out(db: Db, row: Erasure, wish: ErasureValues, now: datetime) -> bool:
    """Erase the cases that are meant and found; return whether the wish is at its end."""
    found = lock_cases_of_number(db, row.number_lookup)
    if wish.due_at is None or wish.due_at > now or any(case.held for case in found):
        return False
    for case in found:
        if case.state != "erased" and _is_meant(db, case, wish):
            erase_tree(db, case, now)
    if row.state == ErasureState.WAITING and _find_unknown_case(db, wish):
        return False
    db.delete(row)
    db.flush()
    return True


def _is_meant(db: Db, case: Case, wish: ErasureValues) -> bool:
    """Return whether a case is older than the wish: who texts again later has a case again."""
    return wish.wished_at is not None and read_case_values(db, case).opened_at <= wish.wished_at


def erase_due_cases(db: Db, now: datetime) -> int:
    """Carry out the wishes whose day is over; return how many ended. Held cases go on waiting."""
    confirmed = Erasure.state.in_((ErasureState.WAITING, ErasureState.SEARCHED))
    rows = db.list_whole(select(Erasure).where(confirmed))
    done = sum(_try_to_carry_out(db, row, now) for row in rows)
    db.execute(
        delete(Erasure).where(Erasure.state == ErasureState.ASKED, Erasure.expires_at <= now)
    )
    return done


def _try_to_carry_out(db: Db, row: Erasure, now: datetime) -> bool:
    """Carry out a wish; one that meets damaged records waits, and holds up no other."""
    wish = read_whole_values(db, row)
    if wish is None:
        return False
    try:
        with db.attempt():
            return _carry_out(db, row, wish, now)
    except SealBroken:
        return False


# -- closed cases that the index has forgotten


def _select_unknown_cases() -> Select[Case]:
    """Return the query of closed cases whose number only the archive knows."""
    return (
        select(Case)
        .join(CaseSheet, CaseSheet.case_id == Case.id)
        .where(
            Case.state == "closed",
            Case.number_lookup.is_(None),
            Case.provisional.is_(False),
            CaseSheet.contact.is_not(None),
        )
    )


def _find_unknown_case(db: Db, wish: ErasureValues) -> Case | None:
    """Return a closed case that may be the wish's: one that was opened before it."""
    query = _select_unknown_cases().order_by(Case.id).limit(1)
    return db.scalar(query.where(Case.opened_at <= wish.wished_at))


def is_archive_wanted(db: Db) -> bool:
    """Return whether a caller's wish waits for a session of the archive."""
    waiting = select(Erasure.id).where(Erasure.state == ErasureState.WAITING).limit(1)
    return db.scalar(waiting) is not None


def search_archive(db: Db, principal: Principal, now: datetime) -> None:
    """Find the closed cases of the phones that want to be erased, and erase them.

    A session of the archive does that on its way: it opens the contacts of closed cases and
    compares. Nobody is shown one. Very many cases take several requests.
    """
    principal.require(Permission.ARCHIVE)
    waiting = select(Erasure).where(Erasure.state == ErasureState.WAITING).order_by(Erasure.id)
    rows = db.scalars(waiting.with_for_update()).all()
    wishes = {row.id: db.keys.read_values(row) for row in rows}
    if not wishes:
        return
    start = min((w.searched_to for w in wishes.values() if w.searched_to), default=None)
    if any(wish.searched_to is None for wish in wishes.values()):
        start = None
    query = _select_unknown_cases().order_by(Case.id).limit(_AT_ONCE)
    cases = db.scalars(query.where(Case.id > start) if start else query).all()
    by_number = {wishes[row.id].number: row for row in rows}
    reached = _compare(db, principal, cases, by_number)
    if cases and reached is None:
        return  # this member waits for a key of the archive: another one will look
    audit.record(db, "archive.searched", principal.member_id, None, now)
    ended = len(cases) < _AT_ONCE and (not cases or reached == cases[-1])
    for row in rows:
        wish = wishes[row.id]
        if wish.searched_to != start:
            continue  # began later; its turn comes
        if ended:
            row.state = ErasureState.SEARCHED
        elif reached is not None:
            db.keys.write_values(row, replace(wish, searched_to=reached.id))
        _carry_out(db, row, db.keys.read_values(row), now)


def _compare(
    db: Db, principal: Principal, cases: Sequence[Case], by_number: Mapping[str, Erasure]
) -> Case | None:
    """Give the cases of these numbers their index again; return the last case that was opened."""
    reached = None
    for case in cases:
        try:
            keys = open_case_grants(db, principal, case.id, ARCHIVE)
            contact = read_sheet(db, CASE_CONTACT, case, keys)
        except Forbidden:
            break
        except (KeyError, SealBroken):
            log.warning("case.damaged", table="case_sheets", column="contact")
            contact = None
        if contact is not None and contact.number in by_number:
            case.number_lookup = by_number[contact.number].number_lookup
        reached = case
    db.flush()
    return reached
