"""The deployment: making it, opening its keys at start-up, its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.exc import NoResultFound

from app import audit, deadlines, enrolment, grants, jobs, roster, tombstones
from app.access import ARCHIVE, DESK, Permission, Principal
from app.crypto import KeyFiles, OperationalKeys, Purpose, Secret, TeamKeys, new_seed, open_sealed
from app.db import Database, Db
from app.errors import BadRequest, OperatorError, StaleVersion
from app.keyring import Keyring
from app.models import (
    Deployment,
    IndexKey,
    OperationalGrant,
    RosterVersion,
    TeamWrap,
    rounded,
)
from app.statements import Query
from app.statistics import chain

# The recurring job that merges what came in while sealed; opening a server hastens it.
ABSORB_JOB = "absorb"
REGIONS = ("montreal", "laval", "quebec", "ottawa", "toronto", "vancouver", "other")
# What a case's sheet may hold by default; the organisation edits the list.
FIELDS = (
    "subject_name",
    "subject_relation",
    "contact_name",
    "client_id",
    "held_at",
    "taken_at",
    "lawyer",
    "medication",
    "children",
    "hearing_office",
    "document_title",
    "received_on",
    "notes_legal",
)
# A field of such a name would hold what is stored nowhere: a category of status.
_NEVER_KEPT = ("status", "statut", "estatus", "estati", "citizen", "nationalit", "nacionalidad")
DEFAULTS: dict[str, Any] = {
    "name": "",
    "regions": list(REGIONS),
    "fields": list(FIELDS),
    "languages": ["en", "fr", "es", "ht"],
    # Offered where somebody writes down where a person is held.
    "detention_places": ["Toronto", "Laval", "Surrey", "provincial jail"],
    # Where the wall clock differs from the organisation's own.
    "zones": {"vancouver": "America/Vancouver"},
    # In the currency of the carrier's account; a cap of 0 is none.
    "price_per_segment": 0.0,
    "monthly_cap": 0.0,
    # Automatic texts that are not urgent, to everybody together.
    "automatic_per_hour": 3000,
    # Callers press a digit first, during a flood of machines.
    "voice_challenge": False,
    # More calls of one phone in an hour are recorded and ring nobody; 0 is no limit.
    "calls_per_hour": 6,
    # Calls that the desk makes: to one case, and to all, within a day.
    "callbacks_per_case": 6,
    "callbacks_per_day": 200,
    # Where the desk may call, by country; never a number that costs extra.
    "callback_countries": ["CA", "US"],
}
_VERSIONS = select(
    IndexKey.id,
    select(Deployment.version).scalar_subquery().label("settings"),
    select(func.max(RosterVersion.version)).scalar_subquery().label("roster"),
).where(IndexKey.current)
_CURRENT = Query(_VERSIONS)
# Whoever writes keeps the index key from being replaced until the end.
_CURRENT_LOCKED = Query(_VERSIONS.with_for_update(read=True, key_share=True, of=IndexKey))


class AlreadyMade(OperatorError):
    """This data directory or database already holds an organisation; nothing was changed."""


class NotMade(OperatorError):
    """There is no organisation here yet. Run `kith init` first."""


@dataclass(frozen=True)
class Founded:
    """What is printed once after ``kith init``."""

    enrolled: enrolment.Enrolled
    root_fingerprint: str

    def __repr__(self) -> str:
        return "Founded(…)"


def found(
    database: Database,
    files: KeyFiles,
    *,
    handle: str,
    passphrase: str,
    keep_operational_seed: bool,
    now: datetime,
) -> Founded:
    """Make keys, teams, roster and the first coordinator, who is also a dispatcher.

    Raises AlreadyMade, and what ``enrolment.enrol`` raises; then nothing is left behind.
    """
    enrolment.clean_handle(handle)
    secrets = enrolment.make_secrets(passphrase)
    with database.snapshot() as db:
        if db.scalar(select(Deployment.id)) is not None:
            raise AlreadyMade
    files.create()
    operational = OperationalKeys(new_seed())
    deployment_id = uuid4()
    keys = Keyring(files, deployment_id, operational.pair.public, operational)
    database.keys = keys
    with database.transaction() as db:
        _add_deployment(db, deployment_id, operational, now)
        enrolled = enrolment.enrol(
            db,
            secrets,
            handle=handle,
            roles=("coordinator", "dispatcher"),
            state="active",
            profile={},
            now=now,
        )
        first = _first_roster(db, enrolled, secrets, now)
        audit.begin(db)
        deadlines.plant(db)
        chain.begin(db)
        db.flush()
        audit.record(db, "organisation.made", enrolled.member.id, deployment_id, now)
    keys.current_index = current_index_key
    if keep_operational_seed:
        files.store_operational_seed(operational.seed)
    return Founded(enrolled, first.hash)


def _add_deployment(
    db: Db, deployment_id: Any, operational: OperationalKeys, now: datetime
) -> None:
    db.add(
        Deployment(
            id=deployment_id,
            created_at=rounded(now),
            operational_public=operational.pair.public,
            version=1,
            clock_offset_s=0.0,
            **db.keys.new_row("deployment", deployment_id, {"settings": {}}, now),
        )
    )
    index_id, index_key = uuid4(), new_seed()
    db.add(
        IndexKey(
            id=index_id,
            created_at=rounded(now),
            current=True,
            **db.keys.new_row("index_keys", index_id, {"key": index_key.hex()}, now),
        )
    )
    db.keys.index = (index_id, index_key)
    db.flush()


def _first_roster(
    db: Db, enrolled: enrolment.Enrolled, secrets: enrolment.Secrets, now: datetime
) -> roster.Roster:
    keys = {team: grants.new_team_epoch(db, team, 1, now) for team in (DESK, ARCHIVE)}
    member = enrolled.member
    line = roster.RosterMember(
        member.id, tuple(member.roles), True, member.kem_public, member.verify_key
    )
    teams = {team: roster.Team(1, team_keys.pair.public) for team, team_keys in keys.items()}
    first = roster.Roster(1, "", (line,), teams)
    roster.found(db, first, member.id, secrets.keys)
    for team, team_keys in keys.items():
        grants.share_team(db, team, 1, team_keys, [member.id], now)
    return first


def open_keys(database: Database, files: KeyFiles) -> Keyring:
    """Load the deployment's keys at start-up and verify roster and anchor.

    In ``file`` mode the operational key opens here; else the keyring stays sealed. Raises
    NotMade, ``roster.RosterRefused``, ``KeyMissing``.
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
    keys.current_index = current_index_key
    database.keys = keys
    with database.snapshot() as db:
        roster.check_at_start(db)
        tombstones.reconcile(db)
        if keys.is_open:
            load_index_key(db)
    return keys


