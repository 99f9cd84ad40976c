"""Members, invitations, sessions, and the signed roster."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped

from app.models.base import Base, OperationalRow, forgotten, plain, sealed


class Member(OperationalRow[Any], Base):
    """A volunteer or coordinator.

    Operational values: ``name phone languages regions skills weekly_cap vetted_on``. The roles
    that count are the roster's; ``roles`` here is what was asked for.
    """

    __tablename__ = "members"

    id: Mapped[UUID] = plain(primary_key=True)
    handle: Mapped[str] = plain(String(64), unique=True)
    roles: Mapped[list[str]] = plain(JSON)
    state: Mapped[str] = plain(String(16))  # waiting, active, removed
    archive: Mapped[bool] = plain(default=False)
    joined_at: Mapped[datetime] = plain()
    version: Mapped[int] = plain(default=1)
    kem_public: Mapped[bytes] = plain()
    verify_key: Mapped[bytes] = plain()
    keys_mac: Mapped[bytes] = plain()
    passphrase_salt: Mapped[bytes] = plain()
    seed_wrap: Mapped[bytes | None] = forgotten()
    recovery_wrap: Mapped[bytes | None] = forgotten()
    totp: Mapped[bytes | None] = sealed()
    totp_version: Mapped[int] = plain(default=0)
    totp_confirmed: Mapped[bool] = plain(default=False)


class Invitation(OperationalRow[Any], Base):
    """A one-time code; it carries no seed.

    Operational values until it is redeemed: ``code expires_at roles languages regions``.
    """

    __tablename__ = "invitations"

    id: Mapped[UUID] = plain(primary_key=True)
    code_lookup: Mapped[bytes] = plain(unique=True)
    invited_by: Mapped[UUID] = plain(ForeignKey("members.id"))
    expires_at: Mapped[datetime] = plain()
    redeemed_by: Mapped[UUID | None] = plain(ForeignKey("members.id"))


class RosterVersion(Base):
    """One version of the signed document of members, keys and teams."""

    __tablename__ = "rosters"

    version: Mapped[int] = plain(primary_key=True, autoincrement=False)
    document: Mapped[bytes] = plain()
    signer: Mapped[UUID] = plain()
    signature: Mapped[bytes] = plain()


class SessionRow(Base):
    """A sign-in, for deployments of several processes (PostgreSQL only).

    Unlogged: absent from write-ahead log, standby and backup, and useless without the token.
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
