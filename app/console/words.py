"""The product's codes in plain words."""

from __future__ import annotations

from collections.abc import Mapping

from app import organisation
from app.media import FAULT_WORDS

SITUATIONS, OUTCOMES = organisation.SITUATIONS, organisation.OUTCOMES
LANGUAGES, SCOPES = organisation.LANGUAGES, organisation.CONSENT_SCOPES
METHODS, FIELDS = organisation.CONTACT_METHODS, organisation.FIELD_NAMES
MESSAGE_STATUSES, CHANNELS = organisation.MESSAGE_STATUSES, organisation.CHANNELS
TIERS: Mapping[int, str] = {0: "Now", 1: "Today", 2: "This week", 3: "Information"}
STATES = {
    "new": "new",
    "open": "open",
    "waiting": "answered, waiting for the caller",
    "closed": "closed",
    "erased": "erased",
}
FLAGS = {
    "erase_requested": "The caller asked for this case to be erased.",
    "phone_compromised": "The caller's phone may be in other hands: nothing is sent to it but "
    "the fixed texts that every phone gets.",
    "perhaps_another_owner": "This phone was silent for 90 days: perhaps it has another owner. "
    "Make sure who writes before you say anything of this case.",
    "answers_unconfirmed": "What this phone answered after a silence does not count yet: make sure "
    "that it is the caller.",
    "stopped": "The caller asked for no more texts.",
    "stop": "The caller asked for no more texts.",
    "locked": "This was a wrong number, or the phone may be in other hands: nothing is sent to it.",
    "callback": "The caller asked to be called.",
    "held": "On hold: this case cannot be erased.",
}
# What is damaged: one of it, and several.
DAMAGED = {
    "assignment": ("assignment", "assignments"),
    "attachment": ("file", "files"),
    "call": ("call", "calls"),
    "case": ("case merged with this one", "cases merged with this one"),
    "consent": ("consent", "consents"),
    "denial": ("refused service", "refused services"),
    "episode": ("detention", "detentions"),
    "event": ("date", "dates"),
    "fields": ("sheet with the facts", "sheets with the facts"),
    "history": ("entry of the history", "entries of the history"),
    "interpretation": ("interpreted text", "interpreted texts"),
    "message": ("text", "texts"),
    "note": ("note", "notes"),
    "offer": ("offer", "offers"),
    "report": ("report", "reports"),
    "request": ("request", "requests"),
    "task": ("task", "tasks"),
}
UNCONFIRMED = {**FIELDS, "language": "Language", "situation": "About", "region": "Region"}
DAYS = {
    "MO": "Monday",
    "TU": "Tuesday",
    "WE": "Wednesday",
    "TH": "Thursday",
    "FR": "Friday",
    "SA": "Saturday",
    "SU": "Sunday",
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
# Why a member's phone gets no texts.
PHONE_TROUBLES = {
    "blocked": "is blocked",
    "compromised": "is in the wrong hands",
    "stop": "said STOP",
    "locked": "said that it is the wrong number",
    "unreached": "does not receive",
}
BLOCK_REASONS = {
    "abuse": "abuse of whoever answers",
    "machine": "a machine that answers itself",
    "flood": "far too many texts",
    "other": "something else",
}
# Why a file was not kept.
FAULTS = FAULT_WORDS
FILE_KINDS = {"application/pdf": "Document (PDF)"}
# How a call ended, or where it is.
DISPOSITIONS = {
    "answered": "spoken to",
    "voicemail": "left a message",
    "missed": "nobody was reached",
    "no_answer": "the caller did not answer",
    "unanswered": "not taken up",
    "lost": "the message could not be fetched",
    "challenge": "just calling",
    "menu": "choosing a language",
    "situation": "saying what it is about",
    "ringing": "waits on the line now",
    "calling": "your phone rings",
    "dialing": "the caller's phone rings",
    "bridged": "talking now",
    "keeping": "a message may be on its way",
}
DONE = {
    "glass_broken": "It is open, and the coordinators have been told.",
    "accepted": "It is yours. Thank you.",
    "asked": "People are being asked now.",
    "attached": "The file is added.",
    "briefed": "The brief is written.",
    "dated": "The date is saved.",
    "denied": "The refused service is recorded. Nothing of it has left.",
    "drafted": "The dossier is drafted. Open it, and send it to the office.",
    "declined": "Thank you for answering. Others are asked.",
    "held_at": "The detention is recorded.",
    "reported": "The report is saved.",
    "task": "Done.",
    "told": "The desk has your report. Thank you.",
    "unasked": "Nobody is asked any more.",
    "assigned": "The case was handed on.",
    "blocked": "The number is blocked.",
    "calendar_stopped": "The address shows nothing any more.",
    "calling": "Your phone rings now. Press 1 there to dial.",
    "changed": "Saved.",
    "change_confirmed": "You confirmed it.",
    "claimed": "The case is yours.",
    "closed": "The case is closed. Only the archive can open it now.",
    "caller_confirmed": "What they answered counts now.",
    "caller_denied": "What was answered does not count. If the phone is not safe, say so too.",
    "compromised": "Nothing is sent to this phone any more. Record another safe contact.",
    "confirmed": "The second factor works. From now on every sign-in needs a code.",
    "consented": "The consent is recorded.",
    "contact": "The new contact is recorded.",
    "ended": "That session has ended.",
    "erased": "The case was erased. Copies of the database follow within a week.",
    "erasure_stopped": "The case is kept.",
    "held": "The case is on hold: it cannot be erased.",
    "interpreting": "The interpreter has it. The answer appears in this case.",
    "interpreted": "The desk has your answer. Thank you.",
    "joined": "You are in.",
    "lifted": "The hold is lifted.",
    "merged": "The two are one case now: this one.",
    "noted": "The note is saved.",
    "opened": "The case is open, and yours.",
    "ringing": "Their phone rings now.",
    "release_asked": "It is asked for. Another coordinator has to confirm it.",
    "release_made": "It is released. It stays as it is now, for ever.",
    "refused": "Since you last signed in, somebody gave your passphrase with a wrong code. "
    "If that was not you, set a new passphrase. More on your own page.",
    "released": "The case is back in the queue.",
    "removed": "They are out: sessions ended, keys changed.",
    "reopened": "The case is open again.",
    "replied": "The text is on its way. Its status is shown below it.",
    "withdrawn": "It is taken back.",
    "trusted": "This phone may be texted again.",
    "unblocked": "The block is lifted.",
    "shift_made": "The shift is in the rota.",
    "shift_removed": "The shift is gone.",
    "swap_offered": "Colleagues can take it now. Until somebody does, it is yours.",
    "swap_taken": "It is yours now.",
    "swap_withdrawn": "It stays yours.",
}


def say_answer(name: str, value: str) -> str:
    """Return what a caller answered to the script, in words where it is a code."""
    tables: Mapping[str, Mapping[str, str]] = {"language": LANGUAGES, "situation": SITUATIONS}
    return of(tables.get(name, {value: value}), value)


def of(table: Mapping[str, str], code: str | None) -> str:
    """Return a code in words; one that has none yet as it is, and a dash for nothing."""
    if not code:
        return "–"
    return table.get(code, code.replace("_", " ").replace(".", " "))


def kilobytes(size: int) -> str:
    """Return a size in bytes as it is told."""
    return f"{max(1, round(size / 1024))} kB"


def tier(urgency: int) -> str:
    """Return a tier by number and name."""
    return f"{urgency} {TIERS[urgency]}"
