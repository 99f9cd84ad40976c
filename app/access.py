"""The permissions of each role: one table, tested endpoint by endpoint."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Select, or_, select

from app.crypto import MemberKeys, TeamKeys
from app.errors import Forbidden
from app.models import LIVE_STATES, Case

ROLES = ("accompanier", "auditor", "coordinator", "dispatcher", "interpreter", "legal")


class Permission(StrEnum):
    """The things that need a permission."""

    ARCHIVE = "archive"
    AUDIT = "audit"
    BLOCKS = "blocks"
    CASES = "cases"
    COMPLAINTS = "complaints"
    DIRECTORY = "directory"
    HOLD = "hold"
    INVITATIONS = "invitations"
    LIFT_HOLD = "lift_hold"
    MEMBERS = "members"
    OFFERS = "offers"
    RAIDS = "raids"
    ROTA = "rota"
    ROTA_OF_ALL = "rota_of_all"
    RULES = "rules"
    SELF = "self"
    SETTINGS = "settings"
    STATISTICS = "statistics"
    STATISTICS_READ = "statistics_read"
    TEXTS = "texts"


_EVERYONE = {Permission.SELF}
_DESK = {Permission.COMPLAINTS, Permission.DIRECTORY, Permission.RAIDS}
PERMISSIONS: dict[str, frozenset[Permission]] = {
    "accompanier": frozenset(_EVERYONE | {Permission.OFFERS, Permission.ROTA}),
    "auditor": frozenset(_EVERYONE | {Permission.AUDIT, Permission.STATISTICS_READ}),
    "coordinator": frozenset(
        _EVERYONE
        | {
            Permission.ARCHIVE,
            Permission.AUDIT,
            Permission.BLOCKS,
            Permission.COMPLAINTS,
            Permission.DIRECTORY,
            Permission.HOLD,
            Permission.INVITATIONS,
            Permission.LIFT_HOLD,
            Permission.MEMBERS,
            Permission.OFFERS,
            Permission.ROTA,
            Permission.ROTA_OF_ALL,
            Permission.RULES,
            Permission.SETTINGS,
            Permission.STATISTICS,
            Permission.STATISTICS_READ,
            Permission.TEXTS,
        }
    ),
    "dispatcher": frozenset(
        _EVERYONE | _DESK | {Permission.CASES, Permission.HOLD, Permission.OFFERS, Permission.ROTA}
    ),
    "interpreter": frozenset(_EVERYONE | {Permission.OFFERS, Permission.ROTA}),
    "legal": frozenset(_EVERYONE | {Permission.OFFERS, Permission.ROTA}),
}
# Which team's seed a member needs for it.
DESK, ARCHIVE = "desk", "archive"


@dataclass(frozen=True)
class Principal:
    """A signed-in member, with their keys for as long as the request lasts."""

    member_id: UUID
    handle: str
    roles: frozenset[str]
    archive: bool
    session_id: UUID
    keys: MemberKeys = field(repr=False)
    # Team seeds opened during this request; gone with it.
    opened: dict[tuple[str, int], TeamKeys] = field(default_factory=dict, repr=False)

    def may(self, permission: Permission) -> bool:
        """Return whether one of the member's roles has the permission."""
        if permission is Permission.SELF:
            return True
        if permission is Permission.ARCHIVE and not self.archive:
            return False
        return any(permission in PERMISSIONS[role] for role in self.roles)

    def require(self, permission: Permission) -> None:
        """Raise Forbidden unless the member has the permission."""
        if not self.may(permission):
            raise Forbidden


def readable_cases(principal: Principal) -> Select[Case]:
    """Return the query of the cases whose existence this member may know.

    The desk sees all cases, the closed and erased ones as bare facts. A coordinator with the
    archive sees the closed ones. Other members see none.
    """
    query = select(Case)
    if principal.may(Permission.CASES):
        return query
    if principal.may(Permission.ARCHIVE):
        return query.where(Case.state.not_in(LIVE_STATES))
    return query.where(or_(False))
