"""The deployment: making it, opening its keys at start-up, its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.exc import NoResultFound

from app import audit
from app.access import Permission, Principal
from app.errors import BadRequest, StaleVersion
from app.models import Deployment, IndexKey, RosterVersion
from app.store import Db, Query
from app.vault import load_index_key

DEFAULT_REGIONS = ("montreal", "laval", "quebec", "ottawa", "toronto", "vancouver", "other")
# What a case's sheet may hold by default; the organisation edits the list.
DEFAULT_FIELDS = (
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
DEFAULT_SETTINGS: dict[str, Any] = {
    "name": "",
    "regions": list(DEFAULT_REGIONS),
    "fields": list(DEFAULT_FIELDS),
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


@dataclass(frozen=True)
class _Regions:
    """The regions of one version of the settings."""

    version: int
    codes: tuple[str, ...]


def read_settings(db: Db) -> tuple[dict[str, Any], int]:
    """Return the organisation's settings, defaults filled in, and their version."""
    deployment = db.scalars(select(Deployment)).one()
    stored = db.keys.open_row("deployment", deployment)["settings"]
    return {**DEFAULT_SETTINGS, **stored}, deployment.version


def look_up_versions(db: Db) -> None:
    """Ask in one query which index key, settings and roster are current; then not again.

    For a transaction that takes texts in and needs all three. Sealed.
    """
    found = (_CURRENT_LOCKED if db.writing else _CURRENT).rows(db)
    if not found:  # replaced at this very moment: the next transaction finds the new one
        raise NoResultFound
    now = found[0]
    held = db.keys.held_index_key
    db.keys.use_index_key(held[1] if held and held[0] == now.id else load_index_key(db))
    db.info["settings_version"], db.info["roster_version"] = now.settings, now.roster


def read_regions(db: Db) -> tuple[str, ...]:
    """Return the organisation's regions, read once for each version of the settings."""
    version = db.info.get("settings_version") or db.scalars(select(Deployment.version)).one()
    known = db.keys.recall(_Regions)
    if known is None or known.version != version:
        known = _Regions(version, tuple(read_settings(db)[0]["regions"]))
        db.keys.keep(known)
    return known.codes


def find_zone(db: Db, region: str | None) -> ZoneInfo:
    """Return the time zone of a region, the organisation's own where none is set."""
    zone: str | None = read_settings(db)[0]["zones"].get(region) if region else None
    return ZoneInfo(zone) if zone else db.zone


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
    return read_settings(db)
