"""A case's keys: their epochs, and the grants that seal them to a team."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select

from app.access import DESK, Principal
from app.crypto import CaseKeys, SealBroken, TeamKeys, new_seed
from app.errors import Forbidden
from app.models import CaseEpoch, CaseGrant, Parent
from app.store import Db
from app.vault.roster import read_roster
from app.vault.team_keys import open_team_keys
from app.vault.wraps import CASE_GRANT, Recipient, unwrap_key, wrap_key


def make_case_keys(
    db: Db, case_id: UUID, epoch: int, team: str, now: datetime
) -> tuple[CaseKeys, dict[str, Any], dict[str, Any]]:
    """Make a case's keys for one epoch; return them with the epoch's and the grant's rows."""
    keys = CaseKeys(new_seed())
    public = keys.pair.public
    epoch_row = {
        "case_id": case_id,
        "epoch": epoch,
        "public": public,
        "mac": db.keys.public_key_mac("case_epochs", case_id, epoch, public),
    }
    return keys, epoch_row, make_grant_row(db, case_id, epoch, keys, team, now)


def make_grant_row(
    db: Db, case_id: UUID, epoch: int, keys: CaseKeys, team: str, now: datetime
) -> dict[str, Any]:
    """Return the row that seals a case seed to a team's current key."""
    current = read_roster(db).teams[team]
    to = Recipient(current.public, current.epoch)
    parents: dict[str, Parent] = {"case_id": case_id, "epoch": epoch, "team": team}
    parents["team_epoch"] = to.epoch
    return wrap_key(db, CASE_GRANT, uuid4(), keys.seed, to, now, parents)


def open_case_grants(
    db: Db, principal: Principal, case_id: UUID, team: str = DESK
) -> dict[int, CaseKeys]:
    """Return a case's keys by epoch, as far as this member holds them; Forbidden for none."""
    grants = db.scalars(
        select(CaseGrant).where(CaseGrant.case_id == case_id, CaseGrant.team == team)
    ).all()
    opened: dict[int, CaseKeys] = {}
    for grant in grants:
        opened[grant.epoch] = open_grant(
            db, grant, open_team_keys(db, principal, team, grant.team_epoch)
        )
    if not opened:
        raise Forbidden
    return opened


def open_grant(db: Db, grant: CaseGrant, team: TeamKeys) -> CaseKeys:
    """Open one grant; SealBroken unless the seed reproduces the case's vouched public key."""
    keys = CaseKeys(unwrap_key(db, CASE_GRANT, grant, team.pair, grant.team_epoch))
    if keys.pair.public != find_public_key(db, grant.case_id, grant.epoch):
        raise SealBroken
    return keys


def find_public_key(db: Db, case_id: UUID, epoch: int) -> bytes:
    """Return the public half of a case's epoch, checked against its MAC."""
    return find_public_keys(db, {case_id: epoch})[case_id]


def find_public_keys(db: Db, epochs: Mapping[UUID, int]) -> dict[UUID, bytes]:
    """Return the checked public halves of many cases in one query."""
    rows = db.scalars(select(CaseEpoch).where(CaseEpoch.case_id.in_(epochs))).all()
    found = {}
    for row in rows:
        if epochs[row.case_id] == row.epoch:
            db.keys.check_public_key("case_epochs", row.case_id, row.epoch, row.public, row.mac)
            found[row.case_id] = row.public
    if len(found) != len(epochs):
        raise SealBroken
    return found


def regrant_case(
    db: Db, case_id: UUID, opened: Mapping[int, CaseKeys], team: str, now: datetime
) -> None:
    """Seal every epoch of a case to ``team`` and delete all other grants."""
    rows = [make_grant_row(db, case_id, epoch, keys, team, now) for epoch, keys in opened.items()]
    db.execute(delete(CaseGrant).where(CaseGrant.case_id == case_id))
    db.execute(insert(CaseGrant), rows)
