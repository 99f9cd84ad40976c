"""What a caller has to have agreed to before somebody beyond the desk is told anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.cases.tree import find_tree_ids
from app.errors import ConsentMissing
from app.models import Case, Consent
from app.store import Db

# -- consents


def find_contact_consent(db: Db, case_id: UUID, coarse: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what counts for texting: the newest recorded consent, else the caller's own answer."""
    rows = db.scalars(
        select(Consent).where(Consent.case_id == case_id).order_by(Consent.position.desc())
    )
    for row in rows:
        values = db.keys.open_row("consents", row)
        if values["scope"] == "contact":
            return values
    answered = coarse.get("reach")
    return dict(answered) if answered else None


# An interpreter is shown nothing of the case.
SCOPE_OF_KIND: Mapping[str, str] = {"accompaniment": "accompanier", "legal": "legal"}


def check_consent(db: Db, case: Case, kind: str) -> None:
    """Raise ConsentMissing unless the caller agreed to this kind, or an override is recorded."""
    scope = SCOPE_OF_KIND.get(kind)
    if scope is not None and not has_agreed(db, case.id, scope):
        raise ConsentMissing


def has_agreed(db: Db, case_id: UUID, scope: str) -> bool:
    """Return whether the newest word on a scope is yes, or an override with its reason."""
    return _newest(db, case_id, scope) is True


def has_refused(db: Db, case_id: UUID, scope: str) -> bool:
    """Return whether the newest word on a scope is no."""
    return _newest(db, case_id, scope) is False


def _newest(db: Db, case_id: UUID, scope: str) -> bool | None:
    """Return the newest word, None for none; what any case of a tree says counts for all of it."""
    said = select(Consent).where(Consent.case_id.in_(find_tree_ids(db, case_id)))
    newest, agreed = "", None
    for row in db.scalars(said.order_by(Consent.position)):
        values = db.keys.open_row("consents", row)
        if values["scope"] == scope and values["at"] >= newest:
            newest = values["at"]
            agreed = bool(values["granted"]) or row.override_reason is not None
    return agreed
