"""The teams' keys: who holds their seeds, and how they are handed on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, select

from app.access import Principal
from app.crypto import KeyPair, SealBroken, TeamKeys, new_seed
from app.errors import Forbidden
from app.models import OperationalGrant, Parent, TeamWrap
from app.store import Db
from app.vault.roster import read_roster
from app.vault.wraps import OPERATIONAL_GRANT, TEAM_WRAP, Recipient, unwrap_key, wrap_key

WAITING_FOR_KEY = (
    "A colleague has to sign in once before you can read cases: they pass the key on to you."
)


def open_team_keys(db: Db, principal: Principal, team: str, epoch: int) -> TeamKeys:
    """Return a team's keys, opened with the member's own; Forbidden where they hold none."""
    if (team, epoch) not in principal.opened:
        wrap = db.scalar(
            select(TeamWrap).where(
                TeamWrap.team == team,
                TeamWrap.epoch == epoch,
                TeamWrap.member_id == principal.member_id,
            )
        )
        if wrap is None or wrap.wrap is None:
            raise Forbidden(WAITING_FOR_KEY)
        principal.opened[team, epoch] = open_team_wrap(db, wrap, principal.keys.pair)
    return principal.opened[team, epoch]


def open_team_wrap(db: Db, wrap: TeamWrap, pair: KeyPair) -> TeamKeys:
    """Open one wrap; SealBroken unless the seed reproduces the public key in the roster."""
    try:
        keys = TeamKeys(unwrap_key(db, TEAM_WRAP, wrap, pair, wrap.epoch))
        _check_public(db, wrap, keys)
    except SealBroken:
        db.note_damage(TeamWrap.__tablename__, (wrap.id,))
        raise
    return keys


def _check_public(db: Db, wrap: TeamWrap, keys: TeamKeys) -> None:
    team = read_roster(db).teams.get(wrap.team)
    if team is None or keys.pair.public != team.publics.get(wrap.epoch):
        raise SealBroken


def share_team(
    db: Db, team: str, epoch: int, keys: TeamKeys, members: Iterable[UUID], now: datetime
) -> None:
    """Seal a team's seed to members that the roster holds."""
    known = read_roster(db).by_id
    for member_id in members:
        to = Recipient(known[member_id].kem_public, epoch)
        parents: dict[str, Parent] = {"team": team, "epoch": epoch, "member_id": member_id}
        db.add(TeamWrap(**wrap_key(db, TEAM_WRAP, uuid4(), keys.seed, to, now, parents)))


def make_team_epoch(db: Db, team: str, epoch: int, now: datetime) -> TeamKeys:
    """Make a team's keys for a new epoch and seal the operational seed to them.

    While the server is sealed the seed stays under the epoch before.
    """
    keys = TeamKeys(new_seed())
    if db.keys.operational is not None:
        db.execute(delete(OperationalGrant).where(OperationalGrant.team == team))
        seed, to = db.keys.operational.seed, Recipient(keys.pair.public, epoch)
        parents: dict[str, Parent] = {"team": team, "team_epoch": epoch}
        columns = wrap_key(db, OPERATIONAL_GRANT, uuid4(), seed, to, now, parents)
        db.add(OperationalGrant(**columns))
    return keys
