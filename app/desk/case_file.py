"""What people of the desk read of a case: complete, typed, and never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from app.cases import AttachedFile, DueTask
from app.desk.date_changes import WholeDate
from app.desk.queue import CaseLine
from app.desk.waiting_wishes import WaitingWish
from app.knowledge import PossibleDeadline
from app.models import (
    AuditEntry,
    Call,
    Consent,
    ConsentValues,
    Denial,
    DenialDetails,
    DetentionDetails,
    DetentionEpisode,
    SafeHours,
)
from app.requests import FoundRequest, OpenedInterpretation, OpenedReport


@dataclass(frozen=True)
class ConversationText:
    """One text of the conversation; ``body`` is None once it was deleted."""

    id: UUID
    direction: str
    channel: str
    body: str | None = field(repr=False)
    at: datetime
    status: str
    author: UUID | None
    media: Sequence[str]
    # The phone that wrote it or that it went to, masked; several of a merged case differ.
    phone: str | None = None
    # What the caller calls themself on WhatsApp, where they wrote there.
    profile_name: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class CaseNote:
    """A note of the desk."""

    id: UUID
    kind: str
    author: UUID
    body: str = field(repr=False)
    at: datetime


@dataclass(frozen=True)
class RecordedConsent:
    """What a caller allowed or took back, and who wrote that down."""

    id: UUID
    recorded_by: UUID
    scope: str
    granted: bool
    methods: Sequence[str]
    hours: SafeHours
    at: datetime
    override_reason: str | None = field(repr=False)


@dataclass(frozen=True)
class SafeContact:
    """How the caller may be reached, and at which hours."""

    number_masked: str | None
    safe_methods: Sequence[str]
    hours: SafeHours
    flags: Sequence[str]


# What people call a row of these tables, where it does not verify.
DAMAGED_KINDS: Mapping[str, str] = {
    "assignments": "assignment",
    "attachments": "attachment",
    "audit_entries": "history",
    "calls": "call",
    "case_sheets": "fields",
    "cases": "case",
    "consents": "consent",
    "denials": "denial",
    "detention_episodes": "episode",
    "events": "event",
    "interpretations": "interpretation",
    "messages": "message",
    "notes": "note",
    "offers": "offer",
    "reports": "report",
    "requests": "request",
    "tasks": "task",
}


@dataclass(frozen=True, order=True)
class DamagedRecord:
    """Something of a case that was changed, moved or made from outside, so that it is not shown."""

    kind: str
    id: str


@dataclass(frozen=True)
class CaseFile:
    """A case whole. Where the reader holds no key, only ``line`` and ``history`` say anything.

    ``unconfirmed`` is what was answered after a silence and counts once a person has confirmed the
    caller. ``erasure`` is the caller's wish that will erase the case.
    ``damaged`` is what belongs to the case and does not verify. ``possible_deadlines`` are hints
    for the desk, from verified rules; they are never texted.
    """

    line: CaseLine
    contact: SafeContact
    history: Sequence[AuditEntry]
    damaged: Sequence[DamagedRecord] = ()
    opened: bool = True
    messages: Sequence[ConversationText] = field(default=(), repr=False)
    fields: Mapping[str, Any] = field(default_factory=dict, repr=False)
    unconfirmed: Mapping[str, str] = field(default_factory=dict, repr=False)
    erasure: WaitingWish | None = None
    notes: Sequence[CaseNote] = field(default=(), repr=False)
    consents: Sequence[RecordedConsent] = field(default=(), repr=False)
    events: Sequence[WholeDate] = field(default=(), repr=False)
    episodes: Sequence[tuple[DetentionEpisode, DetentionDetails]] = field(default=(), repr=False)
    denials: Sequence[tuple[Denial, DenialDetails]] = field(default=(), repr=False)
    tasks: Sequence[DueTask] = ()
    possible_deadlines: Sequence[PossibleDeadline] = field(default=(), repr=False)
    requests: Sequence[FoundRequest] = field(default=(), repr=False)
    reports: Sequence[OpenedReport] = field(default=(), repr=False)
    interpretations: Sequence[OpenedInterpretation] = field(default=(), repr=False)
    calls: Sequence[Call] = ()
    attachments: Sequence[AttachedFile] = field(default=(), repr=False)
    hold_reason: str | None = field(default=None, repr=False)

    def count_damaged(self, kind: str) -> int:
        """Return how many records of one kind are damaged."""
        return sum(one.kind == kind for one in self.damaged)


def show_consent(row: Consent, said: ConsentValues, reason: str | None) -> RecordedConsent:
    """Return a consent as the desk reads it."""
    return RecordedConsent(
        row.id,
        row.recorded_by,
        said.scope,
        said.granted,
        said.methods,
        said.hours,
        said.at,
        reason,
    )
