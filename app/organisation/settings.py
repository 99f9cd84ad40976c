"""The organisation's settings: reading them, changing them, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.exc import NoResultFound

from app import audit
from app.access import Permission, Principal
from app.errors import BadRequest
from app.models import Deployment, IndexKey, OrganisationSettings, RosterVersion, TextChange
from app.store import Db, Query, ReadVersion, check_version
from app.vault import load_index_key

# The region of every case whose region is in no list.
OTHER_REGION = "other"
# A field whose name holds one of these would hold a person's status, which Kith never keeps.
_NEVER_KEPT = ("status", "statut", "estatus", "estati", "citizen", "nationalit", "nacionalidad")
_VERSIONS = select(
    IndexKey.id,
    select(Deployment.version).scalar_subquery().label("settings"),
    select(func.max(RosterVersion.version)).scalar_subquery().label("roster"),
    select(func.max(TextChange.position)).scalar_subquery().label("texts"),
).where(IndexKey.current)
_CURRENT = Query(_VERSIONS)
# A writer keeps the index key from being replaced until its transaction ends.
_CURRENT_LOCKED = Query(_VERSIONS.with_for_update(read=True, key_share=True, of=IndexKey))


@dataclass(frozen=True)
class _Regions:
    """The regions of one version of the settings."""

    version: int
    codes: tuple[str, ...]


def read_settings(db: Db) -> OrganisationSettings:
    """Return the organisation's settings. Sealed."""
    return db.keys.read_values(db.scalars(select(Deployment)).one())


def read_settings_version(db: Db) -> int:
    """Return the version of the settings; each change raises it by one."""
    return db.scalars(select(Deployment.version)).one()


def look_up_versions(db: Db) -> None:
    """Ask in one query which index key, settings, roster and texts are current; then not again.

    For a transaction that takes texts in and needs all four. Sealed.
    """
    found = (_CURRENT_LOCKED if db.writing else _CURRENT).rows(db)
    if not found:  # another process has just replaced the key: the next transaction finds it
        raise NoResultFound
    now = found[0]
    held = db.keys.held_index_key
    db.keys.use_index_key(held[1] if held and held[0] == now.id else load_index_key(db))
    db.info["settings_version"], db.info["roster_version"] = now.settings, now.roster
    db.info["texts_version"] = now.texts or 0


def read_regions(db: Db) -> tuple[str, ...]:
    """Return the organisation's regions, read once for each version of the settings. Sealed."""
    version = db.info.get("settings_version") or read_settings_version(db)
    known = db.keys.recall(_Regions)
    if known is None or known.version != version:
        known = _Regions(version, read_settings(db).regions)
        db.keys.keep(known)
    return known.codes


def find_zone(db: Db, region: str | None) -> ZoneInfo:
    """Return the time zone of a region; the organisation's own where the region has none."""
    zone = read_settings(db).zones.get(region) if region else None
    return ZoneInfo(zone) if zone else db.zone


def change_settings(
    db: Db,
    principal: Principal,
    version: ReadVersion,
    change: Callable[[OrganisationSettings], OrganisationSettings],
    now: datetime,
) -> OrganisationSettings:
    """Replace the settings by what ``change`` makes of them, and return them.

    Raises Forbidden, StaleVersion for any but the current ``version``, and BadRequest.
    """
    principal.require(Permission.SETTINGS)
    deployment = db.scalars(select(Deployment).with_for_update()).one()
    check_version(deployment.version, version)
    settings = change(db.keys.read_values(deployment))
    check_settings(settings)
    db.keys.write_values(deployment, settings)
    deployment.version += 1
    db.flush()
    audit.record(db, "settings.changed", principal.member_id, deployment.id, now)
    return settings


def check_settings(settings: OrganisationSettings) -> None:
    """Raise BadRequest for settings that the product cannot work with."""
    if OTHER_REGION not in settings.regions:
        raise BadRequest(f"The regions need the entry {OTHER_REGION}.")
    if any(word in name.casefold() for name in settings.fields for word in _NEVER_KEPT):
        raise BadRequest("What somebody is before the law is never kept: no field for a status.")
