"""The product's codes in plain words."""

from __future__ import annotations

from collections.abc import Mapping

TIERS: Mapping[int, str] = {0: "Now", 1: "Today", 2: "This week", 3: "Information"}
STATES = {
    "new": "new",
    "open": "open",
    "waiting": "answered, waiting for the caller",
    "closed": "closed",
    "erased": "erased",
}
SITUATIONS = {
    "happening_now": "happening now",
    "detained": "somebody was taken",
    "date_or_letter": "a date or letter",
    "witnessed": "saw something",
    "service_denied": "was refused help",
    "other": "something else",
}
OUTCOMES = {
    "supported": "supported",
    "referred": "referred to somebody else",
    "released": "released",
    "removed": "removed",
    "unreachable": "could not be reached",
    "duplicate": "is in another case",
    "not_for_us": "not for us",
    "other": "something else",
}
LANGUAGES = {
    "en": "English",
    "fr": "French",
    "es": "Spanish",
    "ht": "Haitian Creole",
    "pa": "Punjabi",
    "hi": "Hindi",
    "pt-BR": "Portuguese (Brazil)",
    "tl": "Tagalog",
    "zh-Hans": "Chinese",
    "ar": "Arabic",
    "fa": "Farsi",
    "ur": "Urdu",
    "ta": "Tamil",
    "bn": "Bengali",
    "so": "Somali",
    "tr": "Turkish",
}
# What the desk needs to know of a text: has it arrived, and if not, what to do.
MESSAGE_STATUSES = {
    "received": "received",
    "queued": "waiting to be sent",
    "sending": "being sent",
    "sent": "sent, not confirmed yet",
    "delivered": "arrived",
    "undelivered": "did not arrive",
    "failed": "could not be sent",
    "uncertain": "may or may not have arrived; it is not sent again by itself",
    "refused": "not sent: the caller asked for no texts, or this was not a safe time",
}
SCOPES = {
    "contact": "we may contact them",
    "legal": "a legal contact may be told",
    "accompanier": "an accompanier may be told",
    "family": "the family may be told",
    "statistics": "may be counted in the numbers",
}
METHODS = {"text": "text", "call": "call", "voicemail": "voicemail", "whatsapp": "WhatsApp"}
FLAGS = {
    "erase_requested": "The caller asked for this case to be erased.",
    "phone_compromised": "The caller's phone may be in other hands: nothing is sent to it.",
    "stopped": "The caller asked for no more texts.",
    "stop": "The caller asked for no more texts.",
    "locked": "This was a wrong number, or the phone may be in other hands: nothing is sent to it.",
    "callback": "The caller asked to be called.",
    "held": "On hold: this case cannot be erased.",
}
FIELDS = {
    "subject_name": "Who it is about",
    "subject_relation": "Their relation to the caller",
    "contact_name": "The caller's name",
    "client_id": "Client number",
    "held_at": "Held at",
    "taken_at": "Taken when and where",
    "lawyer": "Lawyer",
    "medication": "Medication",
    "children": "Children",
    "hearing_office": "Office or court",
    "document_title": "Exact title of the document",
    "received_on": "Received on, and how",
    "notes_legal": "For the legal contact",
    "safe_now": "Safe to text",
    "city": "City",
    "date_soon": "Date within 7 days",
    "need": "Needs",
    "reach": "May be reached by",
    "reach_hours": "Safe hours",
}
DAYS = {
    "MO": "Monday",
    "TU": "Tuesday",
    "WE": "Wednesday",
    "TH": "Thursday",
    "FR": "Friday",
    "SA": "Saturday",
    "SU": "Sunday",
}
EVENT_KINDS = {
    "hearing": "hearing",
    "check_in": "check-in",
    "detention_review": "detention review",
    "removal": "removal",
    "appointment": "appointment",
    "other": "something else",
}
EVENT_STATES = {
    "tentative": "not certain",
    "confirmed": "certain",
    "rescheduled": "moved",
    "occurred": "has been",
    "cancelled": "cancelled",
}
# What a person may say of a date; that it moved shows from its new time.
EVENT_NEXT = {
    "tentative": ("confirmed", "occurred", "cancelled"),
    "confirmed": ("occurred", "cancelled"),
}
TASKS = {
    "recheck": "is the date still right?",
    "occurred": "the date has passed: what came of it?",
    "moved": "a date moved or fell away: tell whoever was asked",
    "review": "a review of the detention is near",
    "report": "a report is missing",
    "brief": "a brief is missing",
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
DIRECTORY_KINDS = {
    "lawyer": "Lawyers",
    "clinic": "Clinics",
    "detention": "Places of detention",
    "office": "Offices",
    "other": "Others",
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
REQUEST_KINDS = {
    "accompaniment": "Going along",
    "legal": "Legal help",
    "interpreter": "Interpreting",
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
OUTCOMES_OF_ASSIGNMENTS = {
    "attended": "We were there, or it is done",
    "no_show": "I was there, the other person did not come",
    "cancelled": "I cannot go after all: ask somebody else",
}
ROLES = {
    "accompanier": "accompanier",
    "auditor": "auditor",
    "coordinator": "coordinator",
    "dispatcher": "dispatcher",
    "interpreter": "interpreter",
    "legal": "legal contact",
}
MEMBER_STATES = {
    "waiting": "waiting for a coordinator to sign in",
    "joining": "waiting for a colleague who holds the keys",
    "active": "active",
}
BLOCK_REASONS = {
    "abuse": "abuse of whoever answers",
    "machine": "a machine that answers itself",
    "flood": "far too many texts",
    "other": "something else",
}
DEEDS = {
    "archive.restored": "restored a backup",
    "assignment.ended": "ended an assignment whose time was over",
    "assignment.reported": "reported on an assignment",
    "assignment.revoked": "took an assignment back",
    "brief.read": "read the brief",
    "brief.written": "wrote the brief",
    "case.assigned": "gave the case to somebody",
    "case.changed": "changed the case",
    "case.claimed": "took the case",
    "case.closed": "closed the case",
    "case.erased": "erased the case",
    "case.glass_broken": "opened the case in an emergency, with a reason",
    "case.held": "put the case on hold",
    "case.hold_lifted": "lifted the hold",
    "case.merged": "merged the case",
    "case.noted": "wrote a note",
    "case.opened": "opened the case by hand",
    "case.read": "read the case",
    "case.released": "gave the case back",
    "case.reopened": "reopened the case",
    "case.replied": "replied",
    "consent.recorded": "recorded a consent",
    "contact.compromised": "said that the phone is not safe",
    "contact.replaced": "recorded another safe contact",
    "contact.trusted": "said that the phone is safe again",
    "directory.added": "added to the directory",
    "directory.changed": "changed the directory",
    "directory.removed": "removed from the directory",
    "episode.added": "recorded a detention",
    "episode.changed": "changed a detention",
    "event.added": "added a date",
    "event.cancelled": "said that a date was cancelled",
    "event.changed": "changed a date",
    "event.occurred": "said that a date has occurred",
    "event.rescheduled": "moved a date",
    "feed.closed": "closed the calendar",
    "feed.opened": "opened a calendar",
    "handover.read": "read hand-over notes",
    "handover.written": "wrote a hand-over note",
    "index.replaced": "made a new key for finding numbers",
    "invitation.made": "made an invitation",
    "invitation.redeemed": "joined with an invitation",
    "member.admitted": "let a newcomer in",
    "member.changed": "changed a member",
    "member.recovered": "set a new passphrase with the recovery code",
    "member.removed": "removed a member",
    "number.blocked": "blocked a number",
    "number.unblocked": "lifted a block",
    "offer.accepted": "accepted an offer",
    "offer.conflict": "declined for a conflict of interest",
    "offer.declined": "declined an offer",
    "organisation.made": "founded the organisation",
    "raid.changed": "changed a raid report",
    "raid.corroborated": "said that a raid report is confirmed",
    "raid.read": "read the raid reports",
    "raid.refuted": "said that a raid report was false",
    "raid.reported": "recorded a raid report",
    "reading.unusual": "noticed that somebody opened very many cases",
    "request.cancelled": "cancelled a request",
    "request.lapsed": "gave up a request whose date had passed",
    "request.raised": "asked for somebody",
    "request.revoked": "withdrew a request, since consent was taken back",
    "request.unfilled": "found nobody for a request",
    "rule.changed": "changed a rule about deadlines",
    "server.panic": "sealed the server at once",
    "server.unsealed": "opened the server",
    "session.ended": "signed out",
    "session.started": "signed in",
    "settings.changed": "changed the settings",
    "task.done": "did a task",
    "shift.changed": "changed a shift",
    "shift.made": "made a shift",
    "shift.overridden": "changed a shift once",
    "shift.removed": "removed a shift",
    "shift.signed_up": "signed up for a shift",
    "swap.offered": "asked to be replaced",
    "swap.taken": "took a shift over",
    "swap.withdrawn": "comes after all",
    "totp.confirmed": "confirmed the second factor",
}
DONE = {
    "accepted": "It is yours. Thank you.",
    "asked": "People are being asked now.",
    "dated": "The date is saved.",
    "declined": "Thank you for answering. Others are asked.",
    "held_at": "The detention is recorded.",
    "reported": "The report is saved.",
    "task": "Done.",
    "told": "The desk has your report. Thank you.",
    "unasked": "Nobody is asked any more.",
    "assigned": "The case was handed on.",
    "blocked": "The number is blocked.",
    "calendar_stopped": "The address shows nothing any more.",
    "changed": "Saved.",
    "claimed": "The case is yours.",
    "closed": "The case is closed. Only the archive can open it now.",
    "compromised": "Nothing is sent to this phone any more. Record another safe contact.",
    "confirmed": "The second factor works. From now on every sign-in needs a code.",
    "consented": "The consent is recorded.",
    "contact": "The new contact is recorded.",
    "ended": "That session has ended.",
    "erased": "The case was erased. Copies of the database follow within a week.",
    "held": "The case is on hold: it cannot be erased.",
    "joined": "You are in.",
    "lifted": "The hold is lifted.",
    "merged": "The two are one case now: this one.",
    "noted": "The note is saved.",
    "opened": "The case is open, and yours.",
    "released": "The case is back in the queue.",
    "removed": "They are out: sessions ended, keys changed.",
    "reopened": "The case is open again.",
    "replied": "The text is on its way. Its status is shown below it.",
    "trusted": "This phone may be texted again.",
    "unblocked": "The block is lifted.",
    "shift_made": "The shift is in the rota.",
    "shift_removed": "The shift is gone.",
    "swap_offered": "Colleagues can take it now. Until somebody does, it is yours.",
    "swap_taken": "It is yours now.",
    "swap_withdrawn": "It stays yours.",
}


def of(table: Mapping[str, str], code: str | None) -> str:
    """Return a code in words; one that has none yet as it is, and a dash for nothing."""
    if not code:
        return "–"
    return table.get(code, code.replace("_", " ").replace(".", " "))


def task(kind: str, number: int) -> str:
    """Return what is to be looked at again; of a date, how long before it."""
    before = {7: "in a week: ", 1: "tomorrow: "}.get(number, "") if kind == "recheck" else ""
    return before + of(TASKS, kind)


def tier(urgency: int) -> str:
    """Return a tier by number and name."""
    return f"{urgency} {TIERS[urgency]}"
