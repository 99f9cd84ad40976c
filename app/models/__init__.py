"""The tables, one module per aggregate; every column says its vault."""

from app.models.alerts import ALERT_TRANSITIONS, Alert, AlertState, Page
from app.models.assignments import ASSIGNMENT_TRANSITIONS, Assignment, AssignmentState, AssignmentValues, Report
from app.models.audit import AuditEntry, AuditHead
from app.models.base import Base, Instant, OperationalRow, ROUNDING, State, rounded, table
from app.models.briefs import Brief, BriefWrap
from app.models.calls import Attachment, AttachmentPart, CALL_TRANSITIONS, Call, CallLeg, CallLegValues, CallState, CallValues, LEG_TRANSITIONS, LegKind, LegState
from app.models.carrier_copies import CallCopy, CarrierLook, CarrierTrace, CarrierTraceValues, TraceState
from app.models.cases import CASE_TRANSITIONS, Case, CaseEpoch, CaseGrant, CaseSheet, CaseState, CaseValues, Consent, ConsentValues, LIVE_STATES, Reach
from app.models.contents import ArchivedContact, AttachmentDetails, BriefContent, DatePlace, DetentionDetails, DetentionReview, MediaLink, MessageBody, NoteBody, ReportBody
from app.models.conversations import Message, Note, PendingKeyword, PendingKeywordValues
from app.models.events import AWAITED, DetentionEpisode, DetentionValues, EVENT_TRANSITIONS, Event, EventState, EventValues, Reminded, TASK_TRANSITIONS, Task, TaskState, TaskValues
from app.models.inventory import list_operational_values
from app.models.jobs import Idempotency, JOB_TRANSITIONS, Job, JobState
from app.models.knowledge import DeadlineRule, DirectoryEntry, DirectoryValues, InformationCard, RaidReport, SIGHTING_TRANSITIONS, SightingState
from app.models.offers import Conflict, OFFER_TRANSITIONS, Offer, OfferState, OfferValues
from app.models.organisation import Deployment, IndexKey, IndexKeyValues, OrganisationSettings
from app.models.outbox import Erasure, ErasureState, ErasureValues, NOT_HEARD, OUTGOING_TRANSITIONS, Outgoing, OutgoingState, OutgoingValues, ReplyCount, SETTLED_TEXTS, Sent, Suppression, SuppressionValues, TEXTS_ON_THEIR_WAY
from app.models.people import Invitation, InvitationValues, MEMBER_TRANSITIONS, Member, MemberProfile, MemberState, RosterVersion, SessionRow
from app.models.requests import REQUEST_TRANSITIONS, RUNNING, Request, RequestState, RequestTimes, RequestValues, SEEKING
from app.models.shifts import CalendarFeed, HandoverNote, Recurrence, SWAP_TRANSITIONS, Shift, ShiftOverride, ShiftOverrideValues, ShiftSwap, ShiftSwapValues, ShiftValues, SwapState
from app.models.statistics import RELEASE_TRANSITIONS, ReleaseState, StatisticsDebit, StatisticsFile, StatisticsHead, StatisticsMonth, StatisticsMonthValues, StatisticsRelease
from app.models.steps import WrongStep, check_step, list_states_before
from app.models.teams import OperationalGrant, TeamEpoch, TeamWrap
from app.models.values import ValuesBroken, dump_values, load_values, operational

__all__ = ["ALERT_TRANSITIONS", "ASSIGNMENT_TRANSITIONS", "AWAITED", "Alert", "AlertState", "ArchivedContact", "Assignment", "AssignmentState", "AssignmentValues", "Attachment", "AttachmentDetails", "AttachmentPart", "AuditEntry", "AuditHead", "Base", "Brief", "BriefContent", "BriefWrap", "CALL_TRANSITIONS", "CASE_TRANSITIONS", "CalendarFeed", "Call", "CallCopy", "CallLeg", "CallLegValues", "CallState", "CallValues", "CarrierLook", "CarrierTrace", "CarrierTraceValues", "Case", "CaseEpoch", "CaseGrant", "CaseSheet", "CaseState", "CaseValues", "Conflict", "Consent", "ConsentValues", "DatePlace", "DeadlineRule", "Deployment", "DetentionDetails", "DetentionEpisode", "DetentionReview", "DetentionValues", "DirectoryEntry", "DirectoryValues", "EVENT_TRANSITIONS", "Erasure", "ErasureState", "ErasureValues", "Event", "EventState", "EventValues", "HandoverNote", "Idempotency", "IndexKey", "IndexKeyValues", "InformationCard", "Instant", "Invitation", "InvitationValues", "JOB_TRANSITIONS", "Job", "JobState", "LEG_TRANSITIONS", "LIVE_STATES", "LegKind", "LegState", "MEMBER_TRANSITIONS", "MediaLink", "Member", "MemberProfile", "MemberState", "Message", "MessageBody", "NOT_HEARD", "Note", "NoteBody", "OFFER_TRANSITIONS", "OUTGOING_TRANSITIONS", "Offer", "OfferState", "OfferValues", "OperationalGrant", "OperationalRow", "OrganisationSettings", "Outgoing", "OutgoingState", "OutgoingValues", "Page", "PendingKeyword", "PendingKeywordValues", "RELEASE_TRANSITIONS", "REQUEST_TRANSITIONS", "ROUNDING", "RUNNING", "RaidReport", "Reach", "Recurrence", "ReleaseState", "Reminded", "ReplyCount", "Report", "ReportBody", "Request", "RequestState", "RequestTimes", "RequestValues", "RosterVersion", "SEEKING", "SETTLED_TEXTS", "SIGHTING_TRANSITIONS", "SWAP_TRANSITIONS", "Sent", "SessionRow", "Shift", "ShiftOverride", "ShiftOverrideValues", "ShiftSwap", "ShiftSwapValues", "ShiftValues", "SightingState", "State", "StatisticsDebit", "StatisticsFile", "StatisticsHead", "StatisticsMonth", "StatisticsMonthValues", "StatisticsRelease", "Suppression", "SuppressionValues", "SwapState", "TASK_TRANSITIONS", "TEXTS_ON_THEIR_WAY", "Task", "TaskState", "TaskValues", "TeamEpoch", "TeamWrap", "TraceState", "ValuesBroken", "WrongStep", "check_step", "dump_values", "list_operational_values", "list_states_before", "load_values", "operational", "rounded", "table"]
