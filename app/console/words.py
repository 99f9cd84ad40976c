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
    "totp.confirmed": "confirmed the second factor",
}
DONE = {
    "assigned": "The case was handed on.",
    "blocked": "The number is blocked.",
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
}


def of(table: Mapping[str, str], code: str | None) -> str:
    """Return a code in words; one that has none yet as it is, and a dash for nothing."""
    if not code:
        return "–"
    return table.get(code, code.replace("_", " ").replace(".", " "))


def tier(urgency: int) -> str:
    """Return a tier by number and name."""
    return f"{urgency} {TIERS[urgency]}"
