"""A case's sheet: the sealed values that are rewritten, each with a version of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.crypto import CaseKeys, Context, Purpose, open_sealed, pad_field, seal_to, unpad
from app.models import Case, CaseSheet
from app.store import Db
from app.vault.case_keys import find_public_key


def seal_value(
    db: Db, case: Case, table: str, column: str, row_id: UUID, version: int, value: Any
) -> dict[str, Any]:
    """Return the columns ``{column} {column}_version {column}_epoch`` that hold a value."""
    context = _context(db, table, column, row_id, version, case.id, case.epoch)
    public = find_public_key(db, case.id, case.epoch)
    plaintext = pad_field(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    blob = seal_to(public, Purpose.FIELD, case.epoch, context, plaintext)
    return {column: blob, f"{column}_version": version, f"{column}_epoch": case.epoch}


def rewrite_value(db: Db, case: Case, table: str, column: str, row: Any, value: Any) -> None:
    """Replace a row's value with its next version."""
    version = getattr(row, f"{column}_version") + 1
    for name, content in seal_value(db, case, table, column, row.id, version, value).items():
        setattr(row, name, content)


def read_value(db: Db, keys: Mapping[int, CaseKeys], table: str, column: str, row: Any) -> Any:
    """Open a row's value with the keys of its case, by epoch; None where none was written."""
    blob = getattr(row, column)
    if blob is None:
        return None
    epoch, version = getattr(row, f"{column}_epoch"), getattr(row, f"{column}_version")
    context = _context(db, table, column, row.id, version, row.case_id, epoch)
    return json.loads(unpad(open_sealed(keys[epoch].pair, Purpose.FIELD, epoch, context, blob)))


def _context(
    db: Db, table: str, column: str, row_id: UUID, version: int, case_id: UUID, epoch: int
) -> Context:
    return db.keys.context(table, column, row_id, version, case=case_id, epoch=epoch)


def write_sheet(db: Db, case: Case, column: str, value: Any) -> None:
    """Seal one value (``fields contact hold_reason``) to the case, as its next version."""
    sheet = _sheet(db, case)
    version = getattr(sheet, f"{column}_version") + 1
    context = _sheet_context(db, case, column, version, case.epoch)
    public = find_public_key(db, case.id, case.epoch)
    plaintext = pad_field(json.dumps(value, ensure_ascii=False).encode())
    setattr(sheet, column, seal_to(public, Purpose.FIELD, case.epoch, context, plaintext))
    setattr(sheet, f"{column}_version", version)
    setattr(sheet, f"{column}_epoch", case.epoch)


def read_sheet(db: Db, case: Case, keys: Mapping[int, CaseKeys], column: str, default: Any) -> Any:
    """Open one value of the sheet, or return the default where none was written."""
    sheet = db.get(CaseSheet, case.id)
    blob = getattr(sheet, column) if sheet else None
    if sheet is None or blob is None:
        return default
    epoch = getattr(sheet, f"{column}_epoch")
    version = getattr(sheet, f"{column}_version")
    context = _sheet_context(db, case, column, version, epoch)
    plaintext = open_sealed(keys[epoch].pair, Purpose.FIELD, epoch, context, blob)
    return json.loads(unpad(plaintext))


def _sheet_context(db: Db, case: Case, column: str, version: int, epoch: int) -> Context:
    return db.keys.context("case_sheets", column, case.id, version, case=case.id, epoch=epoch)


def _sheet(db: Db, case: Case) -> CaseSheet:
    sheet = db.get(CaseSheet, case.id)
    if sheet is None:
        sheet = CaseSheet(
            case_id=case.id,
            fields_version=0,
            contact_version=0,
            hold_reason_version=0,
            fields_epoch=0,
            contact_epoch=0,
            hold_reason_epoch=0,
        )
        db.add(sheet)
    return sheet
