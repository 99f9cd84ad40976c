"""Opening a closed case: only for the archive, with a reason, and for a short time.

This is the one place that opens what is sealed to the archive. The reason counts as the audit log
has it, so neither a row written by hand nor an old one gives more time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from app import audit
from app.access import ARCHIVE, Permission, Principal
from app.crypto import CaseKeys
from app.errors import ReasonMissing
from app.models import Case
from app.store import Db
from app.vault import open_case_grants

GLASS_BROKEN = "case.glass_broken"
# For this long a reason opens its case to the member who gave it.
REASON_HOLDS = timedelta(hours=1)


def check_reason(db: Db, principal: Principal, case: Case, now: datetime) -> None:
    """Raise ReasonMissing unless the member said within the hour why they open this case."""
    since = now - REASON_HOLDS
    if not audit.has_done(db, GLASS_BROKEN, principal.member_id, case.id, since, now):
        raise ReasonMissing


def open_archive(
    db: Db, principal: Principal, case: Case, parts: Iterable[Case], now: datetime
) -> dict[UUID, dict[int, CaseKeys]]:
    """Return the keys of closed cases by case and epoch.

    ``case`` is the one that the member gave a reason for, ``parts`` are cases of its tree.
    Forbidden, ReasonMissing.
    """
    principal.require(Permission.ARCHIVE)
    check_reason(db, principal, case, now)
    return {one.id: open_case_grants(db, principal, one.id, ARCHIVE) for one in parts}
