"""What is kept of a closed case moves to an epoch of its own.

Later its texts and files are emptied, and the keys of all older epochs go with them: then no copy
of the database opens them any more, while what is kept goes on opening.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Select, delete, insert, select

from app.access import ARCHIVE
from app.crypto import CaseKeys, SealBroken, Suite
from app.models import (
    Base,
    Case,
    CaseEpoch,
    CaseGrant,
    CaseSheet,
    Consent,
    Denial,
    DetentionEpisode,
    Event,
    Note,
    Report,
)
from app.store import Db
from app.vault.case_keys import make_case_keys
from app.vault.sealed import lock_field, open_field, seal_field
from app.vault.sealed_fields import (
    CASE_CONTACT,
    CASE_FIELDS,
    DENIAL_DETAILS,
    DETENTION_DETAILS,
    EVENT_PLACE,
    HOLD_REASON,
    NOTE_BODY,
    OVERRIDE_REASON,
    REPORT_BODY,
    SealedField,
)

log = structlog.get_logger()

# All that people read of a case but messages and attachments.
KEPT: tuple[tuple[type[Base], Sequence[SealedField[Any]]], ...] = (
    (CaseSheet, (CASE_FIELDS, CASE_CONTACT, HOLD_REASON)),
    (Consent, (OVERRIDE_REASON,)),
    (Denial, (DENIAL_DETAILS,)),
    (DetentionEpisode, (DETENTION_DETAILS,)),
    (Event, (EVENT_PLACE,)),
    (Note, (NOTE_BODY,)),
    (Report, (REPORT_BODY,)),
)


def move_to_fresh_epoch(
    db: Db, case: Case, opened: Mapping[int, CaseKeys], now: datetime
) -> dict[int, CaseKeys]:
    """Give a case an epoch for what is kept of it; return its keys with the new ones.

    ``opened`` are its keys by epoch. The caller seals them to the archive.
    """
    epoch = max(case.epoch, *opened) + 1
    fresh, epoch_row, _ = make_case_keys(db, case.id, epoch, ARCHIVE, now)
    db.execute(insert(CaseEpoch), [epoch_row])
    case.epoch = epoch
    for model, fields in KEPT:
        for row in _list_rows(db, model, case.id):
            for field in fields:
                _move(db, field, row, opened, (epoch, fresh))
    db.flush()
    return {**opened, epoch: fresh}


def _list_rows(db: Db, model: type[Base], case_id: UUID) -> Sequence[Any]:
    owner: Any = model
    try:
        return db.scalars(select(model).where(owner.case_id == case_id)).all()
    except SealBroken:  # nothing of this kind but damaged rows
        return ()


def _move(
    db: Db,
    field: SealedField[Any],
    row: Any,
    opened: Mapping[int, CaseKeys],
    to: tuple[int, CaseKeys],
) -> None:
    """Seal one value anew, as the next version where the field has versions.

    A damaged value stays as it is: it keeps no case from being closed.
    """
    before = field.find_place(row)
    if getattr(row, field.column) is None:
        return
    try:
        value = open_field(db.keys, field, before, getattr(row, field.column), opened[before.epoch])
    except (KeyError, SealBroken):
        log.warning("case.damaged", table=field.table, column=field.column)
        return
    epoch, keys = to
    versioned = hasattr(row, f"{field.column}_version")
    place = replace(before, epoch=epoch, version=before.version + versioned)
    if Suite.HPKE in field.suites:
        blob = seal_field(db.keys, field, place, value, keys.pair.public)
    else:
        blob = lock_field(db.keys, field, place, value, keys.field_key(field.name))
    setattr(row, field.column, blob)
    epoch_column = f"{field.column}_epoch"
    setattr(row, epoch_column if hasattr(row, epoch_column) else "epoch", epoch)
    if versioned:
        setattr(row, f"{field.column}_version", place.version)


def forget_older_epochs(db: Db, cases: Select[Any]) -> None:
    """Delete the keys of these cases' older epochs, whose texts and files were emptied.

    ``cases`` selects their ids. They are closed: the newest epoch holds what is kept.
    """
    older: ColumnElement[bool] = CaseGrant.epoch < (
        select(Case.epoch).where(Case.id == CaseGrant.case_id).scalar_subquery()
    )
    db.execute(delete(CaseGrant).where(CaseGrant.case_id.in_(cases), older))
