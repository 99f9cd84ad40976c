"""A case's sheet: the sealed values that are rewritten, each with a version of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from app import grants
from app.crypto import CaseKeys, Context, Purpose, open_sealed, pad_field, seal_to, unpad
from app.db import Db
from app.models import Case, CaseSheet


def write(db: Db, case: Case, column: str, value: Any) -> None:
    """Seal one value (``fields contact hold_reason``) to the case, as its next version."""
    sheet = _sheet(db, case)
    version = getattr(sheet, f"{column}_version") + 1
    context = _context(db, case, column, version, case.epoch)
    public = grants.public_key(db, case.id, case.epoch)
    plaintext = pad_field(json.dumps(value, ensure_ascii=False).encode())
    setattr(sheet, column, seal_to(public, Purpose.FIELD, case.epoch, context, plaintext))
    setattr(sheet, f"{column}_version", version)
    setattr(sheet, f"{column}_epoch", case.epoch)


def read(db: Db, case: Case, keys: Mapping[int, CaseKeys], column: str, default: Any) -> Any:
    """Open one value of the sheet, or return the default where none was written."""
    sheet = db.get(CaseSheet, case.id)
    blob = getattr(sheet, column) if sheet else None
    if sheet is None or blob is None:
        return default
    epoch = getattr(sheet, f"{column}_epoch")
    version = getattr(sheet, f"{column}_version")
    context = _context(db, case, column, version, epoch)
    plaintext = open_sealed(keys[epoch].pair, Purpose.FIELD, epoch, context, blob)
    return json.loads(unpad(plaintext))


def _context(db: Db, case: Case, column: str, version: int, epoch: int) -> Context:
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
