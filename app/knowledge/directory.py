"""The directory: lawyers, clinics, detention places and offices, who are not members."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.errors import BadRequest, NotFound
from app.models import DirectoryEntry, DirectoryValues
from app.organisation import DIRECTORY_KINDS, check_codes, read_settings
from app.store import Db, ReadVersion, check_version

_TEXTS = ("name", "phone", "address", "hours", "notes")
LONGEST_ENTRY = 2000


@dataclass(frozen=True)
class DirectoryItem:
    """One line of the directory."""

    id: UUID
    version: int
    values: DirectoryValues


def list_entries(
    db: Db, principal: Principal, kind: str | None = None, region: str | None = None
) -> list[DirectoryItem]:
    """Return the entries by kind and name; of one kind or region only where given."""
    principal.require(Permission.DIRECTORY)
    entries = [_entry(db, row) for row in db.scalars(select(DirectoryEntry))]
    found = [
        entry
        for entry in entries
        if kind in (None, entry.values.kind) and region in (None, entry.values.region)
    ]
    return sorted(found, key=lambda e: (e.values.kind, e.values.name.casefold(), e.id))


def read_entry(db: Db, principal: Principal, entry_id: UUID) -> DirectoryItem:
    """Return one entry. NotFound."""
    principal.require(Permission.DIRECTORY)
    row = db.get(DirectoryEntry, entry_id)
    if row is None:
        raise NotFound
    return _entry(db, row)


def add_entry(
    db: Db, principal: Principal, values: DirectoryValues, now: datetime
) -> DirectoryItem:
    """Add an entry. BadRequest."""
    principal.require(Permission.DIRECTORY)
    row_id = uuid4()
    blob = db.keys.new_values(DirectoryEntry, row_id, clean_entry(db, values), now)
    row = DirectoryEntry(id=row_id, version=1, **blob)
    db.add(row)
    db.flush()
    audit.record(db, "directory.added", principal.member_id, row_id, now)
    return _entry(db, row)


def change_entry(
    db: Db,
    principal: Principal,
    entry_id: UUID,
    version: ReadVersion,
    change: Callable[[DirectoryValues], DirectoryValues],
    now: datetime,
) -> DirectoryItem:
    """Replace an entry by what ``change`` makes of it. NotFound, StaleVersion, BadRequest."""
    row = _lock_entry(db, principal, entry_id)
    check_version(row.version, version)
    db.keys.write_values(row, clean_entry(db, change(db.keys.read_values(row))))
    row.version += 1
    db.flush()
    audit.record(db, "directory.changed", principal.member_id, entry_id, now)
    return _entry(db, row)


def remove_entry(db: Db, principal: Principal, entry_id: UUID, now: datetime) -> None:
    """Delete an entry. NotFound."""
    db.delete(_lock_entry(db, principal, entry_id))
    audit.record(db, "directory.removed", principal.member_id, entry_id, now)


def _lock_entry(db: Db, principal: Principal, entry_id: UUID) -> DirectoryEntry:
    principal.require(Permission.DIRECTORY)
    row = db.get(DirectoryEntry, entry_id, with_for_update=True)
    if row is None:
        raise NotFound
    return row


def clean_entry(db: Db, values: DirectoryValues) -> DirectoryValues:
    """Return an entry as it is stored: texts without white space around, each code once.

    BadRequest.
    """
    settings = read_settings(db)
    if values.kind not in DIRECTORY_KINDS:
        raise BadRequest(f"An entry is one of: {', '.join(DIRECTORY_KINDS)}.")
    check_codes(settings, region=values.region)
    languages = tuple(sorted(set(values.languages or ())))
    for language in languages:
        check_codes(settings, language=language)
    texts = {name: (getattr(values, name) or "").strip() for name in _TEXTS}
    if not texts["name"]:
        raise BadRequest("An entry needs a name.")
    if any(len(text) > LONGEST_ENTRY for text in texts.values()):
        raise BadRequest(f"A field has at most {LONGEST_ENTRY} characters.")
    return replace(values, languages=languages, **texts)


def _entry(db: Db, row: DirectoryEntry) -> DirectoryItem:
    return DirectoryItem(row.id, row.version, db.keys.read_values(row))