def operational_seed(db: Db, principal: Principal) -> Secret | None:
    """Return the operational seed, opened with a team key; None for who holds none."""
    for grant in db.scalars(select(OperationalGrant)):
        wrap = select(TeamWrap.id).where(
            TeamWrap.team == grant.team,
            TeamWrap.epoch == grant.team_epoch,
            TeamWrap.member_id == principal.member_id,
        )
        if db.scalar(wrap) is not None:
            team = grants.team_keys(db, principal, grant.team, grant.team_epoch)
            return _open_operational(db, grant, team)
    return None


def _open_operational(db: Db, grant: OperationalGrant, team: TeamKeys) -> Secret:
    inner = db.keys.remember("operational_grants", "wrap", grant.id, grant.wrap)
    context = db.keys.context("operational_grants", "wrap", grant.id, epoch=grant.team_epoch)
    purpose = Purpose.OPERATIONAL_SEED
    return open_sealed(team.pair, purpose, grant.team_epoch, context, inner)


def unseal(db: Db, principal: Principal, now: datetime) -> None:
    """Open the server with a team key of ``principal``; nothing if they hold none.

    After the commit every other process hears of it, also where this one was open already: a worker
    that was started again waits for that.
    """
    seed = operational_seed(db, principal)
    if seed is None:
        return
    if not db.keys.is_open:
        db.keys.unseal(OperationalKeys(seed))
        load_index_key(db)
        jobs.hasten(db, ABSORB_JOB, now)
        audit.record(db, "server.unsealed", principal.member_id, None, now)
    if tell := db.keys.tell_others:
        db.on_commit(lambda: tell(seed))


def load_index_key(db: Db) -> Secret:
    """Read the current index key into the keyring."""
    row = db.scalars(select(IndexKey).where(IndexKey.current)).one()
    key = Secret(bytes.fromhex(db.keys.open_row("index_keys", row)["key"]))
    db.keys.index = (row.id, key)
    return key


def current_index_key(db: Db) -> Secret:
    """Return the index key that is current in this transaction, read only where it is a new one.

    A transaction that writes keeps it from being replaced until its end. Sealed.
    """
    query = select(IndexKey.id).where(IndexKey.current)
    if db.writing:
        query = query.with_for_update(read=True, key_share=True)
    current, held = db.scalars(query).one(), db.keys.index
    return held[1] if held and held[0] == current else load_index_key(db)


def settings(db: Db) -> tuple[dict[str, Any], int]:
    """Return the organisation's settings, defaults filled in, and their version."""
    deployment = db.scalars(select(Deployment)).one()
    stored = db.keys.open_row("deployment", deployment)["settings"]
    return {**DEFAULTS, **stored}, deployment.version


def look(db: Db) -> None:
    """Ask in one query which index key, settings and roster are current; then not again.

    For a transaction that takes texts in and needs all three. Sealed.
    """
    found = (_CURRENT_LOCKED if db.writing else _CURRENT).rows(db)
    if not found:  # replaced at this very moment: the next transaction finds the new one
        raise NoResultFound
    now = found[0]
    held = db.keys.index
    db.info["index_key"] = held[1] if held and held[0] == now.id else load_index_key(db)
    db.info["settings_version"], db.info["roster_version"] = now.settings, now.roster


def regions(db: Db) -> tuple[str, ...]:
    """Return the organisation's regions, read once for each version of the settings."""
    version = db.info.get("settings_version") or db.scalars(select(Deployment.version)).one()
    known = db.keys.regions
    if known is None or known[0] != version:
        known = db.keys.regions = (version, tuple(settings(db)[0]["regions"]))
    return known[1]


def zone_of(db: Db, region: str | None) -> ZoneInfo:
    """Return the time zone of a region, the organisation's own where none is set."""
    zone: str | None = settings(db)[0]["zones"].get(region) if region else None
    return ZoneInfo(zone) if zone else db.keys.zone


def change_settings(
    db: Db, principal: Principal, version: int, changes: Mapping[str, Any], now: datetime
) -> tuple[dict[str, Any], int]:
    """Replace the given settings. StaleVersion, BadRequest."""
    principal.require(Permission.SETTINGS)
    if any(word in name.casefold() for name in changes.get("fields") or () for word in _NEVER_KEPT):
        raise BadRequest("What somebody is before the law is never kept: no field for a status.")
    deployment = db.scalars(select(Deployment).with_for_update()).one()
    if deployment.version != version:
        raise StaleVersion(deployment.version)
    stored = db.keys.open_row("deployment", deployment)["settings"]
    db.keys.replace_values("deployment", deployment, {"settings": {**stored, **changes}})
    deployment.version += 1
    db.flush()
    audit.record(db, "settings.changed", principal.member_id, deployment.id, now)
    return settings(db)
