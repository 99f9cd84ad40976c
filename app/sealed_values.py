"""One JSON value in a column of its own, sealed to a case: places, dates, what is known of a stay.

Anybody can write one, a reporter who cannot open the case too; only people with the case's key
read it. The column has a ``…_version`` and a ``…_epoch`` beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app import grants
from app.crypto import CaseKeys, Context, Purpose, open_sealed, pad_field, seal_to, unpad
from app.db import Db
from app.models import Case


def seal(
    db: Db, case: Case, table: str, column: str, row_id: UUID, version: int, value: Any
) -> dict[str, Any]:
    """Return the columns ``{column} {column}_version {column}_epoch`` that hold a value."""
    context = _context(db, table, column, row_id, version, case.id, case.epoch)
    public = grants.public_key(db, case.id, case.epoch)
    plaintext = pad_field(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    blob = seal_to(public, Purpose.FIELD, case.epoch, context, plaintext)
    return {column: blob, f"{column}_version": version, f"{column}_epoch": case.epoch}


def rewrite(db: Db, case: Case, table: str, column: str, row: Any, value: Any) -> None:
    """Replace a row's value with its next version."""
    version = getattr(row, f"{column}_version") + 1
    for name, content in seal(db, case, table, column, row.id, version, value).items():
        setattr(row, name, content)


def read(db: Db, keys: Mapping[int, CaseKeys], table: str, column: str, row: Any) -> Any:
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
