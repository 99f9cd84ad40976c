"""The foundation of an organisation: its keys, teams, roster and first coordinator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import select

from app import audit
from app.access import ARCHIVE, DESK
from app.crypto import KeyFiles, OperationalKeys, new_seed
from app.errors import OperatorError
from app.keyring import Keyring
from app.knowledge import plant_deadline_rules
from app.members import (
    EnrolledMember,
    NewcomerSecrets,
    Standing,
    clean_handle,
    enrol_member,
    make_secrets,
)
from app.models import (
    Deployment,
    IndexKey,
    MemberProfile,
    MemberState,
    OrganisationSettings,
    rounded,
)
from app.statistics import begin_chain
from app.store import Database, Db, read_revision
from app.vault import (
    Roster,
    RosterMember,
    Team,
    find_index_key,
    found_roster,
    make_index_key,
    make_team_epoch,
    share_team,
)


class AlreadyMade(OperatorError):
    """This data directory or database already holds an organisation; nothing was changed."""


@dataclass(frozen=True)
class FoundedOrganisation:
    """What is printed once after ``kith init``."""

    enrolled: EnrolledMember
    root_fingerprint: str

    def __repr__(self) -> str:
        return "Founded(…)"


def is_founded(url: str) -> bool:
    """Return whether there is an organisation in the database at ``url``."""
    if read_revision(url) is None:
        return False
    database = Database(url)
    try:
        with database.snapshot() as db:
            return db.scalar(select(Deployment.id)) is not None
    finally:
        database.close()


def found_organisation(
    database: Database,
    files: KeyFiles,
    *,
    handle: str,
    passphrase: str,
    keep_operational_seed: bool,
    now: datetime,
) -> FoundedOrganisation:
    """Make keys, teams, roster and the first coordinator, who is also a dispatcher.

    Raises AlreadyMade, and what ``enrol_member`` raises; then nothing is left behind.
    """
    clean_handle(handle)
    secrets = make_secrets(passphrase, handle)
    with database.snapshot() as db:
        if db.scalar(select(Deployment.id)) is not None:
            raise AlreadyMade
    files.create()
    operational = OperationalKeys(new_seed())
    keys = Keyring(files, uuid4(), operational.pair.public, operational)
    database.use_keys(keys)
    with database.transaction() as db:
        _add_deployment(db, now)
        enrolled = _enrol_first_member(db, handle, secrets, now)
        first = _found_first_roster(db, enrolled, secrets, now)
        audit.begin(db)
        plant_deadline_rules(db)
        begin_chain(db)
        db.flush()
        audit.record(db, "organisation.made", enrolled.member.id, keys.deployment, now)
    database.use_keys(keys, find_index_key)
    if keep_operational_seed:
        files.store_operational_seed(operational.seed)
    return FoundedOrganisation(enrolled, first.hash)


def _add_deployment(db: Db, now: datetime) -> None:
    row_id = db.keys.deployment
    db.add(
        Deployment(
            id=row_id,
            created_at=rounded(now),
            operational_public=db.keys.operational_public,
            version=1,
            clock_offset_s=0.0,
            **db.keys.new_values(Deployment, row_id, OrganisationSettings(), now),
        )
    )
    index_key, columns = make_index_key(db, now)
    db.add(IndexKey(current=True, **columns))
    db.keys.hold_index_key(columns["id"], index_key)
    db.flush()


def _enrol_first_member(
    db: Db, handle: str, secrets: NewcomerSecrets, now: datetime
) -> EnrolledMember:
    return enrol_member(
        db,
        secrets,
        handle=handle,
        standing=Standing.of(("coordinator", "dispatcher"), archive=True),
        state=MemberState.ACTIVE,
        profile=MemberProfile(),
        roster_version=1,
        now=now,
    )


def _found_first_roster(
    db: Db, enrolled: EnrolledMember, secrets: NewcomerSecrets, now: datetime
) -> Roster:
    keys = {team: make_team_epoch(db, team, 1, now) for team in (DESK, ARCHIVE)}
    member = enrolled.member
    roles, version = tuple(member.roles), member.roster_version
    line = RosterMember(member.id, roles, True, member.kem_public, member.verify_key, version)
    teams = {team: Team({1: team_keys.pair.public}) for team, team_keys in keys.items()}
    first = Roster(version, "", (line,), teams, db.keys.operational_public)
    found_roster(db, first, member.id, secrets.keys)
    for team, team_keys in keys.items():
        share_team(db, team, 1, team_keys, [member.id], now)
    return first
