"""The lists of codes: each code once, in its order, with its label for members of the desk.

A case, a consent, a date and a request hold codes of these lists. Regions and fields are not here:
each organisation chooses its own, in its settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.errors import BadRequest
from app.models import OrganisationSettings
from app.telephony import Channel
from app.texts import LANGUAGE_NAMES

# What a case is about, in the order in which the script offers it.
SITUATIONS: Mapping[str, str] = {
    "happening_now": "happening now",
    "detained": "somebody was taken",
    "date_or_letter": "a date or letter",
    "witnessed": "saw something",
    "service_denied": "was refused help",
    "other": "something else",
}
# How a case ended.
OUTCOMES: Mapping[str, str] = {
    "supported": "supported",
    "referred": "referred to somebody else",
    "released": "released",
    "removed": "removed",
    "unreachable": "could not be reached",
    "duplicate": "is in another case",
    "not_for_us": "not for us",
    "other": "something else",
}
# Languages that cases and members may have (BCP 47).
LANGUAGES = LANGUAGE_NAMES
# What a caller agrees to, each by itself.
CONSENT_SCOPES: Mapping[str, str] = {
    "contact": "we may contact them",
    "legal": "a legal contact may be told",
    "accompanier": "an accompanier may be told",
    "interpreter": "an interpreter may read their texts",
    "family": "the family may be told",
    "statistics": "may be counted in the numbers",
    "complaint": "the city may be told of a refused service",
}
# Where a service was refused. Statistics count by this list and the next: a new one is a new
# version there.
DENIAL_SECTORS: Mapping[str, str] = {
    "health": "health",
    "school": "school or daycare",
    "shelter": "shelter",
    "police": "police",
    "city_desk": "desk of the city",
    "housing": "housing",
    "food": "food bank or meal",
    "other": "somewhere else",
}
# What was refused.
DENIED_SERVICES: Mapping[str, str] = {
    "emergency": "help in an emergency",
    "admission": "entry, a place or a bed",
    "appointment": "an appointment or treatment",
    "paper": "a card, paper or permit",
    "statement": "taking down a report or complaint",
    "aid": "food, money or goods",
    "information": "information or an interpreter",
    "other": "something else",
}
# The fields of a refused service that a caller may share with the city's office, each by itself.
DENIAL_FIELDS: Mapping[str, str] = {
    "sector": "sector",
    "service": "what was refused",
    "provider": "who refused it",
    "happened_on": "when",
    "place": "where",
    "asked_status": "whether they asked for status",
    "threatened": "whether they threatened to report",
    "account": "what happened",
    "wanted": "what the caller wants",
    "caller_name": "the caller’s name",
}
# The languages of a dossier.
DOSSIER_LANGUAGES: Mapping[str, str] = {"en": "English", "fr": "French"}
# How a caller may be reached.
CONTACT_METHODS: Mapping[str, str] = {
    "text": "text",
    "call": "call",
    "voicemail": "voicemail",
    "whatsapp": "WhatsApp",
}
# Which of them a text is, by its channel: who agreed to one has not agreed to the other.
TEXT_METHODS: Mapping[Channel, str] = {"sms": "text", "whatsapp": "whatsapp"}
# On which channel a text goes.
CHANNELS: Mapping[str, str] = {"sms": "SMS", "whatsapp": "WhatsApp"}
# What the desk needs to know of a text: has it arrived, and if not, what to do.
MESSAGE_STATUSES: Mapping[str, str] = {
    "received": "received",
    "queued": "waiting to be sent",
    "held": "waiting until the caller writes on WhatsApp again, which lets nothing in before",
    "sending": "being sent",
    "sent": "sent, not confirmed yet",
    "delivered": "arrived",
    "undelivered": "did not arrive",
    "failed": "could not be sent",
    "uncertain": "may or may not have arrived; it is not sent again by itself",
    "refused": "not sent: the caller asked for no texts, or this was not a safe time",
}
# What a date of a case is.
EVENT_KINDS: Mapping[str, str] = {
    "hearing": "hearing",
    "check_in": "check-in",
    "detention_review": "detention review",
    "removal": "removal",
    "appointment": "appointment",
    "other": "something else",
}
# How certain it is, and what became of it.
EVENT_STATES: Mapping[str, str] = {
    "tentative": "not certain",
    "confirmed": "certain",
    "rescheduled": "moved",
    "occurred": "has been",
    "cancelled": "cancelled",
}
# What a member is asked for.
REQUEST_KINDS: Mapping[str, str] = {
    "accompaniment": "Going along",
    "legal": "Legal help",
    "interpreter": "Interpreting",
}
# Who and what the directory lists.
DIRECTORY_KINDS: Mapping[str, str] = {
    "lawyer": "Lawyers",
    "clinic": "Clinics",
    "detention": "Places of detention",
    "office": "Offices",
    "other": "Others",
}
# Fields of a case's sheet that the script fills in; the desk corrects them like any field.
ANSWERS = (
    "urgent_because",
    "minor",
    "safe_now",
    "safe_now_text",
    "city",
    "city_text",
    "date_soon",
    "date_soon_text",
    "need",
    "need_text",
    "reach",
    "reach_text",
    "reach_hours",
)
# What a case's fields are called; one that an organisation adds is called by its own name.
FIELD_NAMES: Mapping[str, str] = {
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
    "urgent_because": "Words that made it urgent",
    "minor": "A minor wrote",
    "safe_now": "Safe to text",
    "city": "City",
    "date_soon": "Date within 7 days",
    "need": "Needs",
    "reach": "May be reached by",
    "reach_hours": "Safe hours",
}
LONGEST_FIELD = 4000


def check_codes(
    settings: OrganisationSettings,
    *,
    situation: str | None = None,
    urgency: int | None = None,
    region: str | None = None,
    language: str | None = None,
) -> None:
    """Raise BadRequest for a code that is not in its list."""
    if language is not None and language not in LANGUAGES:
        raise BadRequest(f"A language is one of: {', '.join(LANGUAGES)}.")
    if situation is not None and situation not in SITUATIONS:
        raise BadRequest(f"A situation is one of: {', '.join(SITUATIONS)}.")
    if urgency is not None and urgency not in range(4):
        raise BadRequest("Urgency is 0 (now), 1 (today), 2 (this week) or 3 (information).")
    if region is not None and region not in settings.regions:
        raise BadRequest(f"A region is one of: {', '.join(settings.regions)}.")


def check_fields(settings: OrganisationSettings, fields: Mapping[str, Any]) -> None:
    """Raise BadRequest for a field that the organisation does not keep, or that is too long."""
    if set(fields) - set(settings.fields) - set(ANSWERS):
        raise BadRequest(f"Fields are: {', '.join(settings.fields)}.")
    if any(value is not None and len(str(value)) > LONGEST_FIELD for value in fields.values()):
        raise BadRequest(f"A field has at most {LONGEST_FIELD} characters.")
