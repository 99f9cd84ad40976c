"""The directory: lawyers, clinics, detention places and offices, who are not members."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.errors import BadRequest, NotFound, StaleVersion
from app.models import DirectoryEntry
from app.organisation import DIRECTORY_KINDS, check_codes, read_settings
from app.store import Db

_TEXTS = ("name", "phone", "address", "hours", "notes")
LONGEST_ENTRY = 2000


@dataclass(frozen=True)
class DirectoryItem:
    """One line: ``kind name phone address languages region hours notes``."""

    id: UUID
    version: int
    values: Mapping[str, Any]


def list_entries(
    db: Db, principal: Principal, kind: str | None = None, region: str | None = None
) -> list[DirectoryItem]:
    """Return the entries by kind and name; of one kind or region only where given."""
    principal.require(Permission.DIRECTORY)
    entries = [_entry(db, row) for row in db.scalars(select(DirectoryEntry))]
    found = [
        entry
        for entry in entries
        if kind in (None, entry.values["kind"]) and region in (None, entry.values.get("region"))
    ]
    return sorted(found, key=lambda e: (e.values["kind"], e.values["name"].casefold(), e.id))


def read_entry(db: Db, principal: Principal, entry_id: UUID) -> DirectoryItem:
    """Return one entry. NotFound."""
    principal.require(Permission.DIRECTORY)
    row = db.get(DirectoryEntry, entry_id)
    if row is None:
        raise NotFound
    return _entry(db, row)


def add_entry(
    db: Db, principal: Principal, values: Mapping[str, Any], now: datetime
) -> DirectoryItem:
    """Add an entry. BadRequest."""
    principal.require(Permission.DIRECTORY)
    row_id = uuid4()
    checked = _checked(db, values)
    row = DirectoryEntry(id=row_id, version=1, **db.keys.new_row("directory", row_id, checked, now))
    db.add(row)
    db.flush()
    audit.record(db, "directory.added", principal.member_id, row_id, now)
    return _entry(db, row)


def change_entry(
    db: Db,
    principal: Principal,
    entry_id: UUID,
    version: int,
    changes: Mapping[str, Any],
    now: datetime,
) -> DirectoryItem:
    """Replace the given values. NotFound, StaleVersion, BadRequest."""
    row = _found(db, principal, entry_id)
    if row.version != version:
        raise StaleVersion(row.version)
    values = _checked(db, {**db.keys.open_row("directory", row), **changes})
    db.keys.replace_values("directory", row, values)
    row.version += 1
    db.flush()
    audit.record(db, "directory.changed", principal.member_id, entry_id, now)
    return _entry(db, row)


def remove_entry(db: Db, principal: Principal, entry_id: UUID, now: datetime) -> None:
    """Delete an entry. NotFound."""
    row = _found(db, principal, entry_id)
    db.delete(row)
    audit.record(db, "directory.removed", principal.member_id, entry_id, now)


def _found(db: Db, principal: Principal, entry_id: UUID) -> DirectoryEntry:
    principal.require(Permission.DIRECTORY)
    row = db.get(DirectoryEntry, entry_id, with_for_update=True)
    if row is None:
        raise NotFound
    return row


def _checked(db: Db, values: Mapping[str, Any]) -> dict[str, Any]:
    settings = read_settings(db)
    if values.get("kind") not in DIRECTORY_KINDS:
        raise BadRequest(f"An entry is one of: {', '.join(DIRECTORY_KINDS)}.")
    check_codes(settings, region=values.get("region"))
    languages = list(values.get("languages") or ())
    for language in languages:
        check_codes(settings, language=language)
    texts = {name: str(values.get(name) or "").strip() for name in _TEXTS}
    if not texts["name"]:
        raise BadRequest("An entry needs a name.")
    if any(len(text) > LONGEST_ENTRY for text in texts.values()):
        raise BadRequest(f"A field has at most {LONGEST_ENTRY} characters.")
    return {
        "kind": values["kind"],
        "languages": sorted(set(languages)),
        "region": values.get("region"),
        **texts,
    }


def _entry(db: Db, row: DirectoryEntry) -> DirectoryItem:
    return DirectoryItem(row.id, row.version, db.keys.open_row("directory", row))
