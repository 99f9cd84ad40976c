"""New epochs: after a member leaves a team, what comes later is sealed to a key they never had."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, delete, func, insert, select, update

from app.access import ARCHIVE, DESK, Principal
from app.models import (
    LIVE_STATES,
    Case,
    CaseEpoch,
    CaseGrant,
    CaseState,
    HandoverNote,
    OperationalGrant,
    RaidReport,
    TeamWrap,
)
from app.store import Database, Db, hasten_job, show_rows
from app.vault.case_keys import make_case_keys
from app.vault.roster import publish_roster, read_roster
from app.vault.roster_document import Roster, RosterMember, Team
from app.vault.team_keys import make_team_epoch, share_team

# So many cases get a new epoch in the transaction that removes a member.
EPOCHS_AT_ONCE = 200
# The recurring job that gives one to all others.
EPOCHS_JOB = "case-epochs"


def publish_members(
    db: Db,
    principal: Principal,
    members: Iterable[RosterMember],
    rekeyed: Iterable[str],
    now: datetime,
) -> Roster:
    """Sign a new list of members; the teams ``rekeyed`` get a new seed.

    Live cases of the desk get a new epoch for all that comes later. What was sealed before still
    opens with the keys of that time. Only public halves are needed: the coordinator who removes a
    member of the desk need not be able to read a case.
    """
    before = read_roster(db)
    teams, fresh = dict(before.teams), {}
    for team in rekeyed:
        epoch = before.teams[team].epoch + 1
        fresh[team] = make_team_epoch(db, team, epoch, now)
        publics = _leave_out_unused(db, team, before.teams[team])
        teams[team] = Team({**publics, epoch: fresh[team].pair.public})
    after = publish_roster(db, principal, replace(before, members=tuple(members), teams=teams))
    for team, keys in fresh.items():
        holders = [member.id for member in after.team(team)]
        share_team(db, team, after.teams[team].epoch, keys, holders, now)
    if DESK in fresh:
        renew_some_epochs(db, now)
        hasten_job(db, EPOCHS_JOB, now)  # the rest at once, but with room for texts in between
    return after


def _leave_out_unused(db: Db, name: str, team: Team) -> Mapping[int, bytes]:
    """Return the epochs of a team that stay in the roster when it gets a new one.

    An epoch leaves, and its seed with it, once nothing is sealed to it any more and a later one was
    the newest before: a transaction that runs at the same time may still seal to that one.
    """
    used = {team.epoch, *_find_sealed_to(db, name)}
    unused = team.publics.keys() - used
    db.execute(delete(TeamWrap).where(TeamWrap.team == name, TeamWrap.epoch.in_(unused)))
    return {epoch: public for epoch, public in team.publics.items() if epoch in used}


def _find_sealed_to(db: Db, team: str) -> set[int]:
    """Return the epochs of a team to which any key is sealed."""
    queries: list[Select[int]] = [
        select(CaseGrant.team_epoch).where(CaseGrant.team == team),
        select(OperationalGrant.team_epoch).where(OperationalGrant.team == team),
    ]
    if team == DESK:
        queries += [select(HandoverNote.team_epoch), select(RaidReport.epoch)]
    return {epoch for query in queries for epoch in db.scalars(query.distinct())}


def find_live_epochs(db: Db, team: str) -> set[int]:
    """Return the epochs of a team whose seeds a newcomer needs.

    They are the newest; those that the keys of live cases (for the archive: of closed ones) are
    sealed to; and the one that the operational seed is sealed to while the newest waits for it.
    """
    known, archived = read_roster(db).teams[team], team == ARCHIVE
    states = (CaseState.CLOSED,) if archived else LIVE_STATES
    grants = select(CaseGrant).join(Case, Case.id == CaseGrant.case_id)
    grants = grants.where(CaseGrant.team == team, Case.state.in_(states))
    operational = db.list_whole(select(OperationalGrant).where(OperationalGrant.team == team))
    live = {known.epoch, *(grant.team_epoch for grant in operational)}
    for epoch in known.publics.keys() - live:
        if db.list_whole(grants.where(CaseGrant.team_epoch == epoch)):
            live.add(epoch)
    return live & known.publics.keys()


@dataclass(frozen=True)
class _CheckedEpoch:
    """The desk's epoch under which this process found every live case, by rows that verify."""

    epoch: int


