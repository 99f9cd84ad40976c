"""The tables, one module per aggregate; every column says its vault."""

from app.models.alerts import Alert, Page
from app.models.audit import AuditEntry, AuditHead
from app.models.base import ROUNDING, Base, OperationalRow, rounded, table
from app.models.cases import LIVE_STATES, Case, CaseEpoch, CaseGrant, CaseSheet, Consent
from app.models.conversations import Message, Note, PendingKeyword
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
from app.models.teams import OperationalGrant, TeamEpoch, TeamWrap

__all__ = [
    "LIVE_STATES",
    "ROUNDING",
    "Alert",
    "AuditEntry",
    "AuditHead",
    "Base",
    "CarrierLook",
    "CarrierTrace",
    "Case",
    "CaseEpoch",
    "CaseGrant",
    "CaseSheet",
    "Consent",
    "Deployment",
    "Erasure",
    "Idempotency",
    "IndexKey",
    "Invitation",
    "Job",
    "Member",
    "Message",
    "Note",
    "OperationalGrant",
    "OperationalRow",
    "Outgoing",
    "Page",
    "PendingKeyword",
    "ReplyCount",
    "RosterVersion",
    "Sent",
    "SessionRow",
    "Suppression",
    "TeamEpoch",
    "TeamWrap",
    "rounded",
    "table",
]
