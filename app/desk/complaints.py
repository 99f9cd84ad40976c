"""A complaint about a refused service: its dossier for the city's office, and what became of it.

The caller's own yes to ``complaint`` is needed to make the dossier, to read it and to send it; an
override of the desk does not count. Coordinators follow a complaint without its case's keys: they
see sector, service, reference and state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, select

from app import audit
from app.access import Permission, Principal
from app.cases import (
    CHANGEABLE_DENIALS,
    find_row_with_case,
    find_words_of_trees,
    has_said_yes,
    move_denial,
    open_case_keys,
    open_denial,
    write_note,
)
from app.desk.dossier_words import list_shared_fields, write_dossier
from app.errors import BadRequest, CaseErased, ConsentMissing, NotFound
from app.models import DENIAL_TRANSITIONS, Case, Denial, DenialDetails, DenialState, DenialValues
from app.organisation import DOSSIER_LANGUAGES, read_settings
from app.reports import Dossier
from app.store import Db, decode_cursor, encode_cursor, show_each
from app.vault import DENIAL_DETAILS, read_field, rewrite_field

CONSENT_SCOPE = "complaint"
NOTE_KIND = "complaint"
# What people outside the draft may say of a complaint.
FATES = (
    DenialState.SENT,
    DenialState.ACKNOWLEDGED,
    DenialState.ANSWERED,
    DenialState.CLOSED,
    DenialState.WITHDRAWN,
)
_FATE_KINDS = {
    DenialState.SENT: "denial.sent",
    DenialState.ACKNOWLEDGED: "denial.acknowledged",
    DenialState.ANSWERED: "denial.answered",
    DenialState.CLOSED: "denial.closed",
    DenialState.WITHDRAWN: "denial.withdrawn",
}
_OUTSIDE = (DenialState.SENT, DenialState.ACKNOWLEDGED, DenialState.ANSWERED)


@dataclass(frozen=True)
class ComplaintLine:
    """A complaint as the board shows it; nothing of it says who the caller is.

    ``consented``: the caller's yes holds. Where it does not and the office has the dossier, the
    office has to be told.
    """

    denial: Denial
    values: DenialValues
    consented: bool

    @property
    def next_states(self) -> Sequence[DenialState]:
        """The states that people may bring it into."""
        return [one for one in FATES if one in DENIAL_TRANSITIONS[self.denial.state]]

    @property
    def must_be_taken_back(self) -> bool:
        """Whether the office has what the caller no longer shares."""
        return not self.consented and self.denial.state in _OUTSIDE


def draft_dossier(
    db: Db, principal: Principal, denial_id: UUID, language: str, now: datetime
) -> Denial:
    """Make the dossier from what the caller shares. ConsentMissing, BadRequest, CaseClosed."""
    principal.require(Permission.CASES)
    if language not in DOSSIER_LANGUAGES:
        raise BadRequest(f"A dossier is in one of: {', '.join(DOSSIER_LANGUAGES)}.")
    denial, case = find_row_with_case(db, principal, Denial, denial_id)
    if denial.state not in CHANGEABLE_DENIALS:
        raise BadRequest("This complaint is out, or over: its dossier stays as it is.")
    _require_yes(db, case.id)
    told = read_field(db, DENIAL_DETAILS, denial, open_case_keys(db, principal, case))
    today = now.astimezone(db.zone).date()
    drafted = replace(told, drafted_on=today, language=language)
    if not list_shared_fields(drafted):
        raise BadRequest("Nothing is shared yet: tick what the caller wants the office to read.")
    rewrite_field(db, DENIAL_DETAILS, case, denial, drafted)
    move_denial(denial, DenialState.DRAFTED, now)
    denial.version += 1
    db.flush()
    audit.record(db, "denial.drafted", principal.member_id, denial.id, now)
    return denial


def open_dossier(db: Db, principal: Principal, denial_id: UUID, now: datetime) -> Dossier:
    """Return the dossier, to be printed outside the transaction; that stands in the audit log.

    NotFound, ConsentMissing, BadRequest where none was drafted; for a closed case Forbidden and
    ReasonMissing.
    """
    denial = db.get(Denial, denial_id)
    if denial is None:  # whoever may open none alive learns no more than of one that is there
        principal.require(Permission.CASES)
        raise NotFound
    case, told = open_denial(db, principal, denial, now)
    if denial.state == DenialState.RECORDED or told.drafted_on is None:
        raise BadRequest("There is no dossier yet: make the draft first.")
    _require_yes(db, case.id)
    audit.record(db, "denial.dossier_read", principal.member_id, denial.id, now)
    return write_dossier(told, read_settings(db).name)


def read_denial(
    db: Db, principal: Principal, denial_id: UUID, now: datetime
) -> tuple[Denial, DenialDetails]:
    """Return a refused service of a case that this member may read. NotFound, Forbidden."""
    denial = find_denial(db, denial_id)
    return denial, open_denial(db, principal, denial, now)[1]


def find_denial(db: Db, denial_id: UUID) -> Denial:
    """Return a row; whoever asks has yet to be let in. NotFound."""
    denial = db.get(Denial, denial_id)
    if denial is None:
        raise NotFound
    return denial


def _require_yes(db: Db, case_id: UUID) -> None:
    if not has_said_yes(db, case_id, CONSENT_SCOPE):
        raise ConsentMissing


def take_complaint_step(
    db: Db, principal: Principal, denial_id: UUID, state: str, note: str, now: datetime
) -> Denial:
    """Say what became of a complaint, with a note that is sealed to its case.

    No key of the case is needed, and the case may be closed. BadRequest, ConsentMissing, NotFound.
    """
    principal.require(Permission.COMPLAINTS)
    if state not in FATES:
        raise BadRequest(f"A complaint becomes one of: {', '.join(FATES)}.")
    case = _lock_case(db, denial_id)
    denial = db.get_one(Denial, denial_id, with_for_update=True, populate_existing=True)
    after = DenialState(state)
    if after not in DENIAL_TRANSITIONS[denial.state]:
        raise BadRequest(f"This complaint is {denial.state}: it cannot become {after} now.")
    if after == DenialState.SENT:
        _require_yes(db, case.id)
    move_denial(denial, after, now)
    denial.version += 1
    if note.strip():
        write_note(db, case, principal.member_id, NOTE_KIND, note.strip()[:4000], now)
    db.flush()
    audit.record(db, _FATE_KINDS[after], principal.member_id, denial.id, now)
    return denial


def _lock_case(db: Db, denial_id: UUID) -> Case:
    case = db.get(Case, find_denial(db, denial_id).case_id, with_for_update=True)
    if case is None:
        raise NotFound
    if case.state == "erased":
        raise CaseErased
    return case


def list_complaints(
    db: Db, principal: Principal, *, state: str | None, cursor: str | None, limit: int
) -> tuple[list[ComplaintLine], str | None]:
    """Return a page of all refused services, the newest first. BadRequest.

    What the machine forgot is left out: its case is closed, and nothing more is waited for.
    """
    principal.require(Permission.COMPLAINTS)
    query = select(Denial).where(Denial.op_values.is_not(None))
    if state is not None:
        if state not in tuple(DenialState):
            raise BadRequest(f"A state is one of: {', '.join(DenialState)}.")
        query = query.where(Denial.state == DenialState(state))
    if cursor:
        at, row_id = decode_cursor(cursor, datetime, UUID)
        same = and_(Denial.recorded_at == at, Denial.id < row_id)
        query = query.where(or_(Denial.recorded_at < at, same))
    ordered = query.order_by(Denial.recorded_at.desc(), Denial.id.desc())
    rows = db.list_whole(ordered.limit(limit + 1))
    last = rows[limit - 1] if len(rows) > limit else None
    found = show_lines(db, rows[:limit])
    return found, encode_cursor(last.recorded_at, last.id) if last else None


def show_lines(db: Db, rows: Sequence[Denial]) -> list[ComplaintLine]:
    """Return complaints as the board shows them."""
    of_rows = select(Case).where(Case.id.in_([row.case_id for row in rows]))
    merged = {case.id: case.merged_into for case in db.list_whole(of_rows)}
    main_of = {row.id: merged.get(row.case_id) or row.case_id for row in rows}
    words = find_words_of_trees(db, set(main_of.values()), CONSENT_SCOPE)
    agreed = {case_id for case_id, word in words.items() if word.values.granted}
    return show_each(
        db,
        [(row,) for row in rows],
        lambda row: ComplaintLine(row, db.keys.read_values(row), main_of[row.id] in agreed),
    )