def renew_case_epochs(
    database: Database, now: datetime, progress: Callable[[int], None] = lambda _: None
) -> int:
    """Give every live case whose team has a new key an epoch under it; return how many did.

    The transactions are small, so that texts get in between. No member has to be signed in. Cases
    that a crash left out are found again: they have no grant that names the new key. Once for each
    key, each process goes through all live cases by rows that verify.
    """
    done = 0
    while renewed := _in_one_transaction(database, renew_some_epochs, now):
        done += renewed
        progress(done)
    for chosen in _find_hidden(database):
        done += _in_one_transaction(database, _renew_cases, chosen, now)
        progress(done)
    return done


def _in_one_transaction(database: Database, renew: Callable[..., int], *given: object) -> int:
    with database.transaction() as db:
        return renew(db, *given)


def renew_some_epochs(db: Db, now: datetime) -> int:
    """Give up to ``EPOCHS_AT_ONCE`` cases whose team has a new key an epoch; return how many.

    They are found by columns alone: what somebody hid there, ``renew_case_epochs`` finds.
    """
    current = read_roster(db).teams[DESK].epoch
    newest = and_(CaseGrant.case_id == Case.id, CaseGrant.epoch == Case.epoch)
    stale = select(Case.id).join(CaseGrant, newest).where(Case.state.in_(LIVE_STATES))
    stale = stale.where(CaseGrant.team == DESK, CaseGrant.team_epoch < current)
    return _renew_cases(db, db.scalars(stale.order_by(Case.id).limit(EPOCHS_AT_ONCE)).all(), now)


def _renew_cases(db: Db, chosen: Collection[UUID], now: datetime) -> int:
    locked = select(Case).where(Case.id.in_(chosen), Case.state.in_(LIVE_STATES))
    anew = locked.order_by(Case.id).with_for_update().execution_options(populate_existing=True)
    cases = db.list_whole(anew)
    known = select(CaseEpoch.case_id, func.max(CaseEpoch.epoch)).group_by(CaseEpoch.case_id)
    # A row of the last week may have been put back: no epoch is ever made twice.
    ends = db.execute(known.where(CaseEpoch.case_id.in_(chosen)))
    newest = {row[0]: row[1] for row in ends}
    made = [(case.id, max(case.epoch, newest.get(case.id, 0)) + 1) for case in cases]
    rows = [make_case_keys(db, case_id, epoch, DESK, now)[1:] for case_id, epoch in made]
    if rows:
        db.execute(insert(CaseEpoch), [epoch_row for epoch_row, _ in rows])
        db.execute(insert(CaseGrant), [grant for _, grant in rows])
        db.execute(update(Case), [{"id": case_id, "epoch": epoch} for case_id, epoch in made])
    return len(rows)


def _find_hidden(database: Database) -> Iterator[Collection[UUID]]:
    """Yield, some at a time, the live cases whose epoch is not sealed to the team's key of now.

    What says that it is has to verify: else somebody who left could go on reading, because one
    column tells that their key was replaced. Damaged cases are left as they are, for no text gets
    into them.
    """
    with database.snapshot() as db:
        keys, current = db.keys, read_roster(db).teams[DESK].epoch
        if keys.recall(_CheckedEpoch) == _CheckedEpoch(current):
            return
        mine = select(CaseGrant).where(CaseGrant.team == DESK, CaseGrant.team_epoch >= current)
        sealed = set(show_rows(db, mine, lambda grant: (grant.case_id, grant.epoch)))
        live = select(Case).where(Case.state.in_(LIVE_STATES)).order_by(Case.id)
        found = show_rows(db, live, lambda case: (case.id, case.epoch))
    hidden = [case_id for case_id, epoch in found if (case_id, epoch) not in sealed]
    for start in range(0, len(hidden), EPOCHS_AT_ONCE):
        yield hidden[start : start + EPOCHS_AT_ONCE]
    keys.keep(_CheckedEpoch(current))
