"""The tables, one module per aggregate; every column says its vault."""

from app.models.alerts import Alert, Page
from app.models.audit import AuditEntry, AuditHead
from app.models.base import ROUNDING, Base, Instant, rounded, table
from app.models.calls import Attachment, AttachmentPart, Call, CallLeg
from app.models.cases import LIVE_STATES, Case, CaseEpoch, CaseGrant, CaseSheet, Consent
from app.models.conversations import Message, Note, PendingKeyword
from app.models.events import EVENT_KINDS, EVENT_STATES, DetentionEpisode, Event, Task
from app.models.knowledge import DeadlineRule, DirectoryEntry, InformationCard, RaidReport
from app.models.organisation import Deployment, IndexKey
from app.models.outbox import (
    CarrierLook,
    CarrierTrace,
    Erasure,
    Idempotency,
    Job,
    Outgoing,
    ReplyCount,
    Sent,
    Suppression,
)
from app.models.people import Invitation, Member, RosterVersion, SessionRow
from app.models.requests import (
    SEEKING,
    Assignment,
    Brief,
    BriefWrap,
    Conflict,
    Offer,
    Report,
    Request,
)
from app.models.shifts import CalendarFeed, HandoverNote, Shift, ShiftOverride, ShiftSwap
from app.models.statistics import (
    StatisticsDebit,
    StatisticsFile,
    StatisticsHead,
    StatisticsMonth,
    StatisticsRelease,
)
from app.models.teams import OperationalGrant, TeamEpoch, TeamWrap

__all__ = [
    "EVENT_KINDS",
    "EVENT_STATES",
    "LIVE_STATES",
    "ROUNDING",
    "SEEKING",
    "Alert",
    "Assignment",
    "Attachment",
    "AttachmentPart",
    "AuditEntry",
    "AuditHead",
    "Base",
    "Brief",
    "BriefWrap",
    "CalendarFeed",
    "Call",
    "CallLeg",
    "CarrierLook",
    "CarrierTrace",
    "Case",
    "CaseEpoch",
    "CaseGrant",
    "CaseSheet",
    "Conflict",
    "Consent",
    "DeadlineRule",
    "Deployment",
    "DetentionEpisode",
    "DirectoryEntry",
    "Erasure",
    "Event",
    "HandoverNote",
    "Idempotency",
    "IndexKey",
    "InformationCard",
    "Instant",
    "Invitation",
    "Job",
    "Member",
    "Message",
    "Note",
    "Offer",
    "OperationalGrant",
    "Outgoing",
    "Page",
    "PendingKeyword",
    "RaidReport",
    "ReplyCount",
    "Report",
    "Request",
    "RosterVersion",
    "Sent",
    "SessionRow",
    "Shift",
    "ShiftOverride",
    "ShiftSwap",
    "StatisticsDebit",
    "StatisticsFile",
    "StatisticsHead",
    "StatisticsMonth",
    "StatisticsRelease",
    "Suppression",
    "Task",
    "TeamEpoch",
    "TeamWrap",
    "rounded",
    "table",
]
