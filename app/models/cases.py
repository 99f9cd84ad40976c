"""Cases with their epochs, grants, sheet and consents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped

from app.intake import ScriptState
from app.models.base import Base, OperationalRow, State, UnvouchedBase, forgotten, plain, sealed
from app.models.contact import HOURS_NOT_SAID, Reach, SafeHours, WhatsAppContact
from app.models.values import operational
from app.telephony import Channel


class CaseState(StrEnum):
    """Where a case stands."""

    NEW = "new"
    """No person has taken it yet."""
    OPEN = "open"
    """A person has taken it, or the caller has written since the desk answered."""
    WAITING = "waiting"
    """The desk has answered and waits for the caller."""
    CLOSED = "closed"
    """Over. Only the archive can read it."""
    ERASED = "erased"
    """Gone. Nothing but plain facts are left."""


LIVE_STATES = (CaseState.NEW, CaseState.OPEN, CaseState.WAITING)
CASE_TRANSITIONS: Mapping[CaseState, frozenset[CaseState]] = {
    CaseState.NEW: frozenset(
        (CaseState.OPEN, CaseState.WAITING, CaseState.CLOSED, CaseState.ERASED)
    ),
    CaseState.OPEN: frozenset((CaseState.WAITING, CaseState.CLOSED, CaseState.ERASED)),
    CaseState.WAITING: frozenset((CaseState.OPEN, CaseState.CLOSED, CaseState.ERASED)),
    CaseState.CLOSED: frozenset((CaseState.OPEN, CaseState.ERASED)),
    CaseState.ERASED: frozenset(),
}
# A flag: the phone was silent for so long that its number may be somebody else's by now.
PERHAPS_ANOTHER_OWNER = "perhaps_another_owner"
# A flag: the phone's owner asked to be erased, and a day is left to think about it.
ERASE_REQUESTED = "erase_requested"
_LIVE = text("state IN ('new', 'open', 'waiting') AND merged_into IS NULL")
_MERGED = text("merged_into IS NOT NULL")


@operational
class CaseValues:
    """What the machine knows of a case.

    ``number`` is E.164; None where it was withheld, and once the case is closed. ``reach`` is what
    the caller answered to the script. ``language_guessed``: nobody chose the language, a machine
    read it off a text. ``human_at``: when a person first had the case, or spoke to the caller.
    ``unconfirmed_since``: what was answered from then on counts for nothing until a
    person confirms that it was the caller.

    Of its own phone alone, also where it was merged into another case: ``number``, ``reach``,
    ``script``, ``last_inbound_at``, ``last_outbound_at``; ``human``: a person takes part in the
    talk, so the script is quiet until a silence ends that; ``unproven``: a silence came before
    this talk, so whoever writes may be somebody else; ``owner_known_at``: when a person last made
    sure; ``text_channel``, the one that it wrote on last, at ``last_inbound_at``; ``last_sms_at``,
    when it last wrote by SMS, if it has written on WhatsApp since.
    """

    reference: str
    channel: str
    opened_at: datetime
    number: str | None = None
    language: str | None = None
    language_guessed: bool = False
    region: str | None = None
    situation: str | None = None
    flags: tuple[str, ...] = ()
    last_message_at: datetime | None = None
    last_inbound_at: datetime | None = None
    last_outbound_at: datetime | None = None
    last_call_at: datetime | None = None
    call_wanted_at: datetime | None = None
    waiting_since: datetime | None = None
    script: ScriptState | None = None
    reach: Reach | None = None
    human: bool = False
    human_at: datetime | None = None
    unproven: bool = False
    unconfirmed_since: datetime | None = None
    owner_known_at: datetime | None = None
    outcome: str | None = None
    text_channel: Channel = "sms"
    last_sms_at: datetime | None = None
    whatsapp: WhatsAppContact | None = None

    def find_last_text(self, channel: Channel) -> datetime | None:
        """Return when the phone last wrote on a channel; None if it never did."""
        if channel == "whatsapp":
            return self.whatsapp.last_at if self.whatsapp else None
        return self.last_inbound_at if self.text_channel == "sms" else self.last_sms_at

    def find_address(self, channel: Channel) -> str | None:
        """Return the number that texts on a channel go to."""
        if channel == "whatsapp" and self.whatsapp is not None:
            return self.whatsapp.number
        return self.number

    @property
    def time_to_human(self) -> timedelta | None:
        """How long the case waited until a person first had it; None while none has."""
        return self.human_at - self.opened_at if self.human_at else None

    def with_flag(self, flag: str) -> CaseValues:
        """Return the same values with a flag, as the newest one."""
        return replace(self.without_flag(flag), flags=(*self.without_flag(flag).flags, flag))

    def without_flag(self, flag: str) -> CaseValues:
        """Return the same values without a flag."""
        return replace(self, flags=tuple(one for one in self.flags if one != flag))


@operational
class ConsentValues:
    """What a caller said about one scope, as somebody recorded it at an instant."""

    scope: str
    granted: bool
    at: datetime
    methods: tuple[str, ...] = ()
    hours: SafeHours = HOURS_NOT_SAID


class Case(OperationalRow[CaseValues], Base):
    """One person's matter."""

    __tablename__ = "cases"
    id_window = "opened_at"
    __table_args__ = (
        CheckConstraint(f"state IN {tuple(map(str, CaseState))}", name="state"),
        CheckConstraint("urgency BETWEEN 0 AND 3", name="urgency"),
        # One live case per number, whichever process the text arrived at.
        Index(
            "uq_cases_live_number",
            "number_lookup",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        Index("ix_cases_number", "number_lookup"),
        # The queue walks this and stops after one page, however many closed cases there are.
        Index("ix_cases_queue", "state", "urgency", "queue_order", "id"),
        Index("ix_cases_merged", "merged_into", sqlite_where=_MERGED, postgresql_where=_MERGED),
    )

    id: Mapped[UUID] = plain(primary_key=True)
    state: Mapped[CaseState] = plain(State(CaseState, 8))
    urgency: Mapped[int] = plain()
    version: Mapped[int] = plain(default=1)
    epoch: Mapped[int] = plain(default=1)
    opened_at: Mapped[datetime] = plain()
    last_message_at: Mapped[datetime | None] = plain()
    closed_at: Mapped[datetime | None] = plain()
    # Waiting cases sort by when the wait began; the others after them, by their last message.
    queue_order: Mapped[int] = plain(BigInteger)
    waiting: Mapped[bool] = plain(default=False)
    last_position: Mapped[int] = plain(BigInteger, default=0)
    unread: Mapped[int] = plain(default=0)
    assigned_to: Mapped[UUID | None] = plain(ForeignKey("members.id"), index=True)
    number_lookup: Mapped[bytes | None] = plain()
    reference_lookup: Mapped[bytes | None] = plain(index=True)
    follows: Mapped[UUID | None] = plain()
    merged_into: Mapped[UUID | None] = plain()
    held: Mapped[bool] = plain(default=False)
    # Opened while the server was sealed; its number is not known yet.
    provisional: Mapped[bool] = plain(default=False)
    # In which month's statistics it was looked at when it had opened, and when it had closed;
    # never changed, and set whether it was counted or not.
    release_period: Mapped[str | None] = plain(String(7))
    closed_period: Mapped[str | None] = plain(String(7))
    # The same for when a refused service was recorded first.
    denial_period: Mapped[str | None] = plain(String(7))


class CaseEpoch(UnvouchedBase):
    """The public half of one epoch of a case, with a MAC so that it cannot be swapped."""

    __tablename__ = "case_epochs"
    why_unvouched = "its own MAC covers the case, the epoch and the key"

    case_id: Mapped[UUID] = plain(ForeignKey("cases.id"), primary_key=True)
    epoch: Mapped[int] = plain(primary_key=True, autoincrement=False)
    public: Mapped[bytes] = plain()
    mac: Mapped[bytes] = plain()


class CaseGrant(Base):
    """A case seed sealed to a team."""

    __tablename__ = "case_grants"
    __table_args__ = (UniqueConstraint("case_id", "epoch", "team"),)

    id: Mapped[UUID] = plain(primary_key=True)
    case_id: Mapped[UUID] = plain(ForeignKey("cases.id"))
    epoch: Mapped[int] = plain()
    team: Mapped[str] = plain(String(16))
    team_epoch: Mapped[int] = plain()
    wrap: Mapped[bytes | None] = forgotten()
    shred_day: Mapped[int | None] = plain(index=True)


class CaseSheet(Base):
    """The sealed values of a case that are rewritten: fields, archived contact, hold reason."""

    __tablename__ = "case_sheets"

    case_id: Mapped[UUID] = plain(ForeignKey("cases.id"), primary_key=True)
    fields: Mapped[bytes | None] = sealed()
    fields_epoch: Mapped[int] = plain(default=0)
    fields_version: Mapped[int] = plain(default=0)
    contact: Mapped[bytes | None] = sealed()
    contact_epoch: Mapped[int] = plain(default=0)
    contact_version: Mapped[int] = plain(default=0)
    hold_reason: Mapped[bytes | None] = sealed()
    hold_reason_epoch: Mapped[int] = plain(default=0)
    hold_reason_version: Mapped[int] = plain(default=0)


class Consent(OperationalRow[ConsentValues], Base):
    """What a caller allowed or took back, sealed with the reason of an override."""

    __tablename__ = "consents"

    id: Mapped[UUID] = plain(primary_key=True)
    case_id: Mapped[UUID] = plain(ForeignKey("cases.id"), index=True)
    epoch: Mapped[int] = plain()
    position: Mapped[int] = plain(BigInteger)
    recorded_by: Mapped[UUID] = plain()
    override_reason: Mapped[bytes | None] = sealed()
