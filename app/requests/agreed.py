"""What a caller has to have agreed to before somebody beyond the desk is told anything."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from app import candidates
from app.db import Db
from app.errors import ConsentMissing
from app.models import Case, Consent

# An interpreter is shown nothing of the case.
CONSENTS: Mapping[str, str] = {"accompaniment": "accompanier", "legal": "legal"}


def check_consent(db: Db, case: Case, kind: str) -> None:
    """Raise ConsentMissing unless the caller agreed to this kind, or an override is recorded."""
    scope = CONSENTS.get(kind)
    if scope is not None and not is_agreed(db, case.id, scope):
        raise ConsentMissing


def is_agreed(db: Db, case_id: UUID, scope: str) -> bool:
    """Return whether the newest word on a scope is yes, or an override with its reason."""
    return _newest(db, case_id, scope) is True


def is_refused(db: Db, case_id: UUID, scope: str) -> bool:
    """Return whether the newest word on a scope is no."""
    return _newest(db, case_id, scope) is False


def _newest(db: Db, case_id: UUID, scope: str) -> bool | None:
    """Return the newest word, None for none; what any case of a tree says counts for all of it."""
    said = select(Consent).where(Consent.case_id.in_(candidates.tree_of(db, case_id)))
    newest, agreed = "", None
    for row in db.scalars(said.order_by(Consent.position)):
        values = db.keys.open_row("consents", row)
        if values["scope"] == scope and values["at"] >= newest:
            newest = values["at"]
            agreed = bool(values["granted"]) or row.override_reason is not None
    return agreed
