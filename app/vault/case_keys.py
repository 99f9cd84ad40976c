"""Who can open a case: team seeds, case seeds, and the grants between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import and_, delete, insert, select, update

from app.access import DESK, Principal
from app.crypto import (
    CaseKeys,
    KeyPair,
    Purpose,
    SealBroken,
    TeamKeys,
    day_number,
    new_seed,
    open_sealed,
    seal_to,
)
from app.errors import Forbidden
from app.models import (
    LIVE_STATES,
    Case,
    CaseEpoch,
    CaseGrant,
    OperationalGrant,
    TeamEpoch,
    TeamWrap,
    rounded,
)
from app.store import Database, Db, hasten_job
from app.vault.roster import Roster, RosterMember, Team, publish_roster, read_roster

# So many cases get a new epoch in the transaction that removes somebody.
EPOCHS_AT_ONCE = 200
# The recurring job that gives one to all others.
EPOCHS_JOB = "case-epochs"
WAITING_FOR_KEY = (
    "A colleague has to sign in once before you can read cases: they pass the key on to you."
)


# -- teams


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
        principal.opened[team, epoch] = _open_team(db, wrap, principal.keys.pair)
    return principal.opened[team, epoch]


def _open_team(db: Db, wrap: TeamWrap, pair: KeyPair) -> TeamKeys:
    inner = db.keys.remember("team_wraps", "wrap", wrap.id, wrap.wrap)
    context = db.keys.context("team_wraps", "wrap", wrap.id, epoch=wrap.epoch)
    keys = TeamKeys(open_sealed(pair, Purpose.TEAM_WRAP, wrap.epoch, context, inner))
    public = db.scalar(
        select(TeamEpoch.public).where(TeamEpoch.team == wrap.team, TeamEpoch.epoch == wrap.epoch)
    )
    if keys.pair.public != public:
        raise SealBroken
    return keys


def share_team(
    db: Db, team: str, epoch: int, keys: TeamKeys, members: Iterable[UUID], now: datetime
) -> None:
    """Seal a team seed to members that the roster holds."""
    known = read_roster(db).by_id
    for member_id in members:
        wrap_id = uuid4()
        context = db.keys.context("team_wraps", "wrap", wrap_id, epoch=epoch)
        inner = seal_to(known[member_id].kem_public, Purpose.TEAM_WRAP, epoch, context, keys.seed)
        wrap = db.keys.forget("team_wraps", "wrap", wrap_id, inner, now)
        db.add(
            TeamWrap(
                id=wrap_id,
                team=team,
                epoch=epoch,
                member_id=member_id,
                wrap=wrap,
                shred_day=day_number(now),
            )
        )


def make_team_epoch(db: Db, team: str, epoch: int, now: datetime) -> TeamKeys:
    """Make a team's keys for a new epoch and seal the operational seed to it."""
    keys = TeamKeys(new_seed())
    db.add(TeamEpoch(team=team, epoch=epoch, public=keys.pair.public, created_at=rounded(now)))
    if db.keys.operational is not None:
        grant_id = uuid4()
        context = db.keys.context("operational_grants", "wrap", grant_id, epoch=epoch)
        seed = db.keys.operational.seed
        inner = seal_to(keys.pair.public, Purpose.OPERATIONAL_SEED, epoch, context, seed)
        wrap = db.keys.forget("operational_grants", "wrap", grant_id, inner, now)
        db.add(
            OperationalGrant(
                id=grant_id, team=team, team_epoch=epoch, wrap=wrap, shred_day=day_number(now)
            )
        )
    return keys


# -- cases


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
    target = read_roster(db).teams[team]
    grant_id = uuid4()
    context = db.keys.context("case_grants", "wrap", grant_id, case=case_id, epoch=epoch)
    inner = seal_to(target.public, Purpose.GRANT, target.epoch, context, keys.seed)
    return {
        "id": grant_id,
        "case_id": case_id,
        "epoch": epoch,
        "team": team,
        "team_epoch": target.epoch,
        "wrap": db.keys.forget("case_grants", "wrap", grant_id, inner, now),
        "shred_day": day_number(now),
    }


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
    inner = db.keys.remember("case_grants", "wrap", grant.id, grant.wrap)
    context = db.keys.context(
        "case_grants", "wrap", grant.id, case=grant.case_id, epoch=grant.epoch
    )
    keys = CaseKeys(open_sealed(team.pair, Purpose.GRANT, grant.team_epoch, context, inner))
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


def publish_members(
    db: Db,
    principal: Principal,
    members: Iterable[RosterMember],
    rekeyed: Iterable[str],
    now: datetime,
) -> Roster:
    """Sign a new list of members; give the teams somebody left a new seed.

    Their live cases get a new epoch for what comes later; what was sealed before stays with those
    who held it then. Only public-key operations: the coordinator who removes somebody from the
    desk need not be able to read a case.
    """
    before = read_roster(db)
    fresh = {team: make_team_epoch(db, team, before.teams[team].epoch + 1, now) for team in rekeyed}
    teams = {
        **before.teams,
        **{
            team: Team(before.teams[team].epoch + 1, keys.pair.public)
            for team, keys in fresh.items()
        },
    }
    after = publish_roster(db, principal, replace(before, members=tuple(members), teams=teams))
    for team, keys in fresh.items():
        holders = [member.id for member in after.team(team)]
        share_team(db, team, after.teams[team].epoch, keys, holders, now)
    if DESK in fresh and _new_case_epochs(db, now) == EPOCHS_AT_ONCE:
        hasten_job(db, EPOCHS_JOB, now)  # the rest at once, but with room for texts in between
    return after


def renew_case_epochs(
    database: Database, now: datetime, progress: Callable[[int], None] = lambda _: None
) -> int:
    """Give every live case whose team has a new key an epoch under it; return how many did.

    Small transactions, so that texts get in between, and nothing needs a person: whatever a
    removal left, or a crash cut short, is found again by the grants that name an older key.
    """
    done = 0
    while renewed := _in_one_transaction(database, now):
        done += renewed
        progress(done)
    return done


def _in_one_transaction(database: Database, now: datetime) -> int:
    with database.transaction() as db:
        return _new_case_epochs(db, now)


def _new_case_epochs(db: Db, now: datetime) -> int:
    """Make up to ``EPOCHS_AT_ONCE`` new epochs; return how many it took."""
    current = read_roster(db).teams[DESK].epoch
    stale = db.execute(
        select(Case.id, Case.epoch)
        .join(CaseGrant, and_(CaseGrant.case_id == Case.id, CaseGrant.epoch == Case.epoch))
        .where(Case.state.in_(LIVE_STATES), CaseGrant.team == DESK, CaseGrant.team_epoch < current)
        .order_by(Case.id)
        .limit(EPOCHS_AT_ONCE)
        .with_for_update(of=Case)
    ).all()
    made = [(case_id, epoch + 1) for case_id, epoch in stale]
    rows = [make_case_keys(db, case_id, epoch, DESK, now)[1:] for case_id, epoch in made]
    if rows:
        db.execute(insert(CaseEpoch), [epoch_row for epoch_row, _ in rows])
        db.execute(insert(CaseGrant), [grant for _, grant in rows])
        db.execute(update(Case), [{"id": case_id, "epoch": epoch} for case_id, epoch in made])
    return len(rows)
