"""Messages and notes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped

from app.intake import ScriptState
from app.models.base import Base, OperationalRow, plain, sealed
from app.models.values import operational
from app.telephony import Channel


class Message(Base):
    """One text, in either direction.

    ``body`` is sealed to the case and holds text, exact time, answers and the script's replies.
    A reply of the script has no ciphertext of its own: ``source_id`` names the incoming text
    whose body holds it, so that a text costs one encapsulation.
    """

    __tablename__ = "messages"
    id_window = "at"
    __table_args__ = (Index("ix_messages_case_position", "case_id", "position"),)

    id: Mapped[UUID] = plain(primary_key=True)
    case_id: Mapped[UUID] = plain(ForeignKey("cases.id"))
    epoch: Mapped[int] = plain()
    direction: Mapped[str] = plain(String(8))  # inbound, outbound
    channel: Mapped[str] = plain(String(8))
    status: Mapped[str] = plain(
        String(12), harmless="the desk asks again where a wrong one says that a text did not arrive"
    )
    at: Mapped[datetime] = plain()
    position: Mapped[int] = plain(BigInteger)
    author_id: Mapped[UUID | None] = plain()
    source_id: Mapped[UUID | None] = plain()
    body: Mapped[bytes | None] = sealed()


class Note(Base):
    """What the desk wrote for the desk."""

    __tablename__ = "notes"

    id: Mapped[UUID] = plain(primary_key=True)
    case_id: Mapped[UUID] = plain(ForeignKey("cases.id"), index=True)
    epoch: Mapped[int] = plain()
    position: Mapped[int] = plain(BigInteger)
    author_id: Mapped[UUID] = plain()
    kind: Mapped[str] = plain(String(12))  # note, handover
    body: Mapped[bytes] = sealed()


@operational
class PendingKeywordValues:
    """Which keyword came, from which number on which channel, and the language of its answer.

    Without a keyword the greeting was answered at ``at``: ``script`` is where the dialogue stands.
    """

    number: str
    keyword: str | None = None
    language: str | None = None
    channel: Channel = "sms"
    script: ScriptState | None = None
    at: datetime | None = None


class PendingKeyword(OperationalRow[PendingKeywordValues], Base):
    """A keyword, or an answer to the greeting, that came while sealed."""

    __tablename__ = "pending_keywords"

    id: Mapped[UUID] = plain(primary_key=True)
    position: Mapped[int] = plain(BigInteger)
