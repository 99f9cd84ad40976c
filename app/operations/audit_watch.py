"""The watch over the audit chain: its end is anchored each minute, the whole is checked each hour.

A chain that was cut or changed stays as it is, and so does the anchor. Coordinators are told, once
a day.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

import structlog

from app import audit
from app.paging import tell_coordinators
from app.store import Database
from app.texts import MemberNotice, MemberText

log = structlog.get_logger()
# The day on which they were told last, kept with the anchor: whoever writes to the database cannot
# have them told again and again, nor never.
_TOLD = "audit_damage_told"


def anchor_audit(database: Database, now: datetime) -> None:
    """Keep the end of the chain outside the database, so that cutting it off shows."""
    with database.snapshot() as db:
        verdict = audit.advance_anchor(db)
    _report(database, verdict, now)


def check_audit(database: Database, now: datetime) -> None:
    """Recompute the whole chain."""
    with database.snapshot() as db:
        verdict = audit.verify(db)
    _report(database, verdict, now)


def _report(database: Database, verdict: audit.Verdict, now: datetime) -> None:
    if verdict.intact:
        return
    log.error("audit.damaged", entry=verdict.broken_at)
    with database.transaction() as db:
        files, day = db.keys.files, now.date().isoformat()
        if not db.keys.is_open or files.read_anchor().get(_TOLD) == day:
            return
        audit.record(db, audit.DAMAGED, None, None, now)
        tell_coordinators(db, MemberNotice(MemberText.AUDIT_CHANGED), now)
        db.on_commit(partial(files.write_anchor, {_TOLD: day}))
