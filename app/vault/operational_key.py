"""The deployment: making it, opening its keys at start-up, its settings."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import select

from app import audit
from app.access import Principal
from app.crypto import KeyFiles, OperationalKeys, Secret, new_seed
from app.errors import OperatorError
from app.keyring import Keyring
from app.models import Deployment, IndexKey, IndexKeyValues, OperationalGrant, TeamWrap, rounded
from app.store import Database, Db, hasten_job
from app.vault.roster import check_roster_at_start
from app.vault.team_keys import open_team_keys
from app.vault.tombstones import reconcile_tombstones
from app.vault.wraps import OPERATIONAL_GRANT, unwrap_key

# The recurring job that merges what came in while sealed; opening a server hastens it.
ABSORB_JOB = "absorb"


class NotMade(OperatorError):
    """There is no organisation here yet. Run `kith init` first."""


def open_keyring(database: Database, files: KeyFiles) -> Keyring:
    """Load the deployment's keys at start-up and verify roster and anchor.

    In ``file`` mode the operational key opens here; else the keyring stays sealed. Raises
    NotMade, ``RosterRefused``, ``KeyMissing``.
    """
    with database.snapshot() as db:
        deployment = db.scalar(select(Deployment))
    if deployment is None:
        raise NotMade
    seed = files.operational_seed()
    keys = Keyring(
        files,
        deployment.id,
        deployment.operational_public,
        OperationalKeys(seed) if seed else None,
    )
    database.use_keys(keys, find_index_key)
    with database.snapshot() as db:
        db.scalars(select(Deployment)).one()  # now with keys, so that its row is checked
        check_roster_at_start(db)
        reconcile_tombstones(db)
        if keys.is_open:
            load_index_key(db)
    return keys


def find_operational_seed(db: Db, principal: Principal) -> Secret | None:
    """Return the operational seed, opened with a team key; None for who holds none."""
    for grant in db.scalars(select(OperationalGrant)):
        wrap = select(TeamWrap.id).where(
            TeamWrap.team == grant.team,
            TeamWrap.epoch == grant.team_epoch,
            TeamWrap.member_id == principal.member_id,
        )
        if db.scalar(wrap) is not None:
            team = open_team_keys(db, principal, grant.team, grant.team_epoch)
            return unwrap_key(db, OPERATIONAL_GRANT, grant, team.pair, grant.team_epoch)
    return None


class OpeningPermit:
    """Taken when a sign-in begins; an alarm makes it void, for it empties the keyring's memory."""


def take_permit(keys: Keyring) -> OpeningPermit:
    """Return the permit of what begins now. All that begin between two alarms share one."""
    return cast("OpeningPermit", keys.held.memory.setdefault(OpeningPermit, OpeningPermit()))


def is_permit_good(keys: Keyring, permit: OpeningPermit) -> bool:
    """Return whether no alarm was raised since it was taken."""
    return keys.recall(OpeningPermit) is permit


def unseal_server(db: Db, principal: Principal, permit: OpeningPermit, now: datetime) -> None:
    """Open the server with a team key of ``principal``; nothing if they hold none.

    Nothing either once an alarm was raised since ``permit`` was taken.

    After the commit every other process hears of it, also where this one was open already: a worker
    that was started again waits for that.
    """
    seed = find_operational_seed(db, principal)
    if seed is None or not is_permit_good(db.keys, permit):
        return
    opened = not db.keys.is_open
    if opened:
        db.keys.unseal(OperationalKeys(seed))
        load_index_key(db)
        hasten_job(db, ABSORB_JOB, now)
        audit.record(db, "server.unsealed", principal.member_id, None, now)
    keys = db.keys
    db.on_commit(lambda: _tell_others(keys, permit, seed, opened=opened))


def _tell_others(keys: Keyring, permit: OpeningPermit, seed: Secret, *, opened: bool) -> None:
    if is_permit_good(keys, permit):
        keys.announce_unsealed(seed)
    elif opened:
        keys.seal()  # the alarm was raised just before this sign-in opened the server


def load_index_key(db: Db) -> Secret:
    """Read the current index key into the keyring."""
    row = db.scalars(select(IndexKey).where(IndexKey.current)).one()
    key = Secret(bytes.fromhex(db.keys.read_values(row).key))
    db.keys.hold_index_key(row.id, key)
    return key


def make_index_key(db: Db, now: datetime) -> tuple[Secret, dict[str, Any]]:
    """Make a key for the blind index; return it with the columns of its row."""
    key, row_id = new_seed(), uuid4()
    values = db.keys.new_values(IndexKey, row_id, IndexKeyValues(key=key.hex()), now)
    return key, {"id": row_id, "created_at": rounded(now), **values}


def find_index_key(db: Db) -> Secret:
    """Return the index key that is current in this transaction, read only where it is a new one.

    A transaction that writes keeps it from being replaced until its end. Sealed.
    """
    query = select(IndexKey.id).where(IndexKey.current)
    if db.writing:
        query = query.with_for_update(read=True, key_share=True)
    current, held = db.scalars(query).one(), db.keys.held_index_key
    return held[1] if held and held[0] == current else load_index_key(db)
