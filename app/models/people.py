"""Members, invitations, sessions, and the signed roster."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped

from app.models.base import Base, OperationalRow, State, UnvouchedBase, forgotten, plain, sealed
from app.models.values import operational


class MemberState(StrEnum):
    """How far a member has come."""

    WAITING = "waiting"
    """They redeemed an invitation; no coordinator has signed them into the roster yet."""
    JOINING = "joining"
    """The roster names them; a colleague has still to pass on the keys of their teams."""
    ACTIVE = "active"
    """They hold every key that their roles need."""
    REMOVED = "removed"
    """They left, and hold no key any more."""


MEMBER_TRANSITIONS: Mapping[MemberState, frozenset[MemberState]] = {
    MemberState.WAITING: frozenset({MemberState.JOINING, MemberState.REMOVED}),
    MemberState.JOINING: frozenset({MemberState.ACTIVE, MemberState.REMOVED}),
    # New roles may need new keys: then a member joins again.
    MemberState.ACTIVE: frozenset({MemberState.JOINING, MemberState.REMOVED}),
    MemberState.REMOVED: frozenset(),
}


@operational
class MemberProfile:
    """What the machine knows of a member, to find the right person and to reach them.

    ``phone`` is E.164. ``languages`` (the first is how they are spoken to), ``regions`` and
    ``skills`` are codes. They take on at most ``weekly_cap`` requests a week; None is no limit. A
    coordinator vetted them on ``vetted_on``. During ``quiet_hours`` (``HH:MM-HH:MM`` in the
    organisation's time zone) only what is happening now wakes them.
    """

    name: str | None = None
    phone: str | None = None
    languages: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    weekly_cap: int | None = None
    vetted_on: date | None = None
    quiet_hours: tuple[str, ...] = ()


@operational
class InvitationValues:
    """What an invitation offers.

    ``code`` is the hash of the code in hexadecimal digits. It and ``expires_at`` stand here
    too, because whoever can write to the database could change the plain columns; so does
    ``invited_by``, whose word is the first of two where the roles open a team.
    """

    code: str
    expires_at: datetime
    roles: tuple[str, ...]
    archive: bool = False
    invited_by: UUID
    profile: MemberProfile


class Member(OperationalRow[MemberProfile], Base):
    """A volunteer or coordinator.

    The roles that count are the roster's; ``roles`` are those that a coordinator gave them last.
    ``roster_version`` is the version of the roster that gave them; before the first one that names
    the member, it is the one that was the newest when they joined.

    ``number_lookup`` is the blind index of their phone: by it a text or a call is known as theirs.
    ``phone_error`` is the carrier's number of why the last text did not reach it; None if one did.
    """

    __tablename__ = "members"

    id: Mapped[UUID] = plain(primary_key=True)
    handle: Mapped[str] = plain(String(64), unique=True)
    roles: Mapped[list[str]] = plain(JSON)
    state: Mapped[MemberState] = plain(State(MemberState, 16))
    archive: Mapped[bool] = plain(default=False)
    joined_at: Mapped[datetime] = plain()
    version: Mapped[int] = plain(default=1)
    kem_public: Mapped[bytes] = plain()
    verify_key: Mapped[bytes] = plain()
    roster_version: Mapped[int] = plain()
    passphrase_salt: Mapped[bytes] = plain()
    seed_wrap: Mapped[bytes | None] = forgotten()
    recovery_wrap: Mapped[bytes | None] = forgotten()
    totp: Mapped[bytes | None] = forgotten()
    totp_version: Mapped[int] = plain(default=0)
    # Only for colleagues to see: that it is confirmed lies sealed in ``totp``.
    totp_confirmed: Mapped[bool] = plain(default=False)
    number_lookup: Mapped[bytes | None] = plain(index=True)
    phone_error: Mapped[int | None] = plain()


class Invitation(OperationalRow[InvitationValues], Base):
    """A one-time code; it carries no seed. Its values go when a newcomer redeems it."""

    __tablename__ = "invitations"

    id: Mapped[UUID] = plain(primary_key=True)
    code_lookup: Mapped[bytes] = plain(unique=True)
    invited_by: Mapped[UUID] = plain(ForeignKey("members.id"))
    expires_at: Mapped[datetime] = plain()
    redeemed_by: Mapped[UUID | None] = plain(ForeignKey("members.id"))


class RosterVersion(UnvouchedBase):
    """One version of the signed document: see ``app.vault.roster_document``."""

    __tablename__ = "rosters"
    why_unvouched = "each version is signed"

    version: Mapped[int] = plain(primary_key=True, autoincrement=False)
    document: Mapped[bytes] = plain()
    signer: Mapped[UUID] = plain()
    signature: Mapped[bytes] = plain()


class SessionRow(Base):
    """A sign-in, for deployments of several processes (PostgreSQL only).

    Unlogged: absent from write-ahead log, standby and backup, and useless without the token. Its
    times are vouched for: whoever writes to the database prolongs none.
    """

    __tablename__ = "sessions"
    __table_args__ = {"prefixes": ["UNLOGGED"], "info": {"only": "postgresql"}}

    lookup: Mapped[bytes] = plain(primary_key=True)
    id: Mapped[UUID] = plain(unique=True)
    member_id: Mapped[UUID] = plain(index=True)
    seed: Mapped[bytes] = sealed()
    created_at: Mapped[datetime] = plain()
    used_at: Mapped[datetime] = plain()
    expires_at: Mapped[datetime] = plain(index=True)
