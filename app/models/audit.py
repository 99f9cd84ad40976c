"""The audit chain: ids and kinds only."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped

from app.models.base import UnvouchedBase, plain


class AuditEntry(UnvouchedBase):
    """Who did what to which object. ``mac`` covers the entry and the ``mac`` before it."""

    __tablename__ = "audit_entries"
    why_unvouched = "entries carry the MACs of their chain"

    seq: Mapped[int] = plain(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = plain()
    kind: Mapped[str] = plain(String(32))
    actor: Mapped[UUID | None] = plain(index=True)
    object: Mapped[UUID | None] = plain(index=True)
    mac: Mapped[bytes] = plain()


class AuditHead(UnvouchedBase):
    """One row: the end of the chain, locked by whoever appends."""

    __tablename__ = "audit_head"
    why_unvouched = "the head is the MAC of the newest entry"

    id: Mapped[int] = plain(primary_key=True, autoincrement=False)
    seq: Mapped[int] = plain(BigInteger)
    mac: Mapped[bytes] = plain()


class AuditCheckpoint(UnvouchedBase):
    """Entries that are not here: those after ``after_seq``, up to ``seq``.

    ``end`` is the MAC of entry ``seq``, from which the chain leads on. ``mac`` signs all three
    under the audit key.
    """

    __tablename__ = "audit_checkpoints"
    why_unvouched = "each carries a MAC under the audit key"

    after_seq: Mapped[int] = plain(BigInteger, primary_key=True, autoincrement=False)
    seq: Mapped[int] = plain(BigInteger)
    end: Mapped[bytes] = plain()
    mac: Mapped[bytes] = plain()
