"""One way to seal and to open: every value that people read goes through here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from app.crypto import (
    CaseKeys,
    Context,
    SealBroken,
    Secret,
    Suite,
    TeamKeys,
    lock,
    open_sealed,
    read_suite,
    seal_to,
    unlock,
)
from app.keyring import Keyring
from app.models import Case, CaseSheet, Parent
from app.store import Db
from app.vault.case_keys import find_public_key
from app.vault.sealed_fields import SealedField, SealedPlace

V = TypeVar("V")
# A value opens with the keys of a case, a brief or a team, or with its symmetric key alone.
Opener = CaseKeys | TeamKeys | Secret


def seal_field(
    keys: Keyring, field: SealedField[V], place: SealedPlace, value: V, public: bytes
) -> bytes:
    """Seal a value to a public key."""
    context, epoch = _context(keys, field, place)
    return seal_to(public, field.purpose, epoch, context, field.encode(value))


def lock_field(
    keys: Keyring, field: SealedField[V], place: SealedPlace, value: V, key: Secret
) -> bytes:
    """Seal a value under a symmetric key: cheaper, where the seed or a row's own key is in hand."""
    context, epoch = _context(keys, field, place)
    return lock(key, field.purpose, epoch, context, field.encode(value))


def open_field(
    keys: Keyring, field: SealedField[V], place: SealedPlace, blob: bytes, opener: Opener
) -> V:
    """Open what either of them sealed. SealBroken, also for a way in which it is never sealed."""
    context, epoch = _context(keys, field, place)
    suite = read_suite(blob)
    if suite not in field.suites:
        raise SealBroken
    if suite is Suite.HPKE and not isinstance(opener, Secret):
        return field.decode(open_sealed(opener.pair, field.purpose, epoch, context, blob))
    if isinstance(opener, TeamKeys) or suite is Suite.HPKE:
        raise SealBroken
    key = opener if isinstance(opener, Secret) else opener.field_key(field.name)
    return field.decode(unlock(key, field.purpose, epoch, context, blob))


def _context(keys: Keyring, field: SealedField[V], place: SealedPlace) -> tuple[Context, int]:
    """Return a value's context, and the epoch that its header names."""
    context = keys.context(
        field.table,
        field.column,
        place.row,
        place.version,
        case=place.case,
        epoch=place.epoch,
        parents=place.parents,
    )
    return context, place.epoch if field.names_epoch else 0


# -- values of rows


def find_field(db: Db, field: SealedField[V], row: Any, openers: Mapping[int, Opener]) -> V | None:
    """Open a row's value with the keys of its epoch; None where none was written. SealBroken."""
    blob = getattr(row, field.column)
    if blob is None:
        return None
    place = field.find_place(row)
    opener = openers.get(place.epoch)
    if opener is None:  # the grant that held its key is gone, or was changed
        raise SealBroken
    return open_field(db.keys, field, place, blob, opener)


def read_field(db: Db, field: SealedField[V], row: Any, openers: Mapping[int, Opener]) -> V:
    """Open a row's value with the keys of its epoch. SealBroken, also where none was written."""
    value = find_field(db, field, row, openers)
    if value is None:
        raise SealBroken
    return value


def seal_for_case(
    db: Db,
    field: SealedField[V],
    case: Case,
    row_id: UUID,
    value: V,
    version: int = 1,
    **parents: Parent,
) -> bytes:
    """Seal a value of a case's row to the case as it is now; no key of it is needed.

    ``parents`` are what the row hangs on beside the case.
    """
    place = field.place(row_id, case.epoch, version, case_id=case.id, **parents)
    return seal_field(db.keys, field, place, value, find_public_key(db, case.id, case.epoch))


def seal_columns(
    db: Db, field: SealedField[V], case: Case, row_id: UUID, value: V, version: int = 1
) -> dict[str, Any]:
    """Return the columns ``{column} {column}_version {column}_epoch`` that hold a value."""
    blob = seal_for_case(db, field, case, row_id, value, version)
    column = field.column
    return {column: blob, f"{column}_version": version, f"{column}_epoch": case.epoch}


def rewrite_field(db: Db, field: SealedField[V], case: Case, row: Any, value: V) -> None:
    """Replace the value of a case's row with its next version."""
    place = field.find_place(row)
    columns = seal_columns(db, field, case, place.row, value, place.version + 1)
    for name, content in columns.items():
        setattr(row, name, content)


# -- a case's sheet: its values that are rewritten


def write_sheet(db: Db, field: SealedField[V], case: Case, value: V) -> None:
    """Seal one value of the sheet to the case, as its next version."""
    rewrite_field(db, field, case, _sheet(db, case), value)


def read_sheet(db: Db, field: SealedField[V], case: Case, keys: Mapping[int, CaseKeys]) -> V | None:
    """Open one value of the sheet; None where none was written."""
    sheet = db.get(CaseSheet, case.id)
    return find_field(db, field, sheet, keys) if sheet else None


def _sheet(db: Db, case: Case) -> CaseSheet:
    sheet = db.get(CaseSheet, case.id)
    if sheet is None:
        sheet = CaseSheet(
            case_id=case.id, fields_version=0, contact_version=0, hold_reason_version=0
        )
        sheet.fields_epoch = sheet.contact_epoch = sheet.hold_reason_epoch = 0
        db.add(sheet)
    return sheet
