"""Dates, requests and what the desk knows beside its cases, in plain words."""

from __future__ import annotations

from app import organisation
from app.console.words import of

EVENT_KINDS, REQUEST_KINDS = organisation.EVENT_KINDS, organisation.REQUEST_KINDS
EVENT_STATES = organisation.EVENT_STATES
DIRECTORY_KINDS = organisation.DIRECTORY_KINDS
DENIAL_SECTORS, DENIED_SERVICES = organisation.DENIAL_SECTORS, organisation.DENIED_SERVICES
DENIAL_FIELDS, DOSSIER_LANGUAGES = organisation.DENIAL_FIELDS, organisation.DOSSIER_LANGUAGES
DENIAL_STATES = {
    "recorded": "recorded, nothing has left",
    "drafted": "dossier drafted, not sent",
    "sent": "sent to the office",
    "acknowledged": "the office has it",
    "answered": "the office has answered",
    "closed": "over",
    "withdrawn": "taken back",
}
YES_OR_NO = {"yes": "yes", "no": "no"}
# What a person may say of a date; that it moved shows from its new time.
EVENT_NEXT = {
    "tentative": ("confirmed", "occurred", "cancelled"),
    "confirmed": ("occurred", "cancelled"),
}
TASKS = {
    "call_back": "call back",
    "recheck": "is the date still right?",
    "occurred": "the date has passed: what came of it?",
    "moved": "a date moved or fell away: tell whoever was asked",
    "review": "a review of the detention is near",
    "report": "a report is missing",
    "brief": "a brief is missing",
    "interpreted": "an interpreter has answered: read it in the case",
    "answer": "a volunteer wrote something with their answer: read it in the case",
}
RAID_STATES = {
    "unverified": "Unverified",
    "corroborated": "Confirmed",
    "false": "False alarm",
}
RAID_FIELDS = {
    "size": "How many",
    "activity": "What they do",
    "location": "Where",
    "uniform": "Who they seem to be, uniform",
    "seen_at": "When",
    "equipment": "Vehicles, equipment",
    "present": "Still there?",
    "notes": "What else",
}
TRIGGERS = {
    "detained": "being detained",
    "check_in": "the check-in",
    "hearing": "the hearing",
    "removal": "the removal date",
    "departure_order": "a departure order becoming enforceable",
    "prra_notice": "receiving a PRRA notice",
    "decision_inland": "receiving a decision, inside the country",
    "decision_abroad": "receiving a decision, abroad",
    "rpd_decision": "receiving a refugee board decision",
    "judge_decision": "an immigration judge’s decision",
}
REQUEST_STATES = {
    "open": "looking",
    "offered": "somebody is asked",
    "assigned": "somebody has it",
    "unfilled": "nobody found yet",
    "done": "done",
    "cancelled": "cancelled",
}
OFFER_STATES = {
    "pending": "asked",
    "accepted": "said yes",
    "declined": "said no",
    "expired": "did not answer",
    "withdrawn": "not needed any more",
}
ASSIGNMENT_STATES = {
    "active": "yours",
    "attended": "was there",
    "no_show": "did not come",
    "done": "done",
    "cancelled": "cannot go",
    "revoked": "taken back",
}
ACCOMPANIMENT_STATES = {
    "requested": "looked for",
    "offered": "asked",
    "confirmed": "goes along",
    "attended": "was there",
    "no_show": "did not come",
    "cancelled": "called off",
}
OUTCOMES_OF_ASSIGNMENTS = {
    "attended": "We were there, or it is done",
    "no_show": "I was there, the other person did not come",
    "cancelled": "I cannot go after all: ask somebody else",
}


def task(kind: str, number: int) -> str:
    """Return what is to be looked at again; of a date, how long before it."""
    before = {7: "in a week: ", 1: "tomorrow: "}.get(number, "") if kind == "recheck" else ""
    return before + of(TASKS, kind)
