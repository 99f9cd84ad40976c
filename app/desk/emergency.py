"""Opening a closed case: with a reason, and in front of everybody.

Whoever holds the archive can open closed cases, once they have said why; no key of theirs opens
more, whatever they say. The reason is sealed into the case, the coordinators are told at once, and
it stands in the log. It holds for an hour, for this member and this case.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app import audit
from app.access import Permission, Principal
from app.cases import GLASS_BROKEN, find_case, write_note
from app.desk.case_file import CaseFile
from app.desk.reading import read_case
from app.errors import BadRequest
from app.paging import tell_coordinators
from app.store import Db
from app.texts import MemberNotice, MemberText

LONGEST_REASON = 4000
_MOST_TOLD = 20


def break_glass(
    db: Db, principal: Principal, case_id: UUID, reason: str, now: datetime
) -> CaseFile:
    """Open a case with a reason. BadRequest, Forbidden, CaseErased.

    NotFound for one whose keys are with the desk alone.
    """
    principal.require(Permission.ARCHIVE)
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise BadRequest(f"Say why, in at most {LONGEST_REASON} characters.")
    case = find_case(db, principal, case_id)
    write_note(db, case, principal.member_id, "break_glass", reason, now)
    db.flush()
    audit.record(db, GLASS_BROKEN, principal.member_id, case.id, now)
    notice = MemberNotice(MemberText.GLASS_BROKEN)
    tell_coordinators(db, notice, now, but=principal.member_id, at_most=_MOST_TOLD)
    return read_case(db, principal, case_id, now)
